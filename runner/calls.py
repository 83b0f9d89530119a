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
            quarantined=self.quarantined + (chunk.quarantined if copied else 0),
            seconds=round(self.seconds + chunk.seconds, 6),
        )


class Calls(Protocol):
    """Call the procedures of one history schema, over one connection at a time."""

    def open_run(self, archive: str, request_id: str | None, seconds: int) -> int:
        """Begin a run with a budget, 0 for none, and return its id."""

    def copy_chunk(self, archive: str, max_roots: int | None) -> Chunk:
        """Copy one chunk, of the learned size if max_roots is None."""

    def rejoin_run(self, run_id: int) -> None:
        """Tell the run's row its new connection."""

    def close_run(self, summary: RunSummary) -> int:
        """End the run and return the id of the row that counts it now."""

    def rollback(self) -> None:
        """Give up a transaction that a failed CALL may have left open."""

    def reconnect(self) -> None:
        """Leave the connection as it is and open another."""
