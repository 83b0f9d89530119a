"""What a foreign schema is: its tables and rows, its declaration, its writers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pymysql

from bygones.runner.connection import connect, parse_url
from bygones.sandbox.shop import close_shop, create_accounts, shop_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymysql.cursors import Cursor

    from bygones.sandbox.expectations import Expectation
    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop

# What the declarations say; the schema itself always has another name.
WRITTEN_SOURCE = "written"

# Zero dates and id 0 are part of some schemas; any other misfit is an error.
SQL_MODE = "STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"

# While a schema is filled it has a table of numbers, from 0 on.
NUMBERS = (
    "CREATE TABLE numbers (n INT NOT NULL PRIMARY KEY)",
    "INSERT INTO numbers (n) VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)",
    *(
        f"INSERT INTO numbers (n) SELECT a.n + {ten} * b.n FROM numbers AS a"
        f" JOIN numbers AS b ON a.n < {ten} AND b.n BETWEEN 1 AND 9"
        for ten in (10, 100, 1000)
    ),
)

# A copier that makes the writer wait for a row lock is found out.
LOCK_WAIT_SECONDS = 2
# Leaves the copier a part of the server, and some roots unfinished.
PAUSE_SECONDS = 0.003
MOST_ROUNDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """A schema that nobody made for bygones, and what its history should be."""

    name: str
    # Statements, which end with `;` at the end of a line.
    tables: str
    fill: str
    # archives.toml without its source.
    archives: str
    # By the archive's name.
    expected: Mapping[str, Expectation]
    # Transactions of statements, repeated in this order with %(n)s counting from 1. In
    # the end no finished root has an owned row or a parent that history doesn't have.
    writes: tuple[tuple[str, ...], ...]
    # What the rows are that a naive generator loses or doubles: questions to history
    # with one value for an answer.
    traps: Mapping[str, object]


def open_foreign(server: Server, foreign: Foreign, name: str) -> Shop:
    """Create the schema, its rows and its accounts; bygones is not installed yet."""
    shop = shop_on(server, name)
    connection = connect(parse_url(shop.url), schema=None, seconds=120)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
            connection.select_db(name)
            cursor.execute("SET SESSION sql_mode = %s", (SQL_MODE,))
            for statement in (*NUMBERS, *statements(foreign.tables)):
                cursor.execute(statement)
            connection.begin()
            for statement in statements(foreign.fill):
                cursor.execute(statement)
            connection.commit()
            cursor.execute("DROP TABLE numbers")
        create_accounts(connection, shop)
    except pymysql.Error:
        close_shop(server, shop)
        raise
    finally:
        connection.close()
    return shop


def statements(text: str) -> list[str]:
    """Split statements where a line ends with `;`."""
    return [part for part in text.split(";\n") if part.strip()]


@dataclass
class Writer:
    """Repeat the transactions of a schema until `stop` is called."""

    shop: Shop
    foreign: Foreign
    rounds: int = 0
    errors: list[pymysql.Error] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopped.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "the writer hangs"

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def _write(self) -> None:
        connection = self.shop.connect()
        try:
            connection.select_db(self.shop.source)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SET SESSION sql_mode = %s, innodb_lock_wait_timeout = %s",
                    (SQL_MODE, LOCK_WAIT_SECONDS),
                )
                while self.rounds < MOST_ROUNDS and not self._stopped.is_set():
                    self._write_round(cursor)
                    self.rounds += 1
        except pymysql.Error as error:
            self.errors.append(error)
        finally:
            connection.close()

    def _write_round(self, cursor: Cursor) -> None:
        for transaction in self.foreign.writes:
            cursor.connection.begin()
            for statement in transaction:
                cursor.execute(statement, {"n": self.rounds + 1})
            cursor.connection.commit()
            self._stopped.wait(PAUSE_SECONDS)
