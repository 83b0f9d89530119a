"""List values that predicates may ask for: those that they name, and those near."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.keys import INTEGERS, LONG_TEXTS, MOMENTS, TEXTS
from bygones.compiler.names import TOKEN, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bygones.compiler.aggregate.conditions import Condition
    from bygones.compiler.catalog.model import Column

WHOLE = INTEGERS | {"bit", "year"}
NUMBERS = WHOLE | {"decimal", "float", "double"}
TRUTHS = ("1", "0")
# For predicates that compare columns.
USUAL_NUMBERS = ("1", "0", "2", "100")

# Of an ENUM or a SET.
MEMBER = re.compile(r"'(?:[^'\\]|''|\\.)*'", re.DOTALL)

DAY = re.compile(r"\d{4}-\d\d-\d\d")


def literals(condition: Condition) -> Iterator[str]:
    """List the strings and numbers of a condition, as they are written."""
    for piece in condition.pieces:
        if isinstance(piece, str):
            for token in TOKEN.finditer(piece):
                if token.lastgroup == "string" or token[0].isdecimal():
                    yield token[0]


def near(column: Column, texts: Sequence[str], newest: date) -> Iterator[str]:
    """List what a column may be compared with, and what is greater or less, as SQL."""
    kind = column.data_type
    plain = [_said(text) for text in texts]
    if kind in {"enum", "set"}:
        yield from MEMBER.findall(column.type)
    elif kind in NUMBERS:
        yield from _numbers(kind, plain)
    elif kind in MOMENTS:
        yield from _moments(plain, newest)
    elif kind in TEXTS | LONG_TEXTS:
        yield from texts
        # As LIKE has it.
        yield from (literal(re.sub("[%_]", "x", text)) for text in plain)
    elif kind == "json":
        paths = [text for text in texts if text[1:].startswith("$.")]
        for text in texts:
            yield from (f"JSON_SET('{{}}', {path}, {text})" for path in paths)
    else:
        yield from texts


def _numbers(kind: str, texts: Sequence[str]) -> Iterator[str]:
    numbers = [int(text) for text in texts if re.fullmatch(r"\d{1,18}", text)]
    for number in numbers:
        yield from (str(number), str(number + 1), str(number - 1))
        if kind not in WHOLE:
            yield f"{number}.5"
    is_truth = kind in {"tinyint", "bit"} and not numbers
    yield from TRUTHS if is_truth else USUAL_NUMBERS


def _moments(texts: Sequence[str], newest: date) -> Iterator[str]:
    for text in texts:
        if DAY.match(text):
            yield literal(text)
        with suppress(ValueError, OverflowError):  # 0000-00-00 is no day to Python
            day = date.fromisoformat(text[:10])
            yield from (literal(str(day + timedelta(days=days))) for days in (-1, 1))
    yield from (literal(str(newest - timedelta(days=days))) for days in (0, 1))


def _said(text: str) -> str:
    """Return what a literal says."""
    if text[0] not in "'\"":
        return text
    inner = text[1:-1].replace(2 * text[0], text[0])
    return re.sub(r"\\(.)", r"\1", inner)
