"""Hostile writers: threads that change orders in every order of statements.

Every transaction keeps two things true of each order, so that a torn copy shows: its
discount is the unit price of all its items, and its remark is the sum of their
quantities. Each writer has orders of its own: an error that it gets comes from the
copier.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pymysql

from bygones.runner.errors import BygonesError
from bygones.sandbox.pharmacy import POPULAR_PRODUCT

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

    from bygones.sandbox.shop import Shop
    from tests.support.procedures import Connection

LOCK_WAIT_SECONDS = 2

MARK = "b'101010'"

KEEP_TRUE = (
    (
        "UPDATE {s}.order_items SET quantity = LEAST(GREATEST(quantity, -100), 100),"
        " flags = b'0'"
    ),
    (
        "UPDATE {s}.orders AS o SET o.discount = 1, o.remark = COALESCE("
        "(SELECT SUM(i.quantity) FROM {s}.order_items AS i WHERE i.order_id = o.id), 0)"
    ),
    "UPDATE {s}.order_items SET unit_price = 1",
)

TORN = """
SELECT h.id
FROM orders_history AS h
LEFT JOIN order_items_history AS i ON i.history_root_id = h.id
GROUP BY h.id, h.discount, h.remark
HAVING
    COALESCE(MIN(i.unit_price), h.discount) <> h.discount
    OR COALESCE(MAX(i.unit_price), h.discount) <> h.discount
    OR COALESCE(SUM(i.quantity), 0) <> h.remark
"""


@dataclass
class Storm:
    """Run the writers until `calm` is called.

    They hold out where their sessions and their server are killed.
    """

    shop: Shop
    seed: int
    writers: Sequence[Writer] = ()
    errors: list[pymysql.Error] = field(default_factory=list)
    written: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._calm = threading.Event()
        connection = self.shop.connect()
        with connection.cursor() as cursor:
            for statement in KEEP_TRUE:
                cursor.execute(statement.format(s=self.shop.source))
            cursor.execute(f"SELECT MAX(id) FROM {self.shop.source}.orders")
            (self.last_id,) = cursor.fetchone() or (0,)
        connection.close()
        self._threads = [
            threading.Thread(target=self._write, args=(number, writer), daemon=True)
            for number, writer in enumerate(self.writers or WRITERS)
        ]

    def rage(self) -> None:
        for thread in self._threads:
            thread.start()

    def calm(self) -> None:
        self._calm.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a writer hangs"

    def _write(self, number: int, writer: Writer) -> None:
        chance = random.Random(self.seed * 100 + number)  # noqa: S311 - a seeded test
        connection = self._session()
        name = writer.__name__
        turns = 0
        while not self._calm.is_set():
            turns += 1
            try:
                turn = Turn(
                    cursor=connection.cursor(),
                    source=self.shop.source,
                    # Orders of this writer alone.
                    order_id=chance.randrange(self.last_id // len(WRITERS))
                    * len(WRITERS)
                    + number,
                    # Another at every turn: one that failed may have committed.
                    new_id=1_000_000 * (number + 1) + turns,
                    chance=chance,
                    pause=self._calm.wait,
                )
                writer(turn)
                connection.commit()
                self.written[name] = self.written.get(name, 0) + 1
            except pymysql.Error as error:
                self.errors.append(error)
                connection = self._usable(connection)
            self._calm.wait(PAUSE_SECONDS.get(name, 0.004))
        connection.close()

    def _usable(self, connection: Connection) -> Connection:
        """Give up a transaction; in another session, if this one has ended."""
        while True:
            try:
                connection.rollback()
            except pymysql.Error:
                self._calm.wait(0.1)
                with suppress(BygonesError, pymysql.Error):  # the server is still down
                    fresh = self._session()
                    connection._force_close()  # type: ignore[attr-defined] # noqa: SLF001 - close() may raise
                    connection = fresh
            else:
                return connection

    def _session(self) -> Connection:
        connection = self.shop.connect()
        connection.autocommit(False)  # noqa: FBT003 - the driver's own signature
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET SESSION innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}"
            )
        return connection


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What a writer needs to write once."""

    cursor: Cursor
    source: str
    order_id: int
    new_id: int
    chance: random.Random
    pause: Callable[[float], bool]

    def run(self, sql: str, *arguments: object) -> int:
        return self.cursor.execute(sql.format(s=self.source), arguments or None)

    def stamp(self) -> int:
        return self.chance.randrange(1, 999_999)


Writer = Callable[[Turn], None]


