"""Lend one shop to test after test, each time as it was when it was new.

To see that a shop is as it was takes a tenth of the time to open one. What a test does
to rows of history, to control tables, to procedures and to the pharmacy is mended.
Whatever else it did is found, and the next test gets another shop.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pymysql

from bygones.runner.connection import connect, parse_url
from bygones.sandbox.pharmacy import create_pharmacy
from bygones.sandbox.shop import Shop, close_shop, open_shop, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pymysql.cursors import Cursor

    from bygones.sandbox.server import Server

FINISHED = 40

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenShop(Shop):
    """A shop, and a superuser's session in its history schema."""

    admin: pymysql.Connection[Cursor] = field(repr=False)


@contextmanager
def opened(
    server: Server, source: str, *, finished: int = FINISHED, installed: bool = True
) -> Iterator[OpenShop]:
    """Open a shop of any size, and remove it afterwards."""
    shop = open_shop(server, source=source, finished=finished)
    try:
        if installed:
            upgrade(shop)
        schema = shop.history if installed else shop.source
        with closing(session(shop, schema)) as admin:
            yield OpenShop(**asdict(shop), admin=admin)
    finally:
        close_shop(server, shop)


def session(shop: Shop, schema: str | None) -> pymysql.Connection[Cursor]:
    return connect(parse_url(shop.url), schema=schema, seconds=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a shop is like: of each table its definition, and a checksum of its rows."""

    source: dict[str, Row]
    history: dict[str, Row]
    # What tells that a procedure is another: when it was made, and its text.
    procedures: dict[str, Row]
    # What nothing here puts right.
    rest: list[list[Row]]


class Keeper:
    """Keep a shop as it was when it was new."""

    def __init__(self, shop: OpenShop) -> None:
        """Take down what a new shop is like."""
        self._shop = shop
        self._settings = f"{shop.history}.`archive`"
        # In no schema: a test may kill whoever is in its own.
        self._session = session(shop, None)
        ((version,),) = self._rows("SELECT VERSION()")
        self._is_mariadb = "MariaDB" in str(version)
        self._new = self._state()
        self._new_rows = {
            table: self._contents(table, definition)
            for table, (_, definition, *_) in {
                **self._new.source,
                **self._new.history,
            }.items()
        }
        self._texts = {name: self._text(name) for name in self._new.procedures}

    def lend(self) -> OpenShop:
        """Give the shop with a session of the borrower's own."""
        return replace(self._shop, admin=session(self._shop, self._shop.history))

    def take_back(self, lent: OpenShop) -> bool:
        """Make the shop as new again, and tell whether it is."""
        lent.admin.close()
        try:
            self._end_sessions()
            state = self._state()
            return state.rest == self._new.rest and self._mended(state)
        except (KeyError, pymysql.Error):  # of a table that's new, gone or different
            return False

    def close(self) -> None:
        self._session.close()

    def _rows(self, sql: str, *arguments: object) -> list[Row]:
        with self._session.cursor() as cursor:
            cursor.execute(sql, arguments or None)
            return list(cursor.fetchall())

    def _accounts(self) -> list[str]:
        return [f"{self._shop.source}_{role}" for role in ("owner", "caller")]

    def _end_sessions(self) -> None:
        for (number,) in self._rows(
            "SELECT id FROM information_schema.processlist"
            " WHERE id <> CONNECTION_ID() AND (db IN (%s, %s) OR user IN (%s, %s))",
            *(self._shop.source, self._shop.history, *self._accounts()),
        ):
            with suppress(pymysql.OperationalError):  # it has just ended
                self._rows("KILL %s", number)

    def _state(self) -> State:
        source, history = self._shop.source, self._shop.history
        return State(
            source=self._tables(self._names(source)),
            history=self._tables(self._names(history)),
            procedures=self._procedures(),
            rest=[
                self._rows(
                    "SELECT trigger_schema, trigger_name, event_object_table,"
                    " action_timing, event_manipulation, action_order,"
                    " action_statement"
                    " FROM information_schema.triggers"
                    " WHERE trigger_schema IN (%s, %s)"
                    " ORDER BY trigger_schema, trigger_name",
                    *(source, history),
                ),
                self._rows(
                    "SELECT event_name, status, event_definition, interval_value,"
                    " time_zone"
                    " FROM information_schema.events WHERE event_schema = %s",
                    history,
                ),
                *(
                    self._rows(f"SHOW GRANTS FOR {account}")
                    for account in self._accounts()
                ),
            ],
        )

    def _names(self, schema: str) -> list[str]:
        return [
            f"{schema}.`{name}`" for (name,) in self._rows(f"SHOW TABLES FROM {schema}")
        ]

    def _tables(self, names: list[str]) -> dict[str, Row]:
        sums = self._rows(f"CHECKSUM TABLE {', '.join(names)}") if names else []
        return {
            table: (*self._rows(f"SHOW CREATE TABLE {table}")[0], checksum)
            for table, (_, checksum) in zip(names, sums, strict=True)
        }

    def _procedures(self) -> dict[str, Row]:
        rows = self._rows(
            "SELECT routine_type, routine_name, created, last_altered, sql_mode,"
            " security_type, definer, routine_definition"
            " FROM information_schema.routines WHERE routine_schema = %s",
            self._shop.history,
        )
        return {f"{kind} `{name}`": tuple(rest) for kind, name, *rest in rows}

    def _text(self, name: str) -> Row:
        kind, _, quoted = name.partition(" ")
        return self._rows(f"SHOW CREATE {kind} {self._shop.history}.{quoted}")[0]

    def _contents(self, table: str, definition: str) -> list[Row]:
        """Read all rows, with the columns that `*` leaves out."""
        hidden = re.findall(r"^  (`\w+`) .*\bINVISIBLE\b", definition, re.MULTILINE)
        return self._rows(f"SELECT {', '.join(['*', *hidden])} FROM {table}")

    def _changed(self, now: Mapping[str, Row], new: Mapping[str, Row]) -> list[str]:
        """Name the tables that differ, or raise where it isn't by their rows.

        MariaDB's checksum of a BIT isn't always the same one: then the rows decide.
        MySQL's can't tell a NULL from the column's default, as a setting may be.
        """
        changed = []
        for name in {**now, **new}:
            definition, is_same = now[name][1], now[name] == new[name]
            if name == self._settings or (not is_same and self._is_mariadb):
                is_same = (
                    now[name][:-1] == new[name][:-1]
                    and self._contents(name, definition) == self._new_rows[name]
                )
            if not is_same:
                changed.append(name)
        return changed

    def _mended(self, state: State) -> bool:
        if self._changed(state.source, self._new.source):
            self._rows(f"DROP SCHEMA {self._shop.source}")
            with closing(session(self._shop, None)) as connection:
                create_pharmacy(connection, self._shop.source, finished=FINISHED)
            source = self._tables(self._names(self._shop.source))
            if self._changed(source, self._new.source):
                return False
        changed = self._changed(state.history, self._new.history)
        remade = different(state.procedures, self._new.procedures)
        others = [name for name in remade if not self._is_as_it_was(name, state)]
        with closing(session(self._shop, self._shop.history)) as connection:
            cursor = connection.cursor()
            cursor.execute("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
            for table in changed:
                cursor.execute(f"TRUNCATE TABLE {table}")
                for row in self._new_rows[table]:
                    marks = ", ".join(["%s"] * len(row))
                    cursor.execute(f"INSERT INTO {table} VALUES ({marks})", row)
            for name in others:
                kind, _, quoted = name.partition(" ")
                cursor.execute(f"DROP {kind} IF EXISTS {quoted}")
                if name in self._texts:
                    _, mode, text, _, collation, _ = self._texts[name]
                    cursor.execute(f"SET NAMES utf8mb4 COLLATE {collation}")
                    cursor.execute("SET sql_mode = %s", (mode,))
                    cursor.execute(text)
        if remade:
            self._new = replace(self._new, procedures=self._procedures())
        return (
            not self._changed(
                self._tables(changed),
                {name: self._new.history[name] for name in changed},
            )
            and self._new.procedures.keys() == self._texts.keys()
            and all(self._is_as_it_was(name, self._new) for name in others)
        )

    def _is_as_it_was(self, name: str, state: State) -> bool:
        """Tell whether a procedure says what it did, whenever it was made."""
        if name not in state.procedures:
            return name not in self._texts
        return name in self._texts and self._text(name) == self._texts[name]


class Lender:
    """Have one shop at a time to lend."""

    def __init__(self, server: Server, names: Iterator[str]) -> None:
        """Open no shop before one is wanted."""
        self._server = server
        self._names = names
        self._closing = ExitStack()
        self._keeper: Keeper | None = None

    @contextmanager
    def lent(self) -> Iterator[OpenShop]:
        """Lend a shop that is as if it were new."""
        keeper = self._keeper = self._keeper or self._opened()
        shop = keeper.lend()
        try:
            yield shop
        finally:
            if not keeper.take_back(shop):
                self.close()

    def close(self) -> None:
        self._keeper = None
        self._closing.close()

    def _opened(self) -> Keeper:
        shop = self._closing.enter_context(opened(self._server, next(self._names)))
        return self._closing.enter_context(closing(Keeper(shop)))


def different(now: Mapping[str, Row], new: Mapping[str, Row]) -> list[str]:
    """Name what is new, gone or of another form."""
    return [name for name in {**now, **new} if now.get(name) != new.get(name)]
