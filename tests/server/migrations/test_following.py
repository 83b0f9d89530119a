"""Which type holds all values of both, judged by the server with values at the edges.

A pair of types is what history has and what the source has now. History's column is
changed as the server would be told to, and no value may come out of that any other.
"""

from __future__ import annotations

import itertools
import os
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pymysql
import pytest

from bygones.compiler.aggregate.following import follow, values
from bygones.compiler.aggregate.model import Kept
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.sql.columns import digested, digested_source, equality, type_of
from bygones.migrations.operations.losses import losses
from bygones.migrations.session import PINS
from bygones.runner.connection import SQL_MODE
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.following import Followed, Way
    from bygones.compiler.catalog.model import Column

    Connection = pymysql.Connection[Cursor]

MB4 = "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
UNICODE = "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
MB3 = "CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci"
LATIN = "CHARACTER SET latin1 COLLATE latin1_swedish_ci"
ASCII = "CHARACTER SET ascii COLLATE ascii_general_ci"
BINARY = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
THAI = "CHARACTER SET tis620 COLLATE tis620_thai_ci"
MANY = ",".join(f"'v{number}'" for number in range(255))
BITS = ",".join(f"'b{number}'" for number in range(64))


FIRST_OF_THEIRS = 1001
# Too long for a TEXT.
LONGEST = 66_000
# An algorithm that the server can't do this change by.
REFUSED = {1845, 1846}


@dataclass(frozen=True, slots=True)
class Pair:
    """What history has and what the source has, and what is to come of it.

    `becomes` is None where no type holds both, `way` where history's stays.
    """

    ours: str
    theirs: str
    becomes: str | None
    way: Way | None = None
    on_mariadb: Way | None = None

    def on(self, *, is_mariadb: bool) -> tuple[str, Way | None] | None:
        """Tell what is to come of it on a server's family."""
        if is_mariadb and (self.ours, self.theirs) in OTHERWISE_ON_MARIADB:
            return OTHERWISE_ON_MARIADB[self.ours, self.theirs]
        way = self.on_mariadb or self.way if is_mariadb else self.way
        if is_mariadb and way == "INPLACE":
            # There that could be a rebuild.
            way = "INSTANT"
        return (self.becomes, way) if self.becomes else None


