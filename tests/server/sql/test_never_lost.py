"""Nothing is skipped: after a full pass, source = history and what waits, exactly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.oracle import compare
from tests.support.procedures import (
    COPY,
    RELATIONS,
    connection_id,
    copy_all,
    copy_chunk,
    held_call,
    overlook_drift,
    query,
    until,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

pytestmark = pytest.mark.core


@pytest.fixture
def caller(shop: OpenShop) -> Iterator[Connection]:
    connection = shop.connect(shop.caller_url)
    yield connection
    connection.close()


def add_order(shop: OpenShop, order_id: int, status: str = "dispensed") -> None:
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at) "
        "VALUES (%s, 1, %s, '2026-01-01')",
        order_id,
        status,
    )


def move_far_ahead(shop: OpenShop, caller: Connection) -> None:
    """Bring the cursor so far that a look no longer comes to the first orders."""
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at) "
        "SELECT 1000 + a.id * 50 + b.id, 1, 'cancelled', '2026-01-01' "
        f"FROM {shop.source}.orders AS a JOIN {shop.source}.orders AS b",
    )
    copy_all(caller)


def move_far_ahead_unfinished(shop: OpenShop) -> None:
    """Have more unfinished orders come than one window has."""
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at) "
        "SELECT 10000 + a.id * 50 + b.id, 1, 'received', '2026-01-01' "
        f"FROM {shop.source}.orders AS a JOIN {shop.source}.orders AS b "
        "WHERE a.id < 1000 AND b.id < 1000",
    )


def ids(shop: OpenShop, sql: str) -> set[int]:
    return {row["id"] for row in query(shop.admin, sql)}


def copied(shop: OpenShop) -> set[int]:
    return ids(shop, "SELECT id FROM orders_history")


def waiting(shop: OpenShop) -> dict[int, str]:
    return {
        int(json.loads(row["root_key"])[0]): row["reason"]
        for row in query(shop.admin, "SELECT root_key, reason FROM waiting")
    }


def source(shop: OpenShop) -> set[int]:
    return ids(shop, f"SELECT id FROM {shop.source}.orders")


def make_pass_due(shop: OpenShop) -> None:
    query(shop.admin, "UPDATE archive SET pass_started_at = '2000-01-01'")


def assert_all_accounted_for(shop: OpenShop) -> None:
    assert copied(shop) | waiting(shop).keys() == source(shop)
    assert not copied(shop) & waiting(shop).keys()
    assert compare(shop.admin, shop.source, shop.history).complete


def test_the_first_pass_accounts_for_every_order(
    shop: OpenShop, caller: Connection
) -> None:
    rows = copy_all(caller, max_roots=7)

    assert sum(row["roots"] for row in rows) == 40
    assert [row["state"] for row in rows][-1] == "idle"
    assert set(waiting(shop).values()) == {"unfinished"}
    assert len(waiting(shop)) == 10
    assert_all_accounted_for(shop)


@pytest.mark.parametrize("far", [False, True])
def test_an_order_that_finishes_behind_the_cursor_is_found_by_a_look(
    shop: OpenShop, caller: Connection, *, far: bool
) -> None:
    copy_all(caller)
    if far:
        move_far_ahead(shop, caller)
    query(
        shop.admin, f"UPDATE {shop.source}.orders SET status = 'cancelled' WHERE id = 4"
    )

    rows = copy_all(caller)

    assert [row["roots"] for row in rows] == [1, 0]
    assert 4 in copied(shop)
    assert_all_accounted_for(shop)


def test_an_order_that_finishes_while_the_scan_goes_on_behind_it_is_copied_in_the_pass(
    shop: OpenShop, caller: Connection
) -> None:
    copy_chunk(caller, 8)
    query(
        shop.admin, f"UPDATE {shop.source}.orders SET status = 'cancelled' WHERE id = 4"
    )

    copy_all(caller)

    assert 4 in copied(shop)
    assert value(shop.admin, "SELECT pass FROM archive") == 1
    assert_all_accounted_for(shop)


def test_an_id_that_is_committed_late_below_the_cursor_is_found_by_a_look(
    shop: OpenShop, caller: Connection
) -> None:
    late = shop.connect()
    late.begin()
    query(
        late,
        f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at) "
        "VALUES (100, 1, 'dispensed', '2026-01-01')",
    )
    add_order(shop, 101)
    copy_all(caller)
    before = copied(shop)

    late.commit()
    late.close()
    copy_all(caller)

    assert 101 in before
    assert 100 not in before
    assert 100 in copied(shop)
    assert_all_accounted_for(shop)


def test_a_late_id_is_found_by_a_look_though_the_source_lost_as_many(
    shop: OpenShop, caller: Connection
) -> None:
    for number in (97, 98, 102, 103):
        add_order(shop, number)
    copy_all(caller)
    query(shop.admin, f"DELETE FROM {shop.source}.orders WHERE id IN (97, 103)")
    # As many, and with the same sum.
    add_order(shop, 99)
    add_order(shop, 101)

    copy_all(caller)

    assert {99, 101} <= copied(shop)
    assert value(shop.admin, "SELECT pass FROM archive") == 1


def test_a_key_far_below_the_cursor_is_found_by_the_next_pass(
    shop: OpenShop, caller: Connection
) -> None:
    move_far_ahead(shop, caller)
    add_order(shop, -7)
    add_order(shop, 555)

    copy_all(caller)
    after_look = copied(shop)
    make_pass_due(shop)
    first = copy_chunk(caller)
    copy_all(caller)

    assert not after_look & {-7, 555}
    assert first["reason"] == "opened full pass 2"
    assert {-7, 555} < copied(shop)
    assert_all_accounted_for(shop)


def test_keys_that_appear_anywhere_while_a_pass_goes_on_are_found_by_the_next(
    shop: OpenShop, caller: Connection
) -> None:
    query(
        shop.admin,
        f"UPDATE {shop.source}.orders SET status = 'received' WHERE id > 30",
    )
    for number in range(20):
        add_order(shop, 2**40 + (number * 7919) % 1000 * 2**30)
        add_order(shop, -(2**40) - (number * 7919) % 1000 * 2**30)
        copy_chunk(caller, 1)

    copy_all(caller)
    make_pass_due(shop)
    copy_all(caller)

    assert_all_accounted_for(shop)


def test_a_root_that_is_deleted_while_it_waits_is_forgotten(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)
    for table in ("deliveries", "order_events", "order_labels", "payments"):
        query(shop.admin, f"DELETE FROM {shop.source}.{table} WHERE order_id = 9")
    query(
        shop.admin,
        f"DELETE b FROM {shop.source}.batches AS b "
        f"JOIN {shop.source}.order_items AS i ON i.id = b.order_item_id "
        "WHERE i.order_id = 9",
    )
    query(shop.admin, f"DELETE FROM {shop.source}.order_items WHERE order_id = 9")
    query(shop.admin, f"DELETE FROM {shop.source}.orders WHERE id = 9")

    rows = copy_all(caller)

    assert rows[-1]["state"] == "idle"
    assert 9 not in waiting(shop)
    assert_all_accounted_for(shop)


def test_an_order_that_finishes_while_a_chunk_is_copied_waits_and_comes_in_the_pass(
    shop: OpenShop, caller: Connection
) -> None:
    with held_call(
        shop, COPY, before="SET v_step = 'note what waits';", connection=caller
    ) as call:
        query(
            shop.admin,
            f"UPDATE {shop.source}.orders SET status = 'cancelled' WHERE id = 4",
        )
    call.row()
    noted = waiting(shop)[4]

    copy_all(caller)

    # As it was at the instant of the copy.
    assert noted == "unfinished"
    assert 4 in copied(shop)
    assert value(shop.admin, "SELECT pass FROM archive") == 1
    assert_all_accounted_for(shop)


def test_a_crash_between_look_and_copy_loses_nothing(
    shop: OpenShop, caller: Connection
) -> None:
    move_far_ahead(shop, caller)
    query(
        shop.admin, f"UPDATE {shop.source}.orders SET status = 'cancelled' WHERE id = 4"
    )
    doomed = shop.connect(shop.caller_url)

    with held_call(
        shop, COPY, before="CALL _copy_waiting_orders(", connection=doomed
    ) as call:
        query(shop.admin, f"KILL {connection_id(doomed)}")
        with pytest.raises((pymysql.Error, OSError)):
            call.row()
    after_crash = waiting(shop)[4]
    # The server lets go of a killed session's lane when it gets to it.
    until(lambda: copy_all(caller)[-1]["state"] != "busy", "the lane is given back")

    assert after_crash == "unfinished"
    assert 4 in copied(shop)
    assert_all_accounted_for(shop)


def test_past_the_cap_looks_become_walks_and_find_what_was_not_noted(
    shop: OpenShop, caller: Connection
) -> None:
    query(shop.admin, "UPDATE archive SET waiting_cap = 3")
    rows = copy_all(caller)
    noted = len(waiting(shop))
    query(
        shop.admin,
        f"UPDATE {shop.source}.orders SET status = 'cancelled' WHERE id = 49",
    )

    again = copy_all(caller)

    assert noted == 3
    assert "opens a pass" in rows[-1]["reason"]
    assert again[0]["reason"] == "opened full pass 2"
    assert again[-1]["state"] == "idle"
    assert 49 in copied(shop)
    (progress,) = query(caller, "CALL progress()")
    assert progress["is_capped"] == 1


def test_an_idle_call_writes_nothing(shop: OpenShop, caller: Connection) -> None:
    copy_all(caller)
    before = written(shop)

    row = copy_chunk(caller)

    assert row["state"] == "idle"
    assert written(shop) == before


def written(shop: OpenShop) -> tuple[object, ...]:
    """The binary log's end, which every committed write moves."""
    version = value(shop.admin, "SELECT VERSION()")
    if "MariaDB" in version:
        return (value(shop.admin, "SELECT @@gtid_binlog_pos"),)
    return (value(shop.admin, "SELECT @@global.gtid_executed"),)


