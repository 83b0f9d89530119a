"""Make up values for a column of any type: number 0, 1, 2 ... of them, as SQL.

They differ from each other as long as the type has room, and are as long as values of
such a type may well be. Nothing is left to chance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.keys import (
    BINARIES,
    INTEGERS,
    LONG_BINARIES,
    LONG_TEXTS,
)
from bygones.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from datetime import date

    from bygones.compiler.catalog.model import Column

PLENTY = 10**12

# Bits of what a number may grow to, unsigned.
BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 63}
MINUTES_IN_30_YEARS = 30 * 365 * 24 * 60
DAYS_IN_30_YEARS = 30 * 365
YEARS = 150
SECONDS_IN_A_DAY = 86_400
WHOLE_FLOATS = 2**24

# Texts count up in digits and capitals, which all collations tell apart.
DIGITS = 36
MOST_DIGITS = 8
FILLER = "made up "
SHORT_TEXT, LONG_TEXT = 40, 120
# From here on it's more likely a hash than a number.
HASH_BYTES = 12
HEX_HASH, UUID = 32, 36

# As a FLOAT of four bytes.
HEX_ONE = "0000803F"

SHAPES = {
    "linestring": "LINESTRING(0 0, 1 1)",
    "polygon": "POLYGON((0 0, 0 1, 1 1, 0 0))",
    "multipoint": "MULTIPOINT(0 0, 1 1)",
    "multilinestring": "MULTILINESTRING((0 0, 1 1))",
    "multipolygon": "MULTIPOLYGON(((0 0, 0 1, 1 1, 0 0)))",
    "geometrycollection": "GEOMETRYCOLLECTION(POINT(1 1))",
    "geomcollection": "GEOMETRYCOLLECTION(POINT(1 1))",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The values of a column: how many there are, and the SQL of one by its number.

    In the SQL, `{i}` is the number, from 0 on and below `room`.
    """

    room: int
    sql: str

    def at(self, number: str) -> str:
        """Write a value; numbers begin again where there is no more room."""
        if self.room < PLENTY:
            number = f"(({number}) MOD {self.room})"
        return self.sql.replace("{i}", number)


