"""Write what all of the sample's revisions come to: `make schema`.

Tables whole, for several files may make one together. Of all else what others call or
meet: its text is one file's, and a test compares that with what is installed. So this
page changes with what is there, and not with how it works.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

from bygones.compiler.names import quote
from bygones.sandbox.sample import SAMPLE, SCHEMA
from bygones.sandbox.server import find_server
from bygones.sandbox.shop import close_shop, open_shop, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop

HEAD = """\
-- What all revisions of the sample come to, on MySQL. `make schema` writes it:
-- change what lies in sql/control, or a template.
"""

TABLES = """
SELECT table_name FROM information_schema.tables
WHERE
    table_schema = %s
    AND table_type = 'BASE TABLE'
    AND table_name <> 'alembic_version'
"""
VIEWS = """
SELECT
    table_name,
    GROUP_CONCAT(column_name ORDER BY ordinal_position SEPARATOR ', ')
FROM information_schema.columns
WHERE
    table_schema = %s
    AND table_name IN (
        SELECT v.table_name FROM information_schema.views AS v
        WHERE v.table_schema = table_schema
    )
GROUP BY table_name
"""
ROUTINES = """
SELECT
    r.routine_type, r.routine_name, r.security_type,
    (
        SELECT
            GROUP_CONCAT(
                CONCAT(p.parameter_mode, ' ', p.parameter_name, ' ', p.dtd_identifier)
                ORDER BY p.ordinal_position SEPARATOR ', '
            )
        FROM information_schema.parameters AS p
        WHERE
            p.specific_schema = r.routine_schema
            AND p.specific_name = r.routine_name
            AND p.ordinal_position > 0
    )
FROM information_schema.routines AS r
WHERE r.routine_schema = %s
"""
TRIGGERS = """
SELECT trigger_name, action_timing, event_manipulation, event_object_table
FROM information_schema.triggers WHERE trigger_schema = %s
"""
EVENTS = """
SELECT event_name, status, interval_value, interval_field
FROM information_schema.events WHERE event_schema = %s
"""


def main() -> None:
    """Write it."""
    with find_server("mysql") as server:
        write_schema(server)


def write_schema(server: Server) -> None:
    """Install the sample, and write down what is there."""
    shop = open_shop(server, source="pharmacy", finished=1)
    try:
        upgrade(shop)
        (SAMPLE.sql / SCHEMA).write_text(dump(shop), encoding="utf-8")
    finally:
        close_shop(server, shop)


def dump(shop: Shop) -> str:
    """Describe a history schema in the sample's own names."""
    with closing(shop.connect()) as connection:
        _rows(connection, "SET SESSION group_concat_max_len = 100000")
        text = "\n".join([HEAD, *_described(connection, shop.history), ""])
    return text.replace(shop.history, "pharmacy_history")


def _described(connection: pymysql.Connection[Cursor], schema: str) -> Iterator[str]:
    for (name,) in _rows(connection, TABLES, schema):
        [row] = _rows(connection, f"SHOW CREATE TABLE {quote(schema)}.{quote(name)}")
        yield re.sub(r" AUTO_INCREMENT=\d+", "", f"{row[1]};\n")
    for name, columns in _rows(connection, VIEWS, schema):
        yield f"-- view {name} ({columns})"
    for name, *when in _rows(connection, TRIGGERS, schema):
        yield "-- trigger {}: {} {} ON {}".format(name, *when)
    for name, status, *every in _rows(connection, EVENTS, schema):
        yield f"-- event {name}: every {' '.join(every)}, {status}"
    for kind, name, security, parameters in _rows(connection, ROUTINES, schema):
        is_private = name.startswith("_")
        said = "" if is_private else f" ({parameters or ''}), {security}"
        yield f"-- {kind.lower()} {name}{said}"


def _rows(
    connection: pymysql.Connection[Cursor], sql: str, *arguments: str
) -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments or None)
        return sorted(cursor.fetchall())


if __name__ == "__main__":
    main()
