"""What must hold of a history after every kill, and when all is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.sandbox.oracle import compare
from tests.support.procedures import RELATIONS, query, value

if TYPE_CHECKING:
    from bygones.sandbox.shop import Shop
    from tests.support.procedures import Connection


def count(connection: Connection, table: str) -> int:
    """Count the rows of a table in the history schema."""
    return int(value(connection, f"SELECT COUNT(*) FROM {table}"))


def assert_whole_chunks(connection: Connection, shop: Shop) -> None:
    """Find whole chunks and nothing else: log, cursor, totals and rows agree."""
    verdict = compare(connection, shop.source, shop.history)
    (lane,) = query(connection, "SELECT * FROM lane")
    (logged,) = query(
        connection,
        "SELECT COALESCE(SUM(roots), 0) AS roots, "
        "COALESCE(SUM(related_rows), 0) AS related_rows, "
        "SUM(roots > 0) AS chunks FROM chunk",
    )

    assert (verdict.different, verdict.surplus) == (0, 0), verdict.examples
    assert query(connection, TWICE) == []
    assert query(connection, STRANGERS) == []
    assert logged["roots"] == lane["roots"] == count(connection, "orders_history")
    assert logged["related_rows"] == lane["related_rows"]
    assert logged["related_rows"] == sum(
        count(connection, f"{table}_history") for table in RELATIONS
    )
    assert (logged["chunks"] or 0) == lane["chunks"]
    assert lane["holder_id"] is None
    # Every finished order up to the cursor is in history, and none above it.
    assert query(connection, BESIDE_THE_CURSOR.format(source=shop.source)) == []


def assert_complete(connection: Connection, shop: Shop) -> None:
    """Find every finished order in history, byte for byte and once."""
    verdict = compare(connection, shop.source, shop.history)

    assert verdict.complete, verdict.examples
    assert verdict.finished == count(connection, "orders_history")
    assert_whole_chunks(connection, shop)


TWICE = "SELECT id, COUNT(*) FROM orders_history GROUP BY id HAVING COUNT(*) > 1"

STRANGERS = """
SELECT h.history_chunk, COUNT(*), MAX(c.roots)
FROM orders_history AS h LEFT JOIN chunk AS c ON c.id = h.history_chunk
GROUP BY h.history_chunk
HAVING COALESCE(MAX(c.roots), 0) <> COUNT(*)
"""

BESIDE_THE_CURSOR = """
SELECT o.id
FROM {source}.orders AS o
JOIN lane AS l
LEFT JOIN orders_history AS h ON h.id = o.id
WHERE
    o.status IN ('uncollected', 'cancelled', 'dispensed')
    AND (h.id IS NULL) = COALESCE(
        o.id <= CAST(JSON_UNQUOTE(JSON_EXTRACT(l.cursor_key, '$[0]')) AS SIGNED), 0
    )
"""
