"""Several lanes: one archive, as many workers, and no root twice or left out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.oracle import compare
from tests.support.procedures import (
    COPY,
    Call,
    connection_id,
    copy_all,
    copy_chunk,
    edit_procedure,
    held_call,
    lanes,
    query,
    until,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection, Row


def split(shop: OpenShop, lanes: int) -> list[Row]:
    return query(shop.admin, "CALL split_orders(%s)", lanes)


def three_lanes(make_shop: Callable[..., OpenShop]) -> OpenShop:
    """Open a shop of which all that is finished was copied in three lanes."""
    shop = make_shop(finished=2500)
    split(shop, 3)
    copy_all(shop.admin)
    return shop


def hold(connection: Connection, lane: int) -> None:
    """Hold a lane as a chunk does that is under way."""
    query(connection, "START TRANSACTION")
    query(
        connection,
        "SELECT 1 FROM lane WHERE archive = 'orders' AND number = %s FOR UPDATE",
        lane,
    )
    query(
        connection,
        "UPDATE lane SET holder_id = CONNECTION_ID(), held_at = UTC_TIMESTAMP(6)"
        " WHERE archive = 'orders' AND number = %s",
        lane,
    )


def assert_complete(shop: OpenShop) -> None:
    assert compare(shop.admin, shop.source, shop.history).complete


def lanes_used(shop: OpenShop) -> set[int]:
    rows = query(shop.admin, "SELECT DISTINCT lane AS lane FROM chunk")
    return {row["lane"] for row in rows}


@pytest.mark.core
def test_lanes_divide_all_keys_into_shares_of_equal_work(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=4000)

    lanes = split(shop, 4)
    shares = [
        value(
            shop.admin,
            f"SELECT COUNT(*) FROM `{shop.source}`.orders"
            " WHERE id > COALESCE(JSON_VALUE(%s, '$[0]'), -1)"
            " AND id <= COALESCE(JSON_VALUE(%s, '$[0]'), 4294967295)"
            " AND status IN ('uncollected', 'cancelled', 'dispensed')",
            lane["from_key"],
            lane["upto_key"],
        )
        for lane in lanes
    ]
    states = [row["state"] for row in copy_all(shop.admin)]

    # A number is never used again.
    assert [lane["lane"] for lane in lanes] == [2, 3, 4, 5]
    assert lanes[0]["from_key"] is None
    assert lanes[-1]["upto_key"] is None
    assert [lane["from_key"] for lane in lanes[1:]] == [
        lane["upto_key"] for lane in lanes[:-1]
    ]
    assert sum(shares) == 4000
    # Measured in stretches of a thousand keys.
    assert all(0 < share < 2000 for share in shares)
    assert states[-1] == "idle"
    assert lanes_used(shop) == {2, 3, 4, 5}
    assert_complete(shop)


@pytest.mark.core
def test_workers_share_lanes_and_double_and_lose_nothing(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=3000)
    split(shop, 3)
    sessions = [shop.connect(shop.caller_url) for _ in range(3)]

    with ThreadPoolExecutor(3) as pool:
        worked = list(pool.map(lambda each: copy_all(each, 100), sessions))
    last = copy_all(sessions[0])[-1]
    for session in sessions:
        session.close()

    assert sum(row["roots"] for rows in worked for row in rows) == 3000
    assert {rows[-1]["state"] for rows in worked} <= {"idle", "busy"}
    assert last["state"] == "idle"
    assert_complete(shop)


def test_a_worker_takes_a_lane_of_its_own_and_is_told_who_holds_the_rest(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=2500)
    split(shop, 2)
    other = shop.connect()
    hold(other, 2)
    caller = shop.connect(shop.caller_url)

    rows = copy_all(caller)
    number = connection_id(other)
    other.close()
    until(lambda: lane_is_free(shop, 2), "the lane is given back")
    rest = copy_all(caller)
    caller.close()

    assert rows[-1]["state"] == "busy"
    assert f"connection {number}" in rows[-1]["reason"]
    assert 0 < sum(row["roots"] for row in rows) < 2500
    assert rest[-1]["state"] == "idle"
    assert lanes_used(shop) == {2, 3}
    assert_complete(shop)


def lane_is_free(shop: OpenShop, lane: int) -> bool:
    rows = query(
        shop.admin,
        "SELECT number FROM lane WHERE archive = 'orders' AND number = %s"
        " FOR UPDATE SKIP LOCKED",
        lane,
    )
    query(shop.admin, "ROLLBACK")
    return bool(rows)


@pytest.mark.core
def test_what_finishes_later_is_found_in_every_lane_and_idle_calls_write_nothing(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = three_lanes(make_shop)
    before = lanes(shop.admin)
    idle = copy_chunk(shop.admin)
    after = lanes(shop.admin)
    finished = query(
        shop.admin,
        f"UPDATE `{shop.source}`.orders SET status = 'cancelled'"
        " WHERE status NOT IN ('uncollected', 'cancelled', 'dispensed')",
    )

    rows = copy_all(shop.admin)

    assert finished == []
    assert (idle["state"], before) == ("idle", after)
    assert rows[-1]["state"] == "idle"
    assert sum(row["roots"] for row in rows) > 500
    assert value(shop.admin, "SELECT COUNT(*) FROM waiting") == 0
    assert_complete(shop)


def test_looks_come_round_to_every_lane_however_long_each_takes(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = three_lanes(make_shop)
    looks_take_a_call_each(shop)

    rows = copy_all(shop.admin)
    again = copy_all(shop.admin)

    assert [row["state"] for row in rows] == ["copied", "copied", "idle"]
    assert [row["state"] for row in again] == ["copied", "copied", "idle"]


@pytest.mark.parametrize("rested", [20, 31])
def test_a_round_that_an_earlier_run_began_is_not_the_one_that_says_idle(
    make_shop: Callable[..., OpenShop], rested: int
) -> None:
    shop = three_lanes(make_shop)
    looks_take_a_call_each(shop)
    began = copy_chunk(shop.admin)
    finished = finish_first(shop)
    rest(shop, rested)

    rows = copy_all(shop.admin)
    again = copy_all(shop.admin)

    assert began["state"] == "copied"
    assert [row["state"] for row in again][-1] == "idle"
    if rested < 30:
        assert [row["state"] for row in rows] == ["copied", "idle"]
        assert sum(row["roots"] for row in again) == 1
    else:
        assert sum(row["roots"] for row in rows) == 1
        assert [row["roots"] for row in again] == [0, 0, 0]
    assert is_kept(shop, finished)


def test_a_look_that_an_earlier_run_began_is_not_the_one_that_says_idle(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=600)
    copy_all(shop.admin)
    query(shop.admin, "UPDATE lane SET waiting_key = '[\"999999\"]'")
    finished = finish_first(shop)
    rest(shop, 31)

    rows = copy_all(shop.admin)

    assert [(row["state"], row["roots"]) for row in rows] == [
        ("copied", 0),
        ("copied", 1),
        ("idle", 0),
    ]
    assert is_kept(shop, finished)


def test_a_slow_pace_is_no_rest(make_shop: Callable[..., OpenShop]) -> None:
    shop = three_lanes(make_shop)
    looks_take_a_call_each(shop)
    query(shop.admin, "UPDATE archive SET pace = 50")
    copy_chunk(shop.admin)
    rest(shop, 45)

    rows = copy_all(shop.admin)

    assert [row["state"] for row in rows] == ["copied", "idle"]


def test_a_round_takes_as_long_as_it_takes(make_shop: Callable[..., OpenShop]) -> None:
    shop = three_lanes(make_shop)
    looks_take_a_call_each(shop)
    copy_chunk(shop.admin)
    query(
        shop.admin,
        "UPDATE lane SET worked_at = worked_at - INTERVAL 1 DAY WHERE number > 2",
    )

    rows = copy_all(shop.admin)

    assert [row["state"] for row in rows] == ["copied", "idle"]


def test_a_run_that_begins_a_round_is_idle_at_once_and_writes_nothing(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = three_lanes(make_shop)
    rest(shop, 31)
    before = lanes(shop.admin)

    rows = copy_all(shop.admin)

    assert [row["state"] for row in rows] == ["idle"]
    assert lanes(shop.admin) == before


def test_lanes_past_the_cap_are_idle_after_each_pass(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=2500)
    split(shop, 2)
    query(shop.admin, "UPDATE archive SET waiting_cap = 100")
    number = value(shop.admin, "SELECT pass FROM archive")
    looks_take_a_call_each(shop)

    copied = [copy_chunk(shop.admin)]
    while copied[-1]["state"] == "copied" and len(copied) < 5000:
        copied.append(copy_chunk(shop.admin))
    again = value(shop.admin, "SELECT pass FROM archive")
    rows = [copy_chunk(shop.admin)]
    while rows[-1]["state"] == "copied" and len(rows) < 5000:
        rows.append(copy_chunk(shop.admin))

    assert (copied[-1]["state"], rows[-1]["state"]) == ("idle", "idle")
    assert again == number
    assert rows[0]["reason"].startswith(f"opened full pass {number + 1}")
    assert value(shop.admin, "SELECT pass FROM archive") == number + 1
    assert_complete(shop)


def test_a_clock_that_was_set_back_is_a_rest(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = three_lanes(make_shop)
    looks_take_a_call_each(shop)
    copy_chunk(shop.admin)
    finished = finish_first(shop)
    rest(shop, -3600)

    rows = copy_all(shop.admin)

    assert rows[-1]["state"] == "idle"
    assert is_kept(shop, finished)


def test_who_has_looked_while_others_scan_is_busy_and_looks_again_afterwards(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=2500)
    split(shop, 2)
    walker = shop.connect()
    hold(walker, 3)
    while copy_chunk(shop.admin)["state"] == "copied":
        pass
    looks_take_a_call_each(shop)
    rows = [copy_chunk(shop.admin) for _ in range(5)]
    walker.rollback()
    walker.close()
    # The second lane comes to its end, and then the first one has its turn again.
    copy_all(shop.admin)
    finished = finish_first(shop)

    copy_all(shop.admin)

    assert {row["state"] for row in rows} == {"busy"}
    assert all("held by connection" in row["reason"] for row in rows)
    assert is_kept(shop, finished)
    assert_complete(shop)


@pytest.mark.parametrize("target_ms", [20, 1000])
def test_retried_orders_are_looked_for_in_lanes_that_had_their_turn(
    make_shop: Callable[..., OpenShop], target_ms: int
) -> None:
    shop = three_lanes(make_shop)
    query(
        shop.admin,
        "UPDATE waiting SET reason = 'quarantined', failed_at = UTC_TIMESTAMP(6)"
        " WHERE root_key = %s",
        finish_first(shop),
    )
    looks_take_a_call_each(shop)
    copy_chunk(shop.admin)
    query(shop.admin, "UPDATE archive SET target_ms = %s", target_ms)
    query(shop.admin, "CALL retry_quarantine('orders')")

    rows = copy_all(shop.admin)

    assert sum(row["roots"] for row in rows) == 1
    assert rows[-1]["state"] == "idle"


def looks_take_a_call_each(shop: OpenShop) -> None:
    """Let one lane's look be all that a CALL has time for."""
    query(shop.admin, "UPDATE archive SET target_ms = 20")
    edit_procedure(
        shop,
        "_find_work_in_orders",
        old="SET v_is_end = v_till",
        new="DO SLEEP(0.03); SET v_is_end = v_till",
    )


