"""Call the procedures over PyMySQL: one method a procedure, no SQL of its own."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING, SupportsInt, TypedDict, cast

import pymysql
from pymysql.cursors import DictCursor

from bygones.runner.calls import Chunk, Verified
from bygones.runner.errors import StopError, from_driver, may_be_shown
from bygones.runner.probe import Probed, probe

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymysql.cursors import Cursor

    from bygones.runner.calls import Kind, Summary
    from bygones.runner.probe import Answered

__all__ = ["Chunk", "Procedures", "Row"]

Row = dict[str, object]
MISSING = 1305
NONE = (
    "the schema has no procedures at all; install bygones, or what a restored dump "
    "left out: alembic upgrade head"
)
DETAIL_LENGTH = 700  # of run.detail
SECONDS_DIGITS = Decimal("0.000001")  # microseconds, as the procedures count


class Procedures:
    """Call bygones' procedures in the schema that `connect` opens."""

    def __init__(self, connect: Callable[[], pymysql.Connection[Cursor]]) -> None:
        """Connect at once; the same function opens every later connection."""
        self._connect = connect
        self._connection = connect()

    def progress(self) -> list[Row]:
        """Return one row an archive."""
        return [
            {
                name: int(value) if isinstance(value, Decimal) else value  # of a SUM
                for name, value in row.items()
            }
            for row in self._call("progress")
        ]

    def open_run(
        self, archive: str, request_id: str | None, seconds: int, kind: Kind
    ) -> int:
        """Begin a run with a budget, 0 for none, and return its id."""
        return _run_id(self._call("open_run", archive, request_id, seconds, kind))

    def copy_chunk(self, archive: str, max_roots: int | None) -> Chunk:
        """Copy one chunk, of the learned size if max_roots is None."""
        return _chunk(archive, self._one(f"copy_{archive}_chunk", max_roots))

    def verify_chunk(self, archive: str, max_roots: int | None) -> Verified:
        """Compare one window, of the learned size if max_roots is None."""
        row = self._one(f"verify_{archive}_chunk", max_roots)
        return Verified(
            **_shared(archive, row),
            missing=_number(row, "missing"),
            incomplete=_number(row, "incomplete"),
            different=_number(row, "different"),
            orphaned=_number(row, "orphaned"),
            findings=_number(row, "findings"),
        )

    def rejoin_run(self, run_id: int) -> int | None:
        """Tell the run's row that it goes on, over this connection.

        Return how many seconds a replica may be behind; None if that isn't watched.
        """
        row = self._one("rejoin_run", run_id)
        limit = row["max_replica_lag_seconds"]
        return None if limit is None else int(cast("SupportsInt", limit))

    def close_run(self, summary: Summary) -> int:
        """End the run and return the id of the row that counts it now."""
        closed = self._call(
            "close_run",
            summary.run_id,
            summary.reason,
            summary.calls,
            summary.roots,
            summary.related_rows,
            Decimal(summary.seconds).quantize(SECONDS_DIGITS),
            summary.detail and summary.detail[:DETAIL_LENGTH],
        )
        return _run_id(closed)

    def probe(self) -> Probed:
        """Ask the server whether chunks are read at one instant, and note it there.

        Over two connections more, for this one may hold something.
        """
        return probe(lambda: Procedures(self._connect))

    def probe_reader(self) -> Probed:
        """Read, while another session's probe_writer writes."""
        row = self._one("probe_reader")
        verdict = cast("Answered", row["verdict"])
        return Probed(verdict=verdict, reason=_text(row["reason"]))

    def probe_writer(self) -> str:
        """Write, while another session's probe_reader reads; say what came of it."""
        return str(self._one("probe_writer")["state"])

    def rollback(self) -> None:
        """Give up a transaction that a failed CALL may have left open."""
        try:
            self._connection.rollback()
        except (pymysql.Error, OSError) as error:
            raise from_driver(error, "ROLLBACK") from None

    def reconnect(self) -> None:
        """Leave the connection as it is and open another."""
        self.close()
        self._connection = self._connect()

    def close(self) -> None:
        """End the session, if it's still there."""
        if self._connection.open:
            self._connection.close()

    def _one(self, procedure: str, *arguments: object) -> Row:
        rows = self._call(procedure, *arguments)
        if len(rows) != 1:
            raise StopError(f"CALL {procedure} returned {len(rows)} rows instead of 1")
        return rows[0]

    def _call(self, procedure: str, *arguments: object) -> list[Row]:
        name = procedure.replace("`", "``").replace("%", "%%")
        places = ", ".join(["%s"] * len(arguments))
        try:
            with self._connection.cursor(DictCursor) as cursor:
                cursor.execute(f"CALL `{name}`({places})", arguments)
                rows = list(cursor.fetchall())
                # An error after the first result set is raised here, not above.
                while cursor.nextset():
                    pass
        except (pymysql.Error, OSError) as error:
            ours = from_driver(error, f"CALL {procedure}")
            if ours.errno == MISSING and self._is_empty():
                none = f"CALL {procedure} failed: {NONE}"
                ours = StopError(none, errno=MISSING, sqlstate=ours.sqlstate)
            # A chained error is printed with its text by whoever logs it.
            is_shown = may_be_shown(ours.errno, ours.sqlstate)
            raise ours from (error if is_shown else None)
        return cast("list[Row]", rows)

    def _is_empty(self) -> bool:
        """Tell a schema without any procedure from one in which a deploy goes on.

        Nothing is installed there, or a dump was restored without its routines.
        """
        with self._connection.cursor() as cursor:
            cursor.execute("SHOW PROCEDURE STATUS WHERE Db = DATABASE()")
            return not cursor.fetchall()


def as_json_types(row: Row) -> Row:
    """Return a row of progress() as JSON can hold it: times are UTC, in ISO 8601."""
    plain = {
        name: f"{value.isoformat()}Z" if isinstance(value, dt.datetime) else value
        for name, value in row.items()
    }
    cursor = row["cursor"]
    return plain | {
        "is_capped": bool(row["is_capped"]),
        "cursor": None if cursor is None else json.loads(str(cursor)),
    }


def _run_id(rows: list[Row]) -> int:
    return int(cast("SupportsInt", rows[0]["run_id"]))


def _chunk(archive: str, row: Row) -> Chunk:
    return Chunk(
        **_shared(archive, row),
        examined=_number(row, "examined"),
        quarantined=_number(row, "quarantined"),
    )


class _Shared(TypedDict):
    archive: str
    state: str
    roots: int
    related_rows: int
    cursor: str | None
    seconds: float
    next_wait_ms: int
    reason: str | None


def _shared(archive: str, row: Row) -> _Shared:
    return {
        "archive": archive,
        "state": str(row["state"]),
        "roots": _number(row, "roots"),
        "related_rows": _number(row, "related_rows"),
        "cursor": _text(row["cursor"]),
        "seconds": float(cast("Decimal", row["seconds"] or 0)),
        "next_wait_ms": _number(row, "next_wait_ms"),
        "reason": _text(row["reason"]),
    }


def _number(row: Row, column: str) -> int:
    return int(cast("SupportsInt", row[column] or 0))


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        return value.hex()  # a binary key has no other readable form
    return None if value is None else str(value)
