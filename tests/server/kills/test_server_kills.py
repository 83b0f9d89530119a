"""A Lambda whose server dies by SIGKILL says so, and the next one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.shop import close_shop, open_shop, upgrade
from tests.support.kills.gates import build_gates, gate_at
from tests.support.kills.history import assert_complete
from tests.support.kills.lambdas import lambda_of, message_of, run_of
from tests.support.procedures import query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop

EVENT = {"archive": "orders", "max_roots": 10}


@pytest.fixture
def shop(own_server: Server) -> Iterator[Shop]:
    shop = open_shop(own_server, source="shop", finished=200)
    upgrade(shop)
    build_gates(shop)
    yield shop
    close_shop(own_server, shop)


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
