"""Read the names of tables and columns as the words that they are made of."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.conditions import OPERANDS, RESERVED
from bygones.compiler.names import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# order_items, orderItems, ORDER_ITEMS, "Order Items", orderID.
WORD = re.compile(r"[A-Z]+(?![^\W\d_A-Z])|[A-Z]?[^\W\d_A-Z]+|\d+")

PLURALS = (
    *(("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x")),
    *(("tuses", "tus"), ("nuses", "nus")),
)
# Two tables that begin alike have no prefix yet.
FEWEST_NAMES = 3

IRREGULAR = {"people": "person", "children": "child", "movies": "movie"}

# The words by which a column says that it holds a key.
IDS = {"id", "key", "uuid", "guid", "pk"}

# Columns of such a name say nothing of the table that they point at.
GENERIC = {
    *("id", "key", "code", "number", "no", "nr", "num", "uuid", "guid", "pk", "name"),
    *("ref", "reference", "title", "slug", "email", "phone", "hash", "token", "value"),
    *("type", "kind", "label", "position", "date", "day", "month", "year", "status"),
}


@cache
def words(name: str) -> tuple[str, ...]:
    """Split a name into words, in lower case."""
    return tuple(word.lower() for word in WORD.findall(name))


def singular(word: str) -> str:
    """Return the singular of a word, as far as it follows the rules of English."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    for ending, instead in PLURALS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def one_of(name: str) -> str:
    """Name one row of a table: order_item, of order_items."""
    *others, last = words(name) or (name,)
    return "_".join((*others, singular(last)))


def joined(parts: Iterable[str]) -> str:
    """Write words as one: `order_id` and `orderid` count as the same."""
    return "".join(parts)


def shared_word(names: Sequence[Sequence[str]], *, least: float) -> str | None:
    """Find the word that names begin with, where at least this part of them does."""
    firsts = Counter(name[0] for name in names if len(name) > 1)
    if len(names) < FEWEST_NAMES or not firsts:
        return None
    word, times = firsts.most_common(1)[0]
    return word if times >= least * len(names) else None


def spelled(name: str) -> str:
    """Write an identifier in a predicate, quoted only where it must be."""
    is_plain = re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII)
    is_free = name.lower() not in RESERVED and name.lower() not in OPERANDS
    return name if is_plain and is_free else quote(name)


def literal(value: str) -> str:
    """Write a string in a predicate."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
