"""A Lambda, a DBA and an EVENT at once: the lane's row lock is all there is to it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support.kills.gates import build_gates, gate_at, is_connected
from tests.support.kills.history import assert_complete, count
from tests.support.kills.lambdas import lambda_of, run_of
from tests.support.kills.matrix import hang_up
from tests.support.procedures import (
    Call,
    connection_id,
    copy_chunk,
    query,
    until,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OpenShop

pytestmark = pytest.mark.core

EVENT = {"archive": "orders", "max_roots": 10}


@contextmanager
def scheduled(shop: OpenShop) -> Iterator[None]:
    """Let the server CALL by itself every second, as an event of one's own does."""
    before = value(shop.admin, "SELECT @@event_scheduler")
    query(shop.admin, "SET GLOBAL event_scheduler = ON")
    query(
        shop.admin,
        """
        CREATE EVENT copy_orders ON SCHEDULE EVERY 1 SECOND DO
        BEGIN
            SET SESSION lock_wait_timeout = 5, innodb_lock_wait_timeout = 5;
            CALL copy_orders_chunk(5);
        END
        """,
    )
    try:
        yield
    finally:
        query(shop.admin, "DROP EVENT IF EXISTS copy_orders")
        query(shop.admin, f"SET GLOBAL event_scheduler = {before}")


def test_while_an_event_copies_a_lambda_and_a_dba_are_told_so_and_go_on_afterwards(
    shop: OpenShop,
) -> None:
    build_gates(shop)
    # However long it stands, it isn't late.
    query(shop.admin, "UPDATE archive SET target_ms = 5000")
    gate = gate_at(shop, "copy the items")
    dba = shop.connect(shop.owner_url)

    with lambda_of(shop) as runtime:
        with scheduled(shop):
            event = gate.wait_for_anyone()
            query(shop.admin, "DROP EVENT copy_orders")
            meeting = copy_chunk(dba)
            ended = run_of(runtime.invoke(EVENT))
            gate.open()
            until(lambda: not is_connected(shop.admin, event), "the event has ended")
        copied = count(shop.admin, "orders_history")
        row = copy_chunk(dba, 7)
        last = run_of(runtime.invoke(EVENT))
    dba.close()

    assert meeting["state"] == ended["reason"] == "busy"
    assert f"held by connection {event} for" in meeting["reason"]
    assert f"held by connection {event} for" in ended["detail"]
    assert copied >= 5
    assert row["roots"] == 7
    assert (last["reason"], last["roots"]) == ("idle", 40 - copied - 7)
    assert_complete(shop.admin, shop)


@pytest.mark.parametrize(
    "ending", ["it commits", "it fails", "it is killed", "its client is gone"]
)
def test_a_lane_is_free_when_its_holder_has_ended_however_that_was(
    shop: OpenShop, ending: str
) -> None:
    build_gates(shop)
    gate = gate_at(shop, "copy the items")
    holder, other = shop.connect(shop.caller_url), shop.connect(shop.caller_url)
    if ending == "it fails":
        query(shop.admin, "DROP PROCEDURE _conclude_lane")

    call = Call(holder, "CALL copy_orders_chunk(10)")
    session = gate.wait_for_anyone()
    meanwhile = [copy_chunk(other)["state"] for _ in range(3)]
    if ending == "it is killed":
        query(shop.admin, f"KILL {connection_id(holder)}")
    if ending == "its client is gone":
        hang_up(holder)
    gate.open()
    call.thread.join()
    if ending in ("it is killed", "its client is gone"):
        until(lambda: not is_connected(shop.admin, session), "the session has ended")
    free = query(shop.admin, "SELECT holder_id FROM lane FOR UPDATE SKIP LOCKED")
    copied = count(shop.admin, "orders_history")
    holder.close()
    other.close()

    assert meanwhile == ["busy"] * 3
    assert free == [{"holder_id": None}]
    assert copied == (10 if ending in ("it commits", "its client is gone") else 0)
