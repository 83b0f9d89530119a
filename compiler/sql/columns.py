"""Write columns: their types, how two are compared, and keys as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.compiler.aggregate.following import spelled
from bygones.compiler.aggregate.keys import (
    BINARIES,
    INTEGERS,
    LONG_BINARIES,
    LONG_TEXTS,
    TEXTS,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bygones.compiler.aggregate.model import Kept
    from bygones.compiler.catalog.model import Column

NUMBERED = {"enum", "set"}
FLOATS = {"float", "double"}
ZEROFILL = "zerofill"
MOMENTS = {"datetime", "time"}
GEOMETRIES = {
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "geomcollection",
}

# What may be longer than max_allowed_packet as text, which an INSERT refuses to make:
# a byte becomes six at most. That is 10 MB, unless somebody set it.
TOO_LONG = "JSON_STORAGE_SIZE({0}) > @@max_allowed_packet DIV 6"

# As what values of some kinds are compared.
COMPARED = (
    # By number: as text, '' is also what stands for a value that was refused.
    (NUMBERED, "CAST({} AS UNSIGNED)"),
    # By the instant: the hour that clocks repeat is twice the same as text.
    ({"timestamp"}, "UNIX_TIMESTAMP({})"),
    (GEOMETRIES, "SHA2({}, 256)"),
)

# How a value becomes text, by its kind; of the rest, CAST AS CHAR is.
DIGESTS = (
    # Of any length, where HEX would end at max_allowed_packet.
    (
        TEXTS | LONG_TEXTS | BINARIES | LONG_BINARIES | GEOMETRIES | {"vector"},
        "SHA2({}, 256)",
    ),
    ({"json"}, "SHA2(/*!80000 IF(" + TOO_LONG + ", '', */ {0} /*!80000 ) */, 256)"),
    (NUMBERED | {"bit"}, "CAST({} AS UNSIGNED)"),
    ({"timestamp"}, "UNIX_TIMESTAMP({})"),
    # As text, a FLOAT has six digits; of a DOUBLE, the same number. Times one: plus
    # nothing makes 0 of -0.
    (FLOATS, "CAST({} * 1e0 AS CHAR)"),
)

# MariaDB's JSON is text with a CHECK, and history checks nothing.
JSON_TYPE = """\
-- MariaDB's JSON is text with a CHECK, and history checks nothing.
/*!80000 JSON */
/*M!100000 LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */"""


def type_of(column: Column) -> str:
    """Write a column's type, with its character set; for a table or a variable."""
    if column.data_type == "json":
        return JSON_TYPE
    written = column.data_type.upper() + _rest_of(column)
    if column.character_set and column.collation:
        written += f" CHARACTER SET {column.character_set} COLLATE {column.collation}"
    return written


def equality(kept: Kept, ours: str, theirs: str) -> str:
    """Write the predicate that two values are equal byte for byte, or both NULL."""
    kind = kept.column.data_type
    if kept.stored.data_type in TEXTS | LONG_TEXTS:
        theirs = _in_our_characters(kept, theirs)
        binary = f"{kept.stored.character_set}_bin"
        # With the length, for such a collation is blind to blanks at the end. Not CAST
        # AS BINARY: MariaDB makes NULL of what is longer than max_allowed_packet.
        return (
            f"{ours} COLLATE {binary} <=> {theirs}"
            f"\nAND LENGTH({ours}) <=> LENGTH({theirs})"
        )
    if kind == "json":
        # As text too, for 1 and 1.0 are equal as JSON; and as binary, for text is blind
        # to case and accents: one side makes both so. MariaDB's JSON is text, and what
        # it takes for a comment is none to MySQL.
        return (
            f"{ours} <=> {theirs}"
            f"\nAND (/*!80000 {TOO_LONG.format(ours)}"
            f"\n    OR CAST({ours} AS CHAR)"
            f" <=> CAST(CAST({theirs} AS CHAR) AS BINARY)"
            f"\n    OR 0 AND */ LENGTH({ours}) <=> LENGTH({theirs}))"
        )
    if kind in FLOATS:
        # And the sign, which tells -0 from 0.
        return f"{ours} <=> {theirs}\nAND ({ours} LIKE '-%') <=> ({theirs} LIKE '-%')"
    form = next((form for kinds, form in COMPARED if kind in kinds), "{}")
    return f"{form.format(ours)} <=> {form.format(theirs)}"


def key_equality(kept: Kept, ours: str, theirs: str) -> str:
    """Write the predicate that two values of a key, never NULL, are the same key."""
    same = f"{ours} = {theirs}"
    if kept.column.data_type == "timestamp":
        return f"{same} AND {equality(kept, ours, theirs)}"
    return same


