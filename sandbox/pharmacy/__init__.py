"""A sample pharmacy: the same orders every time, with values that old shops have."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from pymysql import Connection
from pymysql.cursors import Cursor

PRODUCTS = 200
POPULAR_PRODUCT = 1  # in about half of the orders

# Keeps a batch's rows, some 220,000, well within the log of a small server.
_ORDERS_PER_BATCH = 20_000
_NUMBERS_PER_ORDER = 5
_BYTE_VALUES = 256

# Zero dates and id 0 are part of the sample; any other misfit is an error.
_SESSION = {
    "sql_mode": "STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION",
    "time_zone": "+00:00",
    "character_set_client": "utf8mb4",
    # Sets the connection's character set too; the other way round loses a collation.
    "collation_connection": "utf8mb4_bin",
}


def create_pharmacy(
    connection: Connection, schema: str, *, finished: int = 1615
) -> None:
    """Create `schema` with `finished` finished orders among unfinished ones.

    The connection's default schema is `schema` afterwards.
    """
    with _session(connection) as cursor:
        cursor.execute(f"CREATE DATABASE `{schema}` CHARACTER SET utf8mb4")
        connection.select_db(schema)
        for statement in _statements("schema.sql"):
            cursor.execute(statement)
    fill(connection, schema, finished=finished)


def fill(connection: Connection, schema: str, *, finished: int) -> None:
    """Fill the empty tables of `schema`, one batch of orders after the other.

    The connection's default schema is `schema` afterwards.
    """
    orders = finished + finished // 4
    customers = finished // 8 + 10
    numbers = max(
        _BYTE_VALUES,
        customers,
        min(orders, _ORDERS_PER_BATCH) * _NUMBERS_PER_ORDER,
    )
    connection.select_db(schema)
    with _session(connection) as cursor:
        cursor.execute("SET @customers = %s, @numbers = %s", (customers, numbers))
        for statement in _statements("parents.sql"):
            cursor.execute(statement)
        for first in range(0, orders, _ORDERS_PER_BATCH):
            last = min(first + _ORDERS_PER_BATCH, orders) - 1
            cursor.execute("SET @first = %s, @last = %s", (first, last))
            for statement in _statements("fill.sql"):
                cursor.execute(statement)
                connection.commit()
        cursor.execute("DROP TEMPORARY TABLE numbers")


@contextmanager
def _session(connection: Connection) -> Iterator[Cursor]:
    """Give a cursor under the sample's session settings, and put the caller's back."""
    names = ", ".join(f"@@{name}" for name in _SESSION)
    setting = "SET " + ", ".join(f"{name} = %s" for name in _SESSION)
    with connection.cursor(Cursor) as cursor:
        cursor.execute(f"SELECT {names}")
        before = cursor.fetchone()
        cursor.execute(setting, tuple(_SESSION.values()))
        try:
            yield cursor
        finally:
            cursor.execute(setting, before)


def _statements(name: str) -> Iterator[str]:
    """Give the statements of one of the package's SQL files, without the last `;`."""
    text = files(__package__).joinpath(name).read_text("utf-8")
    for statement in text.split(";\n"):
        if statement.strip():
            yield statement
