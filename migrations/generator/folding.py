"""Keep generated SQL within the width of a page."""

from __future__ import annotations

import textwrap

from migrations.names import TOKEN

WIDTH = 88

# In the order of preference: where a line may be broken, before or after the sign.
BEFORE = ({"<=>"}, {"CHARACTER"}, {"AND", "OR", "ON"})
SHORTEST_PIECE = 16


def fold(sql: str) -> str:
    """Break the lines that are too long."""
    # A name can hold what else Python takes for the end of a line.
    lines = sql.removesuffix("\n").split("\n")
    return "".join(folded + "\n" for line in lines for folded in _fold_line(line))


def indent(sql: str, width: int) -> str:
    """Indent all lines but the first and those that are empty."""
    first, *rest = sql.split("\n")
    return "\n".join([first, *(" " * width + line if line else "" for line in rest)])


def _fold_line(line: str) -> list[str]:
    line = line.rstrip()
    if len(line) <= WIDTH:
        return [line]
    margin = " " * (len(line) - len(line.lstrip()))
    if line.lstrip().startswith("--"):
        return textwrap.wrap(
            line.strip()[2:].strip(),
            WIDTH,
            initial_indent=f"{margin}-- ",
            subsequent_indent=f"{margin}-- ",
            break_long_words=False,
        )
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