def values_of(column: Column, newest: date, srid: int | None = None) -> Values:
    """Make up values; moments are all before the newest."""
    kind = column.data_type
    numbers = [int(number) for number in re.findall(r"\d+", column.type)]
    if kind in {"enum", "set"}:
        return _listed(column)
    if column.length is not None and kind in BINARIES:
        return _bytes(column.length, is_fixed=kind == "binary")
    if column.length is not None and kind not in LONG_BINARIES:
        # A long one is as long in bytes, of which a character takes up to four.
        is_long = kind in LONG_TEXTS
        return _text(column.length // 4 if is_long else column.length, is_long=is_long)
    found = (
        _number(column, kind, numbers)
        or _moment(kind, newest.isoformat())
        or _other(kind, numbers, srid or 0)
    )
    if found is None:
        raise SandboxError(
            f"There are no made-up values of the type {column.type}, which the column "
            f"{column.name} has; leave the column out of the dump"
        )
    return found


def _number(column: Column, kind: str, numbers: list[int]) -> Values | None:
    if kind in INTEGERS:
        bits = BITS[kind] - (kind != "bigint" and "unsigned" not in column.type)
        return Values(room=min(2**bits - 1, PLENTY), sql="(1 + {i})")
    if kind == "bit":
        return Values(room=2 ** min(numbers[0], 40), sql="{i}")
    if kind == "decimal":
        digits, scale = numbers[0], numbers[1] if len(numbers) > 1 else 0
        if digits == scale:
            return Values(room=10 ** min(scale, 9), sql=f"{{i}} / 1e{min(scale, 9)}")
        fraction = " + 0.5" if scale else ""
        return Values(room=10 ** min(digits - scale, 12), sql=f"({{i}}{fraction})")
    if kind in {"float", "double"}:
        room = 10 ** (numbers[0] - numbers[1]) if len(numbers) > 1 else WHOLE_FLOATS
        return Values(room=min(room, WHOLE_FLOATS), sql="({i} + 0.5e0)")
    return None


def _moment(kind: str, newest: str) -> Values | None:
    if kind == "date":
        sql = f"(DATE '{newest}' - INTERVAL {{i}} DAY)"
        return Values(room=DAYS_IN_30_YEARS, sql=sql)
    if kind in {"datetime", "timestamp"}:
        sql = f"(TIMESTAMP '{newest} 00:00:00' - INTERVAL {{i}} MINUTE)"
        return Values(room=MINUTES_IN_30_YEARS, sql=sql)
    if kind == "time":
        return Values(room=SECONDS_IN_A_DAY, sql="SEC_TO_TIME({i})")
    if kind == "year":
        return Values(room=YEARS, sql="(1950 + {i})")
    return None


def _other(kind: str, numbers: list[int], srid: int) -> Values | None:
    if kind in LONG_BINARIES:
        return _bytes(HEX_HASH, is_fixed=False)
    if kind in SHAPES:
        return Values(room=1, sql=f"ST_GeomFromText('{SHAPES[kind]}', {srid})")
    wkt = "CONCAT('POINT(', {i} MOD 90, ' ', {i} DIV 90, ')')"
    others = {
        "json": Values(room=PLENTY, sql=f"JSON_OBJECT('{FILLER.strip()}', {{i}})"),
        "point": Values(room=90 * 90, sql=f"ST_GeomFromText({wkt}, {srid})"),
        "vector": Values(room=1, sql=f"UNHEX(REPEAT('{HEX_ONE}', {sum(numbers[:1])}))"),
        "uuid": Values(room=PLENTY, sql=_uuid()),
        "inet6": Values(room=2**16, sql="CONCAT('2001:db8::', HEX({i}))"),
        "inet4": Values(room=2**24, sql="INET_NTOA(167772160 + {i})"),  # 10.0.0.0
    }
    others["geometry"] = others["point"]
    return others.get(kind)


def _listed(column: Column) -> Values:
    members = len(re.findall(r"'(?:[^'\\]|''|\\.)*'", column.type, re.DOTALL))
    room = members if column.data_type == "enum" else 2 ** min(members, 20) - 1
    return Values(room=room, sql="(1 + {i})")


def _text(length: int, *, is_long: bool) -> Values:
    """Count in a text's first characters, the quickest first, and fill up the rest."""
    if length in {HEX_HASH, UUID}:
        return Values(room=PLENTY, sql=_hex() if length == HEX_HASH else _uuid())
    usual = LONG_TEXT if is_long else min(SHORT_TEXT, max(length // 2, MOST_DIGITS))
    usual = min(length, usual)
    digits = min(usual, MOST_DIGITS)
    if digits == 0:
        return Values(room=1, sql="''")
    counted = f"REVERSE(LPAD(CONV({{i}}, 10, {DIGITS}), {digits}, '0'))"
    filler = (FILLER * usual)[: usual - digits].rstrip()
    sql = f"CONCAT({counted}, '{filler}')" if filler else counted
    return Values(room=min(DIGITS**digits, PLENTY), sql=sql)


def _bytes(length: int, *, is_fixed: bool) -> Values:
    usual = length if is_fixed else max(length // 2, min(length, HEX_HASH // 2))
    if usual >= HASH_BYTES:
        return Values(room=PLENTY, sql=f"LEFT({_hash()}, {min(usual, HEX_HASH)})")
    if length == 0:
        return Values(room=1, sql="''")
    counted = f"UNHEX(LPAD(HEX({{i}}), {2 * usual}, '0'))"
    return Values(room=min(256**usual, PLENTY), sql=counted)


def _hash() -> str:
    return "UNHEX(SHA2({i}, 256))"


def _hex() -> str:
    return f"LEFT(SHA2({{i}}, 256), {HEX_HASH})"


def _uuid() -> str:
    sql = _hex()
    for place in (21, 17, 13, 9):
        sql = f"INSERT({sql}, {place}, 0, '-')"
    return sql
