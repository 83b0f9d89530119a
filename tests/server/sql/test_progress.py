"""How far an archive is, for people and for callers with EXECUTE alone."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pymysql
import pytest

from tests.support.procedures import (
    COPY,
    HISTORY,
    RELATIONS,
    connection_id,
    copy_all,
    copy_chunk,
    held_call,
    query,
    value,
)

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Row

COLUMNS = [
    "archive",
    "state",
    "pass",
    "roots",
    "related_rows",
    "examined",
    "unfinished",
    "quarantined",
    "is_capped",
    "lanes",
    "cursor",
    "last_chunk_at",
    "pass_started_at",
    "pass_ended_at",
    "findings",
    "verified_at",
    "held_by",
    "paused_at",
    "paused_by",
    "pause_reason",
    "key_warning",
    "not_watched",
    "last_error",
]


def test_the_view_and_the_procedure_show_the_same_columns_and_values(
    shop: OpenShop,
) -> None:
    fresh = progress(shop)
    copy_chunk(shop.admin, 5)
    begun = progress(shop)
    copy_all(shop.admin)
    ended = progress(shop)

    assert [list(row) for row in (fresh, begun, ended)] == [COLUMNS] * 3


@pytest.mark.core
def test_it_names_the_connections_that_hold_a_lane(shop: OpenShop) -> None:
    holder = shop.connect()
    with held_call(
        shop, COPY, before="SET v_step = 'note what waits';", connection=holder
    ):
        held = progress(shop)["held_by"]
        session = shop.connect()
        query(session, "CREATE TABLE scratch (n INT) ENGINE = InnoDB")
        query(session, "START TRANSACTION")
        query(session, "INSERT INTO scratch VALUES (1)")
        (inside,) = query(session, "CALL progress()")
        query(session, "ROLLBACK")
        kept = value(session, "SELECT COUNT(*) FROM scratch")
        session.close()
    number = connection_id(holder)
    holder.close()

    assert re.fullmatch(rf"connection {number} for \d+ s", held)
    assert (inside["held_by"], kept) == (None, 0)
    assert progress(shop)["held_by"] is None


@pytest.mark.core
def test_it_tells_the_states_of_a_pass_one_after_the_other(shop: OpenShop) -> None:
    fresh = progress(shop)
    first = copy_chunk(shop.admin, 5)
    walking = progress(shop)
    second = copy_chunk(shop.admin, 500)
    looking = progress(shop)
    copy_all(shop.admin)
    passed = progress(shop)
    query(shop.admin, "CALL pause_archive('orders', 'x')")
    paused = progress(shop)

    assert [row["state"] for row in (fresh, walking, looking, passed, paused)] == [
        "scanning",
        "scanning",
        "rechecking",
        "passed",
        "paused",
    ]
    assert [row["roots"] for row in (fresh, walking, looking, passed)] == [0, 5, 40, 40]
    assert [row["cursor"] for row in (fresh, walking, looking, passed)] == [
        None,
        first["cursor"],
        second["cursor"],
        second["cursor"],
    ]
    assert [row["last_chunk_at"] is None for row in (fresh, walking)] == [True, False]
    assert [row["pass_ended_at"] is None for row in (fresh, walking, looking)] == [
        True,
        True,
        True,
    ]
    assert passed["pass_ended_at"] > passed["pass_started_at"]
    assert paused == passed | {
        "state": "paused",
        "paused_at": paused["paused_at"],
        "paused_by": value(shop.admin, "SELECT USER()"),
        "pause_reason": "x",
    }


def test_its_numbers_are_those_of_the_tables(shop: OpenShop) -> None:
    copy_all(shop.admin, 7)
    query(
        shop.admin,
        "INSERT INTO waiting_root"
        " (archive, lane, root_number, root_text, reason, noted_at)"
        " VALUES ('orders', 1, 901, '', 'unfinished', UTC_TIMESTAMP()),"
        " ('orders', 1, 902, '', 'unfinished', UTC_TIMESTAMP()),"
        " ('orders', 1, 903, '', 'quarantined', UTC_TIMESTAMP()),"
        " ('others', 1, 0, '[\"a\"]', 'quarantined', UTC_TIMESTAMP())",
    )

    row = progress(shop)

    related = sum(
        value(shop.admin, f"SELECT COUNT(*) FROM {table}_history")
        for table in RELATIONS
    )
    orders = value(shop.admin, f"SELECT COUNT(*) FROM {shop.source}.orders")
    last = value(shop.admin, f"SELECT MAX(id) FROM {shop.source}.orders")
    assert (row["roots"], row["related_rows"], row["examined"]) == (40, related, orders)
    assert (row["unfinished"], row["quarantined"]) == (orders - 40 + 2, 1)
    assert (row["archive"], row["pass"], row["is_capped"]) == ("orders", 1, 0)
    assert row["cursor"] == f'["{last}"]'
    assert row["last_chunk_at"] == value(
        shop.admin, "SELECT MAX(started_at) FROM chunk"
    )
    # Numbers and not floats, however the server sums.
    assert {type(row["roots"]), type(row["related_rows"])} <= {int, Decimal}


@pytest.mark.core
def test_it_shows_the_error_of_the_last_call_until_one_copies(shop: OpenShop) -> None:
    copy_chunk(shop.admin, 5)
    before = progress(shop)["last_error"]
    query(shop.admin, f"ALTER TABLE {shop.source}.orders ADD COLUMN extra INT NULL")
    with pytest.raises(pymysql.Error, match="drift: orders: a column more, extra INT"):
        copy_chunk(shop.admin)
    failed = progress(shop)["last_error"]
    at = value(shop.admin, "SELECT MAX(failed_at) FROM failure")
    query(shop.admin, f"ALTER TABLE {shop.source}.orders DROP COLUMN extra")
    still = progress(shop)["last_error"]
    copy_chunk(shop.admin, 5)
    after = progress(shop)["last_error"]

    assert before is None
    assert failed == still
    assert failed == f"error 30007 (45000) at {at} UTC, to check the source"
    assert after is None


def test_it_reads_the_control_tables_only(shop: OpenShop) -> None:
    copy_all(shop.admin)
    before = progress(shop)

    query(shop.admin, f"DROP SCHEMA {shop.source}")
    for table in HISTORY:
        query(shop.admin, f"DROP TABLE {table}")

    assert progress(shop) == before


def test_it_does_not_wait_for_a_chunk_that_is_being_copied(shop: OpenShop) -> None:
    before = progress(shop)
    session = shop.connect()

    query(session, "START TRANSACTION")
    query(session, "UPDATE lane SET roots = 7")
    query(session, "UPDATE archive SET pass = 7")
    during = progress(shop)
    query(session, "ROLLBACK")
    session.close()

    assert during == before


def progress(shop: OpenShop) -> Row:
    """Read the one row as the caller, and see that the view says the same.

    Who holds a lane is seen by a dirty read alone, which a view can't make.
    """
    caller = shop.connect(shop.caller_url)
    (row,) = query(caller, "CALL progress()")
    caller.close()
    committed = {name: value for name, value in row.items() if name != "held_by"}
    assert query(shop.admin, "SELECT * FROM progress") == [committed]
    return row
