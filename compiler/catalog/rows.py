"""Make tables' columns, indexes and foreign keys of rows of information_schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bygones.compiler.catalog.model import Column, ForeignKey, Index
from bygones.compiler.names import quote

if TYPE_CHECKING:
    from collections.abc import Sequence

# The columns of a view, by their names; numbers too are text.
Row = dict[str, Any]

# How wide a client may show it says nothing about the values; except where the server
# itself fills it up with zeros, and for MariaDB's years of two digits.
DISPLAY_WIDTH = re.compile(
    r"^(tinyint|smallint|mediumint|int|bigint)\(\d+\)(?!.*zerofill)|^(year)\(4\)"
)

# As MySQL writes it, and as MariaDB keeps it the way that it was written.
ENCRYPTED = re.compile(r"\bENCRYPT(?:ION|ED)`?='?Y(?:ES)?\b", re.IGNORECASE)

# What MySQL says of JSON, which MariaDB makes a text of.
AS_JSON: Row = {
    "column_type": "json",
    "data_type": "json",
    "character_set_name": None,
    "collation_name": None,
    "character_maximum_length": None,
    "character_octet_length": None,
}


def column(row: Row) -> Column:
    """Make a column."""
    return Column(
        name=row["column_name"],
        type=DISPLAY_WIDTH.sub(r"\1\2", row["column_type"]),
        data_type=row["data_type"],
        character_set=row["character_set_name"],
        collation=row["collation_name"],
        length=_number(row["character_maximum_length"]),
        octets=_number(row["character_octet_length"]),
        is_nullable=row["is_nullable"] == "YES",
        is_generated=bool(_number(row["LENGTH(generation_expression)"])),
        is_invisible="INVISIBLE" in row["extra"],
        is_counted="auto_increment" in row["extra"].lower(),
        is_moved_on="on update" in row["extra"].lower(),
        comment=row["column_comment"] or "",
    )


def is_json(row: Row, checks: set[str]) -> bool:
    """Tell whether MariaDB made this text of JSON; `checks` are its table's."""
    if row["data_type"] != "longtext" or row["collation_name"] != "utf8mb4_bin":
        return False
    # In double quotes where it is asked under ANSI_QUOTES.
    name = row["column_name"]
    doubled = name.replace('"', '""')
    return not checks.isdisjoint(
        (f"json_valid({quote(name)})", f'json_valid("{doubled}")')
    )


def is_encrypted(row: Row) -> bool:
    """Tell whether a table is declared so; what the server encrypts anyway, is not."""
    return ENCRYPTED.search(row["create_options"] or "") is not None


def joins_use(parts: Sequence[Row]) -> bool:
    """Tell whether the optimizer may look up rows by the columns of an index."""
    return all(
        part["index_type"] == "BTREE"
        and part.get("is_visible") != "NO"
        and part.get("ignored") != "YES"
        # An expression has no name.
        and part["column_name"] is not None
        for part in parts
    )


def index(name: str, parts: Sequence[Row]) -> Index:
    """Make an index of the rows of its columns."""
    return Index(
        name=name,
        columns=tuple(part["column_name"] for part in parts),
        is_unique=parts[0]["non_unique"] == "0",
        has_prefix=any(part["sub_part"] is not None for part in parts),
    )


def foreign_key(name: str, parts: Sequence[Row]) -> ForeignKey:
    """Make a foreign key of the rows of its columns."""
    return ForeignKey(
        name=name,
        columns=tuple(part["column_name"] for part in parts),
        to_schema=parts[0]["referenced_table_schema"],
        to_table=parts[0]["referenced_table_name"],
        to_columns=tuple(part["referenced_column_name"] for part in parts),
    )


def _number(value: str | None) -> int | None:
    return None if value is None else int(value)