FAMILIES = {
    "numbers": (
        Pair("INT", "BIGINT", "bigint", "COPY"),
        Pair("BIGINT", "INT", "bigint"),
        Pair("INT", "INT UNSIGNED", "bigint", "COPY"),
        Pair("INT UNSIGNED", "INT", "bigint", "COPY"),
        Pair("INT UNSIGNED", "BIGINT UNSIGNED", "bigint unsigned", "COPY"),
        Pair("TINYINT UNSIGNED", "TINYINT", "smallint", "COPY"),
        Pair("MEDIUMINT", "SMALLINT UNSIGNED", "mediumint"),
        Pair("BIGINT UNSIGNED", "BIGINT", "decimal(20,0)", "COPY"),
        Pair("INT(6) ZEROFILL", "INT UNSIGNED", "int(6) unsigned zerofill"),
        Pair("INT UNSIGNED", "INT(6) ZEROFILL", "int unsigned"),
        Pair("DECIMAL(10,2)", "DECIMAL(12,2)", "decimal(12,2)", "COPY"),
        Pair("DECIMAL(10,2)", "DECIMAL(9,4)", "decimal(12,4)", "COPY"),
        Pair("DECIMAL(10,2)", "DECIMAL(8,2)", "decimal(10,2)"),
        Pair("DECIMAL(10,2) UNSIGNED", "DECIMAL(10,2)", "decimal(10,2)", "COPY"),
        Pair("DECIMAL(10,2)", "DECIMAL(10,2) UNSIGNED", "decimal(10,2)"),
        Pair("DECIMAL(5,2) UNSIGNED", "INT UNSIGNED", "decimal(12,2) unsigned", "COPY"),
        Pair("INT", "DECIMAL(5,2)", "decimal(12,2)", "COPY"),
        Pair("DECIMAL(65,0)", "DECIMAL(65,30)", None),
        Pair("FLOAT", "DOUBLE", "double", "COPY"),
        Pair("DOUBLE", "FLOAT", "double"),
        Pair("FLOAT UNSIGNED", "FLOAT", "float", "COPY"),
        Pair("DOUBLE UNSIGNED", "DOUBLE", "double", "COPY"),
        Pair("FLOAT(7,3)", "DOUBLE", None),
        Pair("INT", "DOUBLE", None),
        Pair("INT", "VARCHAR(20)", None),
        Pair("BIT(8)", "BIT(9)", "bit(9)", "COPY"),
        Pair("BIT(9)", "BIT(8)", "bit(9)"),
        Pair("BIT(1)", "TINYINT", None),
        Pair("YEAR", "SMALLINT", None),
    ),
    "texts": (
        Pair(f"VARCHAR(10) {MB4}", f"VARCHAR(60) {MB4}", "varchar(60)", "INPLACE"),
        Pair(f"VARCHAR(60) {MB4}", f"VARCHAR(10) {MB4}", "varchar(60)"),
        Pair(f"VARCHAR(63) {MB4}", f"VARCHAR(64) {MB4}", "varchar(64)", "COPY"),
        Pair(
            f"VARCHAR(31) {MB4}",
            f"VARCHAR(99) {MB4}",
            *("varchar(99)", "COPY", "INSTANT"),
        ),
        Pair(f"VARCHAR(64) {MB4}", f"VARCHAR(99) {MB4}", "varchar(99)", "INPLACE"),
        Pair(f"VARCHAR(9) {MB4}", f"VARCHAR(9) {UNICODE}", "varchar(9)", "INPLACE"),
        Pair(f"TEXT {MB4}", f"TEXT {UNICODE}", "text", "INPLACE"),
        Pair(f"VARCHAR(9) {MB3}", f"VARCHAR(12) {MB4}", "varchar(12)", "INPLACE"),
        Pair(f"VARCHAR(80) {MB3}", f"VARCHAR(80) {MB4}", "varchar(80)", "COPY"),
        Pair(f"VARCHAR(9) {MB4}", f"VARCHAR(12) {MB3}", "varchar(12)", "INPLACE"),
        Pair(f"VARCHAR(9) {LATIN}", f"VARCHAR(9) {MB4}", "varchar(9)", "COPY"),
        Pair(f"VARCHAR(9) {MB4}", f"VARCHAR(9) {LATIN}", "varchar(9)"),
        Pair(f"VARCHAR(9) {ASCII}", f"VARCHAR(9) {LATIN}", "varchar(9)", "COPY"),
        Pair(f"VARCHAR(9) {MB3}", f"VARCHAR(9) {LATIN}", "varchar(9)"),
        Pair(f"VARCHAR(9) {LATIN}", "VARCHAR(9) CHARACTER SET cp1251", None),
        Pair(f"VARCHAR(9) {THAI}", f"VARCHAR(9) {MB4}", None),
        Pair(f"VARCHAR(9) {ASCII}", "VARCHAR(9) CHARACTER SET swe7", None),
        Pair(f"CHAR(10) {MB4}", f"CHAR(20) {MB4}", "char(20)", "COPY"),
        Pair(f"CHAR(20) {MB4}", f"CHAR(10) {MB4}", "char(20)"),
        Pair(f"CHAR(9) {MB3}", f"CHAR(9) {MB4}", "char(9)", "INPLACE"),
        Pair(f"CHAR(9) {MB4}", f"VARCHAR(5) {MB4}", "varchar(9)", "COPY"),
        Pair(f"VARCHAR(5) {MB4}", f"CHAR(9) {MB4}", "varchar(9)", "INPLACE"),
        Pair(f"VARCHAR(9) {MB4}", f"TEXT {MB4}", "text", "COPY"),
        Pair(f"TEXT {MB4}", f"VARCHAR(9) {MB4}", "text"),
        Pair(f"TINYTEXT {MB4}", f"MEDIUMTEXT {MB4}", "mediumtext", "COPY"),
        Pair(f"TINYTEXT {LATIN}", f"TINYTEXT {MB4}", "text", "COPY"),
        Pair(f"TEXT {MB4}", f"TEXT {LATIN}", "mediumtext", "COPY"),
        Pair(f"VARCHAR(99) {MB4}", f"VARCHAR(30000) {ASCII}", "mediumtext", "COPY"),
        Pair(f"VARCHAR(9) {MB4}", "VARBINARY(9)", None),
    ),
    "bytes": (
        Pair("VARBINARY(10)", "VARBINARY(20)", "varbinary(20)", "INPLACE"),
        Pair("VARBINARY(127)", "VARBINARY(300)", "varbinary(300)", "COPY", "INSTANT"),
        Pair("VARBINARY(128)", "VARBINARY(300)", "varbinary(300)", "COPY"),
        Pair("VARBINARY(20)", "VARBINARY(10)", "varbinary(20)"),
        Pair("BINARY(4)", "BINARY(8)", "varbinary(8)", "COPY"),
        Pair("BINARY(8)", "BINARY(4)", "varbinary(8)", "COPY"),
        Pair("BINARY(4)", "VARBINARY(3)", "varbinary(4)", "COPY"),
        Pair("VARBINARY(9)", "BLOB", "blob", "COPY"),
        Pair("TINYBLOB", "MEDIUMBLOB", "mediumblob", "COPY"),
        Pair("BLOB", "TINYBLOB", "blob"),
        Pair("BLOB", f"TEXT {MB4}", None),
    ),
    "choices": (
        Pair("ENUM('a','b')", "ENUM('a','b','c')", "enum('a','b','c')", "INSTANT"),
        Pair("ENUM('a','b')", "ENUM('b','a')", "enum('b','a')", "COPY"),
        Pair("ENUM('a','b')", "ENUM('a','x','b')", "enum('a','x','b')", "COPY"),
        Pair("ENUM('a','b','c')", "ENUM('a','b')", "enum('a','b','c')"),
        Pair("ENUM('a','b','c')", "ENUM('a','c')", "enum('a','c','b')", "COPY"),
        Pair("ENUM('a','')", "ENUM('','a')", "enum('','a')", "COPY"),
        Pair("ENUM('new','old')", "ENUM('New','old')", None),
        Pair("ENUM('café','x')", "ENUM('x','cafe')", None),
        Pair(f"ENUM({MANY})", f"ENUM({MANY},'w')", f"enum({MANY},'w')", "COPY"),
        Pair(
            r"ENUM('it''s','back\\slash','new\nline','x,y','z)')",
            r"ENUM('it''s','back\\slash','new\nline','x,y','z)','é')",
            r"enum('it''s','back\\slash','new\nline','x,y','z)','é')",
            "INSTANT",
        ),
        Pair(
            f"ENUM('a') {MB4}", f"ENUM('a','b') {UNICODE}", "enum('a','b')", "INSTANT"
        ),
        Pair(f"ENUM('a') {LATIN}", f"ENUM('a') {MB4}", "enum('a')"),
        Pair(
            f"ENUM('é') {LATIN}",
            f"ENUM('é') {MB4}",
            *("enum('é')", "COPY"),
        ),
        Pair(f"ENUM('é','a') {MB4}", f"ENUM('a') {LATIN}", "enum('a','é')", "COPY"),
        Pair(f"ENUM('a','A') {BINARY}", f"ENUM('a') {MB4}", "enum('a','A')"),
        Pair(f"ENUM('a') {MB4}", f"ENUM('a','A') {BINARY}", None),
        Pair("ENUM('a')", "VARCHAR(9)", None),
        Pair("SET('a','b')", "SET('a','b','c')", "set('a','b','c')", "INSTANT"),
        Pair("SET('a','b')", "SET('b','c')", "set('b','c','a')", "COPY"),
        Pair("SET('a','b')", "SET('a')", "set('a','b')"),
        Pair(f"SET({BITS})", f"SET({BITS[5:]},'c')", None),
        Pair("SET('a')", "ENUM('a')", None),
    ),
    "labels": (
        Pair(f"VARCHAR(20) {MB4}", f"ENUM('open','it''s') {MB4}", "varchar(20)"),
        Pair(f"VARCHAR(4) {MB4}", f"ENUM('a','other') {MB4}", "varchar(5)", "INPLACE"),
        Pair(f"CHAR(4) {MB4}", f"ENUM('open','') {UNICODE}", "char(4)"),
        Pair(f"TEXT {MB4}", f"SET('a','b','é') {MB4}", "text"),
        Pair(f"TINYTEXT {MB4}", f"SET({BITS}) {MB4}", "text", "COPY"),
        Pair(f"VARCHAR(5) {MB4}", f"SET('a','b','c') {MB4}", "varchar(5)"),
        Pair(f"VARCHAR(4) {ASCII}", f"SET('a','b','c') {MB4}", "varchar(5)", "COPY"),
        Pair(f"VARCHAR(9) {LATIN}", f"ENUM('a') {MB4}", "varchar(9)"),
        Pair(f"VARCHAR(9) {LATIN}", f"ENUM('é') {MB4}", "varchar(9)", "COPY"),
        Pair(f"VARCHAR(9) {MB4}", f"ENUM('é') {LATIN}", "varchar(9)"),
        Pair(f"VARCHAR(9) {BINARY}", f"ENUM('a','A') {BINARY}", "varchar(9)"),
        Pair(f"VARCHAR(9) {THAI}", f"ENUM('a') {MB4}", "varchar(9)"),
        Pair(f"VARCHAR(9) {THAI}", f"ENUM('é') {MB4}", None),
        Pair("VARBINARY(9)", f"ENUM('a') {MB4}", None),
    ),
    "moments": (
        Pair("DATETIME", "DATETIME(6)", "datetime(6)", "COPY"),
        Pair("DATETIME(6)", "DATETIME", "datetime(6)"),
        Pair("DATETIME(3)", "DATETIME(6)", "datetime(6)", "COPY"),
        Pair("DATE", "DATETIME", "datetime", "COPY"),
        Pair("DATETIME(3)", "DATE", "datetime(3)"),
        Pair("TIME", "TIME(3)", "time(3)", "COPY"),
        Pair("TIME(3)", "TIME", "time(3)"),
        Pair("TIMESTAMP NULL", "TIMESTAMP(3) NULL", "timestamp(3)", "COPY"),
        Pair("TIMESTAMP(6) NULL", "TIMESTAMP NULL", "timestamp(6)"),
        Pair("DATETIME", "TIMESTAMP NULL", None),
        Pair("TIMESTAMP NULL", "DATETIME", None),
        Pair("TIME", "DATETIME", None),
        Pair("DATE", "VARCHAR(10)", None),
    ),
    "shapes": (
        Pair("POINT", "GEOMETRY", "geometry", "COPY", "INSTANT"),
        Pair("GEOMETRY", "POINT", "geometry"),
        Pair("POINT", "LINESTRING", None),
        Pair("JSON", f"LONGTEXT {MB4}", None),
        Pair(f"LONGTEXT {BINARY}", "JSON", None),
    ),
}
# Its JSON is text.
OTHERWISE_ON_MARIADB: dict[tuple[str, str], tuple[str, Way | None] | None] = {
    (f"LONGTEXT {BINARY}", "JSON"): ("json", None),
}

