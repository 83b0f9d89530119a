"""Decide what history's column becomes when the source's column has changed.

A copy must take every value that the source can hold now, and history must keep every
value that it holds already. Where one type does both, history's column gets it; where
none does, history keeps the column as it is and gets another one beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from bygones.compiler.aggregate.keys import (
    BINARIES,
    INTEGERS,
    LONG_BINARIES,
    LONG_TEXTS,
    TEXTS,
)
from bygones.compiler.declaration.names import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bygones.compiler.catalog.model import Column

# How the server changes a type: its bookkeeping alone; in place; or by writing the
# whole table anew, in which only chunks wait, for nobody else writes history.
Way = Literal["INSTANT", "INPLACE", "COPY"]

BYTES = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
DIGITS = {1: 3, 2: 5, 3: 8, 4: 10, 8: 20}
MAX_DECIMAL_DIGITS = 65
MAX_SET_VALUES = 64
WHOLE_UNICODE = {"utf8mb4", "utf16", "utf16le", "utf32"}
UNICODE = {*WHOLE_UNICODE, "utf8mb3", "ucs2"}
# They have characters beyond the 65,536 of utf8mb3.
BEYOND_UTF8MB3 = {*UNICODE, "gb18030"}
# Some of their values come back changed from any other, and no error tells: bytes that
# stand for nothing, halves of a pair.
UNSTABLE = {"armscii8", "tis620", "ucs2"}
# It has umlauts in the place of brackets.
NOT_ASCII = "swe7"
MOST_BYTES_OF_A_CHARACTER = 4
# The length of a VARCHAR takes one byte up to this many, and two beyond.
ONE_LENGTH_BYTE = 255
# From up to this many bytes, MariaDB goes beyond those in place.
MARIADB_SHORT = 127
# A little less than the 65,535 that a row can have.
MAX_VARCHAR_BYTES = 65_000
GEOMETRY = "geometry"
# How the server writes characters of an ENUM's values.
ESCAPED = re.compile(r"['\\](.)")
ESCAPES = {"n": "\n", "r": "\r", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Followed:
    """What history's column becomes, and how; None says that it stays."""

    column: Column
    way: Way | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What history's column is for, besides keeping values."""

    # Part of the primary key.
    is_key: bool = False
    # Compared with columns of the source, for which collations must agree.
    is_compared: bool = False


def follow(
    ours: Column, theirs: Column, *, is_mariadb: bool, use: Use | None = None
) -> Followed | None:
    """Let history's column follow the source's; None where one type can't hold both."""
    use = use or Use()
    if stores_the_same(ours, theirs, is_mariadb=is_mariadb):
        return Followed(theirs, None)
    wanted = _choice(ours, theirs, use) or _labels(ours, theirs, use)
    for family in FAMILIES:
        wanted = wanted or family(ours, theirs)
    if wanted is None:
        return None
    if stores_the_same(ours, wanted, is_mariadb=is_mariadb):
        return Followed(ours, None)
    return Followed(wanted, way_between(ours, wanted, is_mariadb=is_mariadb, use=use))


def stores_the_same(ours: Column, theirs: Column, *, is_mariadb: bool) -> bool:
    """Tell whether history's column is just how the source's is stored."""
    if theirs.data_type == "json" and is_mariadb:
        return (ours.data_type, ours.collation) == ("longtext", "utf8mb4_bin")
    return (ours.type, ours.character_set, ours.collation) == (
        theirs.type,
        theirs.character_set,
        theirs.collation,
    )


def way_between(ours: Column, wanted: Column, *, is_mariadb: bool, use: Use) -> Way:
    """Tell how the server makes one type of the other."""
    kind = wanted.data_type
    if kind != ours.data_type:
        return "INSTANT" if kind == GEOMETRY and is_mariadb else "COPY"
    # Where MariaDB says INPLACE, it may mean a rebuild.
    in_place: Way = "INSTANT" if is_mariadb else "INPLACE"
    same_text = ours.collation == wanted.collation
    if kind in {"enum", "set"}:
        is_free = not (is_mariadb or use.is_key) and _has_same_letters(ours, wanted)
        is_instant = _is_appended(ours, wanted) and (same_text or is_free)
        return "INSTANT" if is_instant else "COPY"
    if kind not in TEXTS | LONG_TEXTS | BINARIES:
        return "COPY"
    if not same_text and (use.is_key or not _has_same_bytes(ours, wanted)):
        return "COPY"
    if kind == "varbinary" and is_mariadb and use.is_key:
        # In place, and by a rebuild all the same.
        return "COPY"
    if kind in {"varchar", "varbinary"}:
        before, after = ours.octets or 0, wanted.octets or 0
        is_same = (before <= ONE_LENGTH_BYTE) == (after <= ONE_LENGTH_BYTE) or (
            is_mariadb and same_text and before <= MARIADB_SHORT
        )
    else:
        is_same = ours.type == wanted.type
    return in_place if is_same else "COPY"


