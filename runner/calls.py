"""What the loop asks of the database, so that it can be run without one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, Self

if TYPE_CHECKING:
    from bygones.runner.probe import Probed

# What a run does with an archive.
Kind = Literal["copy", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Hold what the one row of a CALL has, whatever the CALL does."""

    archive: str
    state: str
    roots: int
    related_rows: int
    cursor: str | None
    seconds: float
    next_wait_ms: int
    reason: str | None
    # Filled in by the loop: whose CALL it was, and its number there.
    run_id: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk(Answer):
    """Hold the one row that a CALL of copy_<archive>_chunk returns."""

    examined: int
    quarantined: int

    @classmethod
    def throttled(cls, archive: str, reason: str, *, wait_ms: int) -> Chunk:
        """Say what a CALL would that may not copy now, without one."""
        nothing = dict.fromkeys(("roots", "related_rows", "examined", "quarantined"), 0)
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
class Verified(Answer):
    """Hold the one row that a CALL of verify_<archive>_chunk returns."""

    missing: int
    incomplete: int
    different: int
    orphaned: int
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Tell what one run did; `seconds` are the procedures' own."""

    archive: str
    run_id: int
    state: str | None = None
    reason: str = "error"
    detail: str | None = None
    calls: int = 0
    roots: int = 0
    related_rows: int = 0
    seconds: float = 0.0

    def as_dict(self) -> dict[str, str | int | float | None]:
        """Return what JSON can hold."""
        return asdict(self)

    def held_back(self, answer: Answer) -> Self:
        """Take over why no CALL was made."""
        return replace(self, state=answer.state, detail=answer.reason)

    def plus(self, answer: Answer) -> Self:
        """Count one more CALL."""
        return replace(
            self,
            state=answer.state,
            detail=answer.reason,
            calls=self.calls + 1,
            roots=self.roots + answer.roots,
            related_rows=self.related_rows + answer.related_rows,
            seconds=round(self.seconds + answer.seconds, 6),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary(Summary):
    """Tell what one run copied."""

    examined: int = 0
    quarantined: int = 0

    def plus(self, answer: Answer) -> RunSummary:
        """Count one more chunk."""
        summary = Summary.plus(self, answer)
        if not isinstance(answer, Chunk):
            return summary
        return replace(
            summary,
            examined=self.examined + answer.examined,
            quarantined=self.quarantined + answer.quarantined,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySummary(Summary):
    """Tell what one run verified; `findings` are those that stand at its end."""

    missing: int = 0
    incomplete: int = 0
    different: int = 0
    orphaned: int = 0
    findings: int = 0

    def plus(self, answer: Answer) -> VerifySummary:
        """Count one more window."""
        summary = Summary.plus(self, answer)
        if not isinstance(answer, Verified):
            return summary
        return replace(
            summary,
            missing=self.missing + answer.missing,
            incomplete=self.incomplete + answer.incomplete,
            different=self.different + answer.different,
            orphaned=self.orphaned + answer.orphaned,
            findings=max(self.findings, answer.findings)
            if answer.state in NOT_COUNTED
            else answer.findings,
        )


# Where a CALL of verify_<archive>_chunk doesn't come to count findings.
NOT_COUNTED = {"busy", "paused", "throttled"}


class Calls(Protocol):
    """Call the procedures of one history schema, over one connection at a time."""

    def open_run(
        self, archive: str, request_id: str | None, seconds: int, kind: Kind
    ) -> int:
        """Begin a run with a budget, 0 for none, and return its id."""

    def copy_chunk(self, archive: str, max_roots: int | None) -> Chunk:
        """Copy one chunk, of the learned size if max_roots is None."""

    def verify_chunk(self, archive: str, max_roots: int | None) -> Verified:
        """Compare one window, of the learned size if max_roots is None."""

    def rejoin_run(self, run_id: int) -> int | None:
        """Tell the run's row that it goes on, over this connection.

        Return how many seconds a replica may be behind; None if that isn't watched.
        """

    def close_run(self, summary: Summary) -> int:
        """End the run and return the id of the row that counts it now."""

    def probe(self) -> Probed:
        """Ask the server whether chunks are read at one instant, and note it there."""

    def rollback(self) -> None:
        """Give up a transaction that a failed CALL may have left open."""

    def reconnect(self) -> None:
        """Leave the connection as it is and open another."""
