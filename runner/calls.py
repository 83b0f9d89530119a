"""What the loop asks of the database, so that it can be run without one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Hold the one row that a CALL of copy_<archive>_chunk returns."""

    archive: str
    state: str
    roots: int
    related_rows: int
    examined: int
    deferred: int
    quarantined: int
    cursor: str | None
    seconds: float
    next_wait_ms: int | None
    reason: str | None
    # Filled in by the loop: whose CALL it was, and its number there.
    run_id: int | None = None
    number: int | None = None

    @classmethod
    def throttled(cls, archive: str, reason: str, *, wait_ms: int) -> Chunk:
        """Say what a CALL would that may not copy now, without one."""
        nothing = dict.fromkeys(
            ("roots", "related_rows", "examined", "deferred", "quarantined"), 0
        )
        return cls(
            archive=archive,
            state="throttled",
            cursor=None,
            seconds=0.0,
            next_wait_ms=wait_ms,
            reason=reason,
            **nothing,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """Tell what one run did; `seconds` are the procedures' own."""

    archive: str
    run_id: int
    state: str | None = None
    reason: str = "error"
    detail: str | None = None
    calls: int = 0
    roots: int = 0
    related_rows: int = 0
    deferred: int = 0
    quarantined: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict[str, str | int | float | None]:
        """Return what JSON can hold."""
        return asdict(self)

    def held_back(self, chunk: Chunk) -> RunSummary:
        """Take over why no CALL was made."""
        return replace(self, state=chunk.state, detail=chunk.reason)

    def plus(self, chunk: Chunk) -> RunSummary:
        """Count one more chunk."""
        copied = chunk.state == "copied"  # a settled chunk repeats what still waits
        return replace(
            self,
            state=chunk.state,
            detail=chunk.reason,
            calls=self.calls + 1,
            roots=self.roots + chunk.roots,
            related_rows=self.related_rows + chunk.related_rows,
            deferred=self.deferred + (chunk.deferred if copied else 0),
            quarantined=self.quarantined + chunk.quarantined,
            seconds=round(self.seconds + chunk.seconds, 6),
        )


class Calls(Protocol):
    """Call the procedures of one history schema, over one connection at a time."""

    def open_run(self, archive: str, request_id: str | None, seconds: int) -> int:
        """Begin a run with a budget, 0 for none, and return its id."""

    def copy_chunk(self, archive: str, max_roots: int | None) -> Chunk:
        """Copy one chunk, of the learned size if max_roots is None."""

    def rejoin_run(self, run_id: int) -> int | None:
        """Tell the run's row that it goes on, over this connection.

        Return how many seconds a replica may be behind; None if that isn't watched.
        """

    def close_run(self, summary: RunSummary) -> int:
        """End the run and return the id of the row that counts it now."""

    def rollback(self) -> None:
        """Give up a transaction that a failed CALL may have left open."""

    def reconnect(self) -> None:
        """Leave the connection as it is and open another."""
