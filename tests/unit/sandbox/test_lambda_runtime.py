"""The stand-in of the Lambda Runtime API, with the real runtime and tiny handlers."""

import os
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bygones.sandbox.lambda_runtime import LambdaRuntime
from bygones.sandbox.shop import PROJECT

Start = Callable[..., LambdaRuntime]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Write a module with a handler and open a runtime for it."""
    with ExitStack() as stack:

        def start(
            source: str, *, timeout_seconds: float = 30.0, **env: str
        ) -> LambdaRuntime:
            (tmp_path / "app.py").write_text(textwrap.dedent(source))
            return stack.enter_context(
                LambdaRuntime(
                    "app.handler",
                    code=tmp_path,
                    env=env,
                    timeout_seconds=timeout_seconds,
                )
            )

        yield start


def test_returns_what_the_handler_returned(start: Start) -> None:
    runtime = start("def handler(event, context): return {'got': event}")

    result = runtime.invoke({"archive": "orders"})

    assert (result.kind, result.body) == ("response", {"got": {"archive": "orders"}})


def test_takes_a_response_that_comes_in_pieces(start: Start) -> None:
    runtime = start(
        """
        import http.client, os
        def handler(event, context):
            api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
            path = f"/2018-06-01/runtime/invocation/{context.aws_request_id}/response"
            api.request("POST", path, body=iter([b'{"in":', b'"pieces"}']))
            return api.getresponse().status
        """
    )

    result = runtime.invoke({})

    assert (result.kind, result.body) == ("response", {"in": "pieces"})


def test_reports_an_error_that_the_handler_raised(start: Start) -> None:
    runtime = start("def handler(event, context): raise ValueError('no such shop')")

    result = runtime.invoke({})

    assert result.kind == "error"
    assert isinstance(result.body, dict)
    assert result.body["errorType"] == "ValueError"
    assert result.body["errorMessage"] == "no such shop"


def test_keeps_the_process_after_an_error(start: Start) -> None:
    runtime = start(
        """
        def handler(event, context):
            if event["fail"]:
                raise ValueError
        """
    )
    runtime.invoke({"fail": True})
    first = runtime.pid

    result = runtime.invoke({"fail": False})

    assert (result.kind, result.cold_start, runtime.pid) == ("response", False, first)


def test_reports_a_module_that_cannot_be_imported(start: Start) -> None:
    runtime = start("import there_is_no_such_module")

    first, second = runtime.invoke({}), runtime.invoke({})

    assert (first.kind, second.kind) == ("error", "error")
    assert isinstance(first.body, dict)
    assert first.body["errorType"] == "Runtime.ImportModuleError"
    assert second.cold_start


def test_reports_a_process_that_ended_itself(start: Start) -> None:
    runtime = start("import os\ndef handler(event, context): os._exit(3)")

    result = runtime.invoke({})

    assert result.kind == "exit"
    assert result.body == {
        "errorType": "Runtime.ExitError",
        "errorMessage": "Runtime ended by exit status 3",
    }


def test_kills_at_the_deadline_and_starts_cold_afterwards(start: Start) -> None:
    runtime = start(
        """
        import threading
        def handler(event, context):
            if event["hang"]:
                threading.Event().wait()
            return "well"
        """,
        timeout_seconds=0.2,
    )

    late = runtime.invoke({"hang": True})
    next_one = runtime.invoke({"hang": False})

    assert late.kind == "timeout"
    assert isinstance(late.body, dict)
    assert late.body["errorMessage"] == "Task timed out after 0.20 seconds"
    assert (next_one.body, next_one.cold_start) == ("well", True)


def test_keeps_a_warm_process_and_its_globals(start: Start) -> None:
    runtime = start(
        """
        calls = []
        def handler(event, context):
            calls.append(event)
            return len(calls)
        """
    )

    results = [runtime.invoke({}) for _ in range(3)]

    assert [result.body for result in results] == [1, 2, 3]
    assert [result.cold_start for result in results] == [True, False, False]


def test_gives_the_handler_its_deadline_and_its_request_id(start: Start) -> None:
    runtime = start(
        """
        def handler(event, context):
            return [context.get_remaining_time_in_millis(), context.aws_request_id]
        """,
        timeout_seconds=20.0,
    )

    result = runtime.invoke({})

    assert isinstance(result.body, list)
    assert 0 < result.body[0] <= 20_000
    assert result.body[1] == result.request_id


def test_a_kill_ends_the_invocation_in_flight(start: Start, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "begun")
    runtime = start(
        """
        import threading
        def handler(event, context):
            open("begun", "w").close()
            threading.Event().wait()
        """
    )
    pending = runtime.start_invocation({})
    (tmp_path / "begun").read_text()

    runtime.kill()

    assert pending.wait().kind == "exit"
    assert runtime.pid is None


def test_starts_cold_after_the_process_was_killed_from_outside(
    start: Start, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "begun")
    runtime = start(
        """
        import threading
        def handler(event, context):
            if event["hang"]:
                open("begun", "w").close()
                threading.Event().wait()
        """
    )
    pending = runtime.start_invocation({"hang": True})
    (tmp_path / "begun").read_text()
    assert runtime.pid is not None

    os.kill(runtime.pid, signal.SIGKILL)
    killed, next_one = pending.wait(), runtime.invoke({"hang": False})

    assert killed.kind == "exit"
    assert (next_one.kind, next_one.cold_start) == ("response", True)


def test_refuses_a_second_event_while_one_is_in_flight(start: Start) -> None:
    runtime = start(
        "import threading\ndef handler(event, context): threading.Event().wait()"
    )
    runtime.start_invocation({})

    with pytest.raises(RuntimeError, match="one event at a time"):
        runtime.start_invocation({})


def test_shows_the_environment_and_collects_the_logs(start: Start) -> None:
    runtime = start(
        """
        import os, logging
        def handler(event, context):
            print(os.environ["SHOP"], context.memory_limit_in_mb)
            logging.getLogger().warning("stock is low")
        """,
        SHOP="corner",
    )

    runtime.invoke({})

    assert "corner 128" in runtime.logs
    assert "stock is low" in runtime.logs


def test_knows_the_peak_of_memory_after_the_process_is_gone(start: Start) -> None:
    runtime = start("def handler(event, context): return len(bytearray(50_000_000))")

    runtime.invoke({})
    runtime.kill()

    assert runtime.peak_memory_bytes is not None
    assert runtime.peak_memory_bytes > 50_000_000


def test_the_process_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): return 'well'")
    script = """
import sys
from pathlib import Path
from bygones.sandbox.lambda_runtime import LambdaRuntime
runtime = LambdaRuntime("app.handler", code=Path(sys.argv[1]))
runtime.invoke({})
print(runtime.pid, flush=True)
sys.stdin.read()
"""
    parent = subprocess.Popen(  # noqa: S603 # our own interpreter
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )

    with parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    ended, _, _ = select.select([child], [], [], 10)
    os.close(child)

    assert ended == [child]
