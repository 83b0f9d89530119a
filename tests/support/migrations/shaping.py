"""A small shop of a team, whose tables change while history of them is kept."""

from __future__ import annotations

import io
import itertools
import os
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import alembic.command
import pymysql
import pytest

from bygones.compiler.definitions import Definition, written_schemas
from bygones.compiler.names import Schemas, rename
from bygones.migrations.session import PINS
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.expectations import Expectation, ExpectedRelation
from bygones.sandbox.oracle import compare
from bygones.sandbox.shop import configuration, create_accounts, shop_on
from tests.conftest import OpenShop
from tests.support.aggregates.archiving import copy_all, copy_chunk
from tests.support.migrations.snapshot import names, quoted, rows, show_create
from tests.support.migrations.teams import Team
from tests.support.procedures import findings, query, value, verify_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymysql.cursors import Cursor

    from bygones.compiler.project import Project
    from bygones.sandbox.server import Server
    from tests.support.procedures import Row

    Connection = pymysql.Connection[Cursor]

DECLARED = """source = "written"

[archive.sales]
table    = "sales"
finished = "state = 'done'"

[archive.sales.relations]
lines = { on = "lines.sale_id = sales.id", parent = false }
pings = { on = "pings.sale_id = sales.id", parent = false }
"""
# With a key, and without one: then it's proven as a multiset.
RELATIONS = (
    ExpectedRelation(
        name="lines",
        key=("id",),
        joined="JOIN {source}.`lines` AS r ON r.sale_id = o.id",
    ),
    ExpectedRelation(
        name="pings", joined="JOIN {source}.pings AS r ON r.sale_id = o.id"
    ),
)
SALES = Expectation(
    root="sales", key=("id",), finished="o.state = 'done'", relations=RELATIONS
)
# A table is gone, or isn't what it was.
DRIFT = (30006, 30007)
TABLES = ("sales", "lines", "pings")

_numbers = itertools.count(1)

MB4 = "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
CREATE = (
    f"""
    CREATE TABLE sales (
        id INT NOT NULL,
        state VARCHAR(9) NOT NULL,
        note VARCHAR(20) {MB4} NULL,
        choice ENUM('a','b') NULL,
        flags SET('a','b') NULL,
        amount DECIMAL(10,2) NULL,
        weight FLOAT NULL,
        placed_at DATETIME NULL,
        made INT AS (id + 1) STORED,
        plain INT NULL,
        PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE `lines` (
        id INT NOT NULL,
        sale_id INT NOT NULL,
        what VARCHAR(9) NULL,
        stock INT NULL,
        PRIMARY KEY (id),
        KEY sale_ix (sale_id),
        KEY what_ix (what)
    )
    """,
    "CREATE TABLE pings (sale_id INT NULL, at TIME NULL, KEY ping_ix (sale_id))",
)

ALGORITHM = re.compile(r"ALGORITHM = (\w+)")
CLAUSE = re.compile(r"^    (?:ADD|MODIFY|DROP) COLUMN (\S+)", re.MULTILINE)


