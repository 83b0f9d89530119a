"""Write a proposal as a person would have written archives.toml."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from bygones.compiler.declaration.table import bare, printable, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bygones.cli.proposal.joining import Proposed
    from bygones.cli.proposal.relations import Section
    from bygones.compiler.declaration.model import Relation, RelationPath

WIDTH = 88
# Keys and values are aligned up to these lengths.
KEYS = 28
VALUES = 44
# A live one that would be longer goes over several lines.
LONGEST = 100

# With a space behind it, # begins what a person reads.
MARKS = {"live": "", "offered": "#", "blocked": "# "}


def prose(text: str, *, indent: str = "") -> list[str]:
    """Write a comment, in as many lines as it takes."""
    return textwrap.wrap(
        printable(text),
        width=WIDTH,
        initial_indent="# " + indent,
        subsequent_indent="# " + 2 * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def verbatim(text: str) -> str:
    """Write a comment that somebody may copy: in one line, however long."""
    return "# " + printable(text)


def relations(sections: Sequence[Section], root: str) -> list[str]:
    """Write relations section by section, all keys of one width."""
    keys = [
        len(_key(proposed)) for section in sections for proposed in section.relations
    ]
    width = max((key for key in keys if key <= KEYS), default=0)
    lines: list[str] = []
    for section in sections:
        lines += ["", *prose(section.heading)] if lines else prose(section.heading)
        lines += _section(section, root, width)
    return lines


def pairs(entries: Sequence[tuple[str, str]]) -> list[str]:
    """Write keys and values below each other, all keys of one width."""
    width = max(len(key) for key, _ in entries)
    return [f"{key:{width}} = {value}" for key, value in entries]


def _section(section: Section, root: str, width: int) -> Iterator[str]:
    values = [_value(proposed.relation, root) for proposed in section.relations]
    aligned = max((len(value) for value in values if len(value) <= VALUES), default=0)
    for proposed, value in zip(section.relations, values, strict=True):
        for note in proposed.notes:
            yield verbatim(note)
        start = f"{_key(proposed):{width}} = "
        why = f"  # {printable(proposed.why)}" if proposed.why else ""
        is_long = len(start + value) > LONGEST and len(proposed.relation.paths) > 1
        if is_long and proposed.state == "live":
            yield f"{start}{_value(proposed.relation, root, is_long=True)}{why}"
        else:
            yield f"{start}{value:{aligned}}{why}".rstrip()


def _key(proposed: Proposed) -> str:
    return MARKS[proposed.state] + bare(proposed.relation.name)


def _value(relation: Relation, root: str, *, is_long: bool = False) -> str:
    parts = []
    if relation.table != relation.name:
        parts.append(f"table = {quoted(relation.table)}")
    if len(relation.paths) == 1:
        parts += _join(relation.paths[0], root)
    elif all(path.on is None for path in relation.paths):
        parts.append(
            _array("of", [quoted(path.of) for path in relation.paths], is_long=is_long)
        )
    else:
        paths = [
            f"{{ {', '.join(_join(path, root) or [f'of = {quoted(root)}'])} }}"
            for path in relation.paths
        ]
        parts.append(_array("paths", paths, is_long=is_long))
    if relation.where is not None:
        parts.append(f"where = {quoted(relation.where)}")
    if relation.is_parent is not None:
        parts.append(f"parent = {str(relation.is_parent).lower()}")
    return f"{{ {', '.join(parts)} }}" if parts else "{}"


def _array(key: str, values: Sequence[str], *, is_long: bool) -> str:
    """Write an array, which may go over lines where an inline table may not."""
    if is_long:
        lines = "".join(f"    {value},\n" for value in values)
        return f"{key} = [\n{lines}]"
    return f"{key} = [{', '.join(values)}]"


def _join(path: RelationPath, root: str) -> list[str]:
    parts = [f"of = {quoted(path.of)}"] if path.of != root else []
    if path.on is not None:
        parts.append(f"on = {quoted(path.on)}")
    return parts
