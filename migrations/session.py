"""Prepare the session that migrates, and let one migrate at a time."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bygones.compiler.errors import MigrationError
from bygones.compiler.names import quote
from bygones.runner.doctor import refuse_old

if TYPE_CHECKING:
    import sqlalchemy

log = logging.getLogger("alembic.bygones")

# What a session that migrates is pinned to besides, online and in a script: after
# SQLAlchemy, which says SET NAMES of its own. Collation and sql_mode are stored with
# every routine, and in force whenever it runs, whatever the caller's are.
PINS = (
    "SET NAMES utf8mb4 COLLATE utf8mb4_bin",
    # DROP PROCEDURE waits for a chunk that is being copied, and not for a year; the
    # table of Alembic's own doesn't name its engine.
    "SET SESSION lock_wait_timeout = 10, default_storage_engine = InnoDB",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
)

# An upgrade takes seconds; whoever waits longer than this waits for a hung one.
UPGRADE_LOCK_SECONDS = 120

# Nothing is taken for a placeholder then, neither % nor :name.
VERBATIM = {"no_parameters": True}


def create_schema(history: str) -> str:
    """Return the statement that makes the schema that bygones owns."""
    # The collation is that of names: an archive has one spelling.
    options = "DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    return f"CREATE SCHEMA IF NOT EXISTS {quote(history)} {options}"


def prepare(connection: sqlalchemy.Connection, history: str) -> None:
    """Make a session, in autocommit, ready to migrate; what it holds ends with it."""
    # Before anything is created: half an installation would be left.
    refuse_old(connection.exec_driver_sql("SELECT VERSION()").scalar_one())
    for statement in PINS:
        connection.exec_driver_sql(statement)
    refuse_statement_binlog(connection)
    lock(connection, history)
    # Only where it isn't there: IF NOT EXISTS too waits for every CALL under way, and
    # makes every new one wait.
    if not exists(connection, history):
        connection.exec_driver_sql(create_schema(history), execution_options=VERBATIM)


def exists(connection: sqlalchemy.Connection, schema: str) -> bool:
    """Tell whether a schema is there."""
    found = connection.exec_driver_sql(
        "SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", (schema,)
    )
    return found.first() is not None


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


def lock(connection: sqlalchemy.Connection, history: str) -> None:
    """Wait for other upgrades of this installation; the lock is named as its schema."""
    got, holder = connection.exec_driver_sql(
        "SELECT GET_LOCK(%s, %s), IS_USED_LOCK(%s)",
        (history, UPGRADE_LOCK_SECONDS, history),
    ).one()
    if got != 1:
        raise MigrationError(
            f"another upgrade, connection {holder}, has held the lock {history!r} "
            f"for {UPGRADE_LOCK_SECONDS} s; let it end, or KILL it, then upgrade again"
        )


def warn_of_galera(connection: sqlalchemy.Connection) -> None:
    """Say that the lock is this node's alone, where others write as well."""
    found = connection.exec_driver_sql("SHOW GLOBAL VARIABLES LIKE 'wsrep_on'").first()
    if found is not None and found[1] == "ON":
        log.warning(
            "wsrep_on is ON: this is a node of a Galera cluster, and the lock by which "
            "upgrades wait for each other is this node's alone; upgrade from one node "
            "only"
        )
