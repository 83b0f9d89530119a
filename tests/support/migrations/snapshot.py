"""Take down what a schema holds, to compare it before and after."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pymysql

from bygones.migrations.operations.objects import EVENTS_ARE_DISABLED

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

Snapshot = dict[str, object]

LISTS = {
    "TABLE": "SELECT table_name FROM information_schema.tables"
    " WHERE table_schema = %s AND table_type = 'BASE TABLE'",
    "VIEW": "SELECT table_name FROM information_schema.views WHERE table_schema = %s",
    "PROCEDURE": "SELECT routine_name FROM information_schema.routines"
    " WHERE routine_schema = %s AND routine_type = 'PROCEDURE'",
    "FUNCTION": "SELECT routine_name FROM information_schema.routines"
    " WHERE routine_schema = %s AND routine_type = 'FUNCTION'",
    "TRIGGER": "SELECT trigger_name FROM information_schema.triggers"
    " WHERE trigger_schema = %s",
    "EVENT": "SELECT event_name FROM information_schema.events WHERE event_schema = %s",
}
# Everything that an installation writes, but when it did.
ROWS = {
    "alembic_version": "version_num",
    "archive": "name, pass, pass_seconds, max_size, waiting_cap, paused_at",
    "lane": "archive, number, cursor_key, examined, roots, phase",
}


def rows(
    connection: pymysql.Connection[Cursor], sql: str, *arguments: object
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments or None)
        return list(cursor.fetchall())


def names(connection: pymysql.Connection[Cursor], kind: str, schema: str) -> list[str]:
    try:
        return sorted(name for (name,) in rows(connection, LISTS[kind], schema))
    except pymysql.Error as error:
        if error.args[0] != EVENTS_ARE_DISABLED:
            raise
        return []


def show_create(
    connection: pymysql.Connection[Cursor], kind: str, schema: str, name: str
) -> dict[str, object]:
    """Return the columns of SHOW CREATE, without definer, what was counted, when."""
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW CREATE {kind} {quoted(schema)}.{quoted(name)}")
        columns = [column[0] for column in cursor.description]
        (row,) = cursor.fetchall()
    shown = dict(zip(columns, row, strict=True))
    shown.pop("Created", None)
    varies = r" DEFINER=\S+| AUTO_INCREMENT=\d+| STARTS '[^']+'"
    return {column: re.sub(varies, "", str(text)) for column, text in shown.items()}


def snapshot(connection: pymysql.Connection[Cursor], schema: str) -> Snapshot:
    connection.select_db(schema)  # a view of the default schema is shown shorter
    taken: Snapshot = {
        f"{kind} {name}": show_create(connection, kind, schema, name)
        for kind in LISTS
        for name in names(connection, kind, schema)
    }
    for table, columns in ROWS.items():
        if f"TABLE {table}" in taken:
            found = rows(connection, f"SELECT {columns} FROM {quoted(schema)}.{table}")
            taken[f"rows of {table}"] = sorted(map(repr, found))
    return taken


def checksums(
    connection: pymysql.Connection[Cursor], schema: str
) -> list[tuple[Any, ...]]:
    """Return every table's checksum."""
    tables = names(connection, "TABLE", schema)
    return [
        rows(connection, f"CHECKSUM TABLE {quoted(schema)}.{quoted(table)}")[0]
        for table in tables
    ]


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
