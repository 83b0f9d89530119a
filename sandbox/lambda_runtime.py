"""Stand in for the Lambda Runtime API and drive the real runtime in a child process.

The child is AWS' own awslambdaric, so what a handler sees (context, deadline, logging,
freezing, sudden death) is what it sees in Lambda; only the service around it is ours.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

FUNCTION_NAME = "bygones"
FUNCTION_ARN = f"arn:aws:lambda:eu-central-1:123456789012:function:{FUNCTION_NAME}"
# Lambda's own limit for importing the handler's module.
INIT_SECONDS = 10.0
# How soon the API's server sees that it should end.
POLL_SECONDS = 0.02
# The end of the logs that's kept in sight, however much a handler prints.
MAX_LOG_BYTES = 1_000_000

Kind = Literal["response", "error", "timeout", "exit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """Tell how one invocation ended; `body` is the reply's or the error's JSON."""

    kind: Kind
    body: object
    request_id: str
    seconds: float
    cold_start: bool
    peak_memory_bytes: int | None


class Pending:
    """Follow one invocation until it ends."""

    def __init__(
        self, event: object, timeout_seconds: float, *, cold_start: bool
    ) -> None:
        """Wait for delivery, which starts the clock."""
        self.body = json.dumps(event).encode()
        self.request_id = str(uuid.uuid4())
        self.timeout_seconds = timeout_seconds
        self._cold_start = cold_start
        self._began = time.monotonic()
        self._delivered = threading.Event()
        self._result: Invocation | None = None
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def wait(self) -> Invocation:
        """Return the result; the deadline sees to it that there is one."""
        self._ended.wait()
        if self._result is None:
            raise RuntimeError("The invocation ended without a result")
        return self._result

    def has_ended(self) -> bool:
        """Tell whether there's a result."""
        return self._ended.is_set()

    def deliver(self) -> float:
        """Start the clock and return the deadline in seconds of the epoch."""
        self._began = time.monotonic()
        self._delivered.set()
        return time.time() + self.timeout_seconds

    def ends_in_time(self) -> bool:
        """Wait for the end, as long as the function may take."""
        self._delivered.wait(INIT_SECONDS)
        return self._ended.wait(self.timeout_seconds)

    def end(self, kind: Kind, body: object, peak_memory_bytes: int | None) -> None:
        """Keep the first result: a process may die after it replied."""
        with self._lock:
            self._result = self._result or Invocation(
                kind=kind,
                body=body,
                request_id=self.request_id,
                seconds=time.monotonic() - self._began,
                cold_start=self._cold_start,
                peak_memory_bytes=peak_memory_bytes,
            )
        self._delivered.set()
        self._ended.set()


class LambdaRuntime:
    """Invoke a handler as Lambda does, one event at a time, in a process of its own."""

    def __init__(
        self,
        handler: str,
        *,
        code: Path,
        env: Mapping[str, str] | None = None,
        timeout_seconds: float = 30.0,
        memory_mb: int = 128,
    ) -> None:
        """Take "module.function" as found under `code`; start nothing yet."""
        self._timeout_seconds = timeout_seconds
        self._code = code
        self._command = [*_dying_with_parent(), sys.executable, "-m", "awslambdaric"]
        self._command.append(handler)
        self._variables = _variables(code, memory_mb) | dict(env or {})
        self._environment: _Environment | None = None
        self._peak: int | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 # closed by __exit__
        # The kernel's death signal follows the thread that started the child, so that
        # has to be one that lives as long as the runtime.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="lambda-starter")

    def __enter__(self) -> Self:
        """Start nothing yet: the first invocation is the cold start."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind."""
        self.kill()
        self._starter.shutdown()
        self._log.close()

    def invoke(self, event: object) -> Invocation:
        """Send an event and wait for how it ends."""
        return self.start_invocation(event).wait()

    def start_invocation(self, event: object) -> Pending:
        """Send an event and return at once; a dead process is replaced first."""
        if self._environment is not None:
            pending = Pending(event, self._timeout_seconds, cold_start=False)
            if self._environment.takes(pending):
                return pending
            self.kill()
        pending = Pending(event, self._timeout_seconds, cold_start=True)
        self._environment = _Environment()
        self._environment.takes(pending)
        self._starter.submit(
            self._environment.start,
            self._command,
            env=self._variables,
            cwd=self._code,
            log=self._log.fileno(),
        ).result()
        return pending

    def kill(self) -> None:
        """End the process now, by SIGKILL and without a word to it, as Lambda does."""
        if self._environment is not None:
            self._environment.close()
            self._peak = self._environment.peak_memory_bytes()
            self._environment = None

    @property
    def pid(self) -> int | None:
        """The process' id; None before the first invocation and after a kill."""
        return self._environment.pid if self._environment else None

    @property
    def peak_memory_bytes(self) -> int | None:
        """The most memory that the process, or the one before a kill, held."""
        if self._environment is None:
            return self._peak
        return self._environment.peak_memory_bytes()

    @property
    def logs(self) -> str:
        """What all processes printed, the last million bytes of it."""
        descriptor = self._log.fileno()
        size = os.fstat(descriptor).st_size
        start = max(0, size - MAX_LOG_BYTES)
        return os.pread(descriptor, size - start, start).decode(errors="replace")


