"""What a schedule does to a function: twice, at once, killed, and again and again."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bygones.runner.handler import handler
from tests.support.kills.gates import build_gates, gate_at
from tests.support.kills.history import assert_complete, assert_whole_chunks, count
from tests.support.kills.lambdas import lambda_of, report_of, run_of
from tests.support.procedures import query, until, value

if TYPE_CHECKING:
    from bygones.sandbox.lambda_runtime import LambdaRuntime
    from tests.conftest import OpenShop

EVENT = {"archive": "orders", "max_roots": 10}


@dataclass
class Context:
    """One and the same request, however often it comes."""

    aws_request_id: str = "d4e5"
    function_name: str = "bygones"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def test_the_same_request_twice_makes_two_runs_and_copies_once(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYGONES_DATABASE_URL", shop.caller_url)

    replies = [handler(EVENT, Context()) for _ in range(2)]

    runs = query(shop.admin, "SELECT * FROM run ORDER BY id")
    assert [reply["roots"] for reply in replies] == [40, 0]
    assert [run["request_id"] for run in runs] == ["d4e5", "d4e5"]
    assert_complete(shop.admin, shop)


def test_an_invocation_that_is_killed_at_its_deadline_is_followed_at_once(
    shop: OpenShop,
) -> None:
    build_gates(shop)
    gate = gate_at(shop, "copy the notes")

    with lambda_of(shop, timeout_seconds=2.5) as runtime:
        pending = runtime.start_invocation(EVENT)
        zombie = gate.wait_for_anyone()
        freeze(runtime)
        killed = pending.wait()
        next_one = run_of(runtime.invoke(EVENT))
        gate.open()
        until(lambda: count(shop.admin, "chunk") == 1, "the killed one's CALL ends")
        copied_by_the_zombie = count(shop.admin, "orders_history")
        later = run_of(runtime.invoke(EVENT))

    assert (killed.kind, next_one["reason"]) == ("timeout", "busy")
    assert f"connection {zombie} " in next_one["detail"]
    assert 0 < copied_by_the_zombie <= 10  # fewer, since it was held up
    assert (later["reason"], later["roots"]) == ("idle", 40 - copied_by_the_zombie)
    assert_complete(shop.admin, shop)


def freeze(runtime: LambdaRuntime) -> None:
    """Have the process miss its deadline: by itself it would end in time."""
    assert runtime.pid
    os.kill(runtime.pid, signal.SIGSTOP)


def test_a_killed_invocation_is_marked_as_lost_by_a_later_one(shop: OpenShop) -> None:
    build_gates(shop)
    gate = gate_at(shop, "copy the notes")

    with lambda_of(shop, timeout_seconds=2.5) as runtime:
        pending = runtime.start_invocation(EVENT)
        gate.wait_for_anyone()
        freeze(runtime)
        pending.wait()
        gate.open()
        until(lambda: count(shop.admin, "chunk") == 1, "the killed one's CALL ends")
        soon = run_of(runtime.invoke(EVENT))
        # As if two minutes had gone by.
        for table, column in (("run", "opened_at"), ("chunk", "started_at")):
            query(
                shop.admin,
                f"UPDATE {table} SET {column} = {column} - INTERVAL 120 SECOND",
            )
        runtime.invoke(EVENT)

    first, second, *_ = query(shop.admin, "SELECT * FROM run ORDER BY id")
    assert (first["reason"], first["request_id"]) == ("lost", pending.request_id)
    assert (second["reason"], second["roots"]) == ("idle", soon["roots"])


@pytest.mark.parametrize(
    ("invocations", "kill_every"),
    [
        pytest.param(60, 25, id="sixty"),
        pytest.param(1000, 90, id="a-thousand", marks=pytest.mark.soak),
    ],
)
def test_many_in_a_row_double_nothing_and_are_all_counted(
    shop: OpenShop, invocations: int, kill_every: int
) -> None:
    copied, colds = 0, 0

    with lambda_of(shop) as runtime:
        for number in range(1, invocations + 1):
            if number % 4 == 0:
                another_order(shop, number)
            if number % kill_every == 0:
                runtime.kill()
            result = runtime.invoke(EVENT)
            copied += report_of(result)["roots"]
            colds += result.cold_start

    new = invocations // 4
    runs = query(shop.admin, "SELECT * FROM run ORDER BY id")
    assert copied == 40 + new == count(shop.admin, "orders_history")
    assert sum(run["runs"] for run in runs) == invocations
    assert {run["reason"] for run in runs} == {"idle"}
    assert colds == 1 + invocations // kill_every
    assert len({run["connection_id"] for run in runs}) <= colds
    assert value(shop.admin, "SELECT SUM(roots) FROM run") == copied
    assert_whole_chunks(shop.admin, shop)
    assert_complete(shop.admin, shop)


def another_order(shop: OpenShop, number: int) -> None:
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders "
        "(customer_id, status, reference, discount, placed_at, closed_at) "
        "SELECT customer_id, status, CONCAT(LEFT(reference, 3), %s), discount,"
        f" placed_at, closed_at FROM {shop.source}.orders WHERE id = 5",
        f"again {number}",
    )
