"""How many rows a chunk has: learned from the clock, and weighed where it is uneven."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.oracle import compare
from tests.procedures import copy_all, copy_chunk, query, value

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.procedures import Row

# What _learn_size is told, in its order, by name: a chunk that was just right.
CHUNK = {
    "target_ms": 200,
    "seconds": 0.2,
    "tries": 1,
    "roots": 100,
    "rows": 1000,
    "is_full": 1,
    "is_uneven": 0,
}


def learned(shop: OpenShop, **chunk: float) -> Row:
    """Learn from one chunk, after chunks of 1000 rows with 10 a root."""
    query(shop.admin, "SET @size = 1000, @rows_per_root = 10, @weighings = 0")
    query(
        shop.admin,
        "CALL _learn_size(%s, %s, %s, %s, %s, %s, %s,"
        " @size, @rows_per_root, @weighings)",
        *(CHUNK | chunk).values(),
    )
    (row,) = query(
        shop.admin,
        "SELECT CAST(@size AS SIGNED) AS size, @weighings AS weighings,"
        " CAST(@rows_per_root AS DOUBLE) AS rows_per_root",
    )
    return row


@pytest.mark.parametrize(
    ("chunk", "size"),
    [
        pytest.param({}, 1000, id="what fits stays"),
        pytest.param({"seconds": 0.25}, 900, id="a little slow, half way down"),
        pytest.param({"seconds": 0.15}, 1167, id="a little fast, half way up"),
        pytest.param({"seconds": 0.01}, 2000, id="very fast, twice as many"),
        pytest.param({"seconds": 2.0}, 100, id="ten times too slow, a tenth at once"),
        pytest.param({"tries": 2, "seconds": 0.1}, 500, id="writers interfered"),
        pytest.param(
            {"roots": 2, "rows": 20, "is_full": 0, "seconds": 0.05},
            1000,
            id="a chunk of few rows tells nothing",
        ),
        pytest.param(
            {"roots": 2, "rows": 20, "is_full": 0, "seconds": 0.4},
            10,
            id="but if it was slow",
        ),
        pytest.param({"seconds": 0.0}, 2000, id="a clock that stands still"),
    ],
)
def test_the_size_follows_the_clock(
    shop: OpenShop, chunk: dict[str, float], size: int
) -> None:
    assert learned(shop, **chunk)["size"] == size


def test_one_giant_does_not_pass_for_what_is_usual(shop: OpenShop) -> None:
    after_giant = learned(shop, roots=1, rows=30_000, seconds=6.0)
    after_many = learned(shop, roots=50, rows=1000)

    assert after_giant["weighings"] == 16
    assert after_giant["size"] == 1000
    assert after_many["rows_per_root"] == pytest.approx(2000 / 150, abs=0.01)


@pytest.mark.core
def test_an_order_with_thirty_thousand_events_is_a_chunk_of_its_own(
    shop: OpenShop,
) -> None:
    query(
        shop.admin,
        f"INSERT INTO `{shop.source}`.order_events (order_id, event, happened_at)"
        " SELECT 20, 'packed', '2026-01-01' FROM"
        f" (SELECT 1 FROM `{shop.source}`.order_items LIMIT 100) AS a,"
        f" (SELECT 1 FROM `{shop.source}`.order_items LIMIT 100) AS b,"
        f" (SELECT 1 FROM `{shop.source}`.order_items LIMIT 3) AS c",
    )
    # So that the giant doesn't fit either when the size has doubled.
    query(
        shop.admin,
        "UPDATE lane SET size = 10000, rows_per_root = 18, weighings = 1",
    )
    # However slow the machine is.
    query(shop.admin, "UPDATE archive SET target_ms = 5000")

    rows = copy_all(shop.admin)

    copied = [row for row in rows if row["roots"]]
    giant = [row for row in copied if row["related_rows"] > 30_000]
    assert [row["roots"] for row in giant] == [1]
    assert sum(row["roots"] for row in copied) == 40
    assert max(row["related_rows"] for row in copied if row not in giant) < 20_000
    assert value(shop.admin, "SELECT COUNT(*) FROM chunk WHERE tries = 1") == len(
        copied
    )
    # Found to be uneven, and tiny ones after it are not held back.
    assert value(shop.admin, "SELECT weighings FROM lane") > 0
    assert compare(shop.admin, shop.source, shop.history).complete


def test_a_run_of_heavier_orders_is_seen_before_it_is_copied(shop: OpenShop) -> None:
    # The last 16 are heavy; the chunk would take all 40.
    query(
        shop.admin,
        f"INSERT INTO `{shop.source}`.order_events (order_id, event, happened_at)"
        " SELECT o.id, 'packed', '2026-01-01' FROM"
        f" (SELECT id FROM `{shop.source}`.orders ORDER BY id DESC LIMIT 25) AS o,"
        f" (SELECT 1 FROM `{shop.source}`.order_items LIMIT 60) AS i",
    )
    query(shop.admin, "UPDATE lane SET size = 1000, rows_per_root = 18")
    # However slow the machine is.
    query(shop.admin, "UPDATE archive SET target_ms = 5000")

    first = copy_chunk(shop.admin)

    assert 1 < first["roots"] < 40
    assert first["roots"] + first["related_rows"] <= 1000
    copy_all(shop.admin)
    assert compare(shop.admin, shop.source, shop.history).complete


def test_a_giant_that_waited_is_a_chunk_of_its_own_as_well(shop: OpenShop) -> None:
    copy_all(shop.admin)
    giant = value(
        shop.admin,
        f"SELECT MAX(id) FROM `{shop.source}`.orders"
        " WHERE status NOT IN ('uncollected', 'cancelled', 'dispensed')",
    )
    query(
        shop.admin,
        f"INSERT INTO `{shop.source}`.order_events (order_id, event, happened_at)"
        f" SELECT {giant}, 'packed', '2026-01-01' FROM"
        f" (SELECT 1 FROM `{shop.source}`.order_items LIMIT 100) AS a,"
        f" (SELECT 1 FROM `{shop.source}`.order_items LIMIT 100) AS b",
    )
    query(
        shop.admin,
        f"UPDATE `{shop.source}`.orders SET status = 'cancelled'"
        " WHERE status NOT IN ('uncollected', 'cancelled', 'dispensed')",
    )
    query(shop.admin, "UPDATE lane SET size = 3000, rows_per_root = 18, weighings = 1")
    # However slow the machine is.
    query(shop.admin, "UPDATE archive SET target_ms = 5000")

    copied = [row for row in copy_all(shop.admin) if row["roots"]]

    assert [row["roots"] for row in copied if row["related_rows"] > 10_000] == [1]
    assert len(copied) > 1
    assert compare(shop.admin, shop.source, shop.history).complete
