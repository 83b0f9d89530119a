"""What tells the rows of a table apart, and what history's keys can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.compiler.declaration.table import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bygones.compiler.catalog.model import Column, Index, Table

MAX_ROOT_KEY_COLUMNS = 4
# A root's key is written as a JSON array into VARCHAR(700) columns, which are keys
# themselves; each value takes two quotes and a comma.
MAX_ROOT_KEY_CHARACTERS = 690
MAX_INDEX_COLUMNS = 16
MAX_INDEX_BYTES = 3072

PRIMARY = "PRIMARY"

INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint"}
EXACT_NUMBERS = INTEGERS | {"decimal", "year"}
TEXTS = {"char", "varchar"}
LONG_TEXTS = {"tinytext", "text", "mediumtext", "longtext"}
BINARIES = {"binary", "varbinary"}
LONG_BINARIES = {"tinyblob", "blob", "mediumblob", "longblob"}
MOMENTS = {"date", "datetime", "timestamp"}

# Whose order is the same in a variable as in an index, wherever the caller's clock is.
ROOT_KEY_TYPES = EXACT_NUMBERS | TEXTS | BINARIES | {"date", "datetime", "time"}

# What values take in an index, at most; strings say it themselves.
OCTETS = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "year": 1, "date": 3}
MOST_OCTETS = {"decimal": 30}
UNINDEXED = {"json", "geometry", "vector"}


def key_of(table: Table) -> tuple[str, ...]:
    """Return the primary key, or the shortest unique key without NULL; or nothing."""
    unique = unique_key(table)
    return table.primary_key or (unique.columns if unique else ())


def unique_key(table: Table) -> Index | None:
    """Return the shortest unique key without NULL."""
    keys = [
        index
        for index in table.indexes
        if index.is_unique and not index.has_prefix and not _can_be_null(table, index)
    ]
    return min(keys, key=lambda key: (len(key.columns), key.name), default=None)


def pins_a_row(table: Table, columns: Collection[str]) -> bool:
    """Tell whether values for these columns leave one row at most.

    NULL may be there often: it equals nothing.
    """
    return pinning_index(table, columns) is not None


def pinning_index(table: Table, columns: Collection[str]) -> Index | None:
    """Return the unique index, the primary key first, by which that is so."""
    given = {column.lower() for column in columns}
    indexes = [
        index
        for index in table.indexes
        if index.is_unique and given >= {column.lower() for column in index.columns}
    ]
    return min(
        indexes, key=lambda index: (index.name != PRIMARY, index.name), default=None
    )


def leading_column(table: Table, columns: Collection[str]) -> str | None:
    """Return the first column of the index that most of these columns lead to."""
    given = {column.lower() for column in columns}

    def length(index: Index) -> int:
        used = 0
        for column in index.columns:
            if column.lower() not in given:
                break
            used += 1
        return used

    best = max(
        table.indexes, key=lambda index: (length(index), index.name), default=None
    )
    return best.columns[0] if best and length(best) else None


def same_kind(left: Column, right: Column) -> bool:
    """Tell whether the server compares two columns as what they are.

    A number and a text it makes numbers of, and of two collations one must be chosen.
    """
    kinds = (EXACT_NUMBERS, MOMENTS, BINARIES)
    if any(left.data_type in kind and right.data_type in kind for kind in kinds):
        return True
    if left.data_type in TEXTS and right.data_type in TEXTS:
        return left.character_set == right.character_set and (
            left.collation == right.collation
            or any(str(column.collation).endswith("_bin") for column in (left, right))
        )
    return left.type == right.type and left.collation == right.collation


def keeps_apart(left: Column, right: Column) -> bool:
    """Tell whether `=` between two columns keeps apart what a key keeps apart.

    A number equals many texts, another collation can take two keys for one (even
    `_bin`, by the spaces at the end), and two instants are one time of day when clocks
    are put back.
    """
    kinds = (INTEGERS | {"decimal"}, {"date", "datetime"}, TEXTS, BINARIES)
    if any(left.data_type in kind and right.data_type in kind for kind in kinds):
        return left.collation == right.collation
    return (
        left.data_type != "timestamp"
        and left.type == right.type
        and left.collation == right.collation
    )


def fits_a_key(root_key: Iterable[Column], key: Iterable[Column]) -> bool:
    """Tell whether a root's key, a version and a relation's key make a primary key."""
    columns = [*root_key, *key]
    return (
        len(columns) + 1 <= MAX_INDEX_COLUMNS
        and all(_is_indexed_whole(column) for column in columns)
        and sum(map(_octets, columns)) + 2 <= MAX_INDEX_BYTES
    )


def root_key_problem(table: Table) -> str | None:
    """Tell why roots can't be known by the primary key of their table."""
    name = quoted(table.name)
    key = [column for each in table.primary_key if (column := table.column(each))]
    if not key:
        return f"{name} has no primary key, by which a root is known; add one"
    has = f"the primary key of {name}"
    if len(key) > MAX_ROOT_KEY_COLUMNS:
        return f"{has} has {len(key)} columns; expected at most {MAX_ROOT_KEY_COLUMNS}"
    for column in key:
        if column.data_type not in ROOT_KEY_TYPES:
            return (
                f"{has} holds {quoted(column.name)}, {column.type}; expected one of "
                f"{', '.join(sorted(ROOT_KEY_TYPES))}"
            )
    if has_prefix(table):
        return f"{has} holds the first characters of a column only; expected whole ones"
    characters = root_key_characters(key)
    if characters > MAX_ROOT_KEY_CHARACTERS:
        return (
            f"{has} takes up to {characters} characters as text; expected at most "
            f"{MAX_ROOT_KEY_CHARACTERS}"
        )
    return None


def has_prefix(table: Table) -> bool:
    """Tell whether the primary key holds a column's first characters only."""
    return any(index.name == "PRIMARY" and index.has_prefix for index in table.indexes)


def root_key_characters(key: Iterable[Column]) -> int:
    """Count the characters that a root's key takes as text, at most."""
    return sum(_characters(column) + 4 for column in key)


def _can_be_null(table: Table, index: Index) -> bool:
    columns = [table.column(name) for name in index.columns]
    return any(column is None or column.is_nullable for column in columns)


def _is_indexed_whole(column: Column) -> bool:
    return column.data_type not in LONG_TEXTS | LONG_BINARIES | UNINDEXED and not (
        column.data_type.endswith(("point", "string", "polygon", "collection"))
    )


def _octets(column: Column) -> int:
    if column.octets is not None:
        return column.octets + 2
    return OCTETS.get(column.data_type) or MOST_OCTETS.get(column.data_type, 8)


def _characters(column: Column) -> int:
    if column.data_type in BINARIES:
        return 2 * (column.length or 0)
    if column.data_type in TEXTS:
        # JSON doubles a quote and a backslash.
        return 2 * (column.length or 0)
    return 70 if column.data_type == "decimal" else 26
