"""The rows of `run` that invocations leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.kills.lambdas import lambda_of, report_of
from tests.support.procedures import Call, Gate, edit_procedure, query, until, value

if TYPE_CHECKING:
    from tests.conftest import OpenShop


def runs_of(shop: OpenShop) -> list[dict[str, object]]:
    return query(shop.admin, "SELECT * FROM run ORDER BY id")


@pytest.mark.core
def test_an_invocation_leaves_one_row_with_what_it_did_and_its_request_id(
    shop: OpenShop,
) -> None:
    with lambda_of(shop) as runtime:
        result = runtime.invoke({"archive": "orders", "max_roots": 10})
    report = report_of(result)

    (run,) = runs_of(shop)
    assert run["request_id"] == result.request_id
    assert (run["archive"], run["reason"], run["runs"]) == ("orders", "idle", 1)
    assert (run["calls"], run["roots"]) == (report["calls"], 40)
    assert run["related_rows"] == report["related_rows"]
    assert str(run["called_by"]).partition("@")[0] == f"{shop.source}_caller"
    assert run["closed_at"] is not None
    assert 0 < report["runs"][0]["run_id"] == run["id"]


@pytest.mark.core
def test_idle_invocations_in_a_row_share_one_row_with_a_count(shop: OpenShop) -> None:
    with lambda_of(shop) as runtime:
        runtime.invoke({})
        idle = [report_of(runtime.invoke({})) for _ in range(4)]
    busy, shared = runs_of(shop)

    assert (busy["roots"], busy["runs"]) == (40, 1)
    assert (shared["reason"], shared["roots"], shared["runs"]) == ("idle", 0, 4)
    assert shared["calls"] == sum(report["calls"] for report in idle)
    assert {report["runs"][0]["run_id"] for report in idle} == {shared["id"]}


def test_a_run_with_something_to_copy_between_idle_ones_has_a_row_of_its_own(
    shop: OpenShop,
) -> None:
    finish = f"UPDATE {shop.source}.orders SET status = 'dispensed'"
    with lambda_of(shop) as runtime:
        for _ in range(3):
            runtime.invoke({})
        query(shop.admin, finish)
        for _ in range(3):
            runtime.invoke({})

    assert [(run["roots"], run["runs"]) for run in runs_of(shop)] == [
        (40, 1),
        (0, 2),
        (10, 1),
        (0, 2),
    ]


def test_a_run_that_failed_says_error_and_how_far_it_came(shop: OpenShop) -> None:
    with lambda_of(shop) as runtime:
        runtime.invoke({"archive": "orders", "max_roots": 10})
        query(shop.admin, f"ALTER TABLE {shop.source}.orders ADD COLUMN fee INT")
        failed = runtime.invoke({})

    _, run = runs_of(shop)
    assert failed.kind == "error"
    assert "errno 30007" in str(failed.body)
    assert (run["reason"], run["calls"], run["roots"]) == ("error", 0, 0)
    assert run["closed_at"] is not None
    assert run["request_id"] == failed.request_id


@pytest.mark.core
def test_two_runs_that_open_at_once_do_not_lock_each_other_up(shop: OpenShop) -> None:
    gate = Gate(shop)
    piece = "SELECT MAX(a.last_run) + 1"
    edit_procedure(shop, "open_run", old=piece, new=f"{gate.statement} {piece}")
    sessions = [shop.connect(shop.caller_url) for _ in range(2)]

    calls = [
        Call(each, "CALL open_run('orders', NULL, 60, 'copy')") for each in sessions
    ]
    until(lambda: standing_at(shop, gate) == 2, "both have looked for lost runs")
    gate.open()
    rows = [call.row() for call in calls]
    for session in sessions:
        session.close()

    assert sorted(row["run_id"] for row in rows) == [run["id"] for run in runs_of(shop)]


def standing_at(shop: OpenShop, gate: Gate) -> int:
    return int(
        value(
            shop.admin,
            "SELECT COUNT(*) FROM information_schema.processlist "
            "WHERE id <> CONNECTION_ID() AND info LIKE %s",
            f"DO (GET_LOCK('at {gate.name}'%",
        )
    )
