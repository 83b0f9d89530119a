"""A live pharmacy: point updates, inserts and short transactions, at a fixed rate.

Each transaction has a time at which it is due; how late it ends after that is what its
customer waited. Each line on stdin begins the count anew; when stdin ends, it prints
one line of JSON. Without a rate, each session begins the next transaction at once: that
is what the server can do.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pymysql

from bygones.runner.connection import connect, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymysql.cursors import Cursor

SESSIONS = 8
PRODUCTS = 200


@dataclass(frozen=True, kw_only=True)
class Clerk:
    """One session that changes a pharmacy."""

    cursor: Cursor
    chance: random.Random
    open_orders: int

    def touch_order(self) -> None:
        """Update an unfinished order by its key."""
        self._run(
            "UPDATE orders SET remark = %s WHERE id = %s",
            f"remark {self.chance.randrange(10**6)}",
            self._order(),
        )

    def sell(self) -> None:
        """Update a product's stock by its key."""
        self._run(
            "UPDATE products SET stock = stock - 1 WHERE id = %s",
            self.chance.randrange(PRODUCTS),
        )

    def note_event(self) -> None:
        """Insert a row that belongs to an unfinished order."""
        self._run(
            "INSERT INTO order_events (order_id, event, happened_at)"
            " VALUES (%s, 'checked', '2026-01-01')",
            self._order(),
        )

    def place_order(self) -> None:
        """Insert an order with two items, a payment and an event: a transaction."""
        self.cursor.connection.begin()
        self._run(
            "INSERT INTO orders (customer_id, status, placed_at)"
            " VALUES (1, 'received', '2026-01-01')"
        )
        order = self.cursor.lastrowid
        for product in (self.chance.randrange(PRODUCTS) for _ in range(2)):
            self._run(
                "INSERT INTO order_items (order_id, product_id, quantity, unit_price)"
                " VALUES (%s, %s, 1, 9.5)",
                order,
                product,
            )
        self._run(
            "INSERT INTO payments (order_id, method, amount, paid_at)"
            " VALUES (%s, 'card', 19, '2026-01-01')",
            order,
        )
        self._run(
            "INSERT INTO order_events (order_id, event, happened_at)"
            " VALUES (%s, 'received', '2026-01-01')",
            order,
        )
        self.cursor.connection.commit()

    def change_price(self) -> None:
        """Update what history keeps of a product."""
        self._run(
            "UPDATE products SET price = price + 0.01 WHERE id = %s AND price < 999999",
            self.chance.randrange(PRODUCTS),
        )

    def anything(self) -> None:
        """Do one of these, the usual ones often."""
        habits: tuple[Callable[[], None], ...] = (
            self.touch_order,
            self.sell,
            self.note_event,
            self.place_order,
            self.change_price,
        )
        [habit] = self.chance.choices(habits, weights=(500, 200, 200, 99, 1))
        habit()

    def _order(self) -> int:
        return self.chance.randrange(self.open_orders) * 5 + 4  # as the sample has it

    def _run(self, sql: str, *arguments: object) -> None:
        self.cursor.execute(sql, arguments)


@dataclass
class Office:
    """All sessions, and how long each of their transactions took."""

    url: str
    rate: float
    milliseconds: list[float] = field(default_factory=list)
    errors: dict[str, int] = field(default_factory=dict)
    closed: threading.Event = field(default_factory=threading.Event)

    def work(self, number: int) -> None:
        """Run one session's share, due at regular times, until the office closes."""
        connection = connect(parse_url(self.url), schema=None, seconds=600)
        connection.select_db(parse_url(self.url).source)
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM orders WHERE status < 3 AND id MOD 5 = 4"
            )
            [(open_orders,)] = cursor.fetchall()
            clerk = Clerk(
                cursor=cursor,
                chance=random.Random(number),  # noqa: S311 - the same every time
                open_orders=open_orders,
            )
            began = time.perf_counter()
            done = 0
            while connection.open and not self.closed.is_set():
                due = time.perf_counter()
                if self.rate:
                    due = began + (done * SESSIONS + number) / self.rate
                    self.closed.wait(due - time.perf_counter())
                self._serve(clerk)
                self.milliseconds.append((time.perf_counter() - due) * 1000)
                done += 1

    def _serve(self, clerk: Clerk) -> None:
        try:
            clerk.anything()
        except pymysql.MySQLError as error:
            name = str(error.args[0])
            self.errors[name] = self.errors.get(name, 0) + 1
            with suppress(pymysql.Error):  # the connection itself may be lost
                clerk.cursor.connection.rollback()


def main() -> None:
    """Work until stdin ends, and print how long things took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, default=0, help="transactions a second")
    given = parser.parse_args()
    office = Office(url=given.url, rate=given.rate)
    threads = [
        threading.Thread(target=office.work, args=(number,), daemon=True)
        for number in range(SESSIONS)
    ]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    for _ in sys.stdin:
        office.milliseconds.clear()
        began = time.perf_counter()
    seconds = time.perf_counter() - began
    office.closed.set()
    for thread in threads:
        thread.join()
    sys.stdout.write(
        json.dumps(
            {
                "seconds": seconds,
                "milliseconds": office.milliseconds,
                "errors": office.errors,
            }
        )
    )


if __name__ == "__main__":
    main()