POINT = "ST_GeomFromText('POINT(1.5 -2)')"
LINE = "ST_GeomFromText('LINESTRING(0 0,1 1)')"
BYTES = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
# The widest characters that a character set has, and what converts badly.
WIDEST = {
    "ascii": ("z",),
    "latin1": ("ÿ", "€"),
    "utf8mb3": ("中", "e\u0301"),
    "utf8mb4": ("😀", "中"),
}
EDGES = {
    "float": ["0.1", "-3.4e38", "1.2e-38", "16777216"],
    "double": ["0.1", "-1.7e308", "2.3e-308", "9007199254740993", "1e0 / 3"],
    "date": ["'0000-00-00'", "'2024-00-10'", "'1000-01-01'", "'9999-12-31'"],
    "datetime": ["'0000-00-00'", "'2024-00-10 01:02:03'", "'9999-12-31 23:59:59'"],
    "time": ["'-838:59:59'", "'838:59:59'", "'00:00:01'"],
    "timestamp": ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"],
    "year": ["0", "1901", "2155"],
    "json": ["'[1, 1.0, null]'"],
    "point": [POINT],
    "linestring": [LINE],
    "geometry": [POINT, LINE],
}
NUMBERS = {*BYTES, "decimal", "float", "double", "bit", "year"}
MOMENTS = {"date", "datetime", "time", "timestamp"}
FRACTIONS = {
    "datetime": "'2024-02-29 12:34:56.{}'",
    "time": "'-12:34:56.{}'",
    "timestamp": "'2024-02-29 12:34:56.{}'",
}


