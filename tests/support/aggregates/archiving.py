"""Archive a foreign schema as a team would: declare, generate, upgrade, CALL."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import alembic.command
import pymysql

from bygones.cli.beginning import begin
from bygones.compiler.names import quote
from bygones.compiler.project import Project
from bygones.sandbox.oracle import compare
from bygones.sandbox.shop import Shop, configuration, upgrade
from tests.support.aggregates.foreign import WRITTEN_SOURCE, Writer
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from pathlib import Path

    from pymysql.cursors import Cursor

    from bygones.sandbox.expectations import Expectation
    from bygones.sandbox.oracle import Verdict
    from tests.support.aggregates.foreign import Foreign
    from tests.support.procedures import Row

# What the writer has done at least when the copier has come round.
FEWEST_ROUNDS = 25

BINARY_TYPES = ("binary", "varbinary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived(Shop):
    """A foreign schema, its project folder, and a superuser's session."""

    foreign: Foreign
    project: Path
    admin: pymysql.Connection[Cursor] = field(repr=False)

    def generate(self) -> None:
        """Have Alembic write the SQL of all archives, and install it."""
        upgrade(self, "bygones_0001", self.project)
        self.revise("archive what is finished")
        upgrade(self, "head", self.project)
        self.admin.select_db(self.history)

    def revise(self, message: str) -> None:
        """Have Alembic write what has changed since the last revision."""
        alembic.command.revision(
            configuration(self, self.project), message=message, autogenerate=True
        )

    def copy_under_fire(self) -> Writer:
        """Copy all there is while a writer works, then what it left."""
        finished = self.count_finished()
        writer = Writer(self, self.foreign)
        caller = self.connect(self.caller_url)
        writer.start()
        copied = 0
        while not writer.is_done and (
            copied < finished or writer.rounds < FEWEST_ROUNDS
        ):
            for archive in self.foreign.expected:
                copied += copy_chunk(caller, archive)["roots"]
        writer.stop()
        for archive in self.foreign.expected:
            copy_all(caller, archive)
        self.make_pass_due()
        for archive in self.foreign.expected:
            first = copy_chunk(caller, archive)
            assert str(first["reason"]).startswith("opened full pass"), first
            copy_all(caller, archive)
        caller.close()
        return writer

    def make_pass_due(self) -> None:
        query(
            self.admin,
            "UPDATE archive SET pass_started_at = pass_started_at - INTERVAL 2 DAY",
        )

    def count_finished(self) -> int:
        return sum(
            value(
                self.admin,
                f"SELECT COUNT(*) FROM {self.root(expected)} AS o"
                f" WHERE {expected.finished}",
            )
            for expected in self.foreign.expected.values()
        )

    def verdicts(self) -> list[Verdict]:
        return [
            compare(self.admin, self.source, self.history, expected)
            for expected in self.foreign.expected.values()
        ]

    def waiting(self, archive: str) -> dict[tuple[str, ...], str]:
        """Return why each root waits, by its key."""
        rows = query(
            self.admin,
            "SELECT root_key, reason FROM waiting WHERE archive = %s",
            archive,
        )
        return {tuple(json.loads(row["root_key"])): row["reason"] for row in rows}

    def unfinished(self, archive: str) -> dict[tuple[str, ...], str]:
        """Return what should wait."""
        expected = self.foreign.expected[archive]
        types = {
            row["Field"]: row["Type"].partition("(")[0]
            for row in query(self.admin, f"SHOW COLUMNS FROM {self.root(expected)}")
        }
        written = ", ".join(
            f"HEX(o.`{column}`)"
            if types[column] in BINARY_TYPES
            else f"CAST(o.`{column}` AS CHAR)"
            for column in expected.key
        )
        with self.admin.cursor() as cursor:
            cursor.execute(
                f"SELECT {written} FROM {self.root(expected)} AS o"
                f" WHERE ({expected.finished}) IS NOT TRUE"
            )
            return dict.fromkeys(cursor.fetchall(), "unfinished")

    def root(self, expected: Expectation) -> str:
        return f"`{self.source}`.`{expected.root}`"


def make_project(folder: Path, foreign: Foreign) -> Path:
    """Make a project folder that only declares: its SQL is still to be written."""
    begin(Project(folder), proposal=None, aws=False)
    (folder / "archives.toml").write_text(
        f'source = "{WRITTEN_SOURCE}"\n{foreign.archives}', encoding="utf-8"
    )
    return folder


def copy_chunk(connection: pymysql.Connection[Cursor], archive: str) -> Row:
    (row,) = query(connection, f"CALL `copy_{archive}_chunk`(NULL)")
    return row


def copy_all(connection: pymysql.Connection[Cursor], archive: str) -> None:
    """CALL until nothing is left to do."""
    for _ in range(1_000):
        if copy_chunk(connection, archive)["state"] == "idle":
            return
    raise AssertionError("the CALLs never come to an end")


def compared(
    connection: pymysql.Connection[Cursor], archive: str, chunk: object
) -> str | None:
    """Compare a chunk with the source of now; return what differs."""
    procedure = quote(f"_compare_{archive}_chunk")
    query(
        connection,
        f"CALL {procedure}({chunk}, (SELECT MAX(shape) FROM chunk), 0, NOW(6),"
        " @differing)",
    )
    differing = value(connection, "SELECT @differing")
    try:
        if differing is not None:
            query(connection, "CALL _raise_difference(%s, %s)", archive, differing)
    except pymysql.OperationalError as error:
        return str(error.args[1]).removeprefix("its copy would differ: ")
    finally:
        query(connection, "DELETE FROM finding WHERE pass = 0")
    return None
