"""Fold what a table is into 32 digits, as `_check_<archive>_source` does by SQL."""

from __future__ import annotations

import hashlib
import re
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from migrations.catalog.model import Column, Table

# Of the 256 bits of a digest.
FOLDED_BYTES = 16

# Also where zeros are filled up to it: the values are the same.
DISPLAY_WIDTH = re.compile(r"^((?:tiny|small|medium|big)?int|year)\(\d+\)")


def fingerprint(
    table: Table,
    *,
    is_mariadb: bool,
    without: Collection[str] = (),
    leading: Collection[str] = (),
    unique: Collection[str] = (),
) -> str:
    """Fold a table's columns, engine, primary key, and the indexes that joins need.

    `without` are columns that don't count, `leading` columns that lead an index which
    does, `unique` the indexes that must stay unique; all as the server names them.
    """
    digests = (
        hashlib.sha256("|".join(trait).encode()).digest()[:FOLDED_BYTES]
        for trait in _traits(table, without, leading, unique, is_mariadb=is_mariadb)
    )
    folded = reduce(xor, (int.from_bytes(digest) for digest in digests), 0)
    return f"{folded:0{2 * FOLDED_BYTES}X}"


def _traits(
    table: Table,
    without: Collection[str],
    leading: Collection[str],
    unique: Collection[str],
    *,
    is_mariadb: bool,
) -> Iterator[tuple[str, ...]]:
    for column in table.columns:
        if column.name not in without:
            yield (
                "column",
                column.name,
                _type(column, is_mariadb=is_mariadb),
                "YES" if column.is_nullable else "NO",
                "generated" if column.is_generated else "plain",
            )
    if table.engine is not None:
        yield "engine", table.engine
    for number, name in enumerate(table.primary_key, start=1):
        yield "key", str(number), name
    for name in {index.columns[0] for index in table.indexes}.intersection(leading):
        yield "index", name
    for index in table.indexes:
        if index.is_unique and index.name in unique:
            for number, name in enumerate(index.columns, start=1):
                yield "unique", index.name, str(number), name


def _type(column: Column, *, is_mariadb: bool) -> str:
    # MariaDB's JSON is text, and the SQL takes all such text for JSON.
    if is_mariadb and column.type == "longtext" and column.collation == "utf8mb4_bin":
        return "json"
    parts = (
        DISPLAY_WIDTH.sub(r"\1", column.type),
        column.character_set,
        column.collation,
    )
    return " ".join(part for part in parts if part is not None)
