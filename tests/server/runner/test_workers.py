"""Several connections that copy at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from bygones.cli.command import app
from bygones.cli.workers import run_together
from bygones.runner.archives import Report
from bygones.runner.calls import RunSummary
from bygones.runner.connection import SETTING
from bygones.runner.errors import StopError, TryLaterError
from bygones.sandbox.oracle import compare
from bygones.sandbox.shop import PROJECT
from tests.support.procedures import edit_procedure, query, until, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import OpenShop


def bygones(shop: OpenShop, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={SETTING: shop.caller_url})


def run(number: int) -> RunSummary:
    return RunSummary(archive="orders", run_id=number, reason="idle", roots=number)


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = [(one, signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM)]
    yield
    for number, handler in before:
        signal.signal(number, handler)


@pytest.mark.core
@pytest.mark.parametrize("lanes", [1, 4])
def test_workers_copy_everything_once_and_each_has_its_run(
    make_shop: Callable[..., OpenShop], lanes: int
) -> None:
    shop = make_shop(finished=200)
    query(shop.admin, f"CALL split_orders({lanes})")

    result = bygones(shop, "run", "--workers", "4", "--max-roots", "5", "--json")
    report = json.loads(result.stdout)
    rows = query(shop.admin, "SELECT reason, roots, connection_id FROM run ORDER BY id")

    assert (result.exit_code, result.stderr) == (0, "")
    assert report["roots"] == sum(row["roots"] for row in rows) == 200
    assert compare(shop.admin, shop.source, shop.history).complete
    assert {one["reason"] for one in report["runs"]} <= {"idle", "busy"}
    assert [one["run_id"] for one in report["runs"]] == sorted(
        one["run_id"] for one in report["runs"]
    )
    # Idle runs in a row share one.
    assert len(report["runs"]) == 4 >= len(rows)
    assert value(shop.admin, "SELECT COUNT(*) FROM failure") == 0


def test_where_others_hold_every_lane_all_workers_end_as_busy(shop: OpenShop) -> None:
    holder = shop.connect()
    query(holder, "START TRANSACTION")
    query(holder, "SELECT number FROM lane FOR UPDATE")

    result = bygones(shop, "run", "--workers", "2", "--json")
    holder.close()

    assert result.exit_code == 75
    assert [one["reason"] for one in json.loads(result.stdout)["runs"]] == [
        *("busy", "busy")
    ]


def test_a_worker_that_finds_a_lane_at_last_is_not_busy(shop: OpenShop) -> None:
    # To each, every lane is taken at first, as while another opens a pass.
    edit_procedure(
        shop,
        "copy_orders_chunk",
        old="        IF v_lane IS NULL THEN",
        new="        IF NOT EXISTS (SELECT 1 FROM met WHERE id = CONNECTION_ID())"
        " THEN SET v_lane = NULL; ROLLBACK;"
        " INSERT INTO met VALUES (CONNECTION_ID()); COMMIT; END IF;\n"
        "        IF v_lane IS NULL THEN",
    )
    query(shop.admin, "CREATE TABLE met (id BIGINT)")

    result = bygones(shop, "run", "--workers", "2")

    assert result.exit_code == 0
    assert " roots 40," in result.stdout


def test_one_bar_counts_what_all_workers_copy(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")

    result = bygones(shop, "run", "--workers", "3", "--max-roots", "1")

    assert "40 roots" in result.stderr


@pytest.mark.parametrize(
    ("number", "said"), [("0", "greater than or equal to 1"), ("65", "or equal to 64")]
)
def test_there_are_1_to_64_workers(number: str, said: str) -> None:
    result = CliRunner().invoke(app, ["run", "--workers", number])

    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_an_error_that_all_workers_meet_is_said_once(shop: OpenShop) -> None:
    query(shop.admin, f"ALTER TABLE {shop.source}.orders ADD COLUMN extra INT NULL")

    result = bygones(shop, "run", "--workers", "3")

    assert result.exit_code == 1
    assert result.stderr.count("errno 30007") == len(result.stderr.splitlines()) == 1


def test_an_interrupt_ends_every_worker_after_its_call(shop: OpenShop) -> None:
    # Every CALL takes its place, and waits for this lock.
    lock = f"{shop.history}_lock"
    query(shop.admin, "CREATE TABLE called (id INT)")
    query(shop.admin, "DROP PROCEDURE copy_orders_chunk")
    query(
        shop.admin,
        "CREATE PROCEDURE copy_orders_chunk (IN in_max_roots INT) BEGIN"
        f" INSERT INTO called VALUES (1); DO GET_LOCK('{lock}', 60);"
        f" DO RELEASE_LOCK('{lock}'); SELECT 'copied' AS state, 1 AS roots,"
        " 0 AS related_rows, 1 AS examined, 0 AS quarantined,"
        " NULL AS `cursor`, 0.1 AS seconds, 0 AS next_wait_ms, NULL AS reason; END",
    )
    query(shop.admin, f"DO GET_LOCK('{lock}', 0)")
    command = [sys.executable, "-m", "typer", "bygones.cli.command", "run", "run"]
    environment = os.environ | {SETTING: shop.caller_url}

    with subprocess.Popen(  # noqa: S603 # our own interpreter
        [*command, "--workers", "3", "--json"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
    ) as process:
        until(
            lambda: value(shop.admin, "SELECT COUNT(*) FROM called") == 3,
            "three CALLs are in flight",
        )
        process.send_signal(signal.SIGINT)
        query(shop.admin, f"DO RELEASE_LOCK('{lock}')")
        output, _ = process.communicate()

    runs = json.loads(output)["runs"]
    assert process.returncode == 130
    assert [one["reason"] for one in runs] == ["interrupted"] * 3


def test_reports_are_put_together_and_one_failure_stops_no_other() -> None:
    refused, drift = TryLaterError("too many connections"), StopError("drift")

    def fail() -> Report:
        raise refused

    report = run_together(
        [
            lambda: Report(runs=[run(2)]),
            fail,
            lambda: Report(runs=[run(1)], errors=[drift]),
        ]
    )

    assert [each.run_id for each in report.runs] == [1, 2]
    assert {str(error) for error in report.errors} == {"too many connections", "drift"}


def test_what_no_worker_may_meet_is_raised_when_all_have_ended() -> None:
    ended = []

    def broken() -> Report:
        raise KeyError("a bug")

    def slow() -> Report:
        ended.append(1)
        return Report()

    with pytest.raises(KeyError, match="a bug"):
        run_together([broken, slow, slow])

    assert ended == [1, 1]