def is_exact_as_key(column: Column) -> bool:
    """Tell whether two equal values of a key are equal byte for byte."""
    return column.data_type not in TEXTS | LONG_TEXTS | FLOATS


def is_noted_once(column: Column) -> bool:
    """Tell whether equal values of a key are one text, whatever becomes of its type."""
    return column.data_type in INTEGERS | BINARIES | {"date", "year"}


def as_in_source(kept: Kept, value: str) -> str:
    """Write a value of history so that its text is that of the source's value."""
    kind = kept.column.data_type
    if kept.stored.type == kept.column.type or kind not in {"decimal", *MOMENTS}:
        return value
    rest = _rest_of(kept.column).split(" UNSIGNED")[0]
    return f"CAST({value} AS {kind.upper()}{rest})"


def digested_source(kept: Kept, value: str) -> str:
    """Write a value of the source as `digested` writes history's copy of it."""
    stored = kept.stored
    rest = _rest_of(stored).split(" UNSIGNED")[0]
    if stored.type == kept.column.type:
        pass
    elif stored.data_type in {"decimal", *MOMENTS}:
        value = f"CAST({value} AS {stored.data_type.upper()}{rest})"
    elif stored.data_type == "timestamp" and rest:
        value = digested(stored, value)
        return f"CAST({value} AS DECIMAL (20, {rest.strip('() ')}))"
    elif ZEROFILL in kept.column.type:
        value += " + 0"
    return digested(stored, _in_our_characters(kept, value))


def digested(column: Column, value: str) -> str:
    """Write a value as text that no other value of the column has; NULL as NULL."""
    if ZEROFILL in column.type:
        # By number, for the source may be filled up to another width, or to none.
        value += " + 0"
    for kinds, text in DIGESTS:
        if column.data_type in kinds:
            return text.format(value)
    return f"CAST({value} AS CHAR)"


def encoded(columns: Sequence[Column], values: Sequence[str]) -> str:
    """Write a root's key as one JSON array of strings."""
    texts = (
        _as_text(column, value) for column, value in zip(columns, values, strict=True)
    )
    return f"CAST(JSON_ARRAY({', '.join(texts)}) AS CHAR)"


def decoded(column: Column, place: int, key: str) -> str:
    """Write the value at a place of an encoded key, with the column's own type."""
    text = f"JSON_UNQUOTE(JSON_EXTRACT({key}, '$[{place}]'))"
    kind = column.data_type
    if kind in TEXTS:
        # In the column's own character set and collation, or its index is no use.
        return (
            f"CONVERT({text} USING {column.character_set}) COLLATE {column.collation}"
        )
    if kind in BINARIES:
        return f"UNHEX({text})"
    if kind in INTEGERS:
        return f"CAST({text} AS {sign(column)})"
    if kind == "year":
        return f"CAST({text} AS UNSIGNED)"
    return f"CAST({text} AS {kind.upper()}{_rest_of(column).split(' UNSIGNED')[0]})"


def _as_text(column: Column, value: str) -> str:
    if column.data_type in BINARIES:
        return f"HEX({value})"
    if "zerofill" in column.type:
        # A UNION doesn't fill its numbers up, and a root has one key.
        value += " + 0"
    return f"CAST({value} AS CHAR)"


def in_letters_of_source(kept: Kept, value: str) -> str:
    """Convert what history keeps in a wider character set, or the index is no use."""
    column = kept.column
    is_text = column.data_type in TEXTS | LONG_TEXTS
    if not is_text or kept.stored.character_set == column.character_set:
        return value
    return f"CONVERT({value} USING {column.character_set}) COLLATE {column.collation}"


def _in_our_characters(kept: Kept, value: str) -> str:
    """Convert what history keeps as text: in a wider character set, or an ENUM."""
    ours, column = kept.stored.character_set, kept.column
    is_text = kept.stored.data_type in TEXTS | LONG_TEXTS
    is_alike = ours == column.character_set and column.data_type not in NUMBERED
    if not is_text or is_alike:
        return value
    return f"CONVERT({value} USING {ours})"


def sign(column: Column) -> str:
    """Write as what an integer is cast."""
    return "UNSIGNED" if "unsigned" in column.type else "SIGNED"


def _rest_of(column: Column) -> str:
    """Write what follows a type's name: its length, its values, its sign."""
    if column.data_type in NUMBERED:
        return f" ({', '.join(spelled(column))})"
    rest = column.type.removeprefix(column.data_type).upper()
    return rest.replace(",", ", ")
