"""A key stands for one order for ever: where one came twice, a full pass warns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.procedures import copy_all, copy_chunk, query, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

pytestmark = pytest.mark.core

COUNTER = "the source gives out key {next} next, and history has keys up to 48"
OTHERS = "the source has other roots under the keys of "


@pytest.fixture
def caller(shop: OpenShop) -> Iterator[Connection]:
    connection = shop.connect(shop.caller_url)
    copy_all(connection)
    yield connection
    connection.close()


def open_pass(shop: OpenShop, caller: Connection) -> str:
    """Open a full pass, and return what its CALL says."""
    query(
        shop.admin,
        "UPDATE archive SET pass_started_at = pass_started_at - INTERVAL 2 DAY",
    )
    row = copy_chunk(caller)
    assert row["state"] == "copied"
    reason: str = row["reason"]
    assert reason.startswith("opened full pass ")
    return reason.partition("; ")[2]


def source(shop: OpenShop, *statements: str) -> None:
    query(shop.admin, "SET foreign_key_checks = 0, sql_mode = ''")
    for statement in statements:
        query(shop.admin, statement.format(s=shop.source))


def place_orders(shop: OpenShop, first: int, last: int, year: int = 2031) -> None:
    """Place finished orders that are like none there was."""
    for number in range(first, last + 1):
        query(
            shop.admin,
            f"INSERT INTO {shop.source}.orders"
            " (id, customer_id, status, reference, placed_at, closed_at)"
            f" VALUES (%s, 1, 'dispensed', UUID(), '{year}-01-01' + INTERVAL %s HOUR,"
            f" '{year}-02-01' + INTERVAL %s HOUR)",
            number,
            number,
            number,
        )


def test_after_truncate_the_next_full_pass_warns_and_goes_on(
    shop: OpenShop, caller: Connection
) -> None:
    source(shop, "TRUNCATE TABLE {s}.orders")

    said = open_pass(shop, caller)
    (progress,) = query(caller, "CALL progress()")
    rows = copy_all(caller)

    assert said == progress["key_warning"]
    assert said == f"{COUNTER.format(next=1)}"
    assert rows[-1]["state"] == "idle"
    assert (
        "; keys may have come twice, see key_warning in progress; "
        in (rows[-1]["reason"])
    )


def test_after_a_restore_the_next_full_pass_warns(
    shop: OpenShop, caller: Connection
) -> None:
    source(
        shop,
        "DELETE FROM {s}.orders WHERE id > 30",
        "ALTER TABLE {s}.orders AUTO_INCREMENT = 31",
    )

    assert open_pass(shop, caller) == COUNTER.format(next=31)


def test_orders_under_old_keys_are_noticed_when_the_counter_is_past_them(
    shop: OpenShop, caller: Connection
) -> None:
    source(shop, "DELETE FROM {s}.orders")
    place_orders(shop, 1, 60)

    said = open_pass(shop, caller)

    assert said.startswith(f"{OTHERS}20 that chunk ")


def test_a_few_orders_under_old_keys_are_noticed_beside_those_that_stayed(
    shop: OpenShop, caller: Connection
) -> None:
    # A restore lost the last ones; history has them in chunks of their own.
    place_orders(shop, 61, 80)
    copy_all(caller)
    source(shop, "DELETE FROM {s}.orders WHERE id > 60")
    place_orders(shop, 61, 90, year=2032)

    said = open_pass(shop, caller)

    assert said.startswith(f"{OTHERS}20 that chunk ")


def test_a_warning_is_gone_when_its_cause_is(
    shop: OpenShop, caller: Connection
) -> None:
    source(
        shop,
        "DELETE FROM {s}.orders WHERE id > 30",
        "ALTER TABLE {s}.orders AUTO_INCREMENT = 31",
    )
    before = open_pass(shop, caller)
    copy_all(caller)
    source(shop, "ALTER TABLE {s}.orders AUTO_INCREMENT = 1000")
    after = open_pass(shop, caller)

    assert before
    assert after == ""
    assert value(shop.admin, "SELECT key_warning FROM archive") is None


ORDINARY = {
    "nothing": "DO 1",
    "an order is deleted": "DELETE FROM {s}.orders WHERE id = 48",
    "all that is in history is deleted": "DELETE FROM {s}.orders"
    " WHERE status IN ('uncollected', 'cancelled', 'dispensed')",
    "all that there is is deleted": "DELETE FROM {s}.orders",
    "a column is given another value": "UPDATE {s}.orders SET discount = discount + id",
    "all are reopened": "UPDATE {s}.orders SET status = 'received', closed_at = NULL,"
    " changed_at = UTC_TIMESTAMP() + INTERVAL id SECOND",
}


@pytest.mark.parametrize("event", ORDINARY)
def test_what_happens_to_orders_anyway_is_no_reason_to_warn(
    shop: OpenShop, caller: Connection, event: str
) -> None:
    source(shop, ORDINARY[event])

    assert open_pass(shop, caller) == ""


def test_the_source_is_locked_nowhere_while_keys_are_looked_at(
    shop: OpenShop, caller: Connection
) -> None:
    writer = shop.connect()
    query(writer, "START TRANSACTION")
    query(writer, f"UPDATE {shop.source}.orders SET discount = 1")
    query(caller, "SET SESSION innodb_lock_wait_timeout = 1")

    said = open_pass(shop, caller)
    query(writer, "ROLLBACK")
    writer.close()

    assert said == ""
