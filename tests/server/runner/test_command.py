"""The command line: what it prints, and what its exit codes mean."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from bygones.cli.command import app
from bygones.runner.connection import SETTING, parse_url
from bygones.sandbox.shop import PASSWORD, PROJECT, upgrade
from tests.support.kills.lambdas import lambda_of, message_of
from tests.support.wire import by_tcp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import OpenShop


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    before = [(one, signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM)]
    yield
    for number, handler in before:
        signal.signal(number, handler)


def bygones(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={SETTING: url})


def break_chunk(shop: OpenShop, body: str) -> None:
    name = f"`{shop.history}`.copy_orders_chunk"
    with shop.admin.cursor() as cursor:
        cursor.execute(f"DROP PROCEDURE {name}")
        cursor.execute(
            f"CREATE PROCEDURE {name}(IN in_max_roots INT UNSIGNED) BEGIN {body} END"
        )


def chunk_row(state: str, *, reason: str = "") -> str:
    return (
        f"SELECT '{state}' AS state, 1 AS roots, 0 AS related_rows, 1 AS examined,"
        " 0 AS quarantined, NULL AS `cursor`, 0.1 AS seconds,"
        f" 0 AS next_wait_ms, '{reason}' AS reason;"
    )


def test_copies_until_idle_and_says_so_in_one_line(shop: OpenShop) -> None:
    result = bygones(shop.caller_url, "run")

    assert result.exit_code == 0
    assert result.stdout.startswith("orders: idle; calls ")
    assert " roots 40, " in result.stdout
    assert len(result.stdout.splitlines()) == 1


def test_prints_its_summary_as_json(shop: OpenShop) -> None:
    result = bygones(shop.caller_url, "run", "orders", "--json")

    assert json.loads(result.stdout)["roots"] == 40


def test_keeps_to_its_limits(shop: OpenShop) -> None:
    limits = ("--max-chunks", "2", "--max-roots", "3", "--max-seconds", "60")

    result = bygones(shop.caller_url, "run", *limits, "--json")

    (run,) = json.loads(result.stdout)["runs"]
    assert result.exit_code == 0
    assert (run["reason"], run["calls"], run["roots"]) == ("max_chunks", 2, 6)


def test_shows_a_bar_on_a_terminal(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")

    result = bygones(shop.caller_url, "run")

    assert "40 roots" in result.stderr
    assert "chunks" in result.stderr


def test_needs_a_person_for_an_archive_that_is_not_there(shop: OpenShop) -> None:
    result = bygones(shop.caller_url, "run", "order")

    assert result.exit_code == 1
    assert result.stderr == 'There is no archive "order"; there is: orders\n'


def test_no_archive_is_no_success(make_shop: Callable[..., OpenShop]) -> None:
    shop = make_shop(finished=1, installed=False)
    upgrade(shop, "bygones_0001")
    commands = (["run"], ["run", "orders"], ["verify"], ["progress"])

    results = [bygones(shop.caller_url, *command) for command in commands]
    as_json = bygones(shop.caller_url, "progress", "--json")
    with lambda_of(shop) as runtime:
        message = message_of(runtime.invoke({}))

    said = {(result.exit_code, result.stdout, result.stderr) for result in results}
    [(exit_code, output, text)] = said
    assert (exit_code, output) == (1, "")
    assert text.startswith("No archive is installed; write archives.toml (")
    assert json.loads(as_json.stdout) == {"error": text.strip(), "kind": "StopError"}
    assert message == f"StopError: {text.strip()}"


def test_what_fails_is_json_too_where_that_is_asked_for(shop: OpenShop) -> None:
    wrong = shop.caller_url.replace(f":{PASSWORD}@", ":geheim@")

    result = bygones(wrong, "run", "--json")

    said = json.loads(result.stdout)
    assert (result.exit_code, said["kind"]) == (1, "StopError")
    assert said["error"] == result.stderr.strip()
    assert "(errno 1045" in said["error"]


def test_that_tls_is_off_is_a_sentence_and_said_once(shop: OpenShop) -> None:
    with by_tcp(shop.caller_url, options="tls=off") as url:
        for command in (["run", "--workers", "4"], ["doctor"]):
            done = subprocess.run(  # noqa: S603 # our own interpreter
                [sys.executable, "-m", "typer", "bygones.cli.command", "run", *command],
                cwd=PROJECT,
                env=os.environ | {SETTING: url},
                check=False,
                capture_output=True,
                encoding="utf-8",
            )
            address = parse_url(url).address
            said = f"TLS is off for {address}, as the URL says"
            assert (done.returncode, done.stderr.splitlines()) == (0, [said])


def test_a_run_that_copies_nothing_says_what_it_has_looked_at(shop: OpenShop) -> None:
    with shop.admin.cursor() as cursor:
        cursor.execute(f"UPDATE {shop.source}.orders SET status = 'prepared'")

    result = bygones(shop.caller_url, "run", "--max-chunks", "1")

    assert result.exit_code == 0
    assert result.stdout.startswith("orders: max_chunks; calls 1, roots 0, ")
    assert " s: examined " in result.stdout
    assert " keys, none of them to be copied: not finished, " in result.stdout


def test_needs_a_person_where_the_setting_is_missing() -> None:
    result = bygones("", "progress")

    assert result.exit_code == 1
    assert result.stderr.startswith("BYGONES_DATABASE_URL isn't set")


def test_needs_a_person_for_an_error_of_ours_and_shows_no_trace(shop: OpenShop) -> None:
    break_chunk(
        shop,
        "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30007, MESSAGE_TEXT = 'drift';",
    )

    result = bygones(shop.caller_url, "run")

    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "drift (errno 30007" in result.stderr
    assert result.stdout.startswith("orders: error; calls 0")


def test_is_to_be_tried_later_where_no_server_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    result = bygones(f"mysql://u@127.0.0.1:{port}/shop", "run")

    assert result.exit_code == 75
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("state", ["busy", "paused", "throttled"])
def test_is_to_be_tried_later_where_others_hold_the_archive(
    shop: OpenShop, state: str
) -> None:
    break_chunk(shop, chunk_row(state, reason="since noon, by night@shift"))

    result = bygones(shop.caller_url, "run")

    assert result.exit_code == 75
    assert f"orders: {state}" in result.stdout
    assert "since noon, by night@shift" in result.stdout


def test_its_bar_says_why_it_waits(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    break_chunk(shop, chunk_row("throttled", reason="Threads_running is 31"))

    result = bygones(shop.caller_url, "run")

    assert "throttled: Threads_running is 31" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_after_the_call_in_flight(
    shop: OpenShop, number: signal.Signals
) -> None:
    # The chunk waits for this lock, so that the signal meets a CALL in flight.
    lock = f"{shop.history}_lock"
    taken = f"DO GET_LOCK('{lock}', 60); DO RELEASE_LOCK('{lock}');"
    break_chunk(shop, taken + chunk_row("copied"))
    with shop.admin.cursor() as cursor:
        cursor.execute("DO GET_LOCK(%s, 0)", (lock,))
    command = [
        sys.executable,
        "-m",
        "typer",
        "bygones.cli.command",
        "run",
        "run",
        "--json",
    ]
    environment = os.environ | {SETTING: shop.caller_url}

    with subprocess.Popen(  # noqa: S603 # our own interpreter
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE
    ) as process:
        wait_for_a_chunk_in_flight(shop, process)
        process.send_signal(number)
        with shop.admin.cursor() as cursor:
            cursor.execute("DO RELEASE_LOCK(%s)", (lock,))
        output, _ = process.communicate()

    assert process.returncode == 130
    (run,) = json.loads(output)["runs"]
    assert (run["reason"], run["calls"]) == ("interrupted", 1)


def wait_for_a_chunk_in_flight(
    shop: OpenShop, process: subprocess.Popen[bytes]
) -> None:
    found = None
    while not found:
        assert process.poll() is None
        with shop.admin.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM information_schema.processlist"
                " WHERE db = %s AND state = 'User lock'",
                (shop.history,),
            )
            found = cursor.fetchone()


def test_shows_progress_as_a_table(shop: OpenShop) -> None:
    result = bygones(shop.caller_url, "progress")

    assert result.exit_code == 0
    assert "orders" in result.stdout
    assert "related_rows" in result.stdout


def test_shows_progress_as_json(shop: OpenShop) -> None:
    bygones(shop.caller_url, "run", "--max-chunks", "1", "--max-roots", "3")

    result = bygones(shop.caller_url, "progress", "--json")

    (row,) = json.loads(result.stdout)
    assert row["archive"] == "orders"
    assert (row["roots"], row["is_capped"], row["paused_at"]) == (3, False, None)
    assert [type(part) for part in row["cursor"]] == [str]
    began = dt.datetime.fromisoformat(row["pass_started_at"])
    assert began.tzinfo == dt.UTC


def test_its_help_explains_the_exit_codes() -> None:
    result = bygones("", "run", "--help")

    assert result.exit_code == 0
    assert "75 try again later" in " ".join(result.stdout.split())


def test_verifies_once_through_and_finds_nothing(shop: OpenShop) -> None:
    bygones(shop.caller_url, "run")

    first = bygones(shop.caller_url, "verify")
    second = bygones(shop.caller_url, "verify", "orders", "--json")

    assert first.exit_code == second.exit_code == 0
    assert first.stdout.startswith("orders: idle; calls 2, roots 40, related rows ")
    assert ", missing 0, incomplete 0, different 0, orphaned 0, findings 0, " in (
        first.stdout
    )
    assert "verification 1 ended: 40 roots" in first.stdout
    summary = json.loads(second.stdout)
    assert (summary["roots"], summary["findings"]) == (40, 0)
    assert "quarantined" not in summary


def test_findings_are_an_exit_code_of_their_own(shop: OpenShop) -> None:
    bygones(shop.caller_url, "run")
    with shop.admin.cursor() as cursor:
        cursor.execute(f"UPDATE {shop.source}.orders SET remark = 'x' WHERE id <= 9")

    result = bygones(shop.caller_url, "verify", "--json")
    limited = bygones(shop.caller_url, "verify", "--max-chunks", "1")

    summary = json.loads(result.stdout)
    assert (result.exit_code, limited.exit_code) == (2, 2)
    assert summary["findings"] == summary["different"] > 3
    assert limited.stdout.startswith("orders: max_chunks; calls 1, ")


def test_a_verification_that_was_cut_short_goes_on(shop: OpenShop) -> None:
    bygones(shop.caller_url, "run", "--max-roots", "15")
    limits = ("--max-chunks", "2", "--max-roots", "1")

    cut = json.loads(bygones(shop.caller_url, "verify", *limits, "--json").stdout)
    rest = json.loads(bygones(shop.caller_url, "verify", "--json").stdout)

    assert (cut["roots"], rest["roots"]) == (25, 15)


def test_a_verification_is_to_be_tried_later_where_another_is_under_way(
    shop: OpenShop,
) -> None:
    with shop.admin.cursor() as cursor:
        cursor.execute("START TRANSACTION")
        cursor.execute("SELECT archive FROM verification FOR UPDATE")

        result = bygones(shop.caller_url, "verify")

        cursor.execute("ROLLBACK")
    assert result.exit_code == 75
    assert "orders: busy" in result.stdout