def rest(shop: OpenShop, seconds: int) -> None:
    """Let no CALL have come for so long."""
    query(
        shop.admin,
        "UPDATE lane SET worked_at = worked_at - INTERVAL %s SECOND",
        seconds,
    )


def finish_first(shop: OpenShop) -> str:
    """Finish the first of the waiting orders, and return its key."""
    key = str(
        value(
            shop.admin,
            "SELECT MIN(root_key) FROM waiting"
            " WHERE lane = (SELECT MIN(number) FROM lane)",
        )
    )
    query(
        shop.admin,
        f"UPDATE `{shop.source}`.orders SET status = 'cancelled' WHERE id = %s",
        int(key.strip('[]"')),
    )
    return key


def is_kept(shop: OpenShop, key: str) -> bool:
    return bool(
        value(
            shop.admin,
            "SELECT COUNT(*) FROM orders_history WHERE id = %s",
            int(key.strip('[]"')),
        )
    )


def test_lanes_change_in_the_middle_of_a_scan_and_what_waits_is_noted_anew(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=2500)
    for _ in range(5):
        copy_chunk(shop.admin, 200)

    split(shop, 4)
    copy_chunk(shop.admin, 200)
    split(shop, 2)
    copy_all(shop.admin)
    (progress,) = query(shop.admin, "CALL progress()")
    more = split(shop, 1)
    copy_all(shop.admin)
    (alone,) = query(shop.admin, "CALL progress()")

    assert more == [{"lane": 7, "from_key": None, "upto_key": None}]
    assert progress["roots"] == 2500
    assert alone["roots"] == progress["roots"]
    assert alone["related_rows"] == progress["related_rows"]
    assert alone["unfinished"] == progress["unfinished"]
    assert alone["pass"] == progress["pass"] + 1
    assert value(shop.admin, "SELECT COUNT(*) FROM lane_sample") == 0
    assert_complete(shop)


