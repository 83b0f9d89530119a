"""Run one process of a function, with an API that it alone asks."""

from __future__ import annotations

import re
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from bygones.sandbox.lambda_runtime.api import Requests, Server

if TYPE_CHECKING:
    from bygones.sandbox.lambda_runtime.invocation import Kind, Pending

# How soon the API's server sees that it should end.
POLL_SECONDS = 0.02


class Process:
    """Hold one process and its API: it dies with its invocation."""

    def __init__(self) -> None:
        """Open the API; the process is started by `start`."""
        self._server = Server(("127.0.0.1", 0), Requests)
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
        """The process' id, once it is started."""
        return self._process.pid if self._process else None

    def is_alive(self) -> bool:
        """Tell whether the process runs."""
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


def _fault(kind: str, message: str) -> dict[str, str]:
    return {"errorType": kind, "errorMessage": message}
