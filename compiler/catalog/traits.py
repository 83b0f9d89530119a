"""Say what a table is known as, trait by trait.

`_find_changes` does so by SQL, of the tables that it finds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bygones.compiler.catalog.model import HIDDEN_KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bygones.compiler.catalog.model import Column, Table

# Also where zeros are filled up to it: the values are the same.
DISPLAY_WIDTH = re.compile(r"^((?:tiny|small|medium|big)?int|year)\(\d+\)")

# What `more` says of a column that is neither copied nor read.
LEFT_OUT = "left out"


class Trait(NamedTuple):
    """One thing that a table is known by: a row of what its procedures know.

    `kind` is column, engine, index, key (by its place), or unique with the place in it.
    `type` is a column's type, or else what there is; `more` its collation, and whether
    it is generated or may be NULL.
    """

    table: str
    kind: str
    name: str
    type: str | None = None
    more: str | None = None


def traits_of(
    table: Table,
    *,
    is_mariadb: bool,
    without: Collection[str] = (),
    leading: Collection[str] = (),
    unique: Collection[str] = (),
) -> Iterator[Trait]:
    """List what matters to a copy: columns, engine, primary key, indexes of joins.

    `without` are columns that don't count, `leading` columns that lead an index which
    does, `unique` the indexes that must stay unique; all as the server names them.
    """
    yield Trait(table.name, "engine", "", table.engine or "VIEW")
    for column in table.columns:
        if column.name in without:
            yield Trait(table.name, "column", column.name, None, LEFT_OUT)
        elif not (column.name == HIDDEN_KEY and column.is_invisible):
            yield _column(table, column, is_mariadb=is_mariadb)
    for place, name in enumerate(table.primary_key, start=1):
        if name != HIDDEN_KEY:
            yield Trait(table.name, "key", str(place), name)
    for name in sorted({index.columns[0] for index in table.indexes} & set(leading)):
        yield Trait(table.name, "index", name)
    for index in table.indexes:
        if index.is_unique and index.name in unique:
            # Behind the last column there is none.
            for place, covered in enumerate((*index.columns, None), start=1):
                yield Trait(table.name, f"unique {place}", index.name, covered)


def _column(table: Table, column: Column, *, is_mariadb: bool) -> Trait:
    type_, collation = DISPLAY_WIDTH.sub(r"\1", column.type), column.collation
    # MariaDB's JSON is text, and the SQL takes all such text for JSON.
    if is_mariadb and type_ == "longtext" and collation == "utf8mb4_bin":
        type_, collation = "json", None
    is_list = column.data_type in ("enum", "set")
    kept = column.data_type if is_list else type_
    more = (
        # Servers of earlier years call utf8mb3 by its first name.
        collation and re.sub("^utf8_", "utf8mb3_", collation),
        "GENERATED" if column.is_generated else None,
        "NULL" if column.is_nullable else "NOT NULL",
    )
    return Trait(
        table.name,
        "column",
        column.name,
        kept.upper() + type_.removeprefix(kept),
        " ".join(part for part in more if part),
    )
