"""Write names, strings and variables in SQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.conditions import RESERVED
from bygones.compiler.names import literal, quote

if TYPE_CHECKING:
    from collections.abc import Iterable

PLAIN = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE | re.ASCII)

# A variable is a prefix, perhaps a purpose, and this.
MAX_SUFFIX_LENGTH = 40
# Suffixes of other variables: v_cursor_key is the cursor as text.
TAKEN_SUFFIXES = {"key"}


def name(identifier: str) -> str:
    """Write an identifier, quoted where it has to be."""
    return identifier if is_plain(identifier) else quote(identifier)


def is_plain(identifier: str) -> bool:
    """Tell whether an identifier stands without quotes."""
    return bool(
        PLAIN.fullmatch(identifier)
        and identifier == identifier.lower()
        and identifier not in RESERVED
    )


def manual(text: str) -> str:
    """Write a procedure's manual for its COMMENT: a string on as many lines as it has.

    Without what a backslash or a quote in a table's name would do to it.
    """
    lines = "\n".join(literal(line)[1:-1] for line in text.split("\n"))
    return f"'{lines}'\n"


def suffixes(identifiers: Iterable[str], otherwise: str) -> tuple[str, ...]:
    """Return what variables for these columns or relations are called.

    By their names where all of them can be, and by numbers otherwise.
    """
    named = tuple(identifiers)
    if all(
        PLAIN.fullmatch(each)
        and len(each) <= MAX_SUFFIX_LENGTH
        and each.lower() not in TAKEN_SUFFIXES
        for each in named
    ):
        return tuple(each.lower() for each in named)
    return tuple(f"{otherwise}_{number}" for number, _ in enumerate(named, start=1))
