"""Copy one real chunk, measure it, and roll it back.

The public procedure commits. What it has chosen, copied and proved by is private and
works with the rights of who calls it: the owner can do the same in a transaction of its
own. The lane is claimed as a chunk claims it, so nobody copies there meanwhile; no row
of the source is locked.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pymysql
from pymysql.cursors import DictCursor

from migrations.names import quote
from runner.errors import StopError, from_driver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymysql.cursors import Cursor

    from runner.connection import Database

    Row = dict[str, Any]

BINARY = {"binary", "varbinary"}
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
    walked: int = 0
    relation_rows: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """How many of the orders that were looked at are to be copied."""
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
        # Lanes that are walked over come last.
        lanes = self._rows(
            "SELECT a.*, l.number, l.walked_at, UTC_TIMESTAMP(6) AS utc_now,"  # noqa: S608 - quoted
            " SUM(l.examined) OVER () AS walked,"
            " MAX(l.walked_at) OVER () AS all_walked_at"
            f" FROM {lane} AS l JOIN {settings} AS a ON a.name = l.archive"
            " WHERE a.name = %s ORDER BY l.walked_at, l.number LIMIT 1",
            archive,
        )
        if not lanes:
            raise StopError(f"{archive} has no lane: it was taken out by hand")
        if lanes[0]["walked_at"]:
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
            self._rows(f"CALL {self._name(f'_check_{archive}_source')}()")
            settled = lanes[0]["utc_now"] - dt.timedelta(days=settled_days)
            lane_ = claimed[0] | lanes[0] | {"settled_before": settled}
            return self._copy(archive, lane_)
        finally:
            self._connection.rollback()

    def _copy(self, archive: str, lane: Row) -> Rehearsed | str:
        procedure = f"_fill_{archive}_chunk"
        parameters = self._rows(
            "SELECT parameter_name AS name, parameter_mode AS mode, data_type AS type"
            " FROM information_schema.parameters"
            " WHERE specific_schema = %s AND specific_name = %s"
            " ORDER BY ordinal_position",
            self._history,
            procedure,
        )
        given = _given(lane, parameters)
        places = [
            f"@bygones_{each['name']}" if each["mode"] == "OUT" else "%s"
            for each in parameters
        ]
        outs = [each["name"] for each in parameters if each["mode"] == "OUT"]
        unset = ", ".join(f"@bygones_{name} = NULL" for name in outs)
        self._rows(f"SET {unset}")
        began = time.monotonic()
        self._rows(f"CALL {self._name(procedure)}({', '.join(places)})", *given)
        seconds = time.monotonic() - began
        listed = ", ".join(f"@bygones_{name} AS {quote(name)}" for name in outs)
        [out] = self._rows(f"SELECT {listed}")
        if not out["out_roots"]:
            return _none_found(lane, out)
        # MariaDB writes them as strings.
        listed_rows = json.loads(out["out_relation_rows"] or "{}")
        return Rehearsed(
            roots=int(out["out_roots"]),
            related_rows=int(out["out_related_rows"] or 0),
            examined=int(out["out_examined"] or 0),
            seconds=seconds,
            walked=int(lane["walked"]),
            relation_rows={name: int(rows) for name, rows in listed_rows.items()},
        )

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
        f"{NOTHING_LEFT} {lane['pass']}, which came to the last key at "
        f"{_utc(lane['all_walked_at'])}; what finished since isn't counted here"
    )


def _none_found(lane: Row, out: Row) -> str:
    """Say how far was looked where the next chunk has nothing to copy."""
    examined = f"of the next {int(out['out_examined'] or 0):,} keys"
    if out["out_is_end"]:
        examined += ", up to the last,"
    began = _utc(lane["pass_started_at"])
    return (
        f"none {examined} is to be copied: not finished, not at rest, or in history "
        f"already; full pass {lane['pass']} is under way since {began}"
    )


def _utc(time_: dt.datetime) -> str:
    return f"{time_:%Y-%m-%d %H:%M:%S} UTC"


def _given(lane: Row, parameters: list[Row]) -> list[object]:
    """Give what a CALL without an argument would, by the parameters' names."""
    rows_a_root = max(1, int(lane["rows_per_root"]))
    size = max(1, int(lane["size"]) // rows_a_root)
    # Settings of the archive, and what is learned of the lane.
    known = {f"in_{column}": value for column, value in lane.items()} | {
        "in_started_at": lane["utc_now"],
        "in_lane": lane["number"],
        "in_is_walking": 1,
        "in_is_look_next": 0,
        "in_is_any_set_aside": 1,
        "in_key_window": max(int(lane["key_window"]), 2 * size),
        "in_size": size,
        "in_rows": lane["size"],
        "in_is_weighing": 0,
        "in_after_key": lane["waiting_key"],
    }
    after = _decoded(lane["cursor_key"] or lane["from_key"])
    end = _decoded(lane["upto_key"])
    given: list[object] = []
    for each in parameters:
        name = str(each["name"])
        if each["mode"] == "OUT":
            continue
        if name not in known and name.startswith(("in_after_", "in_end_")):
            parts = after if name.startswith("in_after_") else end
            part = parts.pop(0) if parts else None
            is_bytes = part is not None and each["type"].lower() in BINARY
            given.append(bytes.fromhex(part) if is_bytes and part else part)
        elif name in known:
            given.append(known[name])
        else:
            raise StopError(f"a chunk can't be rehearsed: nobody knows its {name}")
    return given


def _decoded(key: str | None) -> list[str]:
    """Take the parts of a key, one a column."""
    return [] if key is None else list(json.loads(key))