def test_a_steady_flow_of_new_orders_does_not_starve_those_that_wait(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)
    move_far_ahead(shop, caller)
    make_pass_due(shop)
    query(
        shop.admin,
        f"UPDATE {shop.source}.orders SET status = 'received' WHERE id = 5000",
    )
    for number in range(12):
        add_order(shop, 10_000 + number)
        copy_chunk(caller)
    passed = value(shop.admin, "SELECT phase IN ('tail', 'recheck') FROM lane")
    query(
        shop.admin, f"UPDATE {shop.source}.orders SET status = 'cancelled' WHERE id = 4"
    )
    for number in range(3):
        add_order(shop, 20_000 + number)
        copy_chunk(caller)

    assert passed == 1
    assert 4 in copied(shop)


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_run_ends_though_new_orders_come_between_any_two_of_its_calls(
    shop: OpenShop, caller: Connection, lanes: int
) -> None:
    # Each CALL finds keys above the cursor. What was there at first is copied.
    copy_all(caller)
    query(shop.admin, "CALL split_orders(%s)", lanes)
    copy_all(caller)
    query(shop.admin, "UPDATE lane SET key_window = 100")
    query(shop.admin, f"UPDATE {shop.source}.orders SET status = 'dispensed'")
    for order in range(9000, 9300):
        add_order(shop, order)
    states = []

    for order in range(10_000, 10_100):
        states.append(copy_chunk(caller)["state"])
        if states[-1] == "idle":
            break
        add_order(shop, order, "received")

    assert states[-1] == "idle"
    came = ids(shop, f"SELECT id FROM {shop.source}.orders WHERE id < 10000")
    assert copied(shop) == came


