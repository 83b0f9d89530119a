"""The one line of metrics of an invocation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bygones.runner.archives import Report
from bygones.runner.calls import Chunk, RunSummary
from bygones.runner.metrics import DIMENSIONS, UNITS, Metrics, sampled
from tests.support.kills.lambdas import lambda_of
from tests.support.procedures import query

if TYPE_CHECKING:
    from bygones.sandbox.lambda_runtime import LambdaRuntime
    from tests.conftest import OpenShop


def chunk(state: str = "copied", **given: Any) -> Chunk:  # noqa: ANN401 - its columns
    nothing = dict.fromkeys(("roots", "related_rows", "examined", "quarantined"), 0)
    rest = {"cursor": None, "seconds": 0.0, "next_wait_ms": 0, "reason": None}
    return Chunk(archive="orders", state=state, **(nothing | rest | given))


def line_of(
    *chunks: Chunk, report: Report | None = None, archive: str | None = "orders"
) -> dict[str, Any]:
    metrics = Metrics(function="bygones", archive=archive, database="shop")
    for each in chunks:
        metrics.add(each)
    return metrics.line(report, now=1.5)


def ended(reason: str) -> Report:
    return Report([RunSummary(archive="orders", run_id=1, reason=reason)])


def test_the_calls_of_an_invocation_are_summed_and_their_times_are_all_there() -> None:
    line = line_of(
        chunk(roots=10, related_rows=30, seconds=0.2),
        chunk(roots=5, related_rows=15, quarantined=2, seconds=0.1),
        chunk("idle", seconds=0.3),
        report=ended("idle"),
    )

    assert (line["Roots"], line["RelatedRows"], line["Calls"]) == (15, 45, 3)
    assert line["Quarantined"] == 2
    assert (line["Seconds"], line["ChunkSeconds"]) == (0.6, [0.1, 0.2])
    assert (line["NoProgress"], line["Failed"]) == (0, 0)


def test_cloudwatch_is_told_of_every_value_and_of_nothing_else() -> None:
    line = line_of(chunk(roots=1), report=ended("idle"))

    (directive,) = line["_aws"]["CloudWatchMetrics"]
    named = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    about = {name for names in DIMENSIONS for name in names}
    assert line["_aws"]["Timestamp"] == 1500
    assert directive["Dimensions"] == DIMENSIONS
    assert set(line) == {"_aws"} | about | set(named)
    assert named == {name: UNITS[name] for name in named}
    told_apart = (line["Function"], line["Database"], line["Archive"])
    assert told_apart == ("bygones", "shop", "orders")


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("Threads_running is 31, max_threads_running 25", "ThrottledByThreads"),
        (
            "Innodb_row_lock_current_waits is 11, max_row_lock_waits 10",
            "ThrottledByRowLocks",
        ),
        (
            "Innodb_history_list_length is 2, max_history_list_length 1",
            "ThrottledByHistoryList",
        ),
        (
            "replica db-2:3306 is 5 s behind, max_replica_lag_seconds 1",
            "ThrottledByReplicas",
        ),
        ("replica db-2:3306 can't be read: no", "ThrottledByReplicas"),
    ],
)
def test_a_throttled_call_is_counted_by_what_it_waits_for(
    reason: str, name: str
) -> None:
    line = line_of(chunk("throttled", reason=reason), report=ended("throttled"))

    throttled = {key: line[key] for key in line if key.startswith("Throttled")}
    assert {key for key, count in throttled.items() if count} == {"Throttled", name}
    assert line["NoProgress"] == 1


@pytest.mark.parametrize("state", ["busy", "paused", "throttled"])
def test_work_that_waits_while_nothing_is_done_is_no_progress(state: str) -> None:
    assert line_of(chunk(state), report=ended(state))["NoProgress"] == 1
    assert line_of(chunk(state), chunk(), report=ended(state))["NoProgress"] == 0


def test_nothing_to_do_is_no_lack_of_progress_and_an_error_is() -> None:
    assert line_of(chunk("idle"), report=ended("idle"))["NoProgress"] == 0
    assert line_of(report=ended("deadline"))["NoProgress"] == 1
    assert (line_of()["NoProgress"], line_of()["Failed"]) == (1, 1)


def test_verifying_says_nothing_of_progress_in_copying() -> None:
    line = Metrics(function="bygones", kind="verify").line(ended("idle"), now=0)

    assert "NoProgress" not in line
    assert line["Failed"] == 0


def test_what_is_not_known_is_left_out() -> None:
    metrics = Metrics(function="bygones")
    metrics.wait([{"archive": "orders", "unfinished": 3, "findings": None}])

    line = metrics.line(None, now=0)

    assert line["WaitingUnfinished"] == 3
    assert line.keys().isdisjoint({"WaitingQuarantined", "Findings", "ChunkSeconds"})
    assert (line["Archive"], line["Database"]) == ("all", "unknown")


def test_what_waits_is_that_of_the_archive_or_of_all() -> None:
    rows = [
        {"archive": "orders", "unfinished": 2},
        {"archive": "imports", "unfinished": 3},
    ]
    one, both = Metrics(function="f", archive="orders"), Metrics(function="f")

    one.wait(rows)
    both.wait(rows)

    assert one.values == {"WaitingUnfinished": 2}
    assert both.values == {"WaitingUnfinished": 5}


def test_of_many_times_as_many_are_kept_as_a_line_takes() -> None:
    values = [float(number) for number in range(1234)]

    kept = sampled(values)

    assert (len(kept), kept[0], kept[-1]) == (100, 0.0, 1233.0)
    assert kept == sorted(set(kept))
    assert kept[49] == pytest.approx(1233 / 2, abs=10)
    assert sampled(values[:100]) == values[:100]


@pytest.mark.parametrize("log_format", ["TEXT", "JSON"])
def test_an_invocation_writes_one_line_that_is_json_in_either_format(
    shop: OpenShop, log_format: str
) -> None:
    query(
        shop.admin,
        "INSERT INTO waiting_root"
        " (archive, lane, root_number, root_text, reason, noted_at)"
        " VALUES ('orders', 1, 1, '', 'unfinished', NOW())",
    )

    with lambda_of(shop, AWS_LAMBDA_LOG_FORMAT=log_format) as runtime:
        runtime.invoke({})
        runtime.invoke({"archive": "order"})
        first, second = lines_of(runtime)

    assert (first["Roots"], first["WaitingUnfinished"], first["Failed"]) == (40, 1, 0)
    assert (first["Archive"], first["Database"]) == ("all", shop.source)
    assert len(first["ChunkSeconds"]) >= 1
    assert (second["Archive"], second["Failed"]) == ("order", 1)


def test_findings_are_those_at_the_end_of_verifying(shop: OpenShop) -> None:
    with lambda_of(shop) as runtime:
        runtime.invoke({})
        query(
            shop.admin,
            f"UPDATE {shop.source}.orders SET reference = 'changed' WHERE id = 5",
        )
        runtime.invoke({"verify": "orders"})
        _, line = lines_of(runtime)

    assert (line["Archive"], line["Findings"], line["Failed"]) == ("orders", 1, 0)
    assert "NoProgress" not in line


def lines_of(runtime: LambdaRuntime) -> list[dict[str, Any]]:
    return [json.loads(line) for line in runtime.logs.splitlines() if '"_aws"' in line]
