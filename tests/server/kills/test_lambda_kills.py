"""The Lambda's process dies by SIGKILL, as Lambda ends one: nothing lost or doubled."""

from __future__ import annotations

import os
import random
import signal
from typing import TYPE_CHECKING

import pytest

from tests.support.kills.gates import (
    AFTER_COMMIT,
    PLACES,
    build_gates,
    gate_at,
    is_connected,
    wait_for_silence,
)
from tests.support.kills.history import assert_complete, assert_whole_chunks, count
from tests.support.kills.lambdas import heard_cursors, lambda_of, report_of, run_of
from tests.support.procedures import query, until, value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bygones.sandbox.lambda_runtime import LambdaRuntime
    from tests.conftest import OpenShop

EVENT = {"archive": "orders", "max_roots": 10}
# One in each part of a chunk.
FEW_PLACES = ("claim a lane", "copy the items", "commit", AFTER_COMMIT)


@pytest.mark.parametrize(
    ("places", "random_kills", "finished"),
    [
        pytest.param(FEW_PLACES, 1, 500, id="five"),
        pytest.param(PLACES, 6, 1500, id="twenty-five", marks=pytest.mark.soak),
    ],
)
def test_after_many_kills_history_is_complete_and_nothing_is_twice(
    make_shop: Callable[..., OpenShop],
    places: Collection[str],
    random_kills: int,
    finished: int,
) -> None:
    shop = make_shop(finished=finished)
    build_gates(shop)
    chance = random.Random(5)  # noqa: S311 - the same kills every time
    moments: list[str | None] = [*places, *[None] * random_kills]
    chance.shuffle(moments)

    with lambda_of(shop) as runtime:
        for moment in moments:
            wait_for = chance.randint(0, 3)
            if moment is None:
                kill_after(runtime, shop, chunks=wait_for)
            else:
                kill_at(runtime, shop, moment, chunks=wait_for)
            wait_for_silence(shop.admin, shop)
            assert_whole_chunks(shop.admin, shop)
        unheard = len(unheard_chunks(runtime, shop))
        copied = count(shop.admin, "orders_history")
        last = run_of(runtime.invoke(EVENT))

    assert unheard >= len(places)
    assert 0 < copied < finished
    assert (last["reason"], last["roots"]) == ("idle", finished - copied)
    assert_complete(shop.admin, shop)


def kill_after(runtime: LambdaRuntime, shop: OpenShop, *, chunks: int) -> None:
    """Kill the process soon after a chunk, wherever it is by then."""
    before = count(shop.admin, "chunk")
    pending = runtime.start_invocation(EVENT)
    until(lambda: count(shop.admin, "chunk") >= before + chunks, f"{chunks} are copied")
    kill(runtime)

    assert pending.wait().kind == "exit"


def kill_at(runtime: LambdaRuntime, shop: OpenShop, place: str, *, chunks: int) -> None:
    """Kill the process while a CALL of its stands at a place, and let the CALL go on.

    The CALL commits although its client is dead, and nobody hears of it.
    """
    before = count(shop.admin, "chunk")
    gate = None if chunks else gate_at(shop, place)
    pending = runtime.start_invocation(EVENT)
    until(lambda: count(shop.admin, "chunk") >= before + chunks, f"{chunks} are copied")
    gate = gate or gate_at(shop, place)
    try:
        session = gate.wait_for_anyone()
        assert not pending.has_ended()
        unheard_before = unheard_chunks(runtime, shop)
        kill(runtime)
        assert pending.wait().kind == "exit"
        assert gate.standing() == session, "the CALL isn't in flight any more"
    finally:
        gate.open()
    until(lambda: not is_connected(shop.admin, session), "the CALL has ended")

    (chunk,) = (
        row for row in unheard_chunks(runtime, shop) if row["connection_id"] == session
    )
    assert chunk["roots"]
    assert chunk not in unheard_before or place == AFTER_COMMIT


def kill(runtime: LambdaRuntime) -> None:
    assert runtime.pid is not None
    os.kill(runtime.pid, signal.SIGKILL)


def unheard_chunks(runtime: LambdaRuntime, shop: OpenShop) -> list[dict[str, object]]:
    """Return the committed chunks that no Lambda got an answer for."""
    heard = heard_cursors(runtime)
    chunks = query(
        shop.admin,
        "SELECT id, connection_id, cursor_key, roots FROM chunk ORDER BY id",
    )
    return [chunk for chunk in chunks if chunk["cursor_key"] not in heard]


@pytest.mark.core
def test_the_chunk_of_a_killed_lambda_is_finished_by_the_server_and_not_repeated(
    shop: OpenShop,
) -> None:
    build_gates(shop)

    with lambda_of(shop) as runtime:
        kill_at(runtime, shop, "copy the notes", chunks=0)
        first = count(shop.admin, "orders_history")
        report = report_of(runtime.invoke(EVENT))

    assert first > 0
    assert report["roots"] == 40 - first
    assert_complete(shop.admin, shop)


@pytest.mark.core
def test_a_lambda_that_meets_the_call_of_a_dead_one_ends_busy_and_names_it(
    shop: OpenShop,
) -> None:
    build_gates(shop)
    gate = gate_at(shop, "copy the items")

    with lambda_of(shop) as runtime:
        pending = runtime.start_invocation(EVENT)
        session = gate.wait_for_anyone()
        kill(runtime)
        pending.wait()
        meeting = run_of(runtime.invoke(EVENT))
        gate.open()
        until(lambda: not is_connected(shop.admin, session), "the CALL has ended")
        last = run_of(runtime.invoke(EVENT))

    assert (meeting["reason"], meeting["roots"]) == ("busy", 0)
    assert f"held by connection {session} for" in meeting["detail"]
    assert last["reason"] == "idle"
    assert_complete(shop.admin, shop)


def test_runs_that_were_killed_are_marked_lost_once_their_time_is_over(
    shop: OpenShop,
) -> None:
    build_gates(shop)
    with lambda_of(shop) as runtime:
        kill_at(runtime, shop, "compare the chunk", chunks=0)
        kill_at(runtime, shop, AFTER_COMMIT, chunks=1)
        runtime.invoke(EVENT)
        too_early = reasons(shop)
        grow_older(shop)
        runtime.invoke(EVENT)

    assert too_early == [None, None, "idle"]
    assert reasons(shop)[:3] == ["lost", "lost", "idle"]
    assert value(shop.admin, "SELECT COUNT(*) FROM run WHERE closed_at IS NULL") == 0


def test_a_run_that_still_copies_past_its_time_is_not_lost(shop: OpenShop) -> None:
    build_gates(shop)
    with lambda_of(shop) as runtime:
        kill_at(runtime, shop, "commit", chunks=0)
        query(shop.admin, "UPDATE run SET opened_at = opened_at - INTERVAL 1 HOUR")
        runtime.invoke(EVENT)

    assert reasons(shop) == [None, "idle"]


def grow_older(shop: OpenShop) -> None:
    """Set every run and chunk back by an hour, instead of waiting for it."""
    query(shop.admin, "UPDATE run SET opened_at = opened_at - INTERVAL 1 HOUR")
    query(shop.admin, "UPDATE chunk SET started_at = started_at - INTERVAL 1 HOUR")


def reasons(shop: OpenShop) -> list[object]:
    return [row["reason"] for row in query(shop.admin, "SELECT * FROM run ORDER BY id")]
