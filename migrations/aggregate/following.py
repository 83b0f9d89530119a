"""Decide what history's column becomes when the source's column has changed.

A copy must take every value that the source can hold now, and history must keep every
value that it holds already. Where one type does both, history's column gets it; where
none does, history keeps the column as it is and gets another one beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from migrations.aggregate.keys import (
    BINARIES,
    INTEGERS,
    LONG_BINARIES,
    LONG_TEXTS,
    TEXTS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migrations.catalog.model import Column

# How the server changes a type: its bookkeeping alone; in place; or by writing the
# whole table anew, in which only chunks wait, for nobody else writes history.
Way = Literal["INSTANT", "INPLACE", "COPY"]

BYTES = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
DIGITS = {1: 3, 2: 5, 3: 8, 4: 10, 8: 20}
MAX_DECIMAL_DIGITS = 65
MAX_SET_VALUES = 64
# Whose characters any Unicode character set holds.
UNICODE = ("utf8mb3", "utf8mb4", "utf16", "utf16le", "utf32", "ucs2")
WHOLE_UNICODE = {"utf8mb4", "utf16", "utf16le", "utf32"}
# The length of a VARCHAR takes one byte up to this many, and two beyond.
ONE_LENGTH_BYTE = 255
GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Followed:
    """What history's column becomes, and how; None says that it stays."""

    column: Column
    way: Way | None


def follow(ours: Column, theirs: Column, *, is_mariadb: bool) -> Followed | None:
    """Let history's column follow the source's; None where one type can't hold both."""
    if stores_the_same(ours, theirs, is_mariadb=is_mariadb):
        return Followed(theirs, None)
    for family in FAMILIES:
        wanted = family(ours, theirs)
        if wanted is not None:
            break
    else:
        return None
    if stores_the_same(ours, wanted, is_mariadb=is_mariadb):
        return Followed(ours, None)
    return Followed(wanted, _way(ours, wanted))


def stores_the_same(ours: Column, theirs: Column, *, is_mariadb: bool) -> bool:
    """Tell whether history's column is just how the source's is stored."""
    if theirs.data_type == "json" and is_mariadb:
        return (ours.data_type, ours.collation) == ("longtext", "utf8mb4_bin")
    return (ours.type, ours.character_set, ours.collation) == (
        theirs.type,
        theirs.character_set,
        theirs.collation,
    )


def _way(ours: Column, wanted: Column) -> Way:
    """Tell how the server makes one type of the other."""
    same_text = (ours.character_set, ours.collation) == (
        wanted.character_set,
        wanted.collation,
    )
    if not same_text or ours.data_type != wanted.data_type:
        return "COPY"
    if ours.data_type in {"enum", "set"}:
        before, after = values(ours), values(wanted)
        is_appended = after[: len(before)] == before
        width = _set_bytes if ours.data_type == "set" else _enum_bytes
        same_width = width(len(before)) == width(len(after))
        return "INSTANT" if is_appended and same_width else "COPY"
    if ours.data_type in {"varchar", "varbinary"}:
        one_byte = [
            (column.octets or 0) <= ONE_LENGTH_BYTE for column in (ours, wanted)
        ]
        return "INPLACE" if one_byte[0] == one_byte[1] else "COPY"
    return "COPY"


def values(column: Column) -> list[str]:
    """List the values of an ENUM or a SET."""
    return [
        value.replace("''", "'")
        for value in re.findall(r"'((?:[^']|'')*)'", column.type)
    ]


def _number(ours: Column, theirs: Column) -> Column | None:
    """Follow numbers: enough digits before and after the point, and a sign."""
    kinds = {*INTEGERS, "decimal"}
    if not {ours.data_type, theirs.data_type} <= kinds:
        return None
    if {ours.data_type, theirs.data_type} <= INTEGERS:
        return _integer(ours, theirs)
    whole = max(_digits(ours)[0], _digits(theirs)[0])
    scale = max(_digits(ours)[1], _digits(theirs)[1])
    if whole + scale > MAX_DECIMAL_DIGITS:
        return None
    if _covers_decimal(ours, whole, scale) and _has_sign(ours, theirs):
        return ours
    sign = "" if _is_signed(ours) or _is_signed(theirs) else " unsigned"
    return replace(
        theirs, type=f"decimal({whole + scale},{scale}){sign}", data_type="decimal"
    )


def _integer(ours: Column, theirs: Column) -> Column | None:
    signed = _is_signed(ours) or _is_signed(theirs)
    needed = max(
        # A number without a sign takes one bit more where there is one.
        BYTES[column.data_type] + (signed and not _is_signed(column)) / 8
        for column in (ours, theirs)
    )
    for name, size in BYTES.items():
        if size >= needed:
            sign = "" if signed else " unsigned"
            if name == ours.data_type and _is_signed(ours) == signed:
                return ours
            return replace(theirs, type=name + sign, data_type=name)
    return None


def _is_signed(column: Column) -> bool:
    return "unsigned" not in column.type


def _has_sign(ours: Column, theirs: Column) -> bool:
    return _is_signed(ours) or not _is_signed(theirs)


def _digits(column: Column) -> tuple[int, int]:
    if column.data_type in INTEGERS:
        return DIGITS[BYTES[column.data_type]], 0
    precision, scale = _lengths(column)
    return precision - scale, scale


def _covers_decimal(column: Column, whole: int, scale: int) -> bool:
    return column.data_type == "decimal" and _digits(column) == (whole, scale)


