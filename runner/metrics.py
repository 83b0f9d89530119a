"""Tell CloudWatch what an invocation did: one line of its embedded metric format.

Lambda passes the line on, and CloudWatch makes metrics of it: no call, no rights and no
network are needed. docs/aws.md says what each metric means.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, SupportsInt, cast

from bygones.runner.calls import VerifySummary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bygones.runner.archives import Report
    from bygones.runner.calls import Chunk, Kind
    from bygones.runner.procedures import Row

NAMESPACE = "Bygones"
# What a metric is told apart by: each archive of each database, and what alarms and
# dashboards can name without knowing them.
DIMENSIONS = (
    ("Function",),
    ("Function", "Archive"),
    ("Function", "Database", "Archive"),
)
ALL = "all"
UNITS = {
    "Roots": "Count",
    "RelatedRows": "Count",
    "Calls": "Count",
    "Seconds": "Seconds",
    "ChunkSeconds": "Seconds",
    "Quarantined": "Count",
    "Throttled": "Count",
    "ThrottledByThreads": "Count",
    "ThrottledByRowLocks": "Count",
    "ThrottledByHistoryList": "Count",
    "ThrottledByReplicas": "Count",
    "WaitingUnfinished": "Count",
    "WaitingQuarantined": "Count",
    "Findings": "Count",
    "NoProgress": "Count",
    "Failed": "Count",
}
# The word in a reason that tells which limit was passed.
LIMITS = {
    "max_threads_running": "ThrottledByThreads",
    "max_row_lock_waits": "ThrottledByRowLocks",
    "max_history_list_length": "ThrottledByHistoryList",
    "replica ": "ThrottledByReplicas",
}
# Columns of progress(); one that it doesn't have yet is left out.
WAITING = {
    "unfinished": "WaitingUnfinished",
    "quarantined": "WaitingQuarantined",
    "findings": "Findings",
}
# As many values as CloudWatch takes of one metric in a line.
MOST_VALUES = 100


@dataclass(kw_only=True)
class Metrics:
    """Count one invocation."""

    function: str
    archive: str | None = None
    kind: Kind = "copy"
    database: str | None = None
    chunks: list[Chunk] = field(default_factory=list)
    values: dict[str, int | float] = field(default_factory=dict)

    def wait(self, progress: Sequence[Row]) -> None:
        """Take over what waits, as it was when the invocation began."""
        rows = [row for row in progress if self.archive in {None, str(row["archive"])}]
        for column, name in WAITING.items():
            known = [row[column] for row in rows if row.get(column) is not None]
            if known:
                self.values[name] = sum(int(cast("SupportsInt", n)) for n in known)

    def add(self, chunk: Chunk) -> None:
        """Count a CALL, or why none was made."""
        self.chunks.append(chunk)

    def end(self, report: Report | None = None) -> None:
        """Write the line of an invocation that ended, by an error without a report."""
        sys.stdout.write(json.dumps(self.line(report, now=time.time())) + "\n")
        sys.stdout.flush()

    def line(self, report: Report | None, *, now: float) -> dict[str, object]:
        """Return the line: values, what they are told apart by, and what they are."""
        values = self.values | self._counted() | found(report) | self._judged(report)
        names = [{"Name": name, "Unit": UNITS[name]} for name in values]
        about = {
            "Function": self.function,
            "Database": self.database or "unknown",
            "Archive": self.archive or ALL,
        }
        directive = {
            "Namespace": NAMESPACE,
            "Dimensions": DIMENSIONS,
            "Metrics": names,
        }
        head = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}
        return {"_aws": head} | about | values

    def _counted(self) -> dict[str, object]:
        called = [chunk for chunk in self.chunks if chunk.state == "copied"]
        throttled = [chunk for chunk in self.chunks if chunk.state == "throttled"]
        counts: dict[str, object] = {
            "Roots": sum(chunk.roots for chunk in called),
            "RelatedRows": sum(chunk.related_rows for chunk in called),
            "Calls": len(self.chunks),
            "Seconds": round(sum(chunk.seconds for chunk in self.chunks), 6),
            "Quarantined": sum(chunk.quarantined for chunk in called),
            "Throttled": len(throttled),
        }
        counts |= {
            name: sum(word in (chunk.reason or "") for chunk in throttled)
            for word, name in LIMITS.items()
        }
        seconds = sorted(chunk.seconds for chunk in called if chunk.roots)
        return counts | ({"ChunkSeconds": sampled(seconds)} if seconds else {})

    def _judged(self, report: Report | None) -> dict[str, int]:
        """Tell whether it failed, and whether it left work without doing any."""
        is_over = report is not None and all(
            run.reason == "idle" for run in report.runs
        )
        has_copied = any(chunk.state == "copied" for chunk in self.chunks)
        failed = {"Failed": int(report is None)}
        # Verifying is no progress in copying, nor a lack of it.
        if self.kind != "copy":
            return failed
        return failed | {"NoProgress": int(not is_over and not has_copied)}


def found(report: Report | None) -> dict[str, int]:
    """Return the findings that stand at the end of verifying, if that was done."""
    runs = report.runs if report else []
    findings = [run.findings for run in runs if isinstance(run, VerifySummary)]
    return {"Findings": sum(findings)} if findings else {}


def sampled(values: Sequence[float]) -> list[float]:
    """Return as many of the sorted values as a line takes, the extremes among them."""
    last, most = len(values) - 1, MOST_VALUES - 1
    if last <= most:
        return list(values)
    return [values[round(place * last / most)] for place in range(MOST_VALUES)]
