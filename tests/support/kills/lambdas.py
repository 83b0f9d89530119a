"""Run the handler in the real Lambda runtime, and read what it said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bygones.sandbox.lambda_runtime import LambdaRuntime
from bygones.sandbox.shop import PROJECT

if TYPE_CHECKING:
    from bygones.sandbox.lambda_runtime import Invocation
    from bygones.sandbox.shop import Shop


Body = dict[str, Any]


def lambda_of(
    shop: Shop, *, url: str | None = None, timeout_seconds: float = 60.0, **env: str
) -> LambdaRuntime:
    """Give the Lambda of a shop, by the account that may only EXECUTE."""
    return LambdaRuntime(
        "bygones.runner.handler.handler",
        code=PROJECT / "src",
        env={"BYGONES_DATABASE_URL": url or shop.caller_url} | env,
        timeout_seconds=timeout_seconds,
    )


def report_of(invocation: Invocation) -> Body:
    """Return the summary of an invocation that ended well."""
    assert invocation.kind == "response", invocation.body
    assert isinstance(invocation.body, dict)
    return invocation.body


def run_of(invocation: Invocation) -> Body:
    """Return the one run of an invocation that ended well."""
    (run,) = report_of(invocation)["runs"]
    assert isinstance(run, dict)
    return run


def message_of(invocation: Invocation) -> str:
    """Return the message of an invocation that ended with an error of ours."""
    assert invocation.kind == "error", invocation.body
    assert isinstance(invocation.body, dict)
    return f"{invocation.body['errorType']}: {invocation.body['errorMessage']}"


def heard_cursors(runtime: LambdaRuntime) -> set[str]:
    """Return the cursors of all chunks that the Lambda logged an answer for."""
    lines = [
        line.partition("chunk_copied ")[2]
        for line in runtime.logs.splitlines()
        if "chunk_copied {" in line
    ]
    return {str(json.loads(line)["cursor"]) for line in lines}