def test_a_split_waits_for_the_chunk_that_is_under_way(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)
    dba = shop.connect()

    with held_call(shop, COPY, before="SET v_step = 'note", connection=caller) as call:
        waiting = Call(dba, "CALL split_orders(1)")
        number = connection_id(dba)
        until(
            lambda: value(
                shop.admin,
                "SELECT COUNT(*) FROM information_schema.processlist"
                " WHERE id = %s AND info LIKE '%%FROM lane%%'",
                number,
            ),
            "the split waits for the lane",
        )
    copied = call.row()
    lane = waiting.row()
    copy_all(shop.admin)
    caller.close()
    dba.close()

    assert copied["roots"] == 40
    assert lane["lane"] == 2
    assert_complete(shop)


def test_a_split_waits_for_no_writer_whatever_the_session_is_set_to(
    shop: OpenShop,
) -> None:
    writer, owner = shop.connect(), shop.connect()
    query(writer, "START TRANSACTION")
    query(writer, f"UPDATE `{shop.source}`.orders SET remark = 'busy'")
    query(owner, "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE")
    query(owner, "SET SESSION innodb_lock_wait_timeout = 1")

    lanes = query(owner, "CALL split_orders(2)")
    writer.close()
    owner.close()

    assert lanes


@pytest.mark.parametrize("lanes", [0, 65, None])
def test_a_number_of_lanes_out_of_range_is_refused(
    shop: OpenShop, lanes: int | None
) -> None:
    with pytest.raises(pymysql.Error) as refused:
        query(shop.admin, "CALL split_orders(%s)", lanes)

    found = "NULL" if lanes is None else lanes
    assert refused.value.args == (30018, f"in_lanes is {found}; expected 1 to 64")


def test_a_split_leaves_the_transaction_of_its_caller_alone(shop: OpenShop) -> None:
    query(shop.admin, "START TRANSACTION")
    query(shop.admin, "UPDATE archive SET max_size = 77")

    with pytest.raises(pymysql.Error) as refused:
        query(shop.admin, "CALL split_orders(2)")
    kept = value(shop.admin, "SELECT max_size FROM archive")
    query(shop.admin, "ROLLBACK")

    assert refused.value.args[0] == 30001
    assert kept == 77
