"""What a schema holds: read by `migrations.catalog.reading`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# What MySQL calls the primary key that it makes itself, where none is declared
# (sql_generate_invisible_primary_key). A session may choose not to see it.
HIDDEN_KEY = "my_row_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """The tables and views of one schema, under their names as the server has them."""

    schema: str
    is_mariadb: bool
    tables: Mapping[str, Table]
    # The server runs under lower_case_table_names.
    ignores_case: bool = False

    def find(self, name: str) -> Table | None:
        """Find a table by its name; by another case of it where the server would."""
        if self.ignores_case:
            for table in self.tables.values():
                if table.name.lower() == name.lower():
                    return table
        return self.tables.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; or a view, which has no engine and no keys."""

    name: str
    engine: str | None
    collation: str | None
    columns: tuple[Column, ...]
    # Of the primary key, in its order; empty where there is none.
    primary_key: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    is_encrypted: bool = False
    # The server's own estimate.
    rows: int = 0

    @property
    def is_view(self) -> bool:
        """Tell whether it is a view."""
        return self.engine is None

    def column(self, name: str) -> Column | None:
        """Find a column; MySQL's names of columns know no case."""
        for column in self.columns:
            if column.name.lower() == name.lower():
                return column
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    `type` is what both families say of it: `int unsigned`, `varchar(40)`,
    `enum('a','b')`, `json`; without the width that MariaDB shows for integers, and
    `json` for the LONGTEXT with a JSON_VALID check that MariaDB makes of it.
    `data_type` is its first word.
    """

    name: str
    type: str
    data_type: str
    character_set: str | None = None
    collation: str | None = None
    # Of text in characters, of binary strings in bytes.
    length: int | None = None
    # Of strings: the most bytes that a value takes.
    octets: int | None = None
    is_nullable: bool
    is_generated: bool = False
    is_invisible: bool = False
    # What a definition in history says nothing of, so that no revision is due for it.
    is_counted: bool = field(default=False, compare=False)  # AUTO_INCREMENT
    is_moved_on: bool = field(default=False, compare=False)  # ON UPDATE
    comment: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index that joins can use: visible, and ordered by its columns."""

    name: str
    columns: tuple[str, ...]
    is_unique: bool
    # Some column is indexed by its first characters only.
    has_prefix: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """Columns that point at a key of a table, which may be in another schema."""

    name: str
    columns: tuple[str, ...]
    to_schema: str
    to_table: str
    to_columns: tuple[str, ...]