def _lengths(column: Column) -> tuple[int, int]:
    found = [int(number) for number in re.findall(r"\d+", column.type)]
    return (found[0], found[1]) if len(found) > 1 else (found[0] if found else 10, 0)


def _float(ours: Column, theirs: Column) -> Column | None:
    """Follow FLOAT within DOUBLE; not where a number of digits is declared."""
    types = {ours.type.removesuffix(" unsigned"), theirs.type.removesuffix(" unsigned")}
    if types > {"float", "double"} or not types <= {"float", "double"}:
        return None
    name = "double" if "double" in types else "float"
    sign = "" if _is_signed(ours) or _is_signed(theirs) else " unsigned"
    return replace(theirs, type=name + sign, data_type=name)


def _text(ours: Column, theirs: Column) -> Column | None:
    """Follow text: enough characters, in a character set that has them all."""
    kinds = TEXTS | LONG_TEXTS
    if not {ours.data_type, theirs.data_type} <= kinds:
        return None
    character_set = _wider_character_set(ours, theirs)
    if character_set is None:
        return None
    collated = ours if character_set == ours.character_set else theirs
    if ours.character_set == theirs.character_set:
        collated = theirs
    return _string(ours, theirs, collated, "char", "varchar", "text")


def _binary(ours: Column, theirs: Column) -> Column | None:
    """Follow strings of bytes."""
    kinds = BINARIES | LONG_BINARIES
    if not {ours.data_type, theirs.data_type} <= kinds:
        return None
    return _string(ours, theirs, theirs, "binary", "varbinary", "blob")


def _string(  # noqa: PLR0913, PLR0917 - three names of types
    ours: Column, theirs: Column, collated: Column, fixed: str, short: str, long: str
) -> Column:
    length = max(ours.length or 0, theirs.length or 0)
    theirs = replace(
        theirs,
        character_set=collated.character_set,
        collation=collated.collation,
    )
    if {ours.data_type, theirs.data_type} <= {fixed, short}:
        # Of fixed length only if both are: it forgets blanks, or adds bytes.
        both_fixed = ours.data_type == theirs.data_type == fixed
        kind = fixed if both_fixed and ours.length == theirs.length else short
        width = (collated.octets or 0) // max(1, collated.length or 1)
        return replace(
            theirs,
            type=f"{kind}({length})",
            data_type=kind,
            length=length,
            octets=length * max(1, width),
        )
    sizes = [f"tiny{long}", long, f"medium{long}", f"long{long}"]
    needed = max(ours.octets or 0, theirs.octets or 0)
    capacity = dict(zip(sizes, (2**8, 2**16, 2**24, 2**32), strict=True))
    kind = next(size for size in sizes if needed < capacity[size])
    return replace(
        theirs,
        type=kind,
        data_type=kind,
        length=capacity[kind] - 1,
        octets=capacity[kind] - 1,
    )


def _wider_character_set(ours: Column, theirs: Column) -> str | None:
    """Return the one of two character sets that has all characters of the other."""
    first, second = ours.character_set, theirs.character_set
    if first == second or second in WHOLE_UNICODE:
        return second
    if first in WHOLE_UNICODE:
        return first
    if first == "ascii" or (second in UNICODE and first not in UNICODE):
        return second
    if second == "ascii" or (first in UNICODE and second not in UNICODE):
        return first
    return None


def _choice(ours: Column, theirs: Column) -> Column | None:
    """Follow ENUM and SET: the source's values and numbers, then the old values."""
    if ours.data_type != theirs.data_type or ours.data_type not in {"enum", "set"}:
        return None
    if _wider_character_set(ours, theirs) != theirs.character_set:
        return None
    now = values(theirs)
    gone = [value for value in values(ours) if value not in now]
    if ours.data_type == "set" and len(now) + len(gone) > MAX_SET_VALUES:
        return None
    listed = ",".join("'{}'".format(v.replace("'", "''")) for v in [*now, *gone])
    return replace(theirs, type=f"{theirs.data_type}({listed})")


def _moment(ours: Column, theirs: Column) -> Column | None:
    """Follow times of one kind, with the finer fraction; a date is a time at midnight.

    Not TIMESTAMP and DATETIME: that would go by somebody's time zone.
    """
    kinds = {ours.data_type, theirs.data_type}
    if kinds not in ({"datetime"}, {"timestamp"}, {"time"}, {"date", "datetime"}):
        return None
    fraction = max(_fraction(ours), _fraction(theirs))
    kind = "datetime" if "datetime" in kinds else theirs.data_type
    return replace(
        theirs, type=f"{kind}({fraction})" if fraction else kind, data_type=kind
    )


def _fraction(column: Column) -> int:
    found = re.search(r"\((\d)\)", column.type)
    return int(found[1]) if found else 0


def _bits(ours: Column, theirs: Column) -> Column | None:
    if not ours.data_type == theirs.data_type == "bit":
        return None
    return max(theirs, ours, key=lambda column: _lengths(column)[0])


def _geometry(ours: Column, theirs: Column) -> Column | None:
    return ours if ours.data_type == GEOMETRY and _is_geometry(theirs) else None


def _is_geometry(column: Column) -> bool:
    return column.data_type.endswith(("point", "string", "polygon", "collection"))


def _enum_bytes(count: int) -> int:
    return 1 if count < 2**8 else 2


def _set_bytes(count: int) -> int:
    return next(size for size in (1, 2, 3, 4, 8) if count <= 8 * size)


FAMILIES: Sequence[Callable[[Column, Column], Column | None]] = (
    _number,
    _float,
    _text,
    _binary,
    _choice,
    _moment,
    _bits,
    _geometry,
)
