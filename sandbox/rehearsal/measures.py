"""Measure what was copied: how long chunks took, and how large history grew."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.names import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.model import Aggregate
    from bygones.runner.procedures import Procedures

IDLE_CALLS = 5

# Of CALLs that copied, by the log that each wrote in its own transaction.
CHUNKS = """
SELECT c.seconds, c.tries, c.roots + c.related_rows
FROM chunk AS c
WHERE c.archive = %s
"""
SIZES = """
SELECT t.table_name, t.data_length + t.index_length
FROM information_schema.tables AS t
WHERE t.table_schema = %s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """The chunks of an archive; `seconds` are the procedures' own, in rising order."""

    seconds: Sequence[float]
    rows: int
    # Those that needed more than one try.
    retried: int

    def slowest(self, percent: int) -> float:
        """Tell how long all but the slowest took, of a hundred."""
        place = max(-(-len(self.seconds) * percent // 100) - 1, 0)
        return self.seconds[place] if self.seconds else 0.0


def read_chunks(admin: pymysql.Connection[Cursor], archive: str) -> Chunks:
    """Read the log of an archive, in the history schema."""
    with admin.cursor() as cursor:
        cursor.execute(CHUNKS, (archive,))
        rows = list(cursor.fetchall())
    return Chunks(
        seconds=sorted(float(seconds) for seconds, _, _ in rows),
        rows=sum(int(copied) for _, _, copied in rows),
        retried=sum(int(tries) > 1 for _, tries, _ in rows),
    )


def count_finished(
    admin: pymysql.Connection[Cursor], schema: str, aggregate: Aggregate
) -> tuple[int, int]:
    """Count an archive's roots, and those that are finished and settled."""
    finished = aggregate.finished.sql(lambda each: f"r.{quote(each.column)}")
    if aggregate.settled:
        column = quote(aggregate.settled.name)
        finished = (
            f"({finished}) AND r.{column} <= UTC_TIMESTAMP(6)"
            f" - INTERVAL {aggregate.settled_days} DAY"
        )
    table = f"{quote(schema)}.{quote(aggregate.root.table.name)}"
    with admin.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*), COALESCE(SUM(({finished}) IS TRUE), 0) FROM {table} AS r"  # noqa: S608 - the team's own
        )
        [(roots, count)] = cursor.fetchall()
    return int(roots), int(count)


def analyze(
    admin: pymysql.Connection[Cursor], schema: str, tables: Sequence[str]
) -> None:
    """Have the server look at tables that have just been filled."""
    names = ", ".join(f"{quote(schema)}.{quote(table)}" for table in tables)
    with admin.cursor() as cursor:
        cursor.execute(f"ANALYZE NO_WRITE_TO_BINLOG TABLE {names}")
        cursor.fetchall()


def read_sizes(admin: pymysql.Connection[Cursor], schema: str) -> dict[str, int]:
    """Read how many bytes each table of a schema takes, with its indexes."""
    with admin.cursor() as cursor:
        # MySQL alone keeps what it told last.
        cursor.execute("/*!80000 SET SESSION information_schema_stats_expiry = 0 */")
        cursor.execute(SIZES, (schema,))
        return {str(name): int(size or 0) for name, size in cursor.fetchall()}


def time_idle_calls(procedures: Procedures, archive: str) -> float:
    """Call when nothing is left to do; return the usual time in seconds."""
    times = []
    for _ in range(IDLE_CALLS):
        began = time.perf_counter()
        procedures.copy_chunk(archive, None)
        times.append(time.perf_counter() - began)
    return statistics.median(times)
