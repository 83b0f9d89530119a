"""Follow one invocation from its event to how it ended."""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass
from typing import Literal

# Lambda's own limit for importing the handler's module.
INIT_SECONDS = 10.0

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