def edges(column: Column) -> list[str]:
    """Write the values at the edges of a type, as SQL."""
    if column.data_type in {"enum", "set"}:
        count = len(values(column))
        last = count if column.data_type == "enum" else 2**count - 1
        # By number, for an ENUM's '' can be two things.
        return [str(number) for number in sorted({1, (last + 1) // 2, last})]
    if column.character_set in WIDEST:
        return _texts(column)
    if column.data_type.endswith(("binary", "blob")):
        most = min(column.length or 0, LONGEST)
        return ["''", "X'00'", "X'20FF'", f"REPEAT(X'FF', {most})", "'ab '"]
    return _numbers(column) or _others(column)


def _numbers(column: Column) -> list[str]:
    sizes = list(map(int, re.findall(r"\d+", column.type)))
    signs = ("", "-") if "unsigned" not in column.type else ("",)
    match column.data_type:
        case "decimal":
            most = f"{'9' * (sizes[0] - sizes[1])}.{'9' * sizes[1]}"
            return ["0", *(f"{sign}{most}" for sign in signs)]
        case "bit":
            return ["0", "1", str(2 ** sizes[0] - 1)]
        case kind if kind in BYTES:
            bits = 8 * BYTES[kind]
            if len(signs) == 1:
                return [str(2**bits - 1), "0", "42"]
            return [str(-(2 ** (bits - 1))), str(2 ** (bits - 1) - 1), "-1", "0"]
    return []


def _others(column: Column) -> list[str]:
    if column.type == "float(7,3)":
        return ["9999.999", "-0.001"]
    found = EDGES.get(column.data_type, [])
    if "unsigned" in column.type:
        found = [number.removeprefix("-") for number in found]
    fraction = re.search(r"\((\d)\)", column.type)
    if fraction and column.data_type in FRACTIONS:
        nines = "9" * int(fraction[1])
        found = [*found, FRACTIONS[column.data_type].format(nines)]
    return found


def _texts(column: Column) -> list[str]:
    wide = WIDEST[str(column.character_set)]
    width = len(
        wide[0].encode("cp1252" if column.character_set == "latin1" else "utf8")
    )
    # In bytes where it's long text.
    is_long = column.data_type.endswith("text")
    most = (column.octets or 0) // width if is_long else column.length or 0
    longest = f"REPEAT('{wide[0]}', {min(most, LONGEST)})"
    return [longest, "''", "'ab '", "'A\tb\0'", *(f"'{text}'" for text in wide)]


def read(column: Column) -> str:
    """Write what is read of a value to know it again in another type."""
    kind = column.data_type
    if kind in {"float", "double"}:
        return "CAST({0} + 0e0 AS CHAR)"
    if kind == "bit":
        return "CAST({0} + 0 AS CHAR)"
    if kind == "enum":
        # Neither text nor number alone tells '' from a value that was refused.
        return "CONCAT({0} + 0 = 0, HEX(CONVERT({0} USING utf8mb4)))"
    if column.character_set:
        return "HEX(CONVERT({0} USING utf8mb4))"
    if kind in NUMBERS | MOMENTS:
        return "CAST({0} AS CHAR)"
    return "HEX({0})"


def known(column: Column, text: str) -> object:
    """Tell what a value is, however many digits show it."""
    if column.data_type in NUMBERS:
        return Decimal(text)
    if column.data_type == "set":
        return set(bytes.fromhex(text).split(b","))
    if column.data_type in MOMENTS:
        moment = text.rstrip("0").rstrip(".") if "." in text else text
        return f"{moment} 00:00:00" if column.data_type == "date" else moment
    return text


@dataclass(frozen=True, slots=True)
class Case:
    """A pair with its columns as the server tells of them, and what `follow` says."""

    name: str
    pair: Pair
    ours: Column
    theirs: Column
    followed: Followed | None

    @property
    def kept(self) -> Kept:
        assert self.followed is not None
        return Kept(column=self.theirs, name=self.name, stored=self.followed.column)

    def modified(self, column: Column) -> str:
        return f"MODIFY COLUMN {self.name} {type_of(column)} NULL"


@pytest.fixture
def schema(admin: Connection) -> Iterator[str]:
    """A schema of the test's own, in a session like those that migrate."""
    name = f"follow_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    query(admin, f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    admin.select_db(name)
    for statement in PINS:
        query(admin, statement)
    yield name
    query(admin, f"DROP DATABASE {name}")


def make_cases(admin: Connection, schema: str, pairs: tuple[Pair, ...]) -> list[Case]:
    """Make the tables `ours` and `theirs`, with a column for each pair."""
    for side in ("ours", "theirs"):
        columns = ", ".join(
            f"c{n} {getattr(pair, side)}" for n, pair in enumerate(pairs)
        )
        query(admin, f"CREATE TABLE {side} (id INT PRIMARY KEY, {columns})")
    catalog = read_catalog(admin, schema)
    ours, theirs = catalog.tables["ours"], catalog.tables["theirs"]
    cases = []
    for n, pair in enumerate(pairs):
        before, now = ours.columns[n + 1], theirs.columns[n + 1]
        followed = follow(before, now, is_mariadb=catalog.is_mariadb)
        cases.append(Case(f"c{n}", pair, before, now, followed))
    fill(admin, cases)
    return cases


def fill(admin: Connection, cases: list[Case]) -> None:
    """Insert a row for each edge; the two tables have no id in common."""
    for side, first in (("ours", 1), ("theirs", FIRST_OF_THEIRS)):
        of_columns = [edges(getattr(case, side)) for case in cases]
        for n in range(max(map(len, of_columns))):
            row = [each[n] if n < len(each) else "NULL" for each in of_columns]
            query(admin, f"INSERT INTO {side} VALUES ({first + n}, {', '.join(row)})")
        enums = [case.name for case in cases if getattr(case, side).data_type == "enum"]
        if enums:
            # What older servers made of a text that isn't in the list.
            query(admin, "SET SESSION sql_mode = ''")
            others = ", ".join("'no such'" for _ in enums)
            query(
                admin,
                f"INSERT INTO {side} (id, {', '.join(enums)})"
                f" VALUES ({first + 900}, {others})",
            )
            query(admin, f"SET SESSION sql_mode = '{SQL_MODE}'")


def copy(admin: Connection, cases: list[Case]) -> None:
    """Copy the source's values into history."""
    names = ", ".join(["id", *(case.name for case in cases)])
    query(admin, f"INSERT INTO ours ({names}) SELECT {names} FROM theirs")


def values_of(
    admin: Connection, table: str, case: Case, column: Column
) -> dict[int, object]:
    """Read the values of a column so that they can be compared across types."""
    if case.ours.collation and case.ours.data_type not in {"enum", "set"}:
        column = case.ours  # as the text that history keeps
    sql = read(column).format(case.name)
    rows = query(
        admin, f"SELECT id, {sql} AS v FROM {table} WHERE {case.name} IS NOT NULL"
    )
    return {row["id"]: known(column, row["v"]) for row in rows}


def table_id(admin: Connection, schema: str, *, is_mariadb: bool) -> int:
    """Return what is another number after a rebuild."""
    view = "innodb_sys_tables" if is_mariadb else "innodb_tables"
    return int(
        value(
            admin,
            f"SELECT table_id FROM information_schema.{view} WHERE name = %s",
            f"{schema}/ours",
        )
    )


def change(
    admin: Connection, schema: str, cases: list[Case], *, is_mariadb: bool
) -> None:
    """Change history's columns in the ways that were said, and in none better."""
    for way in ("INSTANT", "INPLACE, LOCK = NONE", "COPY"):
        those = [
            case
            for case in cases
            if case.followed and case.followed.way == way.partition(",")[0]
        ]
        if way == "COPY":
            for case, better in itertools.product(those, ("INSTANT", "INPLACE")):
                with pytest.raises(pymysql.Error) as caught:
                    alter(admin, [case.modified(case.kept.stored)], better)
                assert caught.value.args[0] in REFUSED, case.pair
        before = table_id(admin, schema, is_mariadb=is_mariadb)
        if those:
            alter(admin, [case.modified(case.kept.stored) for case in those], way)
        after = table_id(admin, schema, is_mariadb=is_mariadb)
        assert (before != after) == (way == "COPY" and bool(those))


def alter(admin: Connection, clauses: list[str], way: str) -> None:
    query(admin, f"ALTER TABLE ours {', '.join(clauses)}, ALGORITHM = {way}")


@pytest.mark.core
@pytest.mark.parametrize("family", FAMILIES)
def test_one_type_keeps_every_value_of_both(
    admin: Connection, schema: str, family: str
) -> None:
    cases = make_cases(admin, schema, FAMILIES[family])
    is_mariadb = bool(value(admin, "SELECT VERSION() LIKE '%%MariaDB%%'"))

    for case in cases:
        expected = case.pair.on(is_mariadb=is_mariadb)
        got = (case.followed.column.type, case.followed.way) if case.followed else None
        assert got == expected, case.pair
    kept = [case for case in cases if case.followed]
    before = {
        case.name: values_of(admin, "ours", case, case.ours)
        | values_of(admin, "theirs", case, case.theirs)
        for case in kept
    }
    change(admin, schema, kept, is_mariadb=is_mariadb)
    copy(admin, kept)

    for case in kept:
        assert values_of(admin, "ours", case, case.kept.stored) == before[case.name]
        assert misjudged(admin, case) == [], case.pair


def misjudged(admin: Connection, case: Case) -> list[dict[str, Any]]:
    """List the copies that a proof would take for torn."""
    ours, theirs = f"o.{case.name}", f"s.{case.name}"
    digests = (digested(case.kept.stored, ours), digested_source(case.kept, theirs))
    return query(
        admin,
        f"SELECT s.id, {digests[0]} AS ours, {digests[1]} AS theirs"
        " FROM ours AS o JOIN theirs AS s ON s.id = o.id"
        f" WHERE NOT ({equality(case.kept, ours, theirs)})"
        f" OR NOT {digests[0]} <=> {digests[1]}",
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_what_a_type_of_before_cant_hold_is_refused_on_the_way_back(
    admin: Connection, schema: str, family: str
) -> None:
    cases = make_cases(admin, schema, FAMILIES[family])
    is_mariadb = bool(value(admin, "SELECT VERSION() LIKE '%%MariaDB%%'"))
    changed = [case for case in cases if case.followed and case.followed.way]
    change(admin, schema, changed, is_mariadb=is_mariadb)
    copy(admin, changed)

    for case in changed:
        before = values_of(admin, "ours", case, case.kept.stored)
        refused = refused_rows(admin, case)
        for number in refused:
            query(admin, f"UPDATE ours SET {case.name} = NULL WHERE id = {number}")
        # MySQL makes no BIGINT UNSIGNED of the DECIMAL 2^64 - 1, and says so.
        if case.pair.ours != "BIGINT UNSIGNED" or is_mariadb:
            alter(admin, [case.modified(case.ours)], "COPY")
        after = values_of(admin, "ours", case, case.ours)

        assert min(refused, default=FIRST_OF_THEIRS) >= FIRST_OF_THEIRS, case.pair
        left = {
            number: each for number, each in before.items() if number not in refused
        }
        assert after == left, case.pair


def refused_rows(admin: Connection, case: Case) -> set[int]:
    """Return the rows for which a downgrade would refuse to go back."""
    return {
        row["id"]
        for _, loss in losses(f"ALTER TABLE ours {case.modified(case.ours)};")
        for row in query(admin, f"SELECT id FROM ours AS h WHERE {loss}")
    }