class _Environment:
    """Hold one process and the API that it alone asks: it dies with its invocation."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Requests)
        self._server.environment = self
        self._process: subprocess.Popen[bytes] | None = None
        self._peak: int | None = None
        self._queue: SimpleQueue[Pending | None] = SimpleQueue()
        self._pending: Pending | None = None
        self._cause: tuple[Kind, object] | None = None
        self._is_dead = False
        self._dying = threading.Lock()  # no event is queued for a process unseen dead
        threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True
        ).start()

    def start(
        self, command: list[str], *, env: dict[str, str], cwd: Path, log: int
    ) -> None:
        """Start the process and look after it until it ends."""
        address = f"127.0.0.1:{self._server.server_port}"
        self._process = subprocess.Popen(  # noqa: S603 # our own interpreter
            command,
            env=env | {"AWS_LAMBDA_RUNTIME_API": address},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        threading.Thread(target=self._watch_process, daemon=True).start()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def takes(self, pending: Pending) -> bool:
        """Queue an event and see that it ends in time, unless the process is dead."""
        if self._pending is not None and not self._pending.has_ended():
            raise RuntimeError("One environment takes one event at a time: wait first")
        with self._dying:
            if self._is_dead:
                return False
            self._pending = pending
        self._queue.put(pending)
        threading.Thread(target=self._watch_deadline, daemon=True).start()
        return True

    def next(self) -> Pending | None:
        """Block until there's an event: that is the freeze between invocations."""
        return self._queue.get()

    def end(self, kind: Kind, body: object) -> None:
        """Note how the invocation in flight ended."""
        if self._pending is not None:
            self._pending.end(kind, body, self.peak_memory_bytes())

    def kill(self, cause: tuple[Kind, object] | None = None) -> None:
        """End the process by SIGKILL; the invocation ends when it's gone."""
        if self._process is not None and self.is_alive():
            self.peak_memory_bytes()
            self._cause = cause
            self._process.kill()

    def close(self) -> None:
        """End the process and the API."""
        self.kill()
        if self._process is not None:
            self._process.wait()
        self._queue.put(None)
        self._server.shutdown()
        self._server.server_close()

    def peak_memory_bytes(self) -> int | None:
        """Read the high-water mark, which is gone when the process is."""
        if self.is_alive():
            with suppress(OSError):
                status = Path(f"/proc/{self.pid}/status").read_text()
                if found := re.search(r"VmHWM:\s+(\d+) kB", status):
                    self._peak = int(found[1]) * 1024
        return self._peak

    def _watch_process(self) -> None:
        if self._process is not None:
            code = self._process.wait()
            how = f"signal {-code}" if code < 0 else f"exit status {code}"
            fault = _fault("Runtime.ExitError", f"Runtime ended by {how}")
            with self._dying:
                self._is_dead = True
                self.end(*(self._cause or ("exit", fault)))

    def _watch_deadline(self) -> None:
        pending = self._pending
        if pending is not None and not pending.ends_in_time():
            limit = f"{pending.timeout_seconds:.2f} seconds"
            fault = _fault("Sandbox.Timedout", f"Task timed out after {limit}")
            self.kill(("timeout", fault))


class _Server(ThreadingHTTPServer):
    """Answer one environment's process, a thread a request."""

    daemon_threads = True
    block_on_close = False  # a thread may be blocked in `next` for good
    environment: _Environment


class _Requests(BaseHTTPRequestHandler):
    """Speak the Runtime API."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a reply in one packet: the runtime's start is measured by it
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer `next`: the event, or 410 when none will come."""
        pending = self.server.environment.next()
        if pending is None:
            self._reply(HTTPStatus.GONE, b"", {})
            return
        deadline = pending.deliver()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": pending.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": f"Root=1-{uuid.uuid4().hex}",
        }
        self._reply(HTTPStatus.OK, pending.body, headers)

    def do_POST(self) -> None:
        """Take a response, an error, or the error of a module that can't be loaded."""
        body = json.loads(self._body() or b"null")
        if self.path.endswith("/init/error"):
            self.server.environment.kill(("error", body))  # it would only exit
        else:
            kind: Kind = "response" if self.path.endswith("/response") else "error"
            self.server.environment.end(kind, body)
        self._reply(HTTPStatus.ACCEPTED, b'{"status": "OK"}', {})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _reply(
        self, status: HTTPStatus, body: bytes, headers: Mapping[str, str]
    ) -> None:
        with suppress(OSError):  # the process was killed while it waited
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing: the logs are the function's."""


def _variables(code: Path, memory_mb: int) -> dict[str, str]:
    return {
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION_NAME,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{FUNCTION_NAME}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "sandbox",
        "AWS_REGION": "eu-central-1",
        "LAMBDA_TASK_ROOT": str(code),
        "PYTHONPATH": str(code),
        "PATH": os.environ.get("PATH", os.defpath),
    }


def _dying_with_parent() -> list[str]:
    # Without setpriv the process ends when it next asks the API of a dead parent.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _fault(kind: str, message: str) -> dict[str, str]:
    return {"errorType": kind, "errorMessage": message}
