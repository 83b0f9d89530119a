"""Tell by their names which columns may better be left out of history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.cli.proposal.words import words
from bygones.compiler.aggregate.keys import EXACT_NUMBERS, MOMENTS

if TYPE_CHECKING:
    from collections.abc import Collection

    from bygones.compiler.catalog.model import Column, Table

# What changes for reasons of its own, such as products.stock: it isn't part of a root's
# story, and each change makes a chunk that is being copied try again.
BUSY = {
    *("stock", "inventory", "counter", "count", "hits", "views", "visits", "clicks"),
    *("impressions", "available", "heartbeat", "popularity", "rating", "ratings"),
    *("updated", "modified", "changed", "lock"),
}
# When, or how often: last_seen_at and last_seen, but no last_name.
LATEST = "last"
# What nobody wants to keep where it can't be deleted.
SECRET = {
    *("password", "passwords", "passwd", "pwd", "passphrase", "secret", "secrets"),
    *("token", "tokens", "salt", "otp", "totp", "cvv", "cvc", "pin", "credential"),
    *("credentials", "apikey"),
}
SECRET_KEYS = {"api", "private", "access", "signing", "encryption"}

# Since when a root is at rest: the first of these words that a moment is named by.
RESTS = (
    *("closed", "completed", "finished", "ended", "settled", "archived", "delivered"),
    *("dispensed", "shipped", "updated", "modified", "changed", "created", "placed"),
)


def to_leave_out(
    table: Table, needed: Collection[str], *, is_parent: bool
) -> tuple[str, list[str]] | None:
    """Name the columns that may better be left out, and say why; if there are any."""
    left = [column.name for column in table.columns if column.name not in needed]
    secret = [name for name in left if _is_secret(words(name))]
    busy = [
        name
        for name in left
        if is_parent and name not in secret and _is_busy(table, name)
    ]
    if not secret and not busy:
        return None
    kinds = " and ".join(["secret"] * bool(secret) + ["busy"] * bool(busy))
    return kinds, [name for name in left if name in {*secret, *busy}]


def moments(table: Table) -> list[Column]:
    """List the columns that say when something was; the likeliest to rest by first."""
    found = [column for column in table.columns if column.data_type in MOMENTS]
    return sorted(found, key=_rest)


def _is_secret(found: Collection[str]) -> bool:
    return not SECRET.isdisjoint(found) or (
        "key" in found and not SECRET_KEYS.isdisjoint(found)
    )


def _is_busy(table: Table, name: str) -> bool:
    column, found = table.column(name), words(name)
    return not BUSY.isdisjoint(found) or (
        LATEST in found
        and column is not None
        and column.data_type in MOMENTS | EXACT_NUMBERS | {"time"}
    )


def _rest(column: Column) -> int:
    found = words(column.name)
    return min((RESTS.index(word) for word in found if word in RESTS), default=99)
