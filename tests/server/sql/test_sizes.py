"""How many rows a chunk has: learned from the clock, and never too few."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.oracle import compare
from tests.support.procedures import (
    COPY,
    copy_all,
    copy_chunk,
    edit_procedure,
    query,
    value,
)

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Row

# What _learn_size is told, in its order, by name: a chunk that was just right.
CHUNK = {
    "target_ms": 200,
    "seconds": 0.2,
    "tries": 1,
    "roots": 100,
    "rows": 1000,
    "is_full": 1,
}


def learned(shop: OpenShop, *chunks: dict[str, float], size: int = 1000) -> Row:
    """Learn from chunks, after some of 1000 rows with 10 a root."""
    query(
        shop.admin,
        "SET @size = %s, @rows_per_root = 10, @fixed_ms = 0, @last_rows = NULL,"
        " @last_ms = NULL",
        size,
    )
    for chunk in chunks:
        query(
            shop.admin,
            "CALL _learn_size(%s, %s, %s, %s, %s, %s,"
            " @size, @rows_per_root, @fixed_ms, @last_rows, @last_ms)",
            *(CHUNK | chunk).values(),
        )
    (row,) = query(
        shop.admin,
        "SELECT CAST(@size AS SIGNED) AS size, CAST(@fixed_ms AS DOUBLE) AS fixed_ms,"
        " CAST(@rows_per_root AS DOUBLE) AS rows_per_root",
    )
    return row


@pytest.mark.parametrize(
    ("chunk", "size"),
    [
        pytest.param({}, 1000, id="what fits stays"),
        pytest.param({"seconds": 0.25}, 800, id="a little slow"),
        pytest.param({"seconds": 0.16}, 1250, id="a little fast"),
        pytest.param({"seconds": 0.01}, 2000, id="very fast, twice as many"),
        pytest.param({"seconds": 2.0}, 100, id="ten times too slow, a tenth at once"),
        pytest.param(
            {"roots": 2, "rows": 20, "is_full": 0, "seconds": 0.05},
            1000,
            id="a chunk of few rows tells nothing",
        ),
        pytest.param({"seconds": 0.0}, 2000, id="a clock that stands still"),
        pytest.param(
            {"roots": 1, "rows": 17, "seconds": 0.2},
            34,
            id="one small root is never all",
        ),
        pytest.param(
            {"roots": 1, "rows": 5000, "seconds": 2.0},
            500,
            id="but a giant may be",
        ),
    ],
)
def test_the_size_follows_the_clock(
    shop: OpenShop, chunk: dict[str, float], size: int
) -> None:
    assert learned(shop, chunk)["size"] == size


def test_what_is_the_same_for_any_chunk_is_told_from_what_a_row_takes(
    shop: OpenShop,
) -> None:
    # 190 ms, and a tenth of one a row: so a target of 200 ms can't be met. As many rows
    # are copied as take another 190, and not the 100 for which there would be time.
    chunks = [
        {"roots": rows // 10, "rows": rows, "seconds": 0.19 + rows * 0.0001}
        for rows in (100, 200, 400, 800, 1600, 1900, 1900)
    ]

    one_root = learned(shop, {"roots": 1, "rows": 10, "seconds": 0.191}, size=10)
    all_told = learned(shop, *chunks, size=1900)

    assert one_root["size"] == 20
    assert all_told["fixed_ms"] == pytest.approx(190, rel=0.1)
    assert all_told["size"] == pytest.approx(1900, rel=0.2)


def test_a_table_that_is_read_whole_in_every_chunk_makes_chunks_no_smaller(
    shop: OpenShop,
) -> None:
    # As where a join lacks an index: each chunk takes as long again, however few.
    edit_procedure(
        shop,
        "_copy_notes",
        old="    INSERT INTO notes_history (",
        new="    DO SLEEP(0.06);\n    INSERT INTO notes_history (",
    )
    query(shop.admin, "UPDATE archive SET target_ms = 20, prove_every = 1000000")
    query(shop.admin, "UPDATE lane SET size = 400, rows_per_root = 17")

    rows = copy_all(shop.admin)

    copied = [row["roots"] for row in rows if row["roots"]]
    assert sum(copied) == 40
    assert max(copied[3:]) >= 4
    assert re.fullmatch(
        r"a chunk takes 0\.\d\d s, of which 0\.\d\d s are the same for any number of"
        r" roots; target_ms is 20: create an index .*",
        str(rows[-2]["reason"]),
    )
    assert compare(shop.admin, shop.source, shop.history).complete


def test_nothing_is_said_of_chunks_that_meet_their_target(shop: OpenShop) -> None:
    query(shop.admin, "UPDATE archive SET target_ms = 5000")

    rows = copy_all(shop.admin, 10)

    assert {row["reason"] for row in rows[:-1]} == {None}


def test_what_each_root_takes_is_not_called_the_same_for_any(shop: OpenShop) -> None:
    query(shop.admin, "UPDATE lane SET last_ms = 400, fixed_ms = 90")

    assert copy_chunk(shop.admin, 5)["reason"] is None


def test_one_giant_does_not_pass_for_what_is_usual(shop: OpenShop) -> None:
    after_many = learned(shop, {"roots": 50, "rows": 1000})

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
    query(shop.admin, "UPDATE lane SET size = 4000, rows_per_root = 18")
    # However slow the machine is.
    query(shop.admin, "UPDATE archive SET target_ms = 5000")

    rows = copy_all(shop.admin)

    copied = [row for row in rows if row["roots"]]
    giant = [row for row in copied if row["related_rows"] > 30_000]
    assert [row["roots"] for row in giant] == [1]
    assert sum(row["roots"] for row in copied) == 40
    # What was copied before it was too much told how many fit: one try is lost, and one
    # where the giant comes first.
    assert value(shop.admin, "SELECT MAX(tries) FROM chunk") <= 3
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
        f" (SELECT 1 FROM `{shop.source}`.order_items LIMIT 100) AS b,"
        f" (SELECT 1 FROM `{shop.source}`.order_items LIMIT 3) AS c",
    )
    query(
        shop.admin,
        f"UPDATE `{shop.source}`.orders SET status = 'cancelled'"
        " WHERE status NOT IN ('uncollected', 'cancelled', 'dispensed')",
    )
    query(shop.admin, "UPDATE lane SET size = 3000, rows_per_root = 18")
    # However slow the machine is.
    query(shop.admin, "UPDATE archive SET target_ms = 5000")

    copied = [row for row in copy_all(shop.admin) if row["roots"]]

    assert [row["roots"] for row in copied if row["related_rows"] > 10_000] == [1]
    assert len(copied) > 1
    assert compare(shop.admin, shop.source, shop.history).complete


@pytest.mark.core
def test_a_chunk_that_is_too_slow_for_its_size_is_tried_smaller(shop: OpenShop) -> None:
    # The deadline lies in the past: as slow as can be.
    edit_procedure(
        shop,
        COPY,
        old="DEFAULT SYSDATE(6) + INTERVAL 1000 * in_limit_ms MICROSECOND",
        new="DEFAULT SYSDATE(6) - INTERVAL 1 SECOND",
    )

    first = copy_chunk(shop.admin, 20)

    # 20, 10 (which isn't smaller as text), and then one by one: a lone root has no
    # deadline.
    assert first["roots"] == 1
    assert value(shop.admin, "SELECT tries FROM chunk") == 3


@pytest.mark.core
def test_a_size_that_the_caller_asked_for_teaches_nothing(shop: OpenShop) -> None:
    copy_all(shop.admin, max_roots=3)

    assert value(shop.admin, "SELECT size FROM lane") == 1000
