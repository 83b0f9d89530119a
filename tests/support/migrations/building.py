"""Build the catalog of a schema by hand, where no server has to be asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bygones.compiler.catalog.model import Catalog, Column, ForeignKey, Index, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA = "shop"


def column(definition: str) -> Column:
    """Build a column of `code varchar(20) COLLATE utf8mb4_bin NULL`, for example."""
    rest, _, null = definition.partition(" NULL")
    rest, _, collation = rest.removesuffix(null).partition(" COLLATE ")
    name, _, type_ = rest.partition(" ")
    length = re.search(r"(?:char|binary)\((\d+)\)", type_)
    return Column(
        name=name,
        type=type_,
        data_type=re.split(r"\W", type_)[0],
        character_set=collation.partition("_")[0] or None,
        collation=collation or None,
        length=int(length[1]) if length else None,
        octets=4 * int(length[1]) if length else None,
        is_nullable=" NULL" in definition,
    )


def table(
    name: str,
    *columns: str,
    key: str = "id",
    unique: str = "",
    indexes: str = "",
    points: Iterable[str] = (),
) -> Table:
    """Build a table.

    Keys and indexes are columns with a comma between them, and several of them with a
    blank; a foreign key is `columns to table.columns`, and an index as well.
    """
    foreign_keys = [
        _foreign_key(name, number, each) for number, each in enumerate(points)
    ]
    listed = [
        *((each, True) for each in (*key.split(), *unique.split())),
        *((each, False) for each in indexes.split()),
        *((",".join(each.columns), False) for each in foreign_keys),
    ]
    return Table(
        name=name,
        engine="InnoDB",
        collation=None,
        columns=tuple(map(column, columns)),
        primary_key=tuple(key.split(",")) if key else (),
        indexes=tuple(
            Index(
                name="PRIMARY" if key and number == 0 else f"{number}_{each}",
                columns=tuple(each.split(",")),
                is_unique=is_unique,
            )
            for number, (each, is_unique) in enumerate(listed)
        ),
        foreign_keys=tuple(foreign_keys),
    )


def _foreign_key(table: str, number: int, text: str) -> ForeignKey:
    columns, _, target = text.partition(" to ")
    *schema, to_table, to_columns = target.split(".")
    return ForeignKey(
        name=f"{table}_ibfk_{number}",
        columns=tuple(columns.split(",")),
        to_schema=schema[0] if schema else SCHEMA,
        to_table=to_table,
        to_columns=tuple(to_columns.split(",")),
    )


def catalog(*tables: Table) -> Catalog:
    return Catalog(
        schema=SCHEMA,
        is_mariadb=False,
        tables={each.name: each for each in tables},
    )