def test_it_is_not_idle_while_a_finished_order_is_above_the_cursor(
    shop: OpenShop, caller: Connection
) -> None:
    # Whether a run begins or goes on: nobody says which CALL is the first of one.
    copy_all(caller)
    add_order(shop, 9000, "received")
    states = []

    for order in range(9001, 9006):
        states.append(copy_chunk(caller)["state"])
        add_order(shop, order)
    copy_all(caller)

    assert states == ["copied"] * 5
    assert {*range(9001, 9006)} <= copied(shop)


def test_it_is_not_idle_while_more_keys_are_above_the_cursor_than_a_window_has(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)
    query(shop.admin, "UPDATE lane SET key_window = 2000")
    add_order(shop, 9000, "received")
    copy_chunk(caller)
    move_far_ahead_unfinished(shop)
    add_order(shop, 99_999)

    copy_all(caller)

    assert 99_999 in copied(shop)


def test_what_a_run_that_was_cut_off_has_seen_does_not_make_the_next_one_idle(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)
    add_order(shop, 9000, "received")
    copy_chunk(caller)
    query(shop.admin, "UPDATE lane SET worked_at = worked_at - INTERVAL 1 MINUTE")
    add_order(shop, 9001)

    copy_all(caller)

    assert 9001 in copied(shop)


def test_a_clock_that_ran_ahead_does_not_put_off_full_passes(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)
    query(shop.admin, "UPDATE archive SET pass_started_at = '2200-01-01'")

    row = copy_chunk(caller)

    assert row["reason"] == "opened full pass 2"


def test_a_mark_that_was_set_back_copies_nothing_twice(
    shop: OpenShop, caller: Connection
) -> None:
    # Above its mark a lane copies without looking anything up.
    copy_all(caller)
    before = copied(shop), waiting(shop)
    # As if the kit had forgotten what it examined, and one order had left history.
    overlook_drift(shop)
    query(shop.admin, "DROP TRIGGER orders_history_before_delete")
    query(shop.admin, "DELETE FROM orders_history WHERE id = 5")
    query(
        shop.admin,
        "UPDATE lane SET cursor_key = NULL, mark_key = NULL, phase = 'scan'",
    )
    for relation in RELATIONS:
        query(shop.admin, f"DROP TRIGGER {relation}_history_before_delete")
        query(shop.admin, f"DELETE FROM {relation}_history WHERE history_root_id = 5")

    rows = copy_all(caller)

    assert sum(row["roots"] for row in rows) == 1
    assert rows[-1]["state"] == "idle"
    assert (copied(shop), waiting(shop)) == before
    assert_all_accounted_for(shop)