def open_changing(server: Server, project: Project) -> Changing:
    """Create a schema without tables, and its accounts."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    shop = shop_on(server, f"changing_{worker}_{next(_numbers)}")
    admin = connect(parse_url(shop.url), schema=None, seconds=120)
    query(admin, f"CREATE DATABASE {quoted(shop.source)} CHARACTER SET utf8mb4")
    create_accounts(admin, shop)
    live = connect(parse_url(shop.url), schema=shop.source, seconds=120)
    for connection, statement in itertools.product((admin, live), PINS):
        query(connection, statement)
    return Changing(Team(OpenShop(**asdict(shop), admin=admin), project), live)


@dataclass(slots=True)
class Changing:
    """The team at work, and what its history should be."""

    team: Team
    # In the source.
    live: Connection
    archive: str = "sales"
    expected: Expectation = SALES

    @property
    def admin(self) -> Connection:
        return self.team.shop.admin

    def source(self, *statements: str) -> None:
        """Run statements in the source."""
        for statement in statements:
            query(self.live, statement)

    def open_shop(self, declaration: str = DECLARED) -> None:
        """Create tables with sixty sales, all in history."""
        self.source(*CREATE)
        self.sell(range(1, 61))
        self.install(declaration)

    def sell(self, numbers: Iterable[int]) -> None:
        """Insert finished sales with their relations."""
        sales = (
            f"({n}, 'done', 'note {n}', 'a', 'a', {n % 100}.5, 0.1, '2024-01-01')"
            for n in numbers
        )
        lines = (f"({n}, {n}, 'what')" for n in numbers)
        pings = (f"({n}, '01:02:03'), ({n}, '01:02:03')" for n in numbers)
        self.source(
            "INSERT INTO sales"
            " (id, state, note, choice, flags, amount, weight, placed_at)"
            f" VALUES {', '.join(sales)}",
            f"INSERT INTO `lines` (id, sale_id, what) VALUES {', '.join(lines)}",
            f"INSERT INTO pings (sale_id, at) VALUES {', '.join(pings)}",
        )

    def install(self, declaration: str) -> None:
        """Have the first revision written and upgrade to it, and copy all there is."""
        self.team.declare(declaration)
        self.team.revise("archive sales")
        self.team.upgrade()
        self.admin.select_db(self.team.shop.history)
        self.copy()

    def copy(self) -> None:
        """Copy all that is finished, have it judged, and verify it."""
        self.copy_and_judge()
        verify_all(self.admin, archive=self.archive)
        assert findings(self.admin) == {}

    def copy_and_judge(self) -> None:
        """Copy all that is finished, and have it judged."""
        self.drain()
        shop = self.team.shop
        verdict = compare(self.admin, shop.source, shop.history, self.expected)
        assert verdict.complete, verdict.examples
        finished = value(
            self.admin,
            f"SELECT COUNT(*) FROM {quoted(shop.source)}.{quoted(self.expected.root)}"
            f" AS o WHERE {self.expected.finished}",
        )
        assert verdict.finished == finished > 0

    def call(self) -> Row:
        """Copy one chunk, as a caller with a session of its own."""
        caller = self.team.shop.connect(self.team.shop.caller_url)
        try:
            return copy_chunk(caller, self.archive)
        finally:
            caller.close()

    def drain(self) -> None:
        """CALL until nothing is left to do."""
        caller = self.team.shop.connect(self.team.shop.caller_url)
        try:
            copy_all(caller, self.archive)
        finally:
            caller.close()

    def refused(self, *errnos: int) -> str:
        """Have the next CALL refuse, and return what it says; nothing is copied."""
        before = self.counts()
        with pytest.raises(pymysql.Error) as caught:
            self.call()
        assert caught.value.args[0] in (errnos or DRIFT), caught.value
        assert self.counts() == before
        return str(caught.value.args[1])

    def revise_and_upgrade(self) -> str:
        """Have a revision written and upgrade to it; then nothing is left to do."""
        revision = self.team.revise()
        assert revision is not None, "nothing to revise"
        self.team.upgrade()
        assert self.team.check() == []
        return revision

    def expect(self, table: str, fields: Mapping[str, Any]) -> None:
        """Expect something else of a table: fields of what is expected."""
        if table == self.expected.root:
            self.expected = replace(self.expected, **fields)
            return
        self.expected = replace(
            self.expected,
            relations=tuple(
                replace(relation, **fields) if relation.name == table else relation
                for relation in self.expected.relations
            ),
        )

    def shapes(self) -> list[int]:
        """Return the shapes that roots were copied under, in their order."""
        sql = "SELECT shape FROM chunk WHERE roots > 0 GROUP BY shape ORDER BY MIN(id)"
        return [shape for (shape,) in rows(self.admin, sql)]

    def next_chunk(self) -> int:
        """Return a number that all chunks have from now on, or a greater one."""
        found = value(self.admin, "SELECT COALESCE(MAX(id), 0) + 1 FROM chunk")
        return int(found)

    def script(self, verb: str, revisions: str) -> str:
        """Write the script that a DBA applies by hand."""
        config = configuration(self.team.shop, self.team.project.root)
        config.output_buffer = io.StringIO()
        getattr(alembic.command, verb)(config, revisions, sql=True)
        return config.output_buffer.getvalue()

    def counts(self) -> dict[str, int]:
        return {
            table: int(value(self.admin, f"SELECT COUNT(*) FROM {quoted(table)}"))
            for table in self.history_tables()
        }

    def history_tables(self) -> list[str]:
        tables = names(self.admin, "TABLE", self.team.shop.history)
        return [table for table in tables if table.endswith("_history")]

    def columns(self, table: str) -> dict[str, str]:
        """Return the columns of a history table and their types."""
        found = rows(
            self.admin,
            "SELECT column_name, column_type FROM information_schema.columns"
            " WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            self.team.shop.history,
            table,
        )
        return {name: re.sub(r"int\(\d+\)", "int", kind) for name, kind in found}

    def kept(self, table: str, columns: Iterable[str], upto: int) -> list[Any]:
        """Return what history has of columns, byte for byte, of the roots up to one."""
        read = ", ".join(f"HEX(CONCAT({quoted(column)}))" for column in columns)
        root = "id" if table == "sales_history" else "history_root_id"
        sql = f"SELECT {read} FROM {quoted(table)} WHERE {root} <= {upto}"
        return sorted(map(repr, rows(self.admin, sql)))

    def table_ids(self) -> dict[str, int]:
        """Return what is another number after a rebuild."""
        is_mariadb = value(self.admin, "SELECT VERSION() LIKE '%%MariaDB%%'")
        view = "innodb_sys_tables" if is_mariadb else "innodb_tables"
        history = self.team.shop.history
        return {
            table: value(
                self.admin,
                f"SELECT table_id FROM information_schema.{view} WHERE name = %s",
                f"{history}/{table}",
            )
            for table in self.history_tables()
        }

    def alterations(self, version: int) -> dict[str, dict[str, str]]:
        """Return how tables came to a version: by column, the algorithm stated."""
        found: dict[str, dict[str, str]] = {}
        for path, text in self.team.sql().items():
            match = re.search(rf"alterations/(.+)_v\d+_to_v{version:02d}\.sql$", path)
            if not match or f"_v{version + 1:02d}_to_" in path:
                continue
            for statement in text.split(";\n"):
                way = ALGORITHM.search(statement)
                for column in CLAUSE.findall(statement) if way else ():
                    found.setdefault(match[1], {})[column] = way[1] if way else ""
        return found

    def assert_tables_are_as_their_files(self, version: int, *tables: str) -> None:
        """Create the tables of their files elsewhere: they must be the same."""
        scratch = Schemas(f"{self.team.shop.source}_as_written")
        query(self.admin, f"CREATE DATABASE {quoted(scratch.history)}")
        try:
            for statement in PINS:
                query(self.admin, statement)
            for table in tables:
                text = Definition("table", table, version).text(self.team.project)
                written = written_schemas(text)
                assert written is not None
                query(self.admin, rename(text, written=written, installed=scratch))
                shown = [
                    show_create(self.admin, "TABLE", schema, table)
                    for schema in (scratch.history, self.team.shop.history)
                ]
                assert shown[0] == shown[1]
        finally:
            query(self.admin, f"DROP DATABASE {quoted(scratch.history)}")
            self.admin.select_db(self.team.shop.history)
