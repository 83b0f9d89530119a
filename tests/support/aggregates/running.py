"""Run a case: declare, generate, upgrade, CALL while others write, and judge."""

from __future__ import annotations

import io
import json
import re
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import alembic.command
import pymysql

from bygones.cli.beginning import begin
from bygones.compiler.definitions import Definition, as_mariadb_reads, as_mysql_reads
from bygones.compiler.names import Schemas
from bygones.compiler.names import quote as quoted
from bygones.compiler.project import Project
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.oracle import compare
from bygones.sandbox.shop import configuration, create_accounts, shop_on
from tests.support.aggregates.archiving import compared
from tests.support.aggregates.foreign import SQL_MODE, WRITTEN_SOURCE
from tests.support.procedures import query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alembic.config import Config
    from pymysql.cursors import Cursor

    from bygones.compiler.definitions import Kind
    from bygones.sandbox.expectations import Expectation
    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop

    Connection = pymysql.Connection[Cursor]
    # By root, the rows of it and of its relations as often as they are.
    Told = dict[tuple[str, ...], Counter[tuple[object, ...]]]


MOST_CALLS = 500

# How a column's value is read so that nothing is lost; CAST AS BINARY for the rest.
READ = {
    # As text it has six digits; and 0 is -0, which the server takes for equal.
    "float": "{0} + 0e0",
    "double": "{0} + 0e0",
    "bit": "{0} + 0",
    "enum": "{0} + 0",
    "set": "{0} + 0",
    "json": "CAST(CAST({0} AS CHAR) AS BINARY)",
    **dict.fromkeys(
        (
            *("geometry", "point", "linestring", "polygon", "multipoint", "vector"),
            *("multilinestring", "multipolygon", "geometrycollection"),
            "geomcollection",
        ),
        "HEX({0})",
    ),
}

