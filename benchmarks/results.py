"""What was measured, as JSON: kept after each step, so that nothing is lost."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# Begins the name of a fact, the seconds of an idle CALL; a place follows.
IDLE = "idle_call_seconds: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """The seconds before COMMIT of bygones' chunks."""

    count: int
    median: float
    p99: float
    longest: float
    # Medians of the first and the last tenth.
    first: float
    last: float
    most_roots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One contestant copied everything once."""

    place: str
    data: str
    roots: int
    round: int
    contestant: str
    # The contestant itself, connecting included.
    seconds: float
    # What the server's process used meanwhile.
    server_cpu_seconds: float
    peak_bytes: int
    # Rows in history, and whether they are as many as belong there, table by table.
    rows: int
    is_complete: bool
    # Rows that the oracle finds missing, different or too many, where it looked.
    wrong: int | None = None
    chunks: Chunks | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A live workload, alone or beside a contestant."""

    place: str
    round: int
    # None: alone.
    beside: str | None
    # Transactions a second: those that come, and what the server can do at most.
    rate: float
    capacity: float
    transactions: int
    median_ms: float
    p99_ms: float
    longest_ms: float
    errors: dict[str, int]
    # What the contestant took meanwhile.
    copy_seconds: float | None = None
    # Right before, while nobody copied.
    p99_alone_ms: float | None = None
    is_complete: bool = True

    @property
    def share(self) -> float:
        """Return which part of what the server can do it asks for."""
        return round(self.rate / self.capacity, 2)

    @property
    def times_alone(self) -> float:
        """Return by how much its p99 is larger than alone."""
        return self.p99_ms / (self.p99_alone_ms or self.p99_ms)


@dataclass(slots=True, kw_only=True)
class Results:
    """All measurements of one run."""

    command: str
    date: str
    machine: dict[str, str | int]
    copies: list[Copy] = field(default_factory=list)
    lives: list[Live] = field(default_factory=list)
    # Single numbers by their name: the rest of what is asked.
    facts: dict[str, float] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write what there is so far."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")


def load(path: Path) -> Results:
    """Read what an earlier run wrote."""
    known: dict[str, Any] = json.loads(path.read_text("utf-8"))
    known["copies"] = [
        Copy(**each | {"chunks": Chunks(**each["chunks"]) if each["chunks"] else None})
        for each in known["copies"]
    ]
    known["lives"] = [Live(**each) for each in known["lives"]]
    return Results(**known)
