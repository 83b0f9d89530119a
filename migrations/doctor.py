"""Say what stands in the way, as the owner can tell: what is installed, and the source.

Who copies learns less, and it's enough for a Lambda: see `runner.doctor`.
"""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import alembic.command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from migrations.aggregate.indexes import missing_indexes
from migrations.aggregate.keys import INTEGERS
from migrations.aggregate.resolving import resolve
from migrations.catalog.reading import read_catalog
from migrations.declaration.reading import read_declaration
from migrations.errors import MigrationError
from migrations.grants import INSTALLING, control_tables
from migrations.project import KIT
from migrations.proposal.columns import moments
from migrations.proposal.words import words
from migrations.rehearsal import Rehearsed, rehearse
from migrations.restored import WAY_OUT, RestoredError, look
from migrations.session import PINS
from runner.doctor import Check, Doctor
from runner.errors import StopError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pymysql
    from pymysql.cursors import Cursor

    from migrations.aggregate.model import Aggregate
    from migrations.catalog.model import Catalog
    from migrations.project import Project
    from runner.connection import Database

# Bytes that history adds to a row: chunk, version, and the keys that lead to it.
OVERHEAD = 60
LONG_HOURS = 24
# Chunks of fewer orders than this, and so many of them, spend their time on CALLs.
FEW_ORDERS = 10
MANY_CALLS = 100
# What a column is named by that each change moves on.
MOVED_ON = {"updated", "modified", "changed"}
UNITS = ("bytes", "KB", "MB", "GB", "TB")
KILO = 1024


def is_owner(doctor: Doctor, database: Database) -> bool:
    """Tell whether the account installs, or would."""
    return "CREATE ROUTINE" in doctor.privileges(database.history)


def examine(
    doctor: Doctor,
    connection: pymysql.Connection[Cursor],
    database: Database,
    project: Project,
) -> Iterator[Check]:
    """Look at all that only the owner can see."""
    yield from _rights(doctor, database)
    is_installed = None
    for check in _installation(doctor, database, project):
        if check.name == "installed":
            is_installed = check.verdict == "OK"
        yield check
    # What the procedures were created under: a predicate means what it does there.
    for statement in PINS:
        doctor.rows(statement)
    try:
        catalog = read_catalog(connection, database.source)
        declaration = read_declaration(project.archives)
        aggregates = resolve(declaration, catalog, connection)
    except (MigrationError, StopError) as error:
        yield _stopped("archives.toml", str(error), "mend what it names")
        return
    for aggregate in aggregates:
        joins = list(_joins(aggregate, catalog, connection))
        yield from joins
        yield _new_keys(aggregate)
        if is_installed:
            slow = " and ".join(join.name for join in joins if join.verdict != "OK")
            yield from _estimate(doctor, aggregate, connection, database, slow)


def _rights(doctor: Doctor, database: Database) -> Iterator[Check]:
    """Look whether the owner has what it needs, and no right to change history."""
    name, account = "account", doctor.account
    here = doctor.privileges(database.history)
    missing = sorted(set(INSTALLING.split(", ")) - here)
    if "SELECT" not in doctor.privileges(database.source):
        missing.append(f"SELECT on {database.source}")
    if missing:
        yield _stopped(
            name,
            f"the owner {account} lacks {', '.join(missing)}",
            "grant what `bygones grants` prints",
        )
    elif more := sorted(here & {"UPDATE", "DELETE"}):
        yield Check(
            name=name,
            verdict="warn",
            found=f"the owner {account} holds {' and '.join(more)} on all of history",
            todo=f"install as an account that holds them on {len(control_tables())} "
            "control tables alone: `bygones grants`",
        )
    else:
        found = f"the owner {account} holds what it needs"
        yield Check(name=name, verdict="OK", found=found)


def _installation(
    doctor: Doctor, database: Database, project: Project
) -> Iterator[Check]:
    """Compare what is installed with the files, and the source with both."""
    name = "installed"
    # Alembic would create the schema, and the doctor changes nothing.
    if not doctor.rows(
        "SELECT 1 FROM information_schema.tables"
        " WHERE table_schema = %s AND table_name = 'alembic_version'",
        database.history,
    ):
        found = f"{database.history} holds no installation"
        yield _stopped(name, found, "alembic upgrade head")
        return
    config = Config(
        toml_file=str(KIT.root / "pyproject.toml"),
        attributes={"project": project.root, "database": database},
        stdout=io.StringIO(),
    )
    versions = str(project.versions).replace("%", "%%")
    config.set_main_option("version_locations", versions)
    config.set_main_option("path_separator", "newline")  # of one path
    text = ""
    try:
        with _silent():
            alembic.command.check(config)
    except RestoredError as error:
        yield _stopped(name, error.found, WAY_OUT)
        return
    except (CommandError, MigrationError) as error:
        text = " ".join(str(error).split())
    if "not up to date" in text:
        yield _stopped(name, "not what the revisions say", "alembic upgrade head")
        return
    script = ScriptDirectory.from_config(config)
    lacking = list(look(doctor, database, script, project))
    yield from lacking
    if any(check.name == name for check in lacking):
        return
    if text:
        todo = "alembic revision --autogenerate, read it, alembic upgrade head"
        yield _stopped(name, text, todo)
    else:
        found = "every object equals its file, and the source what it was written for"
        yield Check(name=name, verdict="OK", found=found)


