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

from bygones.runner.calls import Chunk, RunSummary, VerifySummary
from bygones.runner.errors import (
    NOT_PROBED,
    BygonesError,
    LostConnectionError,
    RetryError,
    StopError,
    TryLaterError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bygones.runner.calls import Answer, Calls, Kind, Summary

# What a chunk may take before one was seen: three times the 200 ms that it aims at is
# where a chunk halves itself.
FIRST_CHUNK_SECONDS = 0.6
# For closing the run, the summary and the runtime's reply.
MARGIN_SECONDS = 0.5
# A second deadlock is bad luck, a fourth in a row is something that stays.
MOST_FAILURES = 3
BACKOFF_SECONDS = 0.1
# A server that is always busy mustn't keep a run without a deadline alive.
MOST_WAITS = 20
# While a limit of load is passed each wait is twice as long as the one before, up to
# this: half of the minute after which others take a silent run for lost.
MOST_THROTTLED_SECONDS = 30.0
# Between two looks at the replicas, and how long to wait after a bad one at first.
LOOK_SECONDS = 1.0
# Whoever opens a pass holds every lane for a moment: one of several workers asks again.
BUSY_SECONDS = 0.1
GOES_ON = {"copied", "verified"}
STATES = GOES_ON | {"idle", "busy", "paused", "throttled"}


@dataclass(kw_only=True)
class Loop:
    """Hold what every run of an invocation shares."""

    calls: Calls
    kind: Kind = "copy"
    remaining: Callable[[], float] = lambda: math.inf
    interrupted: Callable[[], bool] = lambda: False
    max_chunks: int | None = None
    max_roots: int | None = None
    on_chunk: Callable[[Answer], None] = lambda _: None
    on_failure: Callable[[BygonesError], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    # Tells which replicas are further behind than so many seconds.
    behind: Callable[[int], str | None] | None = None
    # How often in a row a run asks again where others hold every lane.
    most_busy: int = 0

    def run(self, archive: str, *, request_id: str | None = None) -> Summary:
        """Copy one archive, or verify it; an error carries the summary so far."""
        budget = self.remaining()
        seconds = 0 if math.isinf(budget) else max(1, int(budget))
        run_id = self._repeat(
            lambda: self.calls.open_run(archive, request_id, seconds, self.kind)
        )
        summed = RunSummary if self.kind == "copy" else VerifySummary
        run = _Run(self, summed(archive=archive, run_id=run_id))
        try:
            reason = run.chunks()
        except BygonesError as error:
            run.name(error)
            # What the last CALL said isn't why.
            summary = error.summary = replace(run.summary, detail=None)
            with suppress(BygonesError):  # a later run marks this one as lost
                self.calls.rollback()
                self._repeat(lambda: self.calls.close_run(summary))
            raise
        summary = replace(run.summary, reason=reason)
        run_id = self._repeat(lambda: self.calls.close_run(summary))
        return replace(summary, run_id=run_id)

    def has_time_after(self, seconds: float, chunk_seconds: float) -> bool:
        """Tell whether a chunk still fits after a wait."""
        # Twice: the next chunk may be a slower one.
        return self.remaining() - seconds >= 2 * chunk_seconds + MARGIN_SECONDS

    def back_off(self, failures: int, chunk_seconds: float) -> None:
        """Wait before the next try, if there's time: longer after each failure."""
        longest = BACKOFF_SECONDS * 2**failures
        if self.has_time_after(longest, chunk_seconds):
            self.sleep(longest * (0.5 + self.jitter() / 2))

    def _repeat(self, call: Callable[[], int]) -> int:
        """Open or close a run, again after a deadlock with one that does so too."""
        for failures in range(1, MOST_FAILURES + 1):
            try:
                return call()
            except RetryError as error:
                self.on_failure(error)
                self.calls.rollback()
                self.back_off(failures, FIRST_CHUNK_SECONDS)
        return call()


@dataclass
class _Run:
    """Count one run: what it copied, how long CALLs took, what failed in a row."""

    loop: Loop
    summary: Summary
    longest: float = FIRST_CHUNK_SECONDS
    failures: int = 0
    throttled: int = 0  # in a row
    busy: int = 0  # in a row
    look_at: float = -math.inf
    has_probed: bool = False

    def chunks(self) -> str:
        """Go on until there's a reason not to, and return it."""
        while (reason := self._limit()) is None:
            try:
                chunk = self._next()
            except (RetryError, LostConnectionError) as error:
                self._recover(error)
                continue
            except StopError as error:
                self._probe(error)
                continue
            self.failures = 0
            self.throttled = self.throttled + 1 if chunk.state == "throttled" else 0
            self.busy = self.busy + 1 if chunk.state == "busy" else 0
            summary = self.summary
            self.loop.on_chunk(
                replace(chunk, run_id=summary.run_id, number=summary.calls)
            )
            if chunk.state not in STATES:
                raise StopError(f'A chunk ended in "{chunk.state}", which is no state')
            if not self._waited(chunk):
                return "deadline" if chunk.state in GOES_ON else chunk.state
        return reason

    def name(self, error: BygonesError) -> None:
        """Say in an error whose CALL it was."""
        error.archive = self.summary.archive
        error.run_id = self.summary.run_id
        error.chunk = self.summary.calls + 1

    def _limit(self) -> str | None:
        if self.loop.interrupted():
            return "interrupted"
        if self.summary.calls == self.loop.max_chunks:
            return "max_chunks"
        return None if self._has_time_after(0) else "deadline"

    def _has_time_after(self, seconds: float) -> bool:
        return self.loop.has_time_after(seconds, self.longest)

    def _next(self) -> Answer:
        """Copy a chunk, unless a replica is too far behind; or verify a window."""
        loop = self.loop
        began = loop.clock()
        try:
            if reason := self._lag(began):
                archive, wait_ms = self.summary.archive, int(LOOK_SECONDS * 1000)
                held = Chunk.throttled(archive, reason, wait_ms=wait_ms)
                self.summary = self.summary.held_back(held)
                return held
            calls = loop.calls
            call = calls.copy_chunk if loop.kind == "copy" else calls.verify_chunk
            answer = call(self.summary.archive, loop.max_roots)
            self.summary = self.summary.plus(answer)
            return answer
        finally:
            self.longest = max(self.longest, loop.clock() - began)

    def _lag(self, now: float) -> str | None:
        """Tell which replica is too far behind, where any is watched."""
        is_due = self.loop.behind is not None and now >= self.look_at
        if not is_due and not self.throttled:
            return None
        # Also after every wait: a silent run is taken for lost.
        limit = self.loop.calls.rejoin_run(self.summary.run_id)
        self.look_at = now + LOOK_SECONDS
        if self.loop.behind is None or limit is None:
            return None
        return self.loop.behind(limit)

    def _waited(self, chunk: Answer) -> bool:
        seconds = self._wait_after(chunk)
        is_last = self.summary.calls == self.loop.max_chunks
        if chunk.state in GOES_ON and (is_last or not seconds):
            return True
        if seconds is None or is_last or not self._has_time_after(seconds):
            return False
        self.loop.sleep(seconds)
        return True

    def _wait_after(self, chunk: Answer) -> float | None:
        """Return how long to wait before the next CALL; None to make none."""
        seconds = chunk.next_wait_ms / 1000
        if chunk.state in GOES_ON:
            return seconds  # archive.pace leaves the server to others
        if chunk.state == "throttled" and seconds and self.throttled <= MOST_WAITS:
            return min(seconds * 2.0 ** (self.throttled - 1), MOST_THROTTLED_SECONDS)
        if chunk.state == "busy" and self.busy <= self.loop.most_busy:
            return BUSY_SECONDS * 2.0 ** (self.busy - 1)
        return None

    def _probe(self, error: StopError) -> None:
        """Probe a server that wasn't, once, so that the CALL can be made again.

        It is another one after a failover, or the same one after an upgrade.
        """
        if error.errno != NOT_PROBED or self.has_probed:
            raise error
        self.has_probed = True
        self.name(error)
        self.loop.on_failure(error)
        self.loop.calls.rollback()
        self.loop.calls.probe()

    def _recover(self, error: BygonesError) -> None:
        """Make the connection usable again, or raise what failed once too often."""
        while True:
            self.failures += 1
            if self.failures > MOST_FAILURES:
                raise error
            self.name(error)
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
        self.loop.back_off(self.failures, self.longest)
