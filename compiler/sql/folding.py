"""Keep generated SQL within the width of a page."""

from __future__ import annotations

import re
import textwrap
from itertools import groupby

from bygones.compiler.names import TOKEN

WIDTH = 88

# In the order of preference: where a line may be broken, before or after the sign.
BEFORE = ({"<=>"}, {"CHARACTER"}, {"AND", "OR", "ON"})
SHORTEST_PIECE = 16

_SECURITY = re.compile(r"^(\w+ SQL DATA)\n(SQL SECURITY \w+)$", re.MULTILINE)
_LISTED = [
    re.compile(pattern, re.MULTILINE)
    for pattern in (
        r"^( *(?:CALL|INSERT INTO|VALUES) .*\()\n *(?! )(.*)\n *(\);?)$",
        r"^( *INTO)\n *( )(\w.*)$(?=\n *FROM)",
        r"^( *SET \w+)\n *( )(=.*;)$",
    )
]
_PARAMETER = re.compile(r"    (?:(?:IN|OUT|INOUT) )?(?:in|out|io)_\w+ [A-Z].*?,?")
_VARIABLE = re.compile(r"( *)DECLARE (v_\w+) ([A-Z].*);")


def fold(sql: str) -> str:
    """Break the lines that are too long, and fill a comment of which one is."""
    # A name can hold what else Python takes for the end of a line.
    lines = sql.removesuffix("\n").split("\n")
    folded: list[str] = []
    for opening, grouped in groupby(lines, _comment_margin):
        group = list(grouped)
        if opening is not None and any(len(line.rstrip()) > WIDTH for line in group):
            folded += _filled(group, opening)
        else:
            folded += [piece for line in group for piece in _fold_line(line)]
    return "".join(line + "\n" for line in folded)


def gather(routine: str) -> str:
    """Put what a routine lists on as few lines as it takes."""
    lines: list[str] = []
    for listed in _LISTED:
        routine = listed.sub(_on_one_line, routine)
    for kind, grouped in groupby(routine.split("\n"), _kind_of):
        group = list(grouped)
        if kind is _PARAMETER:
            lines += _put([line.strip() for line in group], " " * 4)
        elif kind is _VARIABLE:
            lines += _declared(group)
        else:
            lines += group
    return _SECURITY.sub(r"\1 \2", "\n".join(lines))


def _on_one_line(listed: re.Match[str]) -> str:
    line = "".join(listed.groups())
    return line if len(line) <= WIDTH else listed[0]


def _kind_of(line: str) -> re.Pattern[str] | None:
    return next(
        (kind for kind in (_PARAMETER, _VARIABLE) if kind.fullmatch(line)), None
    )


def _declared(lines: list[str]) -> list[str]:
    """Declare the variables of one type, with one default, at the first one's place."""
    names: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        margin, variable, of = _VARIABLE.findall(line)[0]
        names.setdefault((margin, of), []).append(variable)
    declared = []
    for (margin, of), variables in names.items():
        *others, last = variables
        named = [f"{variable}," for variable in others] + [last]
        typed = re.split(" (?=CHARACTER|DEFAULT)", f"{of};")
        named[0] = f"DECLARE {named[0]}"
        first, *rest = _put([*named, *typed], margin + " " * 4)
        declared += [first[4:], *rest]
    return declared


def _put(items: list[str], margin: str) -> list[str]:
    lines: list[str] = []
    for item in items:
        if lines and len(lines[-1]) + len(item) + 1 <= WIDTH:
            lines[-1] += f" {item}"
        else:
            lines.append(margin + item)
    return lines


def _comment_margin(line: str) -> str | None:
    """Return what a line of a comment begins with, if it has a word."""
    text = line.lstrip()
    return line[: len(line) - len(text)] if text.startswith("-- ") else None


def _filled(comment: list[str], margin: str) -> list[str]:
    return textwrap.wrap(
        " ".join(line.strip()[2:].strip() for line in comment),
        WIDTH,
        initial_indent=f"{margin}-- ",
        subsequent_indent=f"{margin}-- ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def indent(sql: str, width: int) -> str:
    """Indent all lines but the first and those that are empty."""
    first, *rest = sql.split("\n")
    return "\n".join([first, *(" " * width + line if line else "" for line in rest)])


def _fold_line(line: str) -> list[str]:
    line = line.rstrip()
    if len(line) <= WIDTH:
        return [line]
    margin = " " * (len(line) - len(line.lstrip()))
    place = _best_place(line, len(margin))
    if place is None:
        return [line]
    rest = margin + "    " + line[place:].lstrip()
    if len(rest) >= len(line):
        return [line]
    return [line[:place].rstrip(), *_fold_line(rest)]


def _best_place(line: str, margin: int) -> int | None:
    """Find where to break: after what fits, at the sign that reads best."""
    places: dict[int, list[int]] = {}
    tokens = [
        (token.start(), token[0], token.lastgroup) for token in TOKEN.finditer(line)
    ]
    for number, (start, text, kind) in enumerate(tokens):
        if start < margin + SHORTEST_PIECE or start > WIDTH:
            continue
        sign = line[start : start + 3]
        before = "<=>" if sign == "<=>" else text
        for rank, words in enumerate(BEFORE):
            if before in words:
                places.setdefault(rank, []).append(start)
        previous = tokens[number - 1][1] if number else ""
        if kind == "space" and previous == ",":
            places.setdefault(len(BEFORE), []).append(start)
        elif kind == "space":
            places.setdefault(len(BEFORE) + 1, []).append(start)
    for rank in sorted(places):
        return max(places[rank])
    return None