def _joins(
    aggregate: Aggregate, catalog: Catalog, connection: pymysql.Connection[Cursor]
) -> Iterator[Check]:
    name = f"joins of {aggregate.name}"
    missing = list(missing_indexes(aggregate, catalog, connection))
    for each in missing:
        yield Check(
            name=name,
            verdict="warn",
            found=f"no index leads to the rows of {each.relation}: each chunk reads "
            f"all of {each.table}, about {each.rows:,} rows",
            todo=each.create,
        )
    if not missing:
        yield Check(name=name, verdict="OK", found="an index leads to each relation")


def _new_keys(aggregate: Aggregate) -> Check:
    """Tell whether looks find each new order, or only those above the cursor."""
    name, root = f"new keys of {aggregate.name}", aggregate.root
    if aggregate.changed_at:
        found = f"found by {aggregate.changed_at.name}, wherever they are"
        return Check(name=name, verdict="OK", found=found)
    [first, *more] = [kept.column for kept in root.key_columns]
    if not more and first.data_type in INTEGERS:
        found = (
            f"{first.name} is {first.type}: looks find those above the cursor, a full "
            "pass what was imported below it"
        )
        return Check(name=name, verdict="OK", found=found)
    key = f"{', '.join(root.key)} ({', '.join(c.type for c in (first, *more))})"
    likely = [
        moment.name
        for moment in moments(root.table)
        if not MOVED_ON.isdisjoint(words(moment.name))
    ]
    by = (*likely, "<column>")[0]
    return Check(
        name=name,
        verdict="warn",
        found=f"{key} is no ascending number: orders that come below the cursor are "
        "found by the next full pass only, up to "
        f"{aggregate.archive.full_pass_hours} hours later, and `idle` doesn't count "
        "them",
        todo=f'changed_at = "{by}" in archives.toml, with a column that every change '
        "of an order moves on and that leads an index; then alembic revision "
        "--autogenerate, alembic upgrade head",
    )


def _estimate(
    doctor: Doctor,
    aggregate: Aggregate,
    connection: pymysql.Connection[Cursor],
    database: Database,
    slow_joins: str,
) -> Iterator[Check]:
    """Copy a chunk, roll it back, and say what all of it will take."""
    name = f"estimate of {aggregate.name}"
    try:
        rehearsed = rehearse(
            connection, database, aggregate.name, settled_days=aggregate.settled_days
        )
    except StopError as error:
        yield _stopped(
            name, f"a chunk that was tried failed: {error}", "README, Errors"
        )
        return
    if isinstance(rehearsed, str):
        yield Check(name=name, verdict="OK", found=rehearsed)
        return
    bytes_a_root = _bytes_a_root(doctor, aggregate, rehearsed, database)
    # The server's own count, less what this full pass has been over.
    keys = max(aggregate.root.table.rows - rehearsed.walked, rehearsed.examined)
    roots = max(round(keys * rehearsed.share), rehearsed.roots)
    rows = round(roots * (1 + rehearsed.related_rows / rehearsed.roots))
    calls = -(-roots // rehearsed.roots)
    hours = roots / rehearsed.roots * rehearsed.seconds / 3600
    size = roots * bytes_a_root
    todo = ""
    if rehearsed.roots < FEW_ORDERS and calls > MANY_CALLS:
        todo = (
            f"mend {slow_joins}: each CALL reads a whole table"
            if slow_joins
            else "if the server was slow for a while, larger chunks: CALL "
            f"tune_archive('{aggregate.name}', 'target_ms', 3000); an ALTER of the "
            "source waits as long"
        )
    elif hours >= LONG_HOURS:
        todo = "more lanes: CALL split_… (README)"
    yield Check(
        name=name,
        verdict="warn" if todo else "OK",
        found=f"about {roots:,} orders, {rows:,} rows, {_sized(size)}, "
        f"CALLs {calls:,}, {hours:,.2f} hours: {rehearsed.roots} orders with "
        f"{rehearsed.related_rows} rows took {rehearsed.seconds:.3f} s, rolled back",
        todo=todo,
    )
    pool = int(doctor.settings["innodb_buffer_pool_size"])
    yield Check(
        name="buffer pool",
        verdict="OK" if size < pool else "warn",
        found=f"{_sized(pool)}, for {_sized(size)} of history to come",
        todo=""
        if size < pool
        else "copy when the server is calm: what is copied displaces what is in use; "
        "tune_archive sets target_ms and limits of load",
    )


def _bytes_a_root(
    doctor: Doctor, aggregate: Aggregate, rehearsed: Rehearsed, database: Database
) -> int:
    lengths = {
        str(row["name"]): int(str(row["bytes"] or 0))
        for row in doctor.rows(
            "SELECT table_name AS name, avg_row_length AS bytes"
            " FROM information_schema.tables WHERE table_schema = %s",
            database.source,
        )
    }
    each = {
        aggregate.root.name: rehearsed.roots,
        **rehearsed.relation_rows,
    }
    tables = {member.name: member.table.name for member in aggregate.members}
    size = sum(
        rows * (lengths.get(tables[relation], 0) + OVERHEAD)
        for relation, rows in each.items()
        if relation in tables
    )
    return round(size / rehearsed.roots)


def _sized(size: float) -> str:
    for unit in UNITS[:-1]:
        if size < KILO:
            return f"{size:,.0f} {unit}"
        size /= KILO
    return f"{size:,.0f} {UNITS[-1]}"


def _stopped(name: str, found: str, todo: str) -> Check:
    return Check(name=name, verdict="stop", found=found, todo=todo)


@contextmanager
def _silent() -> Iterator[Any]:
    """Keep Alembic from telling what it does: the table does."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