def _has_same_bytes(ours: Column, wanted: Column) -> bool:
    """Tell whether text is stored alike, whatever it is sorted by."""
    sets = (ours.character_set, wanted.character_set)
    return sets[0] == sets[1] or sets == ("utf8mb3", "utf8mb4")


def _has_same_letters(ours: Column, wanted: Column) -> bool:
    """Tell whether the values of an ENUM or a SET are the same bytes in both."""
    return ours.character_set == wanted.character_set or wanted.type.isascii()


def _is_appended(ours: Column, wanted: Column) -> bool:
    """Tell whether an ENUM or a SET has got values at the end at most."""
    before, after = spelled(ours), spelled(wanted)
    width = _set_bytes if ours.data_type == "set" else _enum_bytes
    return after[: len(before)] == before and width(len(before)) == width(len(after))


def values(column: Column) -> list[str]:
    """List the values of an ENUM or a SET."""
    return [
        ESCAPED.sub(lambda found: ESCAPES.get(found[1], found[1]), text[1:-1])
        for text in spelled(column)
    ]


def spelled(column: Column) -> list[str]:
    """List the values of an ENUM or a SET, each as SQL writes it."""
    return re.findall(r"'(?:[^'\\]|\\.|'')*'", column.type)


def _number(ours: Column, theirs: Column) -> Column | None:
    """Follow numbers: enough digits before and after the point, and a sign."""
    kinds = {*INTEGERS, "decimal"}
    if not {ours.data_type, theirs.data_type} <= kinds:
        return None
    if {ours.data_type, theirs.data_type} <= INTEGERS:
        integer = _integer(ours, theirs)
        if integer:
            return integer
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
    """Follow integers; none holds both BIGINT and BIGINT UNSIGNED."""
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
    collated = _collated(ours, theirs)
    if collated is None:
        return None
    both = (_in_characters_of(collated, ours), _in_characters_of(collated, theirs))
    if {ours.data_type, theirs.data_type} == {"char"}:
        # It forgets blanks at the end, of which neither has any.
        return max(both[::-1], key=lambda column: column.length or 0)
    return _string(*both, "varchar", "text")


def _binary(ours: Column, theirs: Column) -> Column | None:
    """Follow strings of bytes; none of fixed length, which would add some."""
    kinds = BINARIES | LONG_BINARIES
    if not {ours.data_type, theirs.data_type} <= kinds:
        return None
    return _string(ours, theirs, "varbinary", "blob")


def _string(ours: Column, theirs: Column, short: str, long: str) -> Column:
    """Return the string as long as the longer of two."""
    length = max(ours.length or 0, theirs.length or 0)
    octets = max(ours.octets or 0, theirs.octets or 0)
    is_short = {ours.data_type, theirs.data_type} <= TEXTS | BINARIES
    if is_short and octets <= MAX_VARCHAR_BYTES:
        return replace(
            theirs,
            type=f"{short}({length})",
            data_type=short,
            length=length,
            octets=octets,
        )
    sizes = [f"tiny{long}", long, f"medium{long}", f"long{long}"]
    capacity = dict(zip(sizes, (2**8, 2**16, 2**24, 2**32), strict=True))
    kind = next((size for size in sizes if octets < capacity[size]), sizes[-1])
    most = capacity[kind] - 1
    return replace(theirs, type=kind, data_type=kind, length=most, octets=most)


def _collated(ours: Column, theirs: Column) -> Column | None:
    """Return the one of two texts whose character set has all that the other's has."""
    sets = {ours.character_set, theirs.character_set}
    if len(sets) == 1:
        return theirs
    if sets & UNSTABLE:
        return None
    for wide, narrow in ((ours, theirs), (theirs, ours)):
        if _has_all_of(str(wide.character_set), str(narrow.character_set)):
            return wide
    return None


