"""Run one archive or all of them in turn, and report on them together."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.runner.calls import RunSummary
from bygones.runner.errors import BygonesError, ConfigurationError, StopError

if TYPE_CHECKING:
    from bygones.runner.calls import Kind, Summary
    from bygones.runner.loop import Loop
    from bygones.runner.procedures import Row

COUNTS = (
    *(
        "calls",
        "roots",
        "related_rows",
        "seconds",
        "examined",
        "quarantined",
    ),
    *("missing", "incomplete", "different", "orphaned", "findings"),
)
TO_INSTALL = (
    "write archives.toml (`bygones propose` helps), then alembic revision "
    "--autogenerate, alembic upgrade head"
)
NO_TIME_LEFT = {"deadline", "interrupted"}


@dataclass(frozen=True, slots=True)
class Report:
    """Hold every run of an invocation and every error that ended one."""

    runs: list[Summary] = field(default_factory=list)
    errors: list[BygonesError] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """Return the runs and their sums as JSON can hold them."""
        counted = self.runs or [RunSummary(archive="", run_id=0)]
        sums = {
            name: sum(getattr(run, name) for run in counted)
            for name in COUNTS
            if hasattr(counted[0], name)
        }
        report: dict[str, object] = {"runs": [run.as_dict() for run in self.runs]}
        report |= sums | {"seconds": round(sums["seconds"], 6)}
        return report | (
            {"errors": [str(e) for e in self.errors]} if self.errors else {}
        )


def choose(
    progress: list[Row], archive: str | None, *, kind: Kind = "copy"
) -> list[str]:
    """Return the one archive that was asked for, or all, the longest unserved first.

    Without the order, an archive with a long way to go would take every invocation's
    time and the next one would never begin. StopError where none is installed.
    """
    served = "last_chunk_at" if kind == "copy" else "verified_at"
    refuse_none(progress)
    rows = sorted(progress, key=lambda row: str(row.get(served) or ""))
    names = [str(row["archive"]) for row in rows]
    if archive is None:
        return names
    if archive not in names:
        raise ConfigurationError(
            f"There is no archive {json.dumps(archive)}; "
            f"there is: {', '.join(sorted(names))}"
        )
    return [archive]


def refuse_none(progress: list[Row]) -> None:
    """Raise where no archive is installed: to do nothing in silence isn't well."""
    if not progress:
        raise StopError(f"No archive is installed; {TO_INSTALL}")


def run_in_turn(
    loop: Loop, archives: list[str], *, request_id: str | None = None
) -> Report:
    """Run archives until the time is up; one that needs a person stops no other."""
    report = Report()
    for archive in archives:
        try:
            summary = loop.run(archive, request_id=request_id)
        except BygonesError as error:
            loop.on_failure(error)
            report.errors.append(error)
            if error.summary:
                report.runs.append(error.summary)
            if not isinstance(error, StopError):
                break
        else:
            report.runs.append(summary)
            if summary.reason in NO_TIME_LEFT:
                break
    return report
