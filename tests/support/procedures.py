"""Call procedures in tests, and hold one still at a chosen statement."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pymysql

from bygones.compiler.names import Schemas, rename
from bygones.runner.connection import connect, parse_url
from bygones.runner.probe import probe
from bygones.runner.procedures import Procedures
from bygones.sandbox.sample import SAMPLE, newest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pymysql.cursors import Cursor

    from bygones.compiler.definitions import Kind
    from bygones.sandbox.shop import Shop

    Connection = pymysql.Connection[Cursor]

Row = dict[str, Any]

# Of the sample's archive, in the order of their names.
RELATIONS = (
    *("batches", "customers", "deliveries", "labels", "notes", "order_events"),
    *("order_items", "order_labels", "payments", "prescribers", "products"),
)
HISTORY = tuple(f"{table}_history" for table in sorted((*RELATIONS, "orders")))

# In `_check_definitions`.
IF_DRIFTED = "IF v_of_source + v_of_history > 0 THEN"

# Much longer than anything waited for takes; it only ends a test that has gone wrong.
PATIENCE_SECONDS = 60.0


def query(connection: Connection, sql: str, *arguments: object) -> list[Row]:
    """Run a statement and return its rows as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments or None)
        names = [column[0] for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        while cursor.nextset():
            pass
    return rows


def value(connection: Connection, sql: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the column holds
    """Return the one column of the one row."""
    (row,) = query(connection, sql, *arguments)
    (only,) = row.values()
    return only


def connection_id(connection: Connection) -> int:
    return int(connection.thread_id())  # type: ignore[no-untyped-call] # the driver's


def copy_chunk(connection: Connection, max_roots: int | None = None) -> Row:
    (row,) = query(connection, "CALL copy_orders_chunk(%s)", max_roots)
    return row


def copy_all(connection: Connection, max_roots: int | None = None) -> list[Row]:
    """CALL until a CALL has nothing left to do."""
    rows = [copy_chunk(connection, max_roots)]
    while rows[-1]["state"] == "copied":
        assert len(rows) < 10_000, "the CALLs never come to an end"
        rows.append(copy_chunk(connection, max_roots))
    return rows


def verify_chunk(
    connection: Connection, max_roots: int | None = None, archive: str = "orders"
) -> Row:
    (row,) = query(connection, f"CALL `verify_{archive}_chunk`(%s)", max_roots)
    return row


def verify_all(
    connection: Connection, max_roots: int | None = None, archive: str = "orders"
) -> list[Row]:
    """CALL until a verification ends."""
    rows = [verify_chunk(connection, max_roots, archive)]
    while rows[-1]["state"] == "verified":
        assert len(rows) < 10_000, "the CALLs never come to an end"
        rows.append(verify_chunk(connection, max_roots, archive))
    assert rows[-1]["state"] == "idle", rows[-1]
    return rows


def findings(connection: Connection) -> dict[tuple[str, ...], tuple[str, Row]]:
    """Return what was found of each root, by its key: the worst of its relations."""
    found: dict[tuple[str, ...], tuple[str, Row]] = {}
    for row in query(connection, "SELECT * FROM finding ORDER BY kind DESC"):
        relations = found.setdefault(tuple(json.loads(row["root_key"])), ("", {}))[1]
        if row["relation"]:
            relations[row["relation"]] = {
                "too_few": row["too_few"],
                "too_many": row["too_many"],
                "columns": row["column_names"].split(",")
                if row["column_names"]
                else [],
            }
        found[tuple(json.loads(row["root_key"]))] = (row["kind"], relations)
    return found


COPY = "_copy_orders_at_once"  # the function that copies a chunk
FUNCTIONS = {COPY, "_verify_orders_at_once", "_canary"}


def edit_procedure(shop: Shop, name: str, *, old: str, new: str) -> None:
    """Install a procedure, or the function, with one piece of its text replaced."""
    text = _defined(name)
    assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
    define_procedure(shop, name, text.replace(old, new))


def restore_procedure(shop: Shop, name: str) -> None:
    define_procedure(shop, name, _defined(name))


def _defined(name: str) -> str:
    kind: Kind = "function" if name in FUNCTIONS else "procedure"
    return newest(kind, name).text(SAMPLE)


def define_procedure(shop: Shop, name: str, text: str) -> None:
    connection = shop.connect(shop.owner_url)
    try:
        query(connection, "SET NAMES utf8mb4 COLLATE utf8mb4_bin")
        query(
            connection,
            "SET sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,"
            "NO_ENGINE_SUBSTITUTION'",
        )
        kind = text.split()[1]
        query(connection, f"DROP {kind} IF EXISTS `{name}`")
        query(
            connection,
            rename(text, written=Schemas("pharmacy"), installed=Schemas(shop.source)),
        )
    finally:
        connection.close()


def lanes(connection: Connection) -> list[Row]:
    """Read all that is known of lanes.

    But not which definitions were found right: that is noted once they're old enough.
    """
    rows = query(connection, "SELECT * FROM lane")
    return [row | {"definitions": None} for row in rows]


def overlook_drift(shop: Shop) -> None:
    """Have CALLs not mind what a test does to history, so that it can do harm there."""
    edit_procedure(shop, "_check_definitions", old=IF_DRIFTED, new="IF FALSE THEN")


def probe_server(shop: Shop) -> None:
    """Have CALLs find the server probed, where no upgrade has done so."""
    caller = parse_url(shop.caller_url)
    probed = probe(
        lambda: Procedures(lambda: connect(caller, schema=shop.history, seconds=60))
    )
    assert probed.verdict == "shared", probed


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition that another thread or the server brings about."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        threading.Event().wait(0.005)


@dataclass
class Call:
    """A CALL in a thread of its own."""

    connection: Connection
    sql: str = "CALL copy_orders_chunk(NULL)"
    rows: list[Row] = field(default_factory=list)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.rows = query(self.connection, self.sql)
        # A test that closes the connection meanwhile gets the last one.
        except (pymysql.Error, OSError, ValueError) as error:
            self.error = error

    def row(self) -> Row:
        """Wait for the answer."""
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive(), "the CALL doesn't end"
        if self.error:
            raise self.error
        (row,) = self.rows
        return row


class Gate:
    """A place in a procedure where CALLs stop until the test lets them go on."""

    def __init__(self, shop: Shop, name: str = "gate") -> None:
        self.name = f"{name} {shop.source}"
        # As an expression, for the inside of a statement, and as a statement. The
        # first lock tells who stands here, the second holds them.
        self.expression = (
            f"(GET_LOCK('at {self.name}', 0) + GET_LOCK('{self.name}', 60)"
            f" + RELEASE_LOCK('{self.name}') + RELEASE_LOCK('at {self.name}'))"
        )
        self.statement = f"DO {self.expression};"
        self.connection = shop.connect()
        assert value(self.connection, f"SELECT GET_LOCK('{self.name}', 60)") == 1

    def wait_for(self, connection: Connection) -> None:
        """Wait until a connection's CALL stands at the gate."""
        number = connection_id(connection)
        until(
            lambda: (
                value(self.connection, f"SELECT IS_USED_LOCK('at {self.name}')")
                == number
            ),
            f"connection {number} comes to the {self.name}",
        )

    def open(self) -> None:
        """Let CALLs through, now and later."""
        if self.connection.open:
            self.connection.close()


@contextmanager
def held_call(
    shop: Shop,
    procedure: str,
    *,
    before: str,
    connection: Connection,
    sql: str = "CALL copy_orders_chunk(NULL)",
) -> Iterator[Call]:
    """Give a CALL that is held before a piece of a procedure's text.

    It goes on when the block ends; CALLs of other connections run freely.
    """
    gate = Gate(shop)
    try:
        text = _defined(procedure)
        assert text.count(before) == 1, (procedure, before)
        number = connection_id(connection)
        stop = f"IF CONNECTION_ID() = {number} THEN {gate.statement} END IF;"
        text = text.replace(before, f"{stop}\n{before}")
        # However long it's held, it isn't late.
        text = text.replace("INTERVAL 1000 * in_limit_ms MICROSECOND", "INTERVAL 1 DAY")
        define_procedure(shop, procedure, text)
        call = Call(connection, sql)
        gate.wait_for(connection)
        yield call
    finally:
        gate.open()
