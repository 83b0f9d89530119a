"""Somebody kills the session or the statement of a CALL: nothing lost either way."""

from __future__ import annotations

import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pymysql
import pytest

from tests.support.kills.gates import COMPUTING, build_gates, gate_at, is_connected
from tests.support.kills.history import assert_complete, assert_whole_chunks, count
from tests.support.kills.lambdas import lambda_of, message_of, report_of, run_of
from tests.support.procedures import Call, copy_all, copy_chunk, query, until, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

pytestmark = pytest.mark.core

EVENT = {"archive": "orders", "max_roots": 10}
LOOKS_BETWEEN_KILLS = 200
# Of all the others, test_kill_matrix.py tells.
PLACE = "compare the chunk"


@pytest.fixture(autouse=True)
def _gates(shop: OpenShop) -> None:
    build_gates(shop)


def test_a_chunk_whose_session_is_killed_is_rolled_back_and_copied_by_the_next_call(
    shop: OpenShop,
) -> None:
    caller, other = shop.connect(shop.caller_url), shop.connect(shop.caller_url)

    with kill_in_a_call(shop, caller, PLACE, "KILL CONNECTION") as session:
        until(lambda: not is_connected(shop.admin, session), "the session has ended")
    copied = count(shop.admin, "orders_history")
    logged = count(shop.admin, "chunk")
    first = copy_chunk(other, 10)
    copy_all(other)
    caller.close()
    other.close()

    assert (copied, logged) == (0, 0)
    assert (first["state"], first["roots"]) == ("copied", 10)
    assert_complete(shop.admin, shop)


def test_a_call_whose_statement_is_killed_copies_nothing_and_holds_nobody_up_for_good(
    shop: OpenShop,
) -> None:
    caller, other = shop.connect(shop.caller_url), shop.connect(shop.caller_url)

    with kill_in_a_call(shop, caller, PLACE, "KILL QUERY") as session:
        pass
    meeting = copy_chunk(other, 10)
    if is_mysql(shop) or meeting["state"] == "busy":
        with pytest.raises(pymysql.OperationalError) as refused:
            copy_chunk(caller)
        assert meeting["state"] == "busy"
        assert f"held by connection {session} for" in meeting["reason"]
        assert refused.value.args == (30001, REFUSAL)
        caller.rollback()
    else:
        assert (meeting["state"], meeting["roots"]) == ("copied", 10)
    first = copy_chunk(caller, 10)
    assert_whole_chunks(shop.admin, shop)
    copy_all(other)
    caller.close()
    other.close()

    assert first["roots"] == 10
    assert_complete(shop.admin, shop)


@pytest.mark.parametrize("place", [PLACE, "count the chunk", "conclude", "commit"])
def test_a_killed_call_that_somebody_commits_leaves_nothing_or_a_whole_chunk(
    shop: OpenShop, place: str
) -> None:
    caller, other = shop.connect(shop.caller_url), shop.connect(shop.caller_url)

    with kill_in_a_call(shop, caller, place, "KILL QUERY"):
        pass
    caller.commit()
    copied = count(shop.admin, "orders_history")
    logged = query(shop.admin, "SELECT roots FROM chunk")
    copy_all(other)
    quarantined = count(shop.admin, "waiting WHERE reason = 'quarantined'")
    caller.close()
    other.close()

    # MariaDB may have rolled it back.
    left = {0} if place == PLACE else {10} if is_mysql(shop) else {0, 10}
    assert copied in left
    assert logged == ([{"roots": 10}] if copied else [])
    assert quarantined == 0
    assert_complete(shop.admin, shop)


REFUSAL = (
    "a transaction is open in this session; if a CALL was interrupted here, "
    "ROLLBACK: it holds a lane, and what it copied comes again"
)


def is_mysql(shop: OpenShop) -> bool:
    """Tell whether a KILL QUERY always leaves the transaction open.

    MariaDB runs the handler, which rolls back, but not wherever the KILL comes.
    """
    return "MariaDB" not in value(shop.admin, "SELECT VERSION()")


@contextmanager
def kill_in_a_call(
    shop: OpenShop, caller: Connection, place: str, kill: str
) -> Iterator[int]:
    """Kill a CALL that stands at a place; it has ended with an error afterwards."""
    gate = gate_at(shop, place)
    try:
        call = Call(caller, "CALL copy_orders_chunk(10)")
        session = gate.wait_for_anyone()
        kill_until(lambda: not call.thread.is_alive(), shop, kill, session)
        with pytest.raises(pymysql.Error):
            call.row()
        yield session
    finally:
        gate.open()


def kill_until(
    has_ended: Callable[[], bool], shop: OpenShop, kill: str, session: int
) -> None:
    """Kill a CALL that stands at a gate, and seldom again.

    MariaDB forgets a KILL QUERY that comes between two statements; one that comes too
    many would hit the handler that the first one called.
    """
    looks = itertools.count()

    def looks_and_kills() -> bool:
        statement = query(
            shop.admin,
            "SELECT info FROM information_schema.processlist WHERE id = %s",
            session,
        )
        is_computing = statement and str(statement[0]["info"]).startswith(COMPUTING)
        if is_computing and next(looks) % LOOKS_BETWEEN_KILLS == 0:
            query(shop.admin, f"{kill} {session}")
        return has_ended()

    until(looks_and_kills, f"connection {session} is killed")


def test_a_lambda_whose_session_is_killed_connects_again_and_goes_on(
    shop: OpenShop,
) -> None:
    gate = gate_at(shop, "copy the notes")

    with lambda_of(shop) as runtime:
        pending = runtime.start_invocation(EVENT)
        session = gate.wait_for_anyone()
        query(shop.admin, f"KILL {session}")
        gate.open()
        report = report_of(pending.wait())
        logs = runtime.logs
    (run,) = query(shop.admin, "SELECT * FROM run")

    assert (report["roots"], report["runs"][0]["reason"]) == (40, "idle")
    assert logs.count("call_failed {") == 1
    assert (run["roots"], run["reason"]) == (40, "idle")
    assert run["connection_id"] != session
    assert_complete(shop.admin, shop)


def test_a_lambda_whose_statement_is_killed_ends_its_run_and_the_next_one_goes_on(
    shop: OpenShop,
) -> None:
    gate = gate_at(shop, "copy the notes")

    with lambda_of(shop) as runtime:
        pending = runtime.start_invocation(EVENT)
        session = gate.wait_for_anyone()
        kill_until(pending.has_ended, shop, "KILL QUERY", session)
        message = message_of(pending.wait())
        gate.open()
        later = run_of(runtime.invoke(EVENT))
    runs = query(shop.admin, "SELECT * FROM run ORDER BY id")

    assert message.startswith("TryLaterError: CALL copy_orders_chunk failed")
    assert "errno 1317" in message
    assert [run["reason"] for run in runs] == ["error", "idle"]
    assert (later["reason"], later["roots"]) == ("idle", 40)
    assert_complete(shop.admin, shop)
