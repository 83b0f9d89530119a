"""Invocations of the Lambda in AWS' own runtime: what they copy, reply and keep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.oracle import compare
from tests.support.kills.gates import build_gates, gate_at
from tests.support.kills.history import assert_complete, count
from tests.support.kills.lambdas import lambda_of, report_of, run_of
from tests.support.procedures import copy_all, query, until, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OpenShop


@pytest.mark.core
def test_one_invocation_copies_everything_and_replies_with_a_summary(
    shop: OpenShop,
) -> None:
    with lambda_of(shop) as runtime:
        report = report_of(runtime.invoke({"archive": "orders"}))

    assert_complete(shop.admin, shop)
    (run,) = report["runs"]
    (logged,) = query(shop.admin, "SELECT SUM(related_rows) AS n FROM chunk")
    assert (run["archive"], run["state"], run["reason"]) == ("orders", "idle", "idle")
    assert (report["roots"], report["related_rows"]) == (40, logged["n"])
    assert json.loads(json.dumps(report)) == report
    assert "errors" not in report


@pytest.mark.core
def test_an_account_with_execute_and_nothing_else_is_enough(shop: OpenShop) -> None:
    account = f"{shop.source}_caller"
    grants = query(shop.admin, f"SHOW GRANTS FOR '{account}'@'%'")

    with lambda_of(shop) as runtime:
        report = report_of(runtime.invoke({}))

    rights = sorted(str(*row.values()).partition(" ON ")[0] for row in grants)
    assert rights == ["GRANT EXECUTE", "GRANT USAGE"]
    assert report["roots"] == 40
    called_by = value(shop.admin, "SELECT DISTINCT called_by FROM chunk")
    assert called_by.partition("@")[0] == account


def test_a_warm_invocation_uses_the_same_connection_and_a_cold_one_another(
    shop: OpenShop,
) -> None:
    with lambda_of(shop) as runtime:
        first = runtime.invoke({"archive": "orders", "max_roots": 10})
        reopen_orders(shop)
        second = runtime.invoke({})
        reopen_orders(shop)
        runtime.kill()
        third = runtime.invoke({})
    sessions = [
        row["connection_id"]
        for row in query(shop.admin, "SELECT * FROM run ORDER BY id")
    ]

    assert [i.cold_start for i in (first, second, third)] == [True, False, True]
    assert sessions[0] == sessions[1] != sessions[2]


def reopen_orders(shop: OpenShop) -> None:
    """Give the next run something to copy, so that it has a row of its own."""
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders "
        "(customer_id, status, reference, discount, placed_at, closed_at) "
        f"SELECT customer_id, status, CONCAT(LEFT(reference, 3), UUID_SHORT()), "
        f"discount, placed_at, closed_at FROM {shop.source}.orders WHERE id = 5",
    )


def test_an_empty_event_copies_every_archive_and_one_with_a_name_that_one(
    shop: OpenShop,
) -> None:
    install_another_archive(shop)

    with lambda_of(shop) as runtime:
        one = report_of(runtime.invoke({"archive": "imports"}))
        copied = count(shop.admin, "orders_history")
        both = report_of(runtime.invoke({}))

    assert ([run["archive"] for run in one["runs"]], copied) == (["imports"], 0)
    assert sorted(run["archive"] for run in both["runs"]) == ["imports", "orders"]
    assert_complete_orders(shop)


def test_an_archive_that_needs_a_person_does_not_keep_another_from_being_copied(
    shop: OpenShop,
) -> None:
    install_another_archive(shop, body="CALL _raise(30007, 'imports has a new column')")

    with lambda_of(shop) as runtime:
        result = runtime.invoke({})

    assert result.kind == "error"
    assert "imports has a new column" in str(result.body)
    assert_complete_orders(shop)


def install_another_archive(
    shop: OpenShop,
    body: str = (
        "SELECT 'idle' AS state, 0 AS roots, 0 AS related_rows, 0 AS examined, "
        "0 AS quarantined, NULL AS `cursor`, 0 AS seconds, "
        "0 AS next_wait_ms, 'nothing' AS reason"
    ),
) -> None:
    query(shop.admin, "CALL _register_archive('imports', 86400)")
    query(
        shop.admin, f"CREATE PROCEDURE copy_imports_chunk (IN in_max_roots INT) {body}"
    )


def assert_complete_orders(shop: OpenShop) -> None:
    verdict = compare(shop.admin, shop.source, shop.history)
    assert verdict.complete, verdict.examples


def test_an_invocation_stops_before_its_deadline_and_the_next_one_goes_on(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=1600)
    with lambda_of(shop, timeout_seconds=3.0) as runtime:
        first = run_of(runtime.invoke({"archive": "orders", "max_roots": 1}))
        second = run_of(runtime.invoke({"archive": "orders", "max_roots": 1}))

    assert first["reason"] == "deadline"
    assert first["roots"] > 0
    assert second["roots"] > 0
    assert first["roots"] + second["roots"] == count(shop.admin, "orders_history")
    runs = query(shop.admin, "SELECT * FROM run ORDER BY id")
    assert [run["reason"] for run in runs] == ["deadline", second["reason"]]


@pytest.mark.core
def test_of_two_lambdas_at_once_one_is_busy_and_nothing_is_doubled(
    shop: OpenShop,
) -> None:
    build_gates(shop)
    gate = gate_at(shop, "copy the items")

    with lambda_of(shop) as one, lambda_of(shop) as other:
        pending = one.start_invocation({"archive": "orders", "max_roots": 10})
        session = gate.wait_for_anyone()
        meeting = run_of(other.invoke({"archive": "orders", "max_roots": 10}))
        gate.open()
        first = run_of(pending.wait())

    assert (meeting["reason"], meeting["roots"]) == ("busy", 0)
    assert f"held by connection {session} for" in meeting["detail"]
    assert (first["reason"], first["roots"]) == ("idle", 40)
    assert_complete(shop.admin, shop)


def test_lambdas_that_race_for_one_archive_share_the_work_and_double_nothing(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=600)
    event = {"archive": "orders", "max_roots": 10}
    reported = 0

    with lambda_of(shop) as one, lambda_of(shop) as other:
        reasons: list[str] = []
        while reasons[-2:] != ["idle", "idle"]:
            pending = [one.start_invocation(event), other.start_invocation(event)]
            runs = [run_of(each.wait()) for each in pending]
            reported += sum(run["roots"] for run in runs)
            reasons += [run["reason"] for run in runs]

    assert set(reasons) <= {"idle", "busy"}
    assert reported == 600
    assert_complete(shop.admin, shop)


def test_a_paused_archive_is_left_alone_and_the_reply_says_by_whom_and_why(
    shop: OpenShop,
) -> None:
    query(shop.admin, "CALL pause_archive('orders', 'stocktaking')")

    with lambda_of(shop) as runtime:
        paused = run_of(runtime.invoke({}))
        query(shop.admin, "CALL resume_archive('orders')")
        resumed = run_of(runtime.invoke({}))

    assert paused["reason"] == "paused"
    assert "paused by root@localhost" in paused["detail"]
    assert "stocktaking" in paused["detail"]
    assert (resumed["reason"], resumed["roots"]) == ("idle", 40)


def test_an_invocation_goes_on_where_calls_by_hand_stopped(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)
    query(caller, "CALL copy_orders_chunk(15)")

    with lambda_of(shop) as runtime:
        run = run_of(runtime.invoke({}))
    until(lambda: copy_all(caller)[-1]["state"] == "idle", "nothing is left")
    caller.close()

    assert run["roots"] == 25
    assert_complete(shop.admin, shop)