def order_then_items(turn: Turn) -> None:
    stamp = turn.stamp()
    turn.run("UPDATE {s}.orders SET discount = %s WHERE id = %s", stamp, turn.order_id)
    turn.run(
        "UPDATE {s}.order_items SET unit_price = %s WHERE order_id = %s",
        stamp,
        turn.order_id,
    )


def items_then_order(turn: Turn) -> None:
    stamp = turn.stamp()
    turn.run(
        "UPDATE {s}.order_items SET unit_price = %s WHERE order_id = %s",
        stamp,
        turn.order_id,
    )
    turn.pause(0.002)
    turn.run("UPDATE {s}.orders SET discount = %s WHERE id = %s", stamp, turn.order_id)


def items_alone(turn: Turn) -> None:
    """Move a piece from one item to another: the order itself is not touched."""
    turn.run(
        "SELECT id FROM {s}.order_items WHERE order_id = %s ORDER BY id LIMIT 2",
        turn.order_id,
    )
    items = [item for (item,) in turn.cursor.fetchall()]
    if len(items) == 2:
        for item, change in zip(items, (-1, 1), strict=True):
            turn.run(
                "UPDATE {s}.order_items SET quantity = quantity + %s WHERE id = %s",
                change,
                item,
            )


def an_item_more_or_less(turn: Turn) -> None:
    """Insert an item, or delete the one that was inserted."""
    gone = turn.run(
        f"DELETE FROM {{s}}.order_items WHERE order_id = %s AND flags = {MARK}",
        turn.order_id,
    )
    if not gone:
        turn.run(
            "INSERT INTO {s}.order_items"
            " (order_id, product_id, quantity, unit_price, flags)"
            f" SELECT id, 3, 11, discount, {MARK} FROM {{s}}.orders WHERE id = %s",
            turn.order_id,
        )
    turn.run(
        "UPDATE {s}.orders SET remark = remark + %s WHERE id = %s",
        -11 * gone if gone else 11,
        turn.order_id,
    )


def reopen_and_finish(turn: Turn) -> None:
    stamp = turn.stamp()
    turn.run("UPDATE {s}.orders SET status = 'prepared' WHERE id = %s", turn.order_id)
    turn.cursor.connection.commit()
    turn.pause(0.01)
    turn.run(
        "UPDATE {s}.orders SET status = 'dispensed', discount = %s WHERE id = %s",
        stamp,
        turn.order_id,
    )
    turn.run(
        "UPDATE {s}.order_items SET unit_price = %s WHERE order_id = %s",
        stamp,
        turn.order_id,
    )


def new_orders_committed_late(turn: Turn) -> None:
    turn.run(
        "INSERT INTO {s}.orders (id, customer_id, status, placed_at, discount, remark)"
        " VALUES (%s, 1, %s, '2026-01-01', 5, 4)",
        turn.new_id,
        turn.chance.choice(("dispensed", "received")),
    )
    turn.pause(0.02)
    for quantity in (1, 3):
        turn.run(
            "INSERT INTO {s}.order_items (order_id, product_id, quantity, unit_price)"
            " VALUES (%s, 2, %s, 5)",
            turn.new_id,
            quantity,
        )


def unfinished_orders_deleted(turn: Turn) -> None:
    turn.run(
        "INSERT INTO {s}.orders (id, customer_id, status, placed_at, discount, remark)"
        " VALUES (%s, 1, 'received', '2026-01-01', 5, 0)",
        turn.new_id,
    )
    turn.cursor.connection.commit()
    turn.pause(0.02)
    turn.run("DELETE FROM {s}.orders WHERE id = %s", turn.new_id)


def locks_held(turn: Turn) -> None:
    turn.run(
        "SELECT id FROM {s}.orders WHERE id BETWEEN %s AND %s FOR UPDATE",
        turn.order_id,
        turn.order_id,
    )
    turn.run(
        "SELECT id FROM {s}.order_items WHERE order_id = %s FOR UPDATE", turn.order_id
    )
    turn.pause(0.1)


def the_popular_product(turn: Turn) -> None:
    turn.run(
        f"UPDATE {{s}}.products SET price = %s WHERE id = {POPULAR_PRODUCT}",
        turn.stamp(),
    )


# Those that leave alone what was finished once.
LAWFUL: tuple[Writer, ...] = (
    new_orders_committed_late,
    unfinished_orders_deleted,
    locks_held,
    the_popular_product,
)
WRITERS: tuple[Writer, ...] = (
    order_then_items,
    items_then_order,
    items_alone,
    an_item_more_or_less,
    reopen_and_finish,
    new_orders_committed_late,
    unfinished_orders_deleted,
    locks_held,
    the_popular_product,
)
PAUSE_SECONDS = {"the_popular_product": 0.002, "reopen_and_finish": 0.02}
