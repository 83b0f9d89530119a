"""Find what an ENUM is compared with and can't hold: that is never true."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.conditions import Reference
from bygones.compiler.aggregate.following import values
from bygones.compiler.declaration.names import folded
from bygones.compiler.declaration.table import quoted, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.compiler.aggregate.checking import Predicate

STRING = r"'(?:[^'\\]|'')*'"
COMPARED = re.compile(
    rf"""
    \s* (?: <=> | <> | != | = ) \s* {STRING}
    | \s* (?: NOT \s+ )? IN \s* \( \s* {STRING} (?: \s* , \s* {STRING} )* \s* \)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def enum_problems(predicate: Predicate) -> Iterator[str]:
    """Tell of each text that isn't one of its ENUM's."""
    for reference, after in pairwise(predicate.condition.pieces):
        if not isinstance(reference, Reference) or not isinstance(after, str):
            continue
        column = predicate.tables[reference.member].column(reference.column)
        found = COMPARED.match(after)
        if not found or not column or column.data_type != "enum":
            continue
        known = values(column)
        # '' is what MySQL made of any other text once, and a number is an index.
        allowed = {"", *map(folded, known)}
        for string in re.findall(STRING, found[0]):
            text = string[1:-1].replace("''", "'").rstrip()
            if folded(text) not in allowed and not text.isdigit():
                yield (
                    f"found {string}{suggestion(text, known)}, which "
                    f"{quoted(column.name)} can't hold; expected one of "
                    f"{', '.join(map(quoted, known))}"
                )
