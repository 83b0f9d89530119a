"""Copy one real chunk, measure it, and roll it back.

The public procedure commits. What it looks and copies by is private and works with the
rights of who calls it: the owner can do the same in a transaction of its own. The lane
is claimed as a chunk claims it, so nobody copies there meanwhile; no row of the source
is locked.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.cursors import DictCursor

from bygones.compiler.names import quote
from bygones.runner.errors import StopError, from_driver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymysql.cursors import Cursor

    from bygones.runner.connection import Database

    Row = dict[str, Any]

COPIED = ("chunk_id", "roots", "related_rows", "examined", "quarantined", "seconds")
NOTHING_LEFT = "nothing to copy, as of full pass"
IS_BUSY = "not tried: another session is copying now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """Tell what one chunk took."""

    roots: int
    related_rows: int
    examined: int
    seconds: float
    # Keys that this full pass has examined before.
    scanned: int = 0
    relation_rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """How many of the orders examined are to be copied."""
        return min(1.0, self.roots / max(self.examined, self.roots))


def rehearse(
    connection: pymysql.Connection[Cursor],
    database: Database,
    archive: str,
    *,
    settled_days: int = 0,
) -> Rehearsed | str:
    """Return what a chunk took, or why none was tried."""
    session = _Session(connection, database.history)
    try:
        return session.rehearse(archive, settled_days)
    except pymysql.Error as error:
        raise from_driver(error, f"rehearsing a chunk of {archive}") from None


class _Session:
    """Rehearse over a connection that has no transaction open."""

    def __init__(self, connection: pymysql.Connection[Cursor], history: str) -> None:
        self._connection = connection
        self._history = history

    def rehearse(self, archive: str, settled_days: int) -> Rehearsed | str:
        lane, settings = self._name("lane"), self._name("archive")
        # Lanes that are scanned over come last.
        lanes = self._rows(
            "SELECT a.*, l.number, l.phase, UTC_TIMESTAMP(6) AS utc_now,"  # noqa: S608 - quoted
            " SUM(l.examined) OVER () AS scanned,"
            " MAX(l.worked_at) OVER () AS last_worked_at"
            f" FROM {lane} AS l JOIN {settings} AS a ON a.name = l.archive"
            " WHERE a.name = %s ORDER BY l.phase = 'scan' DESC, l.number LIMIT 1",
            archive,
        )
        if not lanes:
            raise StopError(f"{archive} has no lane: it was taken out by hand")
        if lanes[0]["phase"] != "scan":
            return _nothing_left(lanes[0])
        self._rows("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE")
        self._rows("START TRANSACTION")
        try:
            claimed = self._rows(
                f"SELECT * FROM {lane} WHERE archive = %s AND number = %s"  # noqa: S608 - quoted
                " FOR UPDATE SKIP LOCKED",
                archive,
                lanes[0]["number"],
            )
            if not claimed:
                return IS_BUSY
            # The first chunk of a connection is compared, and few others are.
            self._rows(
                f"UPDATE {lane} SET compared_by = CONNECTION_ID()"  # noqa: S608 - quoted
                " WHERE archive = %s AND number = %s",
                archive,
                lanes[0]["number"],
            )
            self._call(f"_check_{archive}_source", None, outs=("is_noted",))
            settled = lanes[0]["utc_now"] - dt.timedelta(days=settled_days)
            at_rest = [settled] * (settled_days > 0)
            return self._copy(archive, claimed[0] | lanes[0], at_rest)
        finally:
            self._connection.rollback()

    def _copy(
        self, archive: str, lane: Row, at_rest: list[dt.datetime]
    ) -> Rehearsed | str:
        began = time.monotonic()
        looked = self._call(
            f"_find_work_in_{archive}",
            *(lane["number"], *at_rest),
            outs=("form", "examined", "is_done"),
        )
        copied: Row = dict.fromkeys(COPIED)
        if looked["form"]:
            copied = self._call(
                f"_fill_{archive}_chunk",
                *(lane["number"], looked["form"], None, lane["utc_now"], *at_rest),
                outs=COPIED,
            )
        seconds = time.monotonic() - began
        examined = int(copied["examined"] or looked["examined"] or 0)
        if not copied["chunk_id"]:
            return _none_found(lane, examined, is_end=self._is_scanned(archive, lane))
        [chunk] = self._rows(
            f"SELECT relation_rows AS counts FROM {self._name('chunk')}"  # noqa: S608 - quoted
            " WHERE archive = %s AND id = %s",
            archive,
            copied["chunk_id"],
        )
        return Rehearsed(
            roots=int(copied["roots"]),
            related_rows=int(copied["related_rows"]),
            examined=examined,
            seconds=seconds,
            scanned=int(lane["scanned"]),
            relation_rows=json.loads(chunk["counts"]),
        )

    def _is_scanned(self, archive: str, lane: Row) -> bool:
        [row] = self._rows(
            f"SELECT phase FROM {self._name('lane')}"  # noqa: S608 - quoted
            " WHERE archive = %s AND number = %s",
            archive,
            lane["number"],
        )
        return str(row["phase"]) != "scan"

    def _call(self, procedure: str, *given: object, outs: tuple[str, ...]) -> Row:
        """Call a procedure, and return what it hands out."""
        unset = ", ".join(f"@bygones_{name} = NULL" for name in outs)
        self._rows(f"SET {unset}")
        places = ["%s"] * len(given) + [f"@bygones_{name}" for name in outs]
        self._rows(f"CALL {self._name(procedure)}({', '.join(places)})", *given)
        listed = ", ".join(f"@bygones_{name} AS {quote(name)}" for name in outs)
        [out] = self._rows(f"SELECT {listed}")
        return out

    def _name(self, name: str) -> str:
        return f"{quote(self._history)}.{quote(name)}".replace("%", "%%")

    def _rows(self, sql: str, *arguments: object) -> list[Row]:
        with self._connection.cursor(DictCursor) as cursor:
            cursor.execute(sql, arguments)
            rows = list(cursor.fetchall())
            while cursor.nextset():
                pass
        return rows


def _nothing_left(lane: Row) -> str:
    """Say as of when nothing is left: what came since wasn't looked at."""
    return (
        f"{NOTHING_LEFT} {lane['pass']}, which came to the last key; what finished "
        f"since the last CALL, at {_utc(lane['last_worked_at'])}, isn't counted here"
    )


def _none_found(lane: Row, examined: int, *, is_end: bool) -> str:
    """Say how far was looked where the next chunk has nothing to copy."""
    keys = f"of the next {examined:,} keys{', up to the last,' if is_end else ''}"
    began = _utc(lane["pass_started_at"])
    return (
        f"none {keys} is to be copied: not finished, not at rest, or in history "
        f"already; full pass {lane['pass']} is under way since {began}"
    )


def _utc(time_: dt.datetime) -> str:
    return f"{time_:%Y-%m-%d %H:%M:%S} UTC"
