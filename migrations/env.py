"""Connect Alembic to the database that BYGONES_DATABASE_URL names."""

from __future__ import annotations

import logging
import os
import tomllib
from pathlib import Path

import sqlalchemy
from alembic import context

import migrations.operations  # noqa: F401 - registers what revisions say
from migrations.names import Schemas, quote
from runner.connection import SETTING, connect, database_from

ARCHIVES = Path(__file__).parent.parent / "archives.toml"

# Stored with every routine, and in force whenever it runs, whatever the caller's is:
# strict, and faithful to zero dates and to the id 0.
PINS = (
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    "SET SESSION sql_mode = "
    "'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'",
    "SET SESSION time_zone = '+00:00'",
    # DROP PROCEDURE waits for a chunk that is being copied, and not for a year.
    "SET SESSION lock_wait_timeout = 10",
)

# An upgrade takes seconds; whoever waits longer than this waits for a hung one.
UPGRADE_LOCK_SECONDS = 120

# How long one DDL statement may take to answer.
ANSWER_SECONDS = 600.0


class MigrationError(Exception):
    """The database can't be migrated as it is."""


# A program that runs Alembic can name the database itself.
database = database_from(
    {SETTING: context.config.attributes["database_url"]}
    if "database_url" in context.config.attributes
    else os.environ
)
installed = Schemas(database.source)
written = Schemas(tomllib.loads(ARCHIVES.read_text(encoding="utf-8"))["source"])

# The collation is that of names: an archive has one spelling.
CREATE_SCHEMA = (
    f"CREATE SCHEMA IF NOT EXISTS {quote(installed.history)} "
    "DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
)

OPTIONS = {
    "version_table_schema": installed.history,
    "bygones_installed": installed,
    "bygones_written": written,
}


def show_log() -> None:
    """Say on standard error what is done."""
    logging.basicConfig(format="%(levelname)-7s %(message)s")
    logging.getLogger("alembic").setLevel(logging.INFO)


def run_offline() -> None:
    """Write the script that a DBA applies by hand."""
    context.configure(dialect_name="mysql", as_sql=True, **OPTIONS)
    for statement in (*PINS, CREATE_SCHEMA):
        context.get_context().impl.static_output(f"{statement};\n")
    with context.begin_transaction():
        context.run_migrations()


def run_online() -> None:
    """Migrate, one at a time: concurrent upgrades wait for each other."""
    engine = sqlalchemy.create_engine(
        "mysql+pymysql://",
        creator=lambda: connect(
            database, schema=None, seconds=ANSWER_SECONDS, program="bygones-alembic"
        ),
        poolclass=sqlalchemy.NullPool,
    )
    with engine.connect() as connection:
        for statement in PINS:
            connection.exec_driver_sql(statement)
        refuse_statement_binlog(connection)
        lock(connection)
        connection.exec_driver_sql(CREATE_SCHEMA)
        # Alembic takes an open transaction for the caller's, and would leave its own
        # version row to be rolled back.
        connection.commit()
        context.configure(connection=connection, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


def refuse_statement_binlog(connection: sqlalchemy.Connection) -> None:
    """Refuse a server that would replicate statements: chunks are not repeatable."""
    log_bin, binlog_format = connection.exec_driver_sql(
        "SELECT @@global.log_bin, @@global.binlog_format"
    ).one()
    if log_bin and binlog_format == "STATEMENT":
        raise MigrationError(
            "binlog_format is STATEMENT, under which InnoDB refuses to write at READ "
            "COMMITTED (1665); set it to ROW, then upgrade"
        )


def lock(connection: sqlalchemy.Connection) -> None:
    """Wait for other upgrades of this installation; the lock ends with the session."""
    name = installed.history[-64:]
    got = connection.exec_driver_sql(
        "SELECT GET_LOCK(%s, %s)", (name, UPGRADE_LOCK_SECONDS)
    ).scalar()
    if got != 1:
        raise MigrationError(
            f"another upgrade has held the lock {name!r} for {UPGRADE_LOCK_SECONDS} s; "
            f"SELECT IS_USED_LOCK('{name}') names its connection"
        )


show_log()
if context.is_offline_mode():
    run_offline()
else:
    run_online()
