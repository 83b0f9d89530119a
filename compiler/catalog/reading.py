"""Read all tables of a schema, by a few questions to the server for the whole of it.

SELECT on the source is enough: that right shows everything that is queried here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pymysql.cursors import Cursor

from bygones.compiler.catalog.model import Catalog, Column, ForeignKey, Index, Table
from bygones.compiler.catalog.rows import (
    AS_JSON,
    Row,
    column,
    foreign_key,
    index,
    is_encrypted,
    is_json,
    joins_use,
)
from bygones.runner.doctor import family_of, refuse_old

if TYPE_CHECKING:
    import pymysql

# Not MariaDB's sequences, nor a session's temporary tables.
KINDS = ("BASE TABLE", "SYSTEM VERSIONED", "VIEW")

# MySQL tells how many rows there were up to a day ago, unless told not to; and from
# 8.0.30 on it may hide the primary keys that it made itself.
AS_IT_IS = (
    "SET SESSION information_schema_stats_expiry = 0"
    " /*!80030 , show_gipk_in_create_table_and_information_schema = ON */"
)

# Of lower_case_table_names; 2 takes any case of a name too, but keeps the first.
KEPT_IN_LOWER_CASE = 1


def read_catalog(connection: pymysql.Connection[Cursor], schema: str) -> Catalog:
    """Read what a schema holds; one that isn't there holds nothing."""
    with connection.cursor(Cursor) as cursor:
        cursor.execute("SELECT VERSION(), @@lower_case_table_names")
        version, lower_case = cursor.fetchone() or ("", 0)
        # An older one has not even all the columns that are asked for.
        refuse_old(version)
        is_mariadb = family_of(version) == "MariaDB"
        if not is_mariadb:
            cursor.execute(AS_IT_IS)
        if lower_case == KEPT_IN_LOWER_CASE:
            schema = schema.lower()
        source = _Source(cursor=cursor, schema=schema, is_mariadb=is_mariadb)
        tables = source.tables()
    return Catalog(
        schema=schema,
        is_mariadb=is_mariadb,
        tables={name: tables[name] for name in sorted(tables)},
        ignores_case=bool(lower_case),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A schema to ask about; what is of its tables is found by their names."""

    cursor: Cursor
    schema: str
    is_mariadb: bool

    def tables(self) -> dict[str, Table]:
        rows = self._read(
            "tables.table_schema",
            "table_name table_type engine table_collation create_options table_rows",
        )
        columns = self._columns()
        keys = self._keys()
        foreign_keys = self._foreign_keys()
        return {
            row["table_name"]: Table(
                name=row["table_name"],
                engine=row["engine"],
                collation=row["table_collation"],
                columns=tuple(columns[row["table_name"]]),
                primary_key=_primary_key(keys[row["table_name"]]),
                indexes=_indexes(keys[row["table_name"]]),
                foreign_keys=tuple(foreign_keys[row["table_name"]]),
                is_encrypted=is_encrypted(row),
                rows=int(row["table_rows"] or 0),
            )
            for row in rows
            if row["table_type"] in KINDS
        }

    def _columns(self) -> dict[str, list[Column]]:
        rows = self._read(
            "columns.table_schema",
            "table_name column_name column_type data_type character_set_name"
            " collation_name character_maximum_length character_octet_length"
            " is_nullable extra column_comment LENGTH(generation_expression)",
            order="ordinal_position",
        )
        checks = self._checks() if self.is_mariadb else {}
        columns: dict[str, list[Column]] = defaultdict(list)
        for row in rows:
            if is_json(row, checks.get(row["table_name"], set())):
                row.update(AS_JSON)
            columns[row["table_name"]].append(column(row))
        return columns

    def _checks(self) -> dict[str, set[str]]:
        rows = self._read(
            "check_constraints.constraint_schema", "table_name check_clause"
        )
        checks: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            checks[row["table_name"]].add(row["check_clause"])
        return checks

    def _keys(self) -> dict[str, dict[str, list[Row]]]:
        """Read each table's indexes, of all kinds, by their names."""
        usable = "ignored" if self.is_mariadb else "is_visible"
        rows = self._read(
            "statistics.table_schema",
            "table_name index_name column_name sub_part non_unique index_type "
            + usable,
            order="seq_in_index",
        )
        keys: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            keys[row["table_name"]][row["index_name"]].append(row)
        return keys

    def _foreign_keys(self) -> dict[str, list[ForeignKey]]:
        # MariaDB shows no referential_constraints to an account that may only read.
        rows = self._read(
            "key_column_usage.table_schema",
            "table_name constraint_name column_name referenced_table_schema"
            " referenced_table_name referenced_column_name",
            order="ordinal_position",
        )
        parts: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in rows:
            if row["referenced_table_name"] is not None:
                parts[row["table_name"], row["constraint_name"]].append(row)
        foreign_keys: dict[str, list[ForeignKey]] = defaultdict(list)
        for table, name in sorted(parts):
            foreign_keys[table].append(foreign_key(name, parts[table, name]))
        return foreign_keys

    def _read(self, place: str, names: str, *, order: str | None = None) -> list[Row]:
        """Read a view of information_schema; `place` is its column of schemas.

        As bytes, both ways: the session's character set may lack a name's letters.
        """
        view, schema_column = place.split(".")
        selected = ", ".join(f"CAST({name} AS BINARY)" for name in names.split())
        ordered = f" ORDER BY {order}" if order else ""
        self.cursor.execute(
            f"SELECT {selected} FROM information_schema.{view}"  # noqa: S608 - ours
            f" WHERE {schema_column} = _utf8mb4 X'{self.schema.encode().hex()}'"
            f"{ordered}"
        )
        return [
            dict(zip(names.split(), map(_text, values), strict=True))
            for values in self.cursor.fetchall()
        ]


def _text(value: bytes | None) -> str | None:
    # A name is UTF-8; the text of a CHECK need not be.
    return None if value is None else value.decode(errors="replace")


def _primary_key(keys: dict[str, list[Row]]) -> tuple[str, ...]:
    # Of a table in memory it is no index that joins use, and a key all the same.
    return tuple(part["column_name"] for part in keys.get("PRIMARY", ()))


def _indexes(keys: dict[str, list[Row]]) -> tuple[Index, ...]:
    return tuple(
        index(name, keys[name])
        for name in sorted(keys, key=lambda name: (name != "PRIMARY", name))
        if joins_use(keys[name])
    )
