"""Faults, drawn by chance: what happens to sessions, locks, tables and servers."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pymysql

from bygones.runner.connection import connect, parse_url
from bygones.runner.errors import BygonesError
from bygones.runner.loop import Loop
from bygones.runner.procedures import Procedures
from bygones.sandbox.pharmacy import POPULAR_PRODUCT
from tests.support.procedures import query

if TYPE_CHECKING:
    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop
    from tests.support.procedures import Connection

# The longest that a fault lasts that ends by itself, and that calm lasts after it.
MOMENT_SECONDS = 0.06


@dataclass
class Workers:
    """Runners that copy for ever, whatever ends their runs."""

    shop: Shop
    number: int
    # Without the errors themselves, which keep sockets open.
    errors: list[tuple[type[BygonesError], int | None]] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._is_over = threading.Event()
        self._broken: list[BaseException] = []
        self._threads = [
            threading.Thread(target=self._work, daemon=True) for _ in range(self.number)
        ]

    def work(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a worker hangs"
        assert self._broken == []

    def _work(self) -> None:
        try:
            while not self._is_over.is_set():
                try:
                    self._run()
                except BygonesError as error:
                    self.errors.append((type(error), error.errno))
                self._is_over.wait(0.02)
        except BaseException as error:  # noqa: BLE001 - shown by stop()
            self._broken.append(error)

    def _run(self) -> None:
        """Copy as `bygones run` does, until there is nothing to do."""
        procedures = Procedures(
            lambda: connect(
                parse_url(self.shop.caller_url), schema=self.shop.history, seconds=30
            )
        )
        try:
            loop = Loop(
                calls=procedures, interrupted=self._is_over.is_set, max_roots=30
            )
            self.reasons[loop.run("orders").reason] += 1
        finally:
            with suppress(pymysql.Error):
                procedures.close()


class Faults:
    """Do one fault after the other to a shop under way."""

    def __init__(self, shop: Shop, server: Server, seed: int) -> None:
        """Draw from the same seed the same faults."""
        self.shop = shop
        self.server = server
        self.chance = random.Random(seed)  # noqa: S311 - a seeded test
        self.done: Counter[str] = Counter()
        self.admin = self.superuser()

    def happen(self, times: int) -> None:
        """Draw so many, each kind among them; the server dies now and then."""
        kinds = list(dict.fromkeys(FAULTS))
        drawn = [*kinds, *self.chance.choices(FAULTS, k=times - len(kinds))]
        self.chance.shuffle(drawn)
        for number, fault in enumerate(drawn, start=1):
            is_time = number == times or not number % 50
            for each in (fault, server_killed) if is_time else (fault,):
                each(self)
                self.done[each.__name__] += 1
                self.wait()

    def run(self, sql: str, *arguments: object) -> None:
        query(self.admin, sql.replace("{s}", self.shop.source), *arguments)

    def session(self) -> int | None:
        """Draw one of the workers' sessions, if there is one now."""
        rows = query(
            self.admin,
            "SELECT id FROM information_schema.processlist WHERE db = %s"
            " AND user IN (%s, %s) ORDER BY id",
            *(self.shop.history, f"{self.shop.source}_caller"),
            f"{self.shop.source}_owner",
        )
        return int(self.chance.choice(rows)["id"]) if rows else None

    def kill(self, what: str) -> None:
        session = self.session()
        if session is not None:
            with suppress(pymysql.Error):  # it has just ended
                self.run(f"KILL {what} {session}")

    def wait(self) -> None:
        time.sleep(self.chance.random() * MOMENT_SECONDS)

    def reconnect(self) -> None:
        self.admin.close()
        self.admin = self.superuser()

    def superuser(self) -> Connection:
        connection = self.shop.connect()
        query(connection, "SET sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO'")
        return connection


Fault = Callable[[Faults], None]


def session_killed(faults: Faults) -> None:
    faults.kill("CONNECTION")


def statement_killed(faults: Faults) -> None:
    faults.kill("QUERY")


def everything_stalled(faults: Faults) -> None:
    faults.run("FLUSH TABLES WITH READ LOCK")
    faults.wait()
    faults.run("UNLOCK TABLES")


def lane_held(faults: Faults) -> None:
    faults.admin.begin()
    faults.run("SELECT number FROM lane LIMIT 1 FOR UPDATE")
    faults.wait()
    faults.admin.rollback()


def storm_of_locks(faults: Faults) -> None:
    """Lock a good part of the source, as a report that locks would."""
    faults.admin.begin()
    with suppress(pymysql.Error):  # a writer was there first
        faults.run(
            "SELECT id FROM {s}.orders WHERE id MOD 3 = 0 FOR UPDATE SKIP LOCKED"
        )
        faults.run("SELECT id FROM {s}.order_items FOR UPDATE SKIP LOCKED")
    faults.wait()
    faults.admin.rollback()


def chunk_stalled_while_orders_change(faults: Faults) -> None:
    """Stop chunks between the copy of orders and of their items, and change both.

    No row goes into a gap that is locked.
    """
    batch_job = faults.superuser()
    faults.admin.begin()
    faults.run("SELECT id FROM order_items_history FOR UPDATE SKIP LOCKED")
    faults.wait()
    with suppress(pymysql.Error):  # a writer was there first
        query(
            batch_job,
            f"UPDATE {faults.shop.source}.orders AS o"
            f" LEFT JOIN {faults.shop.source}.order_items AS i ON i.order_id = o.id"
            " SET o.discount = o.discount + 1, i.unit_price = i.unit_price + 1",
        )
    faults.admin.rollback()
    batch_job.close()


def table_altered(faults: Faults) -> None:
    """Change what no copy depends on."""
    faults.run(f"ALTER TABLE {{s}}.notes COMMENT = '{faults.chance.random()}'")


def column_added_for_a_moment(faults: Faults) -> None:
    """Drift: the archive stops, and goes on when the column is gone."""
    faults.run("ALTER TABLE {s}.payments ADD COLUMN more INT")
    faults.wait()
    faults.run("ALTER TABLE {s}.payments DROP COLUMN more")


def parent_hot(faults: Faults) -> None:
    for _ in range(20):
        faults.run(
            f"UPDATE {{s}}.products SET price = price + 1 WHERE id = {POPULAR_PRODUCT}"
        )


def pass_due(faults: Faults) -> None:
    faults.run("UPDATE archive SET pass_started_at = '2000-01-01'")


def server_killed(faults: Faults) -> None:
    faults.server.crash()
    faults.server.start()
    faults.reconnect()


FAULTS: tuple[Fault, ...] = (
    *(session_killed, statement_killed, chunk_stalled_while_orders_change) * 3,
    everything_stalled,
    lane_held,
    storm_of_locks,
    table_altered,
    column_added_for_a_moment,
    parent_hot,
    pass_due,
)
