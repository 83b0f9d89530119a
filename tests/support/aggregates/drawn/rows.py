"""Make rows that point at each other, and transactions that change them."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.support.aggregates.drawn.names import quoted
from tests.support.aggregates.drawn.predicates import under, write
from tests.support.aggregates.drawn.tables import listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.aggregates.drawn.archives import Schema
    from tests.support.aggregates.drawn.tables import Column, Table

    Row = dict[Column, str]

# How many of a thousand: rows that repeat one without a key, that point at nothing;
# values that are NULL, that are one of many.
REPEATED = 0.3
ORPHANED = 0.1
MISSING = 0.15
NUMBERED = 0.3


class Filler:
    """Writes INSERTs, UPDATEs and DELETEs; the same of the same seed.

    The server may take a row for impossible, or make others of its values: all is done
    with IGNORE.
    """

    def __init__(self, schema: Schema, seed: int) -> None:
        self.schema = schema
        self.random = random.Random(seed)  # noqa: S311 - to have the same again
        self.tables = _ordered(schema.tables)
        self.rows: dict[Table, list[Row]] = {table: [] for table in self.tables}
        self.numbers: dict[Column, int] = {}

    def batch(self, count: Callable[[Table], int]) -> list[str]:
        """Write the INSERTs of some rows of each table, pointed at before pointing."""
        return [
            _insert(table, new)
            for table in self.tables
            if (new := [self._row(table) for _ in range(count(table))])
        ]

    def transaction(self) -> tuple[str, ...]:
        """Write a transaction of one kind or another."""
        kind = self.random.randrange(20)
        table = self.random.choice(self.tables)
        few = f"ORDER BY RAND({self.random.randrange(1000)}) LIMIT"
        if kind < 7:
            return tuple(self.batch(lambda _: self.random.randrange(4)))
        if kind < 12:
            archive = self.random.choice(self.schema.archives)
            root = archive.root.table
            finished = write(archive.finished, under({archive.root.name: "o"}))
            return (
                (
                    f"UPDATE IGNORE {quoted(root.name)} AS o"
                    f" SET {self._setting(root, 'o.')}"
                    f" WHERE ({finished}) IS NOT TRUE {few} 9"
                ),
            )
        if kind < 18:
            setting = self._setting(table, "")
            return (f"UPDATE IGNORE {quoted(table.name)} SET {setting} {few} 2",)
        return (f"DELETE IGNORE FROM {quoted(table.name)} {few} 1",)

    def _row(self, table: Table) -> Row:
        known = self.rows[table]
        if known and not table.key and self.random.random() < REPEATED:
            return self.random.choice(known)
        keys = set(table.key)
        row = {
            column: self._value(column, is_key=column in keys)
            for column in table.columns
            if not column.generated
        }
        for link in table.links:
            rows = self.rows[link.to]
            if rows and self.random.random() > ORPHANED:
                target = self.random.choice(rows)
                for column, to in zip(link.columns, link.to_columns, strict=True):
                    row[column] = target[to]
        known.append(row)
        return row

    def _value(self, column: Column, *, is_key: bool) -> str:
        """Write a value: NULL, an edge of the type, one of many."""
        kind = self.random.random()
        if column.is_nullable and kind < MISSING:
            return "NULL"
        if column.type.numbered and (is_key or kind > 1 - NUMBERED):
            number = self.numbers[column] = self.numbers.get(column, 0) + 1
            if not is_key or kind > MISSING:
                return column.type.numbered(number)
        return self.random.choice(column.type.values)

    def _setting(self, table: Table, prefix: str) -> str:
        columns = [column for column in table.columns if not column.generated]
        column = self.random.choice(columns)
        values = [self._value(column, is_key=False)]
        values += [row[column] for row in self.rows[table][:1]]
        return f"{prefix}{quoted(column.name)} = {self.random.choice(values)}"


def _ordered(tables: list[Table]) -> list[Table]:
    """Order tables so that one comes after those that it points at, if it can."""
    ordered: list[Table] = []
    seen: set[Table] = set()

    def visit(table: Table) -> None:
        if table not in seen:
            seen.add(table)
            for link in table.links:
                visit(link.to)
            ordered.append(table)

    for table in tables:
        visit(table)
    return ordered


def _insert(table: Table, rows: list[Row]) -> str:
    columns = list(rows[0])
    values = ",\n    ".join(
        f"({', '.join(row[column] for column in columns)})" for row in rows
    )
    return (
        f"INSERT IGNORE INTO {quoted(table.name)} ({listed(columns)})"
        f" VALUES\n    {values}"
    )
