"""Call for one archive until it's done, the time is up or something fails.

No I/O: the procedures, the clock and the sleep come in from outside.
"""

from __future__ import annotations

import math
import random
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.calls import RunSummary
from runner.errors import (
    BygonesError,
    LostConnectionError,
    RetryError,
    StopError,
    TryLaterError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.calls import Calls, Chunk

# What a chunk may take before one was seen: three times the 200 ms that it aims at is
# where a chunk halves itself.
FIRST_CHUNK_SECONDS = 0.6
# For closing the run, the summary and the runtime's reply.
MARGIN_SECONDS = 0.5
# A second deadlock is bad luck, a fourth in a row is something that stays.
MOST_FAILURES = 3
BACKOFF_SECONDS = 0.1
# An order that's written to all day mustn't keep a run without a deadline alive.
MOST_WAITS = 20
STATES = {"copied", "settled", "idle", "busy", "paused", "throttled"}


@dataclass(kw_only=True)
class Loop:
    """Hold what every run of an invocation shares."""

    calls: Calls
    remaining: Callable[[], float] = lambda: math.inf
    interrupted: Callable[[], bool] = lambda: False
    max_chunks: int | None = None
    max_roots: int | None = None
    on_chunk: Callable[[Chunk], None] = lambda _: None
    on_failure: Callable[[BygonesError], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def run(self, archive: str, *, request_id: str | None = None) -> RunSummary:
        """Copy chunks of one archive; an error carries the summary so far."""
        budget = self.remaining()
        seconds = 0 if math.isinf(budget) else max(1, int(budget))
        run_id = self.calls.open_run(archive, request_id, seconds)
        run = _Run(self, RunSummary(archive=archive, run_id=run_id))
        try:
            reason = run.chunks()
        except BygonesError as error:
            error.archive = archive
            error.chunk = run.summary.calls + 1
            error.summary = run.summary
            with suppress(BygonesError):  # a later run marks this one as lost
                self.calls.rollback()
                self.calls.close_run(run.summary)
            raise
        summary = replace(run.summary, reason=reason)
        return replace(summary, run_id=self.calls.close_run(summary))


@dataclass
class _Run:
    """Count one run: what it copied, how long CALLs took, what failed in a row."""

    loop: Loop
    summary: RunSummary
    longest: float = FIRST_CHUNK_SECONDS
    failures: int = 0
    waits: int = 0

    def chunks(self) -> str:
        """Go on until there's a reason not to, and return it."""
        while (reason := self._limit()) is None:
            try:
                chunk = self._call()
            except (RetryError, LostConnectionError) as error:
                self._recover(error)
                continue
            self.failures = 0
            self.waits = 0 if chunk.roots else self.waits
            self.summary = self.summary.plus(chunk)
            self.loop.on_chunk(chunk)
            if chunk.state not in STATES:
                raise StopError(f'A chunk ended in "{chunk.state}", which is no state')
            if chunk.state != "copied" and not self._waited(chunk):
                return chunk.state
        return reason

    def _limit(self) -> str | None:
        if self.loop.interrupted():
            return "interrupted"
        if self.summary.calls == self.loop.max_chunks:
            return "max_chunks"
        return None if self._has_time_after(0) else "deadline"

    def _has_time_after(self, seconds: float) -> bool:
        # Twice: the next chunk may be a slower one.
        return self.loop.remaining() - seconds >= 2 * self.longest + MARGIN_SECONDS

    def _call(self) -> Chunk:
        loop = self.loop
        began = loop.clock()
        try:
            return loop.calls.copy_chunk(self.summary.archive, loop.max_roots)
        finally:
            self.longest = max(self.longest, loop.clock() - began)

    def _waited(self, chunk: Chunk) -> bool:
        seconds = (chunk.next_wait_ms or 0) / 1000
        self.waits += 1
        if (
            chunk.state != "settled"
            or chunk.next_wait_ms is None
            or self.waits > MOST_WAITS
            or self.summary.calls == self.loop.max_chunks
            or not self._has_time_after(seconds)
        ):
            return False
        self.loop.sleep(seconds)
        return True

    def _recover(self, error: BygonesError) -> None:
        """Make the connection usable again, or raise what failed once too often."""
        while True:
            self.failures += 1
            if self.failures > MOST_FAILURES:
                raise error
            self.loop.on_failure(error)
            try:
                if isinstance(error, RetryError):
                    self.loop.calls.rollback()  # before the wait: it may hold locks
                    self._back_off()
                else:
                    self._back_off()
                    self.loop.calls.reconnect()
                    self.loop.calls.rejoin_run(self.summary.run_id)
            except (RetryError, LostConnectionError, TryLaterError) as again:
                error = again
            else:
                return

    def _back_off(self) -> None:
        longest = BACKOFF_SECONDS * 2**self.failures
        if self._has_time_after(longest):
            self.loop.sleep(longest * (0.5 + self.loop.jitter() / 2))
