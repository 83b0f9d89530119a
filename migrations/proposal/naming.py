"""Learn how a schema names its keys, and what names point at them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from migrations.proposal.words import GENERIC, joined, shared_word, singular, words

if TYPE_CHECKING:
    from migrations.catalog.model import Catalog, Table

# Alone they are seldom a table's name: an `order` says what comes first.
NO_TABLE = {"order", "group", "level", "index", "state"}

# Where most tables, or all columns of one, begin alike, that is a prefix.
TABLES_WITH_PREFIX = 0.8
LONGEST_COLUMN_PREFIX = 3


class Naming:
    """The names of a schema's tables and keys."""

    def __init__(self, catalog: Catalog) -> None:
        """Read all names."""
        self.tables = [table for table in catalog.tables.values() if table.columns]
        self.prefix = shared_word(
            [words(table.name) for table in self.tables], least=TABLES_WITH_PREFIX
        )
        self.prefixes = {
            table.name: shared_word(
                [words(column.name) for column in table.columns], least=1
            )
            for table in self.tables
        }
        self.names_of = {table.name: self._names_of(table) for table in self.tables}
        # What tables, and what columns that point at a key, are called.
        self.tables_called: dict[str, list[Table]] = defaultdict(list)
        for table in self.tables:
            for name in self.names_of[table.name]:
                self.tables_called[name].append(table)
        self.keys_called: dict[str, list[tuple[Table, str]]] = defaultdict(list)
        for table in self.tables:
            for key in single_keys(table):
                for name in self.names_for(table, key):
                    self.keys_called[name].append((table, key))

    def names_for(self, table: Table, key: str) -> set[str]:
        """Say what a column is called that points at this one."""
        own = joined(self.words_of(table, key))
        names = {name + own for name in self.names_of[table.name]}
        if (key,) == table.primary_key:
            names |= self.names_of[table.name] - NO_TABLE
        if self._says_enough(table, key):
            names.add(own)
        return names

    def words_of(self, table: Table, column: str) -> tuple[str, ...]:
        """Split a column's name, without what all of its table's begin with."""
        found = words(column)
        prefix = self.prefixes[table.name]
        if prefix is not None and len(prefix) <= LONGEST_COLUMN_PREFIX:
            return found[1:]
        return found

    def role(
        self, table: Table, column: str, to: Table, key: str
    ) -> tuple[str, ...] | None:
        """Return what a column's name says beside what it points at, if it says that.

        That is ("billing",) of billing_address_id, and () of address_id.
        """
        found = self.words_of(table, column)
        names = self.names_for(to, key)
        for start in range(len(found)):
            if joined(found[start:]) in names:
                return found[:start]
        return None

    def _names_of(self, table: Table) -> set[str]:
        """Say what one row of a table is called, and several."""
        whole = words(table.name)
        forms = [whole]
        if len(whole) > 1 and whole[0] == self.prefix:
            forms.append(whole[1:])
        return {
            name
            for form in forms
            if form and not joined(form).isdigit()
            for name in (joined(form), joined((*form[:-1], singular(form[-1]))))
        }

    def _says_enough(self, table: Table, key: str) -> bool:
        """Tell whether a key's name is no other table's, nor anything's at all."""
        own = self.words_of(table, key)
        starts = [joined(own[:end]) for end in range(1, len(own) + 1)]
        return joined(own) not in GENERIC | {""} and not any(
            other.name != table.name
            for start in starts
            for other in self.tables_called.get(start, ())
        )


def single_keys(table: Table) -> list[str]:
    """List the columns that tell a table's rows apart, each of them alone."""
    keys = [
        table.primary_key,
        *(index.columns for index in table.indexes if index.is_unique),
    ]
    prefixed = {index.columns for index in table.indexes if index.has_prefix}
    return [
        key[0]
        for key in dict.fromkeys(keys)
        if len(key) == 1
        and key not in prefixed
        and (column := table.column(key[0]))
        and not column.is_nullable
    ]
