"""Ask the live server whether it takes what archives.toml says in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql

from migrations.aggregate.resolving import Problems
from migrations.declaration.table import dotted
from migrations.names import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pymysql.cursors import Cursor

    from migrations.aggregate.conditions import Condition, Reference
    from migrations.aggregate.model import Aggregate, Relation
    from migrations.catalog.model import Catalog


def check(
    aggregates: Sequence[Aggregate],
    catalog: Catalog,
    connection: pymysql.Connection[Cursor],
) -> None:
    """Let the server read no row by each predicate; what it refuses is one error."""
    problems = Problems()
    with connection.cursor() as cursor:
        for aggregate in aggregates:
            for where, statement in _statements(aggregate, catalog.schema):
                try:
                    cursor.execute(statement)
                    cursor.fetchall()
                except pymysql.Error as error:
                    errno, text = error.args
                    problems.add(
                        where, f"the server refuses it: {text} (errno {errno})"
                    )
    problems.refuse()


def _statements(aggregate: Aggregate, schema: str) -> Iterator[tuple[str, str]]:
    where = dotted("archive", aggregate.name)
    root = _table(schema, aggregate.root.table.name, aggregate.root.name)
    finished = _written(aggregate.finished)
    yield (
        f"{where}.finished",
        f"SELECT 1 FROM {root} WHERE {finished} LIMIT 0",  # noqa: S608 - the team's own
    )
    for relation in aggregate.relations:
        for path in relation.paths:
            tables = _joined(aggregate, relation, path.of, schema)
            condition = _written(path.condition)
            yield (
                f"{where}.{dotted('relations', relation.name)}",
                f"SELECT 1 FROM {tables} WHERE {condition} LIMIT 0",  # noqa: S608 - the same
            )


def _joined(aggregate: Aggregate, relation: Relation, of: str, schema: str) -> str:
    """List the tables that a path's condition may read."""
    members = {aggregate.root.name: aggregate.root, relation.name: relation}
    if of != aggregate.root.name:
        members[of] = aggregate.relation(of)
    return ", ".join(
        _table(schema, member.table.name, alias) for alias, member in members.items()
    )


def _table(schema: str, table: str, alias: str) -> str:
    return f"{quote(schema)}.{quote(table)} AS {quote(alias)}"


def _written(condition: Condition) -> str:
    # A predicate can hold %, which nothing formats: there are no arguments.
    return condition.sql(_column)


def _column(reference: Reference) -> str:
    return f"{quote(reference.member)}.{quote(reference.column)}"
