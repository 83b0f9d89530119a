"""Read what a schema asks of its rows beyond their types: CHECKs and the like."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pymysql.cursors import DictCursor

from bygones.compiler.aggregate.parsing import Scope, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.conditions import Condition
    from bygones.compiler.catalog.model import Catalog, Table

CHECKS = """
SELECT t.table_name AS place, c.check_clause AS clause
FROM information_schema.check_constraints AS c
JOIN information_schema.table_constraints AS t
ON t.constraint_schema = c.constraint_schema
AND t.constraint_name = c.constraint_name
WHERE c.constraint_schema = %s AND t.enforced = 'YES'
ORDER BY t.table_name, c.constraint_name
"""
MARIADBS_CHECKS = """
SELECT c.table_name AS place, c.check_clause AS clause
FROM information_schema.check_constraints AS c
WHERE c.constraint_schema = %s AND c.check_clause NOT LIKE 'json\\_valid(%%'
ORDER BY c.table_name, c.constraint_name
"""
GENERATED = """
SELECT c.table_name AS place, c.column_name AS named, c.generation_expression AS clause
FROM information_schema.columns AS c
WHERE c.table_schema = %s AND LENGTH(c.generation_expression) > 0
"""
SRIDS = """
SELECT c.table_name AS place, c.column_name AS named, c.srs_id AS srid
FROM information_schema.st_geometry_columns AS c
WHERE c.table_schema = %s AND c.srs_id IS NOT NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is asked of the rows of each table."""

    checks: Mapping[str, list[Condition]]
    # How columns are generated from others, by table and column.
    generated: Mapping[tuple[str, str], Condition]
    # In which system the places of a column are.
    srids: Mapping[tuple[str, str], int]


def read_rules(connection: pymysql.Connection[Cursor], catalog: Catalog) -> Rules:
    """Read the rules of all tables; what can't be understood is left out."""

    def understood(table: Table, clause: str) -> Condition | None:
        # MySQL puts it into quotes without the quotes: _utf8mb4\\'it\\\\\\'s\\'.
        written = clause if catalog.is_mariadb else re.sub(r"\\(.)", r"\1", clause)
        scope = Scope(tables={table.name: table}, default=(table.name,))
        condition = parse(written, scope)
        return None if scope.problems else condition

    checks: dict[str, list[Condition]] = defaultdict(list)
    generated: dict[tuple[str, str], Condition] = {}
    srids: dict[tuple[str, str], int] = {}
    with connection.cursor(DictCursor) as cursor:
        cursor.execute(
            MARIADBS_CHECKS if catalog.is_mariadb else CHECKS, (catalog.schema,)
        )
        for row in cursor.fetchall():
            condition = understood(catalog.tables[row["place"]], row["clause"])
            if condition:
                checks[row["place"]].append(condition)
        cursor.execute(GENERATED, (catalog.schema,))
        for row in cursor.fetchall():
            condition = understood(catalog.tables[row["place"]], row["clause"])
            if condition:
                generated[row["place"], row["named"]] = condition
        if not catalog.is_mariadb:  # it takes places of any system
            cursor.execute(SRIDS, (catalog.schema,))
            for row in cursor.fetchall():
                srids[row["place"], row["named"]] = int(row["srid"])
    return Rules(checks=checks, generated=generated, srids=srids)
