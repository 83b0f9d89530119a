"""Find where a text is compared with a number or a time: an odd text ends that.

The server makes one of every text, and a statement that writes stops with 1292 at
one that is none, be it a row of somebody else's.
"""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.conditions import Condition, Reference, shown
from bygones.compiler.aggregate.keys import EXACT_NUMBERS, LONG_TEXTS, MOMENTS, TEXTS
from bygones.compiler.declaration.table import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.compiler.aggregate.checking import Predicate
    from bygones.compiler.catalog.model import Column

SIGN = r"\s* (?: <=> | <> | != | <= | >= | = | < | > ) \s*"
NUMBER = r"( -? [0-9.]+ (?: e -? [0-9]+ )? ) (?! [\w.] )"
ONLY_SIGN = re.compile(SIGN, re.VERBOSE)
COMPARED = re.compile(
    rf"{SIGN} {NUMBER} | \s* (?: NOT \s+ )? (?: IN \s* \( | BETWEEN \b ) \s* {NUMBER}",
    re.IGNORECASE | re.VERBOSE,
)


def number_problems(predicate: Predicate) -> Iterator[str]:
    """Tell of each text that is compared with a number, and what to write instead."""
    pieces = predicate.condition.pieces
    for ours, sign, theirs in zip_longest(pieces, pieces[1:], pieces[2:]):
        if not isinstance(ours, Reference) or not isinstance(sign, str):
            continue
        column = _column(predicate, ours)
        found = COMPARED.match(sign)
        if found and _is_text(column):
            number = found[1] or found[2]
            yield (
                f"found {quoted(column.name)}, a text, beside the number {number}; the "
                f"first text that is no number would stop every CALL; write '{number}'"
            )
        elif isinstance(theirs, Reference) and ONLY_SIGN.fullmatch(sign):
            other = _column(predicate, theirs)
            instead: tuple[str | Reference, ...] = ()
            kind = _kind(other) or _kind(column)
            if _is_text(column) and _kind(other):
                instead = (ours, sign, "CAST(", theirs, " AS CHAR)")
            elif _kind(column) and _is_text(other):
                instead = ("CAST(", ours, " AS CHAR)", sign, theirs)
            if instead:
                yield (
                    f"found {shown(Condition((ours, sign, theirs)))}, a text beside a "
                    f"{kind}; the first text that is no {kind} would stop every CALL; "
                    f"write {shown(Condition(instead))}"
                )


def _column(predicate: Predicate, reference: Reference) -> Column:
    column = predicate.tables[reference.member].column(reference.column)
    assert column is not None  # noqa: S101 - references are of columns that are there
    return column


def _is_text(column: Column) -> bool:
    return column.data_type in TEXTS | LONG_TEXTS


def _kind(column: Column) -> str | None:
    """Say what the server makes of a text that is compared with such a column."""
    if column.data_type in MOMENTS | {"time"}:
        return "time"
    is_number = column.data_type in EXACT_NUMBERS | {"float", "double", "bit"}
    return "number" if is_number else None
