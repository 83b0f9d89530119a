"""Write archives.toml of a drawn schema, and what its history should be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.drawn.names import MOST_OF_A_COLUMN, quoted
from tests.support.aggregates.drawn.predicates import declared, under, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.aggregates.drawn.archives import Archive, Member, Path
    from tests.support.aggregates.drawn.predicates import Pieces

# What history has for its own of the root, and of relations beside the root's key.
OF_THE_ROOT = ("history_version", "history_chunk")
OF_RELATIONS = ("history_version", "history_ordinal")


def declaration(archive: Archive) -> str:
    """Write an archive as a team does."""
    where = f"archive.{_text(archive.name)}"
    lines = [
        f"[{where}]",
        f"table = {_text(archive.root.table.name)}",
        f"finished = {_text(write(archive.finished, declared))}",
        *_left_out(archive.root),
    ]
    if archive.settled:
        column, days = archive.settled
        lines.append(f"settled = {{ column = {_text(column)}, days = {days} }}")
    for relation in archive.relations:
        lines += ["", f"[{where}.relations.{_text(relation.name)}]"]
        lines += _relation(relation, archive.root.name)
    return "\n".join([*lines, ""])


def _relation(relation: Member, root: str) -> Iterator[str]:
    if relation.table.name != relation.name:
        yield f"table = {_text(relation.table.name)}"
    if len(relation.paths) == 1:
        (path,) = relation.paths
        if path.of != root:
            yield f"of = {_text(path.of)}"
        if path.is_declared:
            yield f"on = {_text(write(path.condition, declared))}"
    elif any(path.is_declared for path in relation.paths):
        yield "paths = ["
        for path in relation.paths:
            on = f", on = {_text(write(path.condition, declared))}"
            yield f"    {{ of = {_text(path.of)}{on if path.is_declared else ''} }},"
        yield "]"
    else:
        yield f"of = [{', '.join(_text(path.of) for path in relation.paths)}]"
    if relation.where:
        yield f"where = {_text(write(relation.where, declared))}"
    if relation.is_parent is not None:
        yield f"parent = {str(relation.is_parent).lower()}"
    yield from _left_out(relation)


def _left_out(member: Member) -> Iterator[str]:
    if member.without:
        yield f"without = [{', '.join(map(_text, member.without))}]"
    if member.renamed:
        pairs = [f"{_text(old)} = {_text(new)}" for old, new in member.renamed.items()]
        yield f"renamed = {{ {', '.join(pairs)} }}"


def _text(text: str) -> str:
    """Write a string or a key of TOML."""
    return json.dumps(text, ensure_ascii=False)


def expectation(archive: Archive) -> Expectation:
    """Say what history should hold, by joins of the source's tables alone."""
    root = archive.root
    finished = f"({write(archive.finished, under({root.name: 'o'}))})"
    if archive.settled:
        column, days = archive.settled
        before = f"UTC_TIMESTAMP(6) - INTERVAL {days} DAY"
        finished = f"{finished} AND o.{quoted(column)} < {before}"
    renamed = _renamed(root, OF_THE_ROOT)
    kept = {column: name for name, column in renamed.items()}
    names = [kept.get(column.name, column.name) for column in root.table.key]
    key = [f"history_root_{name}" for name in names]
    if any(len(name) > MOST_OF_A_COLUMN for name in key):
        key = [f"history_root_{number}" for number, _ in enumerate(key, start=1)]
    return Expectation(
        root=root.table.name,
        key=tuple(column.name for column in root.table.key),
        finished=finished,
        without=tuple(root.without),
        renamed=renamed,
        relations=tuple(
            ExpectedRelation(
                name=relation.name,
                table=relation.table.name,
                key=tuple(column.name for column in relation.table.key),
                joined=_joined(archive, relation),
                without=tuple(relation.without),
                renamed=_renamed(relation, (*OF_RELATIONS, *key)),
            )
            for relation in archive.relations
        ),
    )


def _joined(archive: Archive, relation: Member) -> tuple[str, ...]:
    """Write how a relation is reached: by a join for each way, if it has a key.

    Rows without one are as many as there are, however many ways lead to each.
    """
    if relation.table.key:
        return tuple(joined for joined, _ in _ways(archive, relation, "r"))
    reached = []
    for path in relation.paths:
        for before, aliases in _ways(archive, archive.member(path.of), "rx"):
            on = _condition(archive, relation, path, {**aliases, relation.name: "r"})
            reached.append(
                f"EXISTS (SELECT 1 FROM (SELECT 1) AS x {before} WHERE {on})"
            )
    table = quoted(relation.table.name)
    return (f"JOIN {{source}}.{table} AS r ON {' OR '.join(reached)}",)


def _ways(
    archive: Archive, member: Member, alias: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Write each way from the root `o` to a member, and the aliases at its end."""
    if member is archive.root:
        yield "", {member.name: "o"}
    for path in member.paths:
        for before, aliases in _ways(archive, archive.member(path.of), f"{alias}x"):
            on = _condition(archive, member, path, {**aliases, member.name: alias})
            table = quoted(member.table.name)
            joined = f"{before} JOIN {{source}}.{table} AS {alias} ON {on}".strip()
            yield joined, {member.name: alias}


def _condition(
    archive: Archive, member: Member, path: Path, aliases: dict[str, str]
) -> str:
    known = {**aliases, archive.root.name: "o"}
    conditions: list[Pieces] = [path.condition]
    conditions += [member.where] if member.where else []
    return " AND ".join(f"({write(each, under(known))})" for each in conditions)


def _renamed(member: Member, kit: tuple[str, ...]) -> dict[str, str]:
    """Say under which names history keeps columns, where not under their own."""
    taken = {name.lower() for name in kit}
    kept = {new: old for old, new in member.renamed.items()}
    names = {
        column.name: kept.get(column.name, column.name)
        for column in member.table.columns
        if column.name not in member.without
    }
    return {
        f"{name}_source" if name.lower() in taken else name: column
        for column, name in names.items()
        if name != column or name.lower() in taken
    }
