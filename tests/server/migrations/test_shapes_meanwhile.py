"""A table of history changes while chunks are copied, and orders come in."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import pymysql
import pytest

from bygones.compiler.definitions import Definition
from bygones.compiler.errors import MigrationError
from bygones.compiler.names import Schemas
from bygones.migrations.session import PINS
from tests.server.migrations.test_failures import run_killed_at_every_stage
from tests.support.aggregates.archiving import copy_chunk
from tests.support.migrations.commands import apply
from tests.support.migrations.shaping import DECLARED, SALES
from tests.support.migrations.snapshot import checksums, snapshot
from tests.support.procedures import Call, Gate, query, until, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop
    from tests.support.migrations.shaping import Changing

LINES, PINGS = SALES.relations
# Columns of all kinds of ways.
CHANGES = (
    "ALTER TABLE sales ADD COLUMN more INT NOT NULL DEFAULT 7",
    "ALTER TABLE sales MODIFY choice ENUM('a','b','c') NULL",
    "ALTER TABLE sales MODIFY amount DECIMAL(12,4) NULL",
    "ALTER TABLE `lines` MODIFY what VARCHAR(20) NULL, ADD COLUMN more JSON NULL",
    "ALTER TABLE pings MODIFY at TIME(3) NULL, ADD COLUMN more INT NULL",
)
# The source isn't the known one; the archive is closed.
DRIFT = {30007}
CLOSED = {1305}


@dataclass
class Meanwhile:
    """Writers and a copier at work, each in a session and a thread of its own."""

    changing: Changing
    sold: int = 60
    copied: int = 0
    errors: set[int] = field(default_factory=set)
    broken: list[pymysql.Error] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=work, daemon=True)
            for work in (self._sell, self._copy)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def go_on(self) -> None:
        """Wait until both have done something more."""
        sold, copied = self.sold, self.copied
        until(
            lambda: self.broken or (self.sold > sold + 5 and self.copied > copied + 2),
            "orders come in and are copied",
        )

    def _sell(self) -> None:
        shop = self.changing.team.shop
        connection = shop.connect()
        connection.select_db(shop.source)
        try:
            while not self._stopped.wait(0.002):
                self._sell_one(connection, self.sold + 1)
                self.sold += 1
        except pymysql.Error as error:
            self.broken.append(error)
        finally:
            connection.close()

    def _sell_one(self, connection: pymysql.Connection, number: int) -> None:
        """Sell something, and finish it in another transaction."""
        connection.begin()
        query(connection, f"INSERT INTO sales (id, state) VALUES ({number}, 'new')")
        query(
            connection,
            "INSERT INTO `lines` (id, sale_id, what)"
            f" VALUES ({2 * number}, {number}, 'a'), ({2 * number + 1}, {number}, 'b')",
        )
        query(
            connection,
            f"INSERT INTO pings (sale_id, at) VALUES ({number}, '01:00:00')",
        )
        connection.commit()
        connection.begin()
        query(connection, f"INSERT INTO pings (sale_id) VALUES ({number})")
        query(connection, f"DELETE FROM `lines` WHERE id = {2 * number}")
        query(
            connection,
            f"UPDATE sales SET state = 'done', amount = id WHERE id = {number}",
        )
        connection.commit()

    def _copy(self) -> None:
        shop = self.changing.team.shop
        connection = shop.connect(shop.caller_url)
        try:
            while not self._stopped.is_set():
                try:
                    self.copied += copy_chunk(connection, "sales")["roots"] > 0
                except pymysql.Error as error:
                    self.errors.add(error.args[0])
        finally:
            connection.close()


@pytest.mark.core
def test_nothing_is_lost_or_torn_when_the_source_changes(changing: Changing) -> None:
    changing.open_shop()
    with Meanwhile(changing) as meanwhile:
        meanwhile.go_on()
        changing.source(*CHANGES)
        until(lambda: 30007 in meanwhile.errors, "a CALL is refused")
        chunk = changing.next_chunk()
        changing.team.revise()
        changing.team.upgrade()
        meanwhile.go_on()

    assert meanwhile.broken == []
    assert meanwhile.errors <= DRIFT | CLOSED
    for table in ("sales", "lines", "pings"):
        changing.expect(table, {"added": {"more": chunk}})
    changing.copy()
    assert changing.shapes() == [1, 2]
    assert changing.team.check() == []


def test_nothing_is_lost_or_torn_when_the_declaration_changes(
    changing: Changing,
) -> None:
    without = replace(LINES, without=("what",))
    changing.expected = replace(SALES, relations=(without,))
    changing.open_shop(
        DECLARED.replace("pings =", "# pings =").replace(
            "lines = {", 'lines = { without = ["what"],'
        )
    )
    changing.team.declare(DECLARED)
    with Meanwhile(changing) as meanwhile:
        meanwhile.go_on()
        changing.team.revise()
        changing.team.upgrade()
        meanwhile.go_on()

    assert meanwhile.broken == []
    assert meanwhile.errors <= CLOSED
    # The shape says what a chunk knew.
    assert changing.shapes() == [1, 2]
    first = value(changing.admin, "SELECT MIN(id) FROM chunk WHERE shape = 2")
    history = f"`{changing.team.shop.history}`.sales_history"
    chunk = f"(SELECT h.history_chunk FROM {history} AS h WHERE h.id = o.id)"
    lines = replace(LINES, converted={"what": f"IF({chunk} < {first}, NULL, r.what)"})
    pings = replace(PINGS, since=first)
    changing.expected = replace(SALES, relations=(lines, pings))
    changing.copy()


def test_an_upgrade_waits_for_the_chunk_that_is_being_copied(
    changing: Changing,
) -> None:
    lines = replace(LINES, without=("what",))
    changing.expected = replace(SALES, relations=(lines, PINGS))
    changing.open_shop(DECLARED.replace("lines = {", 'lines = { without = ["what"],'))
    changing.team.declare(DECLARED)
    changing.team.revise()
    changing.sell(range(61, 71))
    # However long the chunk is held, it isn't late.
    query(changing.admin, "UPDATE archive SET target_ms = 5000")
    caller = changing.team.shop.connect(changing.team.shop.caller_url)
    upgrading = threading.Thread(target=changing.team.upgrade, daemon=True)
    waiting = (
        "SELECT 1 FROM information_schema.processlist WHERE user = %s AND"
        " (state LIKE 'Waiting%%' OR info LIKE 'UPDATE%%lane%%')"
    )
    owner = f"{changing.team.shop.source}_owner"

    gate = Gate(changing.team.shop)
    try:
        # It has copied the roots, by what it was before the upgrade.
        hold(changing, "_copy_lines", gate)
        copying = Call(caller, "CALL copy_sales_chunk(NULL)")
        gate.wait_for(caller)
        upgrading.start()
        until(lambda: query(changing.admin, waiting, owner), "the upgrade waits")
    finally:
        gate.open()
    assert copying.row()["roots"] == 10
    upgrading.join(60)

    assert changing.shapes() == [1]
    assert value(changing.admin, "SELECT COUNT(what) FROM lines_history") == 0
    chunk = changing.next_chunk()
    changing.sell(range(71, 81))
    changing.expect("lines", {"without": (), "added": {"what": chunk}})
    changing.copy()
    caller.close()


def hold(changing: Changing, procedure: str, gate: Gate) -> None:
    """Have the next CALL stop at a gate before it copies a relation."""
    shop = changing.team.shop
    text = Definition("procedure", procedure, 1).installable(
        changing.team.project, Schemas(shop.source)
    )
    owner = shop.connect(shop.owner_url)
    for statement in PINS:
        query(owner, statement)
    query(owner, f"DROP PROCEDURE {procedure}")
    query(
        owner, text.replace("    INSERT INTO", f"    {gate.statement}\n    INSERT INTO")
    )
    owner.close()


@pytest.mark.soak
def test_a_change_that_is_killed_at_any_stage_can_be_run_again(
    changing: Changing,
) -> None:
    changing.open_shop()
    changing.source(*CHANGES)
    project = changing.team.project.root

    def run(action: Callable[[str], None]) -> Callable[[Shop, str], None]:
        return lambda _, revision: action(revision)

    first = snapshot(changing.admin, changing.team.shop.history)
    changing.team.revise()
    changing.team.upgrade()
    second = snapshot(changing.admin, changing.team.shop.history)
    assert project.is_dir()

    kills = run_killed_at_every_stage(
        changing.team.shop, run(changing.team.downgrade), "0001"
    )
    assert kills > 3
    assert snapshot(changing.admin, changing.team.shop.history) == first
    kills = run_killed_at_every_stage(
        changing.team.shop, run(changing.team.upgrade), "head"
    )
    assert kills > 3
    assert snapshot(changing.admin, changing.team.shop.history) == second
    chunk = changing.next_chunk()
    changing.sell(range(61, 71))
    for table in ("sales", "lines", "pings"):
        changing.expect(table, {"added": {"more": chunk}})
    changing.copy()


def test_who_reads_a_history_table_makes_the_upgrade_wait_and_go_on_later(
    changing: Changing,
) -> None:
    changing.open_shop()
    changing.source(*CHANGES)
    changing.team.revise()
    with reading(changing, "pings_history"):
        failed = kill_while_it_waits(changing)

    assert "errno 1317" in failed
    assert "more" not in changing.columns("pings_history")
    assert "more" in changing.columns("lines_history")
    # It is closed until the upgrade has come to its end.
    changing.refused(1305)
    changing.team.upgrade()

    chunk = changing.next_chunk()
    for table in ("sales", "lines", "pings"):
        changing.expect(table, {"added": {"more": chunk}})
    changing.sell(range(61, 71))
    changing.copy()
    assert changing.team.check() == []


@contextmanager
def reading(changing: Changing, table: str) -> Iterator[None]:
    """Read a table in a transaction, which keeps it from being altered."""
    reader = changing.team.shop.connect()
    try:
        reader.begin()
        query(reader, f"SELECT COUNT(*) FROM {table}")
        yield
    finally:
        reader.close()


def kill_while_it_waits(changing: Changing) -> str:
    """Start an upgrade, and end what waits; by itself that ends after 10 s."""
    waiting = (
        "SELECT id FROM information_schema.processlist WHERE user = %s"
        " AND state = 'Waiting for table metadata lock'"
    )
    owner = f"{changing.team.shop.source}_owner"
    failed: list[str] = []

    def upgrade() -> None:
        try:
            changing.team.upgrade()
        except MigrationError as error:
            failed.append(str(error))

    thread = threading.Thread(target=upgrade, daemon=True)
    thread.start()
    until(lambda: query(changing.admin, waiting, owner), "the ALTER waits")
    (session,) = query(changing.admin, waiting, owner)
    query(changing.admin, f"KILL QUERY {session['id']}")
    thread.join(60)
    (message,) = failed
    return message


def test_the_script_changes_and_goes_back_alike(
    server: Server, changing: Changing
) -> None:
    changing.open_shop()
    changing.source(*CHANGES)
    first = snapshot(changing.admin, changing.team.shop.history)
    changing.team.revise()
    changing.team.upgrade()
    second = snapshot(changing.admin, changing.team.shop.history)
    changing.team.downgrade("0001")
    upwards = changing.script("upgrade", "0001:head")
    downwards = changing.script("downgrade", "head:0001")

    for sql, expected in ((upwards, second), (downwards, first), (upwards, second)):
        applied = apply(server, changing.team.shop, sql)
        assert applied.returncode == 0, applied.stderr
        assert snapshot(changing.admin, changing.team.shop.history) == expected

    chunk = changing.next_chunk()
    for table in ("sales", "lines", "pings"):
        changing.expect(table, {"added": {"more": chunk}})
    changing.sell(range(61, 71))
    changing.source("UPDATE `lines` SET more = '[1]' WHERE sale_id > 60")
    changing.copy()
    before = checksums(changing.admin, changing.team.shop.history)
    third = snapshot(changing.admin, changing.team.shop.history)
    refused = apply(server, changing.team.shop, downwards)
    assert refused.returncode != 0
    assert "30011" in refused.stderr
    assert "holds values of" in refused.stderr
    query(changing.admin, "DROP PROCEDURE _refuse_loss")
    assert snapshot(changing.admin, changing.team.shop.history) == third
    assert checksums(changing.admin, changing.team.shop.history) == before
