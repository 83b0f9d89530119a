"""Write what is known of the source and of history, which CALLs check."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.keys import (
    EXACT_NUMBERS,
    INTEGERS,
    MOMENTS,
    PRIMARY,
    TEXTS,
    unique_key,
)
from bygones.compiler.catalog.knowing import written
from bygones.compiler.catalog.model import Table
from bygones.compiler.catalog.traits import traits_of
from bygones.compiler.names import literal
from bygones.compiler.sql.columns import equality
from bygones.compiler.sql.identifiers import name
from bygones.compiler.sql.rendering import fill

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bygones.compiler.aggregate.history import HistoryTable, Planned
    from bygones.compiler.catalog.traits import Trait
    from bygones.compiler.sql.writer import Writer

# Columns in which two roots differ, if they do.
TELLING = EXACT_NUMBERS | TEXTS | MOMENTS


@dataclass(frozen=True, slots=True)
class Checks:
    """What the checks of one archive know."""

    _sql: Writer
    _planned: Planned
    _is_mariadb: bool

    def telling(self) -> dict[str, object]:
        """Say what tells one root from another that came under its key."""
        root = self._sql.aggregate.root
        key = {column.lower() for column in root.key}
        (first, *others) = root.key_columns
        grows = not others and first.column.data_type in INTEGERS
        return {
            "growing_key": name(first.column.name) if grows else None,
            "growing_kept_key": name(first.name),
            "growing_column": literal(first.column.name),
            "root_table": literal(root.table.name),
            "kept_keys": [name(kept.name) for kept in root.key_columns],
            "telling": [
                (
                    f"h.{name(kept.name)}",
                    equality(
                        kept, f"h.{name(kept.name)}", f"s.{name(kept.column.name)}"
                    ),
                )
                for kept in root.kept
                if kept.column.data_type in TELLING
                and kept.column.name.lower() not in key
            ],
        }

    def fenced(self) -> Iterator[str]:
        """Name the tables that a chunk reads and writes, two at a time."""
        tables = {member.table.name: None for member in self._sql.aggregate.members}
        read = (f"{name(self._sql.source)}.{name(table)}" for table in tables)
        written = (name(kept.member.history) for kept in self._planned.tables)
        for pair in zip_longest(read, written):
            yield " CROSS JOIN ".join(filter(None, pair))

    def known(self) -> dict[str, object]:
        """Say what each table is known as, at the source and in history."""
        source = self._of_source()
        return {
            "known": [
                fill(
                    written(
                        # Of several relations of a table, with the first.
                        source.pop(kept.member.table.name, ()),
                        traits_of(_as_table(kept), is_mariadb=self._is_mariadb),
                    ),
                    8,
                )
                for kept in self._planned.tables
            ]
        }

    def _of_source(self) -> dict[str, Iterable[Trait]]:
        """Say what each table of the source is known as."""
        tables: dict[str, Table] = {}
        used: dict[str, set[str]] = {}
        leading: dict[str, set[str]] = {}
        unique: dict[str, set[str]] = {}
        for member in self._sql.aggregate.members:
            table = member.table
            tables.setdefault(table.name, table)
            kept = {kept.column.name for kept in member.kept}
            used.setdefault(table.name, set()).update(kept)
            leading.setdefault(table.name, set())
            unique.setdefault(table.name, set())
        for relation in self._sql.aggregate.relations:
            leading[relation.table.name].update(
                path.leading for path in relation.paths if path.leading
            )
            key = None if relation.table.primary_key else unique_key(relation.table)
            if key:
                unique[relation.table.name].add(key.name)
            for path in relation.paths:
                if path.unique and path.unique != PRIMARY:
                    of = self._sql.aggregate.relation(path.of).table
                    unique[of.name].add(path.unique)
        if self._sql.aggregate.changed_at:
            changed_at = self._sql.aggregate.changed_at.name
            leading[self._sql.aggregate.root.table.name].add(changed_at)
        for read in self._read_columns():
            used[read[0]].add(read[1])
        return {
            table.name: traits_of(
                table,
                is_mariadb=self._is_mariadb,
                without={column.name for column in table.columns} - used[table.name],
                leading=leading[table.name],
                unique=unique[table.name],
            )
            for table in tables.values()
        }

    def _read_columns(self) -> Iterator[tuple[str, str]]:
        """List the columns that predicates read, with their tables."""
        tables = {
            member.name: member.table.name for member in self._sql.aggregate.members
        }
        conditions = [
            self._sql.aggregate.finished,
            *(
                path.condition
                for relation in self._sql.aggregate.relations
                for path in relation.paths
            ),
        ]
        for condition in conditions:
            for reference in condition.references():
                yield tables[reference.member], reference.column
        for column in (
            self._sql.aggregate.settled,
            self._sql.aggregate.changed_at,
        ):
            if column:
                yield self._sql.aggregate.root.table.name, column.name


def _as_table(kept: HistoryTable) -> Table:
    """Say what a history table is, once the revision is through."""
    return Table(
        name=kept.member.history,
        engine="InnoDB",
        collation=None,
        columns=tuple(
            replace(
                column.definition,
                name=column.name,
                is_nullable=column.is_nullable,
                is_generated=False,
                is_invisible=False,
            )
            for column in kept.columns
        ),
        primary_key=kept.primary_key,
    )