def _has_all_of(wide: str, narrow: str) -> bool:
    """Tell whether a character set has every character of another one."""
    return (
        wide in WHOLE_UNICODE
        or (wide == "utf8mb3" and narrow not in BEYOND_UTF8MB3)
        or (narrow == "ascii" and wide != NOT_ASCII)
    )


def _in_characters_of(collated: Column, column: Column) -> Column:
    """Write a text in the character set of another, where it may take more bytes."""
    octets = column.octets or 0
    if collated.character_set != column.character_set:
        is_long = column.data_type in LONG_TEXTS
        characters = octets if is_long else column.length or 0
        octets = characters * _most_bytes(collated)
    return replace(
        column,
        character_set=collated.character_set,
        collation=collated.collation,
        octets=octets,
    )


def _most_bytes(column: Column) -> int:
    """Tell how many bytes a character can take."""
    if column.data_type in LONG_TEXTS or not column.length:
        return MOST_BYTES_OF_A_CHARACTER
    return (column.octets or 0) // column.length


def _choice(ours: Column, theirs: Column, use: Use) -> Column | None:
    """Follow ENUM and SET: the source's values and numbers, then the old values."""
    if ours.data_type != theirs.data_type or ours.data_type not in {"enum", "set"}:
        return None
    collated = _collated(ours, theirs)
    now = spelled(theirs)
    listed = [*now, *(value for value in spelled(ours) if value not in now)]
    if collated is None or (theirs.data_type == "set" and len(listed) > MAX_SET_VALUES):
        return None
    if not use.is_compared and theirs.type.isascii() and ours.type.isascii():
        # Its collation matters to nobody then, nor does its character set.
        collated = ours
    wanted = replace(
        theirs,
        type=f"{theirs.data_type}({','.join(listed)})",
        character_set=collated.character_set,
        collation=collated.collation,
    )
    if wanted.collation == ours.collation and listed == spelled(ours):
        return ours
    # Under one collation a list has no two values that it takes for the same.
    is_one_list = (
        wanted.collation == ours.collation == theirs.collation and listed == now
    )
    if not is_one_list and len({folded(value) for value in listed}) < len(listed):
        return None
    return wanted


def _labels(ours: Column, theirs: Column, use: Use) -> Column | None:
    """Follow ENUM and SET within text, which holds each of their values as it's read.

    Not where it's compared with the source's, which knows them by number as well.
    """
    is_text = ours.data_type in TEXTS | LONG_TEXTS
    if not is_text or theirs.data_type not in {"enum", "set"} or use.is_compared:
        return None
    lengths = [len(value) for value in values(theirs)]
    is_set = theirs.data_type == "set"
    length = sum(lengths) + len(lengths) - 1 if is_set else max(lengths)
    octets = length * MOST_BYTES_OF_A_CHARACTER
    is_long = ours.data_type in LONG_TEXTS
    if _spells(ours, theirs) and (
        (ours.octets or 0) >= octets if is_long else (ours.length or 0) >= length
    ):
        return ours
    kind = "varchar"
    as_text = replace(
        theirs,
        type=f"{kind}({length})",
        data_type=kind,
        length=length,
        octets=octets,
    )
    return _text(ours, as_text)


def _spells(ours: Column, theirs: Column) -> bool:
    """Tell whether a text's character set has all that is in an ENUM's or a SET's."""
    sets = (str(ours.character_set), str(theirs.character_set))
    if sets[0] == sets[1]:
        return True
    if theirs.type.isascii():
        return sets[0] != NOT_ASCII
    return not {*sets} & UNSTABLE and _has_all_of(*sets)


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
    """Follow shapes of one kind within those of any."""
    if not (_is_geometry(ours) and _is_geometry(theirs)):
        return None
    return next(
        (column for column in (ours, theirs) if column.data_type == GEOMETRY), None
    )


def _is_geometry(column: Column) -> bool:
    return column.data_type == GEOMETRY or column.data_type.endswith(
        ("point", "string", "polygon", "collection")
    )


def _enum_bytes(count: int) -> int:
    return 1 if count < 2**8 else 2


def _set_bytes(count: int) -> int:
    return next(size for size in (1, 2, 3, 4, 8) if count <= 8 * size)


FAMILIES: Sequence[Callable[[Column, Column], Column | None]] = (
    _number,
    _float,
    _text,
    _binary,
    _moment,
    _bits,
    _geometry,
)