# What archives.toml may be refused for, where the case is no better.
KNOWN_REFUSALS = (
    "can be reached more than once, and nothing tells its rows apart",
    "under one name",
    "Illegal mix of collations",
    "the server finds that it is true of no row",
    "characters as text; expected at most 690",
    "its procedure",
    "by which a root is known as finished",
    "found ` beside a letter beyond ASCII",
    "would stop every CALL",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A schema, its rows, what is declared, and what is to happen."""

    create: tuple[str, ...]
    fill: tuple[str, ...]
    # archives.toml without its source.
    archives: str
    # By the archive's name.
    expected: Mapping[str, Expectation]
    # Transactions, each of which comes after a CALL.
    writes: tuple[tuple[str, ...], ...] = ()
    # in_max_roots of the first CALLs.
    sizes: tuple[int, ...] = ()
    character_set: str = "utf8mb4"

    def text(self) -> str:
        """Write the case so that it can be read, and made a fixed one."""
        parts = [
            *(f"{statement};" for statement in (*self.create, *self.fill)),
            self.archives,
            *map(repr, self.expected.values()),
            f"sizes {self.sizes}, character set {self.character_set}",
            *(";\n".join(transaction) for transaction in self.writes),
        ]
        return "\n\n".join(["", *parts])

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:  # noqa: ANN401 - its
        printer.text(self.text())


class UndrawableError(Exception):
    """The server takes the case's own tables or rows for impossible."""


@dataclass
class Bench:
    """One schema of a server, in which case after case is run."""

    server: Server
    source: str
    # What became of how many cases, and of the writes in them.
    outcomes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.shop: Shop = shop_on(self.server, self.source)
        self.admin = connect(parse_url(self.shop.url), schema=None, seconds=120)
        create_accounts(self.admin, self.shop)

    def close(self) -> None:
        self._drop()
        for account in ("owner", "caller"):
            query(self.admin, f"DROP USER `{self.source}_{account}`@`%`")
        self.admin.close()

    def run(self, case: Case) -> str:
        """Run a case from the beginning, and say what became of it."""
        outcome = self._run(case)
        self.outcomes[outcome] += 1
        return outcome

    def _run(self, case: Case) -> str:
        self._create(case)
        folder = Path(tempfile.mkdtemp(prefix="bygones-"))
        try:
            run = _Run(self, case, folder)
            refusal = run.generate()
            if refusal:
                return refusal
            run.copy()
            run.judge()
        finally:
            shutil.rmtree(folder)
            self.admin.rollback()
        return "archived"

    def _drop(self) -> None:
        for schema in (self.shop.history, self.source):
            query(self.admin, f"DROP DATABASE IF EXISTS {quoted(schema)}")

    def _create(self, case: Case) -> None:
        self._drop()
        query(self.admin, "SET NAMES utf8mb4")
        query(self.admin, "SET SESSION sql_mode = %s", SQL_MODE)
        query(
            self.admin,
            f"CREATE DATABASE {quoted(self.source)} CHARACTER SET {case.character_set}",
        )
        self.admin.select_db(self.source)
        try:
            for statement in case.create:
                query(self.admin, statement)
            self.admin.begin()
            for statement in case.fill:
                query(self.admin, statement)
            self.admin.commit()
        except pymysql.Error as error:
            raise UndrawableError(*error.args) from error


@dataclass
class _Run:
    bench: Bench
    case: Case
    folder: Path

    def __post_init__(self) -> None:
        self.shop = self.bench.shop
        self.admin = self.bench.admin
        self.project = Project(self.folder)
        begin(self.project, proposal=None, aws=False)
        self.project.archives.write_text(
            f'source = "{WRITTEN_SOURCE}"\n{self.case.archives}', encoding="utf-8"
        )

    # Generating

    def generate(self) -> str | None:
        """Have Alembic write and install the archives; return why it refuses."""
        try:
            alembic.command.revision(self._config(), "first", autogenerate=True)
        except Exception as error:
            known = [each for each in KNOWN_REFUSALS if each in str(error)]
            if not known or "Traceback" in str(error):
                raise
            return f"refused: {known[0]}"
        alembic.command.upgrade(self._config(), "head")
        before = list(self.project.versions.iterdir())
        alembic.command.revision(self._config(), "second", autogenerate=True)
        new = [
            *(path for path in self.project.versions.iterdir() if path not in before),
            *self.project.sql.glob("*/alterations/*"),
        ]
        assert new == [], "\n".join(path.read_text(encoding="utf-8") for path in new)
        self.admin.select_db(self.shop.history)
        self._check_routines()
        return None

    def _config(self) -> Config:
        config = configuration(self.shop, self.project.root)
        config.stdout = io.StringIO()
        return config

    def _check_routines(self) -> None:
        """See that what is installed is what the files say, but for the heading."""
        installed = Schemas(self.shop.source)
        is_mariadb = self.bench.server.family == "mariadb"
        as_read = as_mariadb_reads if is_mariadb else as_mysql_reads
        kinds: tuple[Kind, ...] = ("function", "procedure")
        for kind in kinds:
            for path in sorted(self.project.sql.glob(f"*/{kind}s/*.sql")):
                name = path.name.removesuffix("_v01.sql")
                definition = Definition(kind, name, 1)
                text = definition.installable(self.project, installed)
                (row,) = query(self.admin, f"SHOW CREATE {kind} {quoted(name)}")
                body = as_read(text[text.index("BEGIN\n") :].removesuffix(";\n"))
                assert row[f"Create {kind.title()}"].endswith(body), path

    # Copying

    def copy(self) -> None:
        """CALL until nothing is left to do, with writes in between."""
        writes = list(self.case.writes)
        sizes = list(self.case.sizes)
        while writes or sizes:
            for archive in self.case.expected:
                self._call(archive, sizes[0] if sizes else None)
            del sizes[:1]
            if writes:
                self._write(writes.pop(0))
        self._call_all()
        query(
            self.admin,
            "UPDATE archive SET pass_started_at = pass_started_at - INTERVAL 2 DAY",
        )
        for archive in self.case.expected:
            reason = str(self._call(archive, None)["reason"])
            assert reason.startswith("opened full pass"), reason
        self._call_all()

    def _call(self, archive: str, size: int | None) -> dict[str, object]:
        caller = self.shop.connect(self.shop.caller_url)
        try:
            (row,) = query(
                caller, f"CALL {quoted(f'copy_{archive}_chunk')}({size or 'NULL'})"
            )
        finally:
            caller.close()
        assert row["state"] in {"copied", "idle"}, row
        return row

    def _call_all(self) -> None:
        for archive in self.case.expected:
            for _ in range(MOST_CALLS):
                if self._call(archive, None)["state"] == "idle":
                    break
            else:
                raise AssertionError("the CALLs never come to an end")

    # Writing

    def _write(self, transaction: tuple[str, ...]) -> None:
        """Change the source; but what is history already stays as it is.

        A change that touches it is taken back, once it is seen that every chunk is
        found to differ that does, and that the roots are found in it.
        """
        self.admin.begin()
        before = {archive: self._told(archive) for archive in self.case.expected}
        self.admin.select_db(self.shop.source)
        try:
            for statement in transaction:
                query(self.admin, statement)
        except pymysql.Error as error:
            self.bench.outcomes[f"write: {error.args[0]}"] += 1
            self.admin.rollback()
            return
        finally:
            self.admin.select_db(self.shop.history)
        is_torn = False
        for archive, told in before.items():
            now = self._told(archive)
            torn = self._differences(archive, told, now)
            self._check_torn(archive, torn)
            is_torn = is_torn or bool(torn) or self._is_reopened(archive)
        self.bench.outcomes["write: torn" if is_torn else "write"] += 1
        if is_torn:
            self.admin.rollback()
        else:
            self.admin.commit()

    def _is_reopened(self, archive: str) -> bool:
        """Tell whether a copied root isn't finished any more, by what isn't copied."""
        expected = self.case.expected[archive]
        return bool(
            _rows(
                self.admin,
                f"SELECT 1 FROM {quoted(self.shop.source)}.{quoted(expected.root)} AS o"
                f" WHERE ({expected.finished}) IS NOT TRUE"
                f" AND {self._copied(expected)}",
            )
        )

    def _told(self, archive: str) -> Told:
        """Read the copied roots as they are in the source now, and all their rows."""
        expected = self.case.expected[archive]
        told: Told = {}
        source = quoted(self.shop.source)
        copied = self._copied(expected)
        key = ", ".join(
            self._as_text(expected, column, f"o.{quoted(column)}")
            for column in expected.key
        )
        relations = [(expected.root, "o", ("",), expected.without, True)] + [
            (
                relation.table or relation.name,
                "r",
                (relation.joined,)
                if isinstance(relation.joined, str)
                else relation.joined,
                relation.without,
                bool(relation.key),
            )
            for relation in expected.relations
        ]
        for number, (table, alias, ways, without, is_keyed) in enumerate(relations):
            columns = self._read(table, alias, without)
            found: list[tuple[object, ...]] = []
            for way in ways:
                joined = way.replace("{source}", source)
                found += _rows(
                    self.admin,
                    f"SELECT {key}, {', '.join(columns)}"
                    f" FROM {source}.{quoted(expected.root)} AS o {joined}"
                    f" WHERE {copied}",
                )
            length = len(expected.key)
            for row in set(found) if is_keyed else found:
                root = tuple(str(each) for each in row[:length])
                told.setdefault(root, Counter())[(number, *row[length:])] += 1
        return told

    def _differences(
        self, archive: str, told: Told, now: Told
    ) -> dict[tuple[str, ...], set[str]]:
        """Say of each root that differs in which relations it does."""
        expected = self.case.expected[archive]
        names = [expected.root, *(relation.name for relation in expected.relations)]
        torn = {}
        for key in told.keys() | now.keys():
            before, after = told.get(key, Counter()), now.get(key, Counter())
            if before != after:
                rows = [*(before - after), *(after - before)]
                torn[key] = {names[int(str(number))] for number, *_ in rows}
        return torn

    def _types(self, table: str) -> dict[str, str]:
        rows = query(
            self.admin, f"SHOW COLUMNS FROM {quoted(self.shop.source)}.{quoted(table)}"
        )
        return {row["Field"]: row["Type"] for row in rows}

    def _read(self, table: str, alias: str, without: tuple[str, ...]) -> list[str]:
        return [
            READ.get(re.split(r"\W", type_)[0], "CAST({0} AS BINARY)").format(
                f"{alias}.{quoted(column)}"
            )
            for column, type_ in self._types(table).items()
            if column not in without
        ] or ["1"]

    def _as_text(self, expected: Expectation, column: str, place: str) -> str:
        """Write a column of the root's key as `waiting` shows it."""
        type_ = self._types(expected.root)[column]
        if type_.startswith(("binary", "varbinary")):
            return f"HEX({place})"
        return f"CAST({place}{' + 0' if 'zerofill' in type_ else ''} AS CHAR)"

    def _copied(self, expected: Expectation) -> str:
        kept = {new: old for old, new in expected.renamed.items()}
        table = quoted(f"{expected.root}_history")
        match = " AND ".join(
            f"h.{quoted(kept.get(column, column))} = o.{quoted(column)}"
            for column in expected.key
        )
        history = f"{quoted(self.shop.history)}.{table}"
        return f"EXISTS (SELECT 1 FROM {history} AS h WHERE {match})"

    def _check_torn(
        self, archive: str, torn: Mapping[tuple[str, ...], set[str]]
    ) -> None:
        """See that comparing each chunk finds what has changed, and nothing else."""
        expected = self.case.expected[archive]
        for chunk in self._chunks(archive):
            roots = self._roots(expected, chunk)
            different = {key: torn[key] for key in roots & torn.keys()}
            found = compared(self.admin, archive, chunk)
            assert (found is not None) == bool(different), (chunk, found, different)
            relations = set().union(*different.values())
            assert found is None or any(
                is_told_of(found, relation, different) for relation in relations
            ), (chunk, found, different)

    def _chunks(self, archive: str) -> list[object]:
        rows = query(self.admin, "SELECT id FROM chunk WHERE archive = %s", archive)
        return [row["id"] for row in rows]

    def _roots(self, expected: Expectation, chunk: object) -> set[tuple[str, ...]]:
        kept = {new: old for old, new in expected.renamed.items()}
        columns = ", ".join(
            self._as_text(expected, column, f"h.{quoted(kept.get(column, column))}")
            for column in expected.key
        )
        rows = _rows(
            self.admin,
            f"SELECT {columns} FROM {quoted(f'{expected.root}_history')} AS h"
            f" WHERE h.history_chunk = {chunk}",
        )
        return {tuple(str(each) for each in row) for row in rows}

    # Judging

    def judge(self) -> None:
        """See that all is there, and that what isn't waits."""
        for archive, expected in self.case.expected.items():
            verdict = compare(self.admin, self.shop.source, self.shop.history, expected)
            assert verdict.complete, verdict
            assert self._waiting(archive) == self._unfinished(expected)
            self._check_torn(archive, {})
        failed = query(self.admin, "SELECT * FROM failure")
        assert failed == []

    def _waiting(self, archive: str) -> dict[tuple[str, ...], str]:
        rows = query(
            self.admin,
            "SELECT root_key, reason FROM waiting WHERE archive = %s",
            archive,
        )
        return {tuple(json.loads(row["root_key"])): row["reason"] for row in rows}

    def _unfinished(self, expected: Expectation) -> dict[tuple[str, ...], str]:
        key = ", ".join(
            self._as_text(expected, column, f"o.{quoted(column)}")
            for column in expected.key
        )
        rows = _rows(
            self.admin,
            f"SELECT {key} FROM {quoted(self.shop.source)}.{quoted(expected.root)} AS o"
            f" WHERE ({expected.finished}) IS NOT TRUE",
        )
        return dict.fromkeys(
            (tuple(str(each) for each in row) for row in rows), "unfinished"
        )


def is_told_of(
    difference: str, relation: str, torn: Mapping[tuple[str, ...], set[str]]
) -> bool:
    """Tell whether a difference is of this relation, and of a root that differs in it.

    Rows too many in history, and those without a key, are told without a root.
    """
    if difference.startswith(f"{relation}: "):
        return True
    told = difference.removeprefix(f"{relation} of ")
    if told == difference:
        return False
    try:
        key, _ = json.JSONDecoder().raw_decode(told)
    except ValueError:  # cut off
        return True
    return relation in torn.get(tuple(key), set())


def _rows(connection: Connection, sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
