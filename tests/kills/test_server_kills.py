"""The server dies by SIGKILL in the middle of a chunk: no half of it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from sandbox.server import find_server
from sandbox.shop import close_shop, open_shop, upgrade
from tests.kills.gates import AFTER_COMMIT, build_gates, gate_at
from tests.kills.history import assert_complete, assert_whole_chunks, count
from tests.kills.lambdas import lambda_of, message_of, run_of
from tests.procedures import Call, copy_all, copy_chunk, query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.server import Server
    from sandbox.shop import Shop

EVENT = {"archive": "orders", "max_roots": 10}
PLACES = (
    "take a number",
    "copy the batches",
    "prove the orders",
    "close the chunk",
    "commit",
    AFTER_COMMIT,
)


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server of this module's own: the others' sessions would die with theirs."""
    with find_server() as server:
        if server.guarded is None:
            pytest.skip(f"this server can't be killed: {server.origin}")
        yield server


@pytest.fixture
def shop(own_server: Server) -> Iterator[Shop]:
    shop = open_shop(own_server, source="shop", finished=200)
    upgrade(shop)
    build_gates(shop)
    yield shop
    close_shop(own_server, shop)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param(PLACES[-2:], id="two"),
        pytest.param(PLACES, id="six", marks=pytest.mark.soak),
    ],
)
def test_after_kills_of_the_server_there_is_no_half_chunk_and_none_lost(
    own_server: Server, shop: Shop, places: tuple[str, ...]
) -> None:
    for place in places:
        heard = copy_two_chunks(shop)
        crash_in_a_call(own_server, shop, place)
        own_server.start()

        admin = shop.connect()
        # What was heard of is there; of the chunk in flight all or nothing.
        assert count(admin, "chunk") == heard + (place == AFTER_COMMIT), place
        assert_whole_chunks(admin, shop)
        admin.close()

    caller, admin = shop.connect(shop.caller_url), shop.connect()
    rest = copy_all(caller, 10)
    assert rest[0]["roots"] == 10
    assert_complete(admin, shop)
    caller.close()
    admin.close()


def copy_two_chunks(shop: Shop) -> int:
    """Return how many chunks there are by now."""
    caller, admin = shop.connect(shop.caller_url), shop.connect()
    assert [copy_chunk(caller, 10)["roots"] for _ in range(2)] == [10, 10]
    chunks = count(admin, "chunk")
    caller.close()
    admin.close()
    return chunks


def crash_in_a_call(server: Server, shop: Shop, place: str) -> None:
    caller = shop.connect(shop.caller_url)
    gate = gate_at(shop, place)
    call = Call(caller, "CALL copy_orders_chunk(10)")
    gate.wait_for_anyone()

    server.crash()

    with pytest.raises(pymysql.OperationalError, match="Lost connection"):
        call.row()
    gate.open()


def test_a_lambda_whose_server_is_gone_says_try_later_and_the_next_one_goes_on(
    own_server: Server, shop: Shop
) -> None:
    gate = gate_at(shop, "copy the items")
    with lambda_of(shop) as runtime:
        pending = runtime.start_invocation(EVENT)
        gate.wait_for_anyone()
        own_server.crash()
        gate.open()
        in_flight = message_of(pending.wait())
        while_gone = message_of(runtime.invoke(EVENT))
        own_server.start()
        afterwards = runtime.invoke(EVENT)

    assert in_flight.startswith("TryLaterError: Connecting to ")
    assert "archive orders, chunk 1)" in in_flight
    assert while_gone.startswith("TryLaterError: Connecting to ")
    assert "errno 2003" in while_gone
    assert afterwards.cold_start is False
    assert (run_of(afterwards)["reason"], run_of(afterwards)["roots"]) == ("idle", 200)
    admin = shop.connect()
    assert_complete(admin, shop)
    assert [
        row["reason"] for row in query(admin, "SELECT reason FROM run ORDER BY id")
    ] == [None, "idle"]
    admin.close()


def test_a_warm_lambda_connects_again_after_its_server_was_restarted(
    own_server: Server, shop: Shop
) -> None:
    with lambda_of(shop) as runtime:
        runtime.invoke(EVENT)
        own_server.crash()
        own_server.start()
        again = runtime.invoke(EVENT)

    assert again.cold_start is False
    assert run_of(again)["reason"] == "idle"
