"""The handler in the real Lambda runtime."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from bygones.runner.errors import ConfigurationError, StopError
from bygones.runner.handler import handler
from bygones.sandbox.lambda_runtime import LambdaRuntime
from bygones.sandbox.shop import PROJECT
from tests.support.procedures import query, until

if TYPE_CHECKING:
    from bygones.sandbox.lambda_runtime import Invocation
    from tests.conftest import OpenShop


def runtime_for(
    url: str, *, timeout_seconds: float = 30.0, **env: str
) -> LambdaRuntime:
    return LambdaRuntime(
        "bygones.runner.handler.handler",
        code=PROJECT / "src",
        env={"BYGONES_DATABASE_URL": url} | env,
        timeout_seconds=timeout_seconds,
    )


def body_of(invocation: Invocation) -> dict[str, object]:
    return cast("dict[str, object]", invocation.body)


def break_chunk(shop: OpenShop, body: str) -> None:
    name = f"`{shop.history}`.copy_orders_chunk"
    with shop.admin.cursor() as cursor:
        cursor.execute(f"DROP PROCEDURE {name}")
        cursor.execute(
            f"CREATE PROCEDURE {name}(IN in_max_roots INT UNSIGNED) BEGIN {body} END"
        )


def sessions_in(shop: OpenShop) -> list[int]:
    with shop.admin.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = %s AND id <> CONNECTION_ID()",
            (shop.history,),
        )
        return [session for (session,) in cursor.fetchall()]


def test_copies_every_archive_until_idle(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url) as runtime:
        result = runtime.invoke({})

    assert result.kind == "response"
    assert (body_of(result)["roots"], body_of(result)["quarantined"]) == (40, 0)
    (run,) = cast("list[dict[str, object]]", body_of(result)["runs"])
    assert (run["archive"], run["reason"]) == ("orders", "idle")


def test_copies_the_archive_and_the_size_that_the_event_names(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url) as runtime:
        result = runtime.invoke({"archive": "orders", "max_roots": 4})

    assert body_of(result)["roots"] == 40
    assert cast("int", body_of(result)["calls"]) >= 11


def test_ends_by_itself_before_lambda_would_end_it(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url, timeout_seconds=1.0) as runtime:
        result = runtime.invoke({})

    assert result.kind == "response"
    (run,) = cast("list[dict[str, object]]", body_of(result)["runs"])
    assert (run["reason"], run["calls"]) == ("deadline", 0)


def test_makes_no_call_while_a_replica_that_it_was_told_of_cannot_tell(
    shop: OpenShop,
) -> None:
    # It answers, and replicates nothing.
    replicas = {"BYGONES_REPLICA_URLS": shop.url}

    with runtime_for(shop.caller_url, timeout_seconds=3.0, **replicas) as runtime:
        result = runtime.invoke({})
        lines = runtime.logs.splitlines()

    (run,) = cast("list[dict[str, object]]", body_of(result)["runs"])
    assert (result.kind, run["reason"], run["calls"]) == ("response", "throttled", 0)
    assert "is no replica of anything" in str(run["detail"])
    assert any("chunk_copied" in line and "is no replica" in line for line in lines)


def test_keeps_its_connection_warm(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url) as runtime:
        runtime.invoke({})
        first = sessions_in(shop)
        result = runtime.invoke({})
        second = sessions_in(shop)

    assert result.kind == "response"
    assert len(first) == 1
    assert first == second


def test_opens_another_connection_when_the_warm_one_has_died(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url) as runtime:
        runtime.invoke({})
        (session,) = sessions_in(shop)
        with shop.admin.cursor() as cursor:
            cursor.execute(f"KILL {session}")

        result = runtime.invoke({})

    assert (result.kind, result.cold_start) == ("response", False)


def test_keeps_no_connection_after_an_error(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url) as runtime:
        result = runtime.invoke({"archive": "order"})
        # The server ends a session a moment after its client has gone.
        until(lambda: not sessions_in(shop), "the session of the Lambda has ended")

    assert result.kind == "error"
    assert body_of(result)["errorMessage"] == (
        'There is no archive "order"; there is: orders'
    )


@pytest.mark.parametrize(
    ("url", "event", "message"),
    [
        ("mysql://caller@db/shop", {"archiv": "orders"}, '"archiv" is no key of it'),
        ("mysql://caller:geheim@db", {}, "it names no schema"),
        ("", {}, "BYGONES_DATABASE_URL isn't set"),
    ],
)
def test_reports_a_wrong_event_or_setting(
    url: str, event: dict[str, object], message: str
) -> None:
    with runtime_for(url) as runtime:
        result = runtime.invoke(event)
        logs = runtime.logs

    assert result.kind == "error"
    assert body_of(result)["errorType"] == "ConfigurationError"
    assert message in str(body_of(result)["errorMessage"])
    assert "geheim" not in logs


def test_logs_a_line_a_call_and_one_for_the_invocation(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url) as runtime:
        result = runtime.invoke({})
        lines = runtime.logs.splitlines()

    calls = [line for line in lines if "chunk_copied {" in line]
    assert len(calls) == body_of(result)["calls"]
    assert '"run": 1, "chunk": 1, "archive": "orders", "state": "copied"' in calls[0]
    assert len([line for line in lines if "invocation_ended {" in line]) == 1


def test_logs_fields_where_lambda_logs_json(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url, AWS_LAMBDA_LOG_FORMAT="JSON") as runtime:
        result = runtime.invoke({})
        lines = [json.loads(line) for line in runtime.logs.splitlines()]

    calls = [line for line in lines if line.get("event") == "chunk_copied"]
    assert sum(line["roots"] for line in calls) == 40
    assert calls[0]["message"] == "chunk_copied"
    assert calls[0]["requestId"] == result.request_id


def test_a_log_line_leads_to_the_rows_of_its_run_and_chunk_and_back(
    shop: OpenShop,
) -> None:
    with runtime_for(shop.caller_url, AWS_LAMBDA_LOG_FORMAT="JSON") as runtime:
        runtime.invoke({"max_roots": 25})
        lines = [json.loads(line) for line in runtime.logs.splitlines()]

    [first, second] = [
        line for line in lines if line.get("event") == "chunk_copied" and line["roots"]
    ]
    (run,) = query(shop.admin, "SELECT * FROM run WHERE id = %s", second["run"])
    chunks = query(
        shop.admin,
        "SELECT c.* FROM run AS r JOIN chunk AS c"
        " ON c.archive = r.archive AND c.connection_id = r.connection_id"
        " AND c.started_at BETWEEN r.opened_at AND r.closed_at"
        " WHERE r.id = %s ORDER BY c.id",
        second["run"],
    )
    assert run["request_id"] == second["requestId"]
    assert [first["chunk"], second["chunk"]] == [1, 2]
    assert [row["roots"] for row in chunks] == [first["roots"], second["roots"]]


@pytest.mark.parametrize("log_format", ["TEXT", "JSON"])
def test_a_patients_data_gets_into_no_log_and_no_reply(
    shop: OpenShop, log_format: str
) -> None:
    break_chunk(
        shop,
        "SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1062,"
        " MESSAGE_TEXT = 'Duplicate entry ''Ada Lovelace''';",
    )

    with runtime_for(shop.caller_url, AWS_LAMBDA_LOG_FORMAT=log_format) as runtime:
        result = runtime.invoke({})
        logs = runtime.logs

    assert (result.kind, body_of(result)["errorType"]) == ("error", "StopError")
    assert "errno 1062, SQLSTATE 23000, archive orders, chunk 1" in logs
    assert "Ada" not in logs + json.dumps(result.body)


def test_keeps_to_the_log_level_that_lambda_was_given(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url, AWS_LAMBDA_LOG_LEVEL="ERROR") as runtime:
        runtime.invoke({})

        assert "chunk_copied" not in runtime.logs


def test_needs_no_package_but_the_driver() -> None:
    script = "import sys, runner.handler; print(*sys.modules)"

    modules = subprocess.check_output(  # noqa: S603 # our own interpreter
        [sys.executable, "-c", script], cwd=PROJECT, text=True
    )

    loaded = {name.split(".")[0] for name in modules.split()}
    assert "pymysql" in loaded
    assert not loaded & {"typer", "rich", "click", "sqlalchemy", "boto3"}


def test_our_own_errors_reach_the_reply_word_for_word(shop: OpenShop) -> None:
    break_chunk(
        shop,
        "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30007,"
        " MESSAGE_TEXT = 'orders has a column more than its history';",
    )

    with runtime_for(shop.caller_url) as runtime:
        result = runtime.invoke({})

    message = str(body_of(result)["errorMessage"])
    assert "orders has a column more than its history" in message
    assert "errno 30007" in message


@dataclass
class Context:
    """What the handler uses of Lambda's context."""

    aws_request_id: str = "a-1"
    function_name: str = "bygones"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def test_needs_nothing_of_lambda_but_the_context(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYGONES_DATABASE_URL", shop.caller_url)

    report = handler({"archive": "orders"}, Context())
    with pytest.raises(ConfigurationError):
        handler({"archive": "order"}, Context())

    assert report["roots"] == 40


def test_ends_with_the_error_that_ended_a_run(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYGONES_DATABASE_URL", shop.caller_url)
    break_chunk(shop, "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30007;")

    with pytest.raises(StopError) as caught:
        handler({}, Context())

    assert caught.value.errno == 30007
    assert caught.value.summary is not None


def test_verifies_the_archive_that_the_event_names(shop: OpenShop) -> None:
    with runtime_for(shop.caller_url) as runtime:
        runtime.invoke({})
        result = runtime.invoke({"verify": "orders"})
        lines = runtime.logs.splitlines()

    body = body_of(result)
    assert result.kind == "response"
    assert (body["roots"], body["findings"]) == (40, 0)
    assert any("chunk_verified {" in line for line in lines)
    with shop.admin.cursor() as cursor:
        cursor.execute("SELECT kind, reason FROM run ORDER BY id")
        assert cursor.fetchall() == (("copy", "idle"), ("verify", "idle"))
