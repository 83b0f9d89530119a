"""Divide finished orders into ranges of keys, as one does by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.cursors import Cursor

    from benchmarks.data import Roots

ROOTS_PER_RANGE = 1_000

Range = tuple[int, int]


def ends(cursor: Cursor, roots: Roots, source: str) -> Range:
    """Return the key before the first root, and the last."""
    cursor.execute(
        f"SELECT MIN(o.{roots.key}) - 1, MAX(o.{roots.key})"
        f" FROM `{source}`.{roots.table} AS o"
    )
    [(before, last)] = cursor.fetchall()
    return before, last


def ranges(
    cursor: Cursor, roots: Roots, source: str, after: int, upto: int
) -> Iterator[Range]:
    """Give ranges with a thousand finished orders each, by the key's own index."""
    while True:
        cursor.execute(
            f"SELECT MAX(k.k) FROM (SELECT o.{roots.key} AS k"
            f" FROM `{source}`.{roots.table} AS o WHERE {roots.within(after, upto)}"
            f" ORDER BY o.{roots.key} LIMIT {ROOTS_PER_RANGE}) AS k"
        )
        [(last,)] = cursor.fetchall()
        if last is None:
            return
        yield after, last
        after = last
