"""Types that columns can be of, each with the values that copying by text alters.

Values are literals of SQL: the server may refuse one or make another of it (the rows
are inserted with IGNORE), and what it made of it is what counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Numbered = Callable[[int], str]

BITS = {"TINYINT": 8, "SMALLINT": 16, "MEDIUMINT": 24, "INT": 32, "BIGINT": 64}

# Two of these can be equal, or the same without their last blank, or empty, in one
# collation and not in another; or look like something else as text, as JSON, as SQL.
WORDS = (
    *("", "a", "A", "a ", " ", "b", "ab", "B", "0", "00", "1", "1.0", "-", "NULL"),
    *("it''s", '"', '["a"]', "\\\\", "\\'", "%", "a_b", "a,b", "a|b", "-- a", "\\n"),
)
LATIN = ("é", "E", "É", "ß", "ss", "ä", "ae", "ÿ", "µ")
# A letter with its accent apart, one that is ignored, ligatures, a dotted capital; and
# what takes four bytes.
UNICODE = ("e\u0301", "a\u200b", "ﬀ", "İ", "\u0131", "ǅ", "が", "か\u3099", "Ω")
ASTRAL = ("😀", "😁", "𝄞", "a😀")
# The second byte of these is that of a backslash.
SJIS = ("ソ", "表", "ｱ", "ア", "あ")
GBK = ("縗", "運", "国", "國")
CYRILLIC = ("ё", "Ё", "\u0435", "Я", "я")

# By character set: what it holds, and its collations on both servers, on MySQL alone,
# and on MariaDB alone.
CHARACTER_SETS: dict[str, tuple[tuple[str, ...], str, str, str]] = {
    "utf8mb4": (
        LATIN + UNICODE + ASTRAL,
        "utf8mb4_general_ci utf8mb4_bin utf8mb4_unicode_520_ci utf8mb4_turkish_ci",
        (
            "utf8mb4_0900_ai_ci utf8mb4_0900_as_cs utf8mb4_0900_bin"
            " utf8mb4_de_pb_0900_ai_ci utf8mb4_ja_0900_as_cs_ks"
        ),
        "utf8mb4_nopad_bin utf8mb4_general_nopad_ci utf8mb4_uca1400_as_cs",
    ),
    "latin1": (LATIN, "latin1_swedish_ci latin1_bin latin1_german2_ci", "", ""),
    "ascii": ((), "ascii_general_ci ascii_bin", "", ""),
    "utf8mb3": (LATIN + UNICODE, "utf8mb3_general_ci utf8mb3_bin", "", ""),
    "utf16": (LATIN + UNICODE + ASTRAL, "utf16_general_ci utf16_bin", "", ""),
    "ucs2": (LATIN + UNICODE, "ucs2_unicode_ci", "", ""),
    "utf32": (LATIN + UNICODE + ASTRAL, "utf32_bin", "", ""),
    "sjis": (SJIS, "sjis_japanese_ci", "", ""),
    "gbk": (GBK, "gbk_chinese_ci gbk_bin", "", ""),
    "cp1251": (CYRILLIC, "cp1251_general_ci", "", ""),
}

MEMBERS = (
    "('', 'open', 'done', 'a,b', 'ünï')",
    "('A', 'it''s', '\"', '\\\\', '%', 'a b')",
)
SET_MEMBERS = "('x', 'y''z', 'ä', 'Q', '%s')"
WIDE_SET = "(" + ", ".join(f"'m{n}'" for n in range(64)) + ")"

JSONS = (
    *(
        "'null'",
        "'1'",
        "'1.0'",
        "'\"a\"'",
        "'\"A\"'",
        "'[]'",
        "'{}'",
        "'[1, 1.0, 1e0]'",
    ),
    *(
        "'18446744073709551615'",
        "'-0.0'",
        "'true'",
        "'\"é\\\\n\"'",
        '\'{"b": 1, "a": 2}\'',
    ),
)
SHAPES = {
    "POINT": ("POINT(1 -2)", "POINT(0 0)", "POINT(1e-300 1e300)"),
    "LINESTRING": ("LINESTRING(0 0, 1 1, 2 0.5)",),
    "POLYGON": ("POLYGON((0 0, 1 0, 1 1, 0 0))",),
    "MULTIPOINT": ("MULTIPOINT(1 1, 2 2)",),
    "MULTILINESTRING": ("MULTILINESTRING((0 0, 1 1), (2 2, 3 3))",),
    "MULTIPOLYGON": ("MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))",),
    "GEOMETRYCOLLECTION": ("GEOMETRYCOLLECTION(POINT(1 1))",),
    "GEOMETRY": ("POINT(1 1)", "LINESTRING(0 0, 1 1)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type of columns, the values to try, and many others where it has many."""

    sql: str
    # Such as int, text or blob: what can be written of its columns.
    family: str
    values: tuple[str, ...]
    numbered: Numbered | None = None
    # What can be compared to it; None where nothing else can.
    group: str | None = None

    @property
    def characters(self) -> int:
        """Return how many its values take as text, about."""
        length = int((re.search(r"CHAR\((\d+)", self.sql) or [0, 0])[1])
        length += 2 * int((re.search(r"BINARY\((\d+)", self.sql) or [0, 0])[1])
        return length or (70 if self.family == "decimal" else 26)

    @property
    def bytes(self) -> int:
        """Return what its values take in an index, at most."""
        return 4 * self.characters + 2

    @property
    def collation(self) -> str:
        """Return the collation of text, or nothing."""
        return self.sql.partition("COLLATE ")[2]

    @property
    def is_bytewise(self) -> bool:
        """Tell whether text is compared by its bytes, and so with any other."""
        return self.collation.endswith("_bin")

    def wider(self) -> Type:
        """Return a text that can hold what is made of this one."""
        characters = self.sql[self.sql.index(" CHARACTER SET") :]
        return Type(sql=f"VARCHAR(200){characters}", family="text", values=("'a'",))

    @property
    def is_indexed(self) -> bool:
        """Tell whether an index can hold whole values."""
        return self.family not in {"longtext", "blob", "json", "geometry", "vector"}

    @property
    def is_root_key(self) -> bool:
        """Tell whether a root's key may hold it."""
        families = "int decimal year text binary date datetime time"
        return self.family in families.split() and self.numbered is not None


def types(*, is_mariadb: bool) -> tuple[Type, ...]:
    """List the types of a family of servers, the simplest first."""
    return (
        *_numbers(),
        *_texts(is_mariadb=is_mariadb),
        *_binaries(),
        *_moments(),
        *_members(),
        *_documents(is_mariadb=is_mariadb),
        *(_of_mariadb() if is_mariadb else _of_mysql()),
    )


def _numbers() -> Iterator[Type]:
    for name in ("INT", "BIGINT", "SMALLINT", "MEDIUMINT", "TINYINT"):
        half = 2 ** (BITS[name] - 1)
        yield _integer(name, -half, half - 1)
        yield _integer(f"{name} UNSIGNED", 0, 2 * half - 1)
    yield _integer("INT(7) UNSIGNED ZEROFILL", 0, 2**32 - 1)
    yield _integer("TINYINT(1)", -128, 127)
    for sql, most, step in (
        ("DECIMAL(5, 2)", "999.99", "0.01"),
        ("DECIMAL(12, 0) UNSIGNED", "999999999999", "1"),
        ("DECIMAL(8, 3) UNSIGNED ZEROFILL", "99999.999", "0.125"),
        (
            "DECIMAL(65, 30)",
            "9" * 35 + "." + "9" * 30,
            "0.000000000000000000000000000001",
        ),
    ):
        low = "0" if "UNSIGNED" in sql else f"-{most}"
        yield Type(
            sql=sql,
            family="decimal",
            values=("0", most, low, step, "1"),
            numbered=_numbered(f"{{n}} * {step}"),
        )
    yield Type(
        sql="YEAR",
        family="year",
        values=("2000", "0000", "1901", "2155"),
        numbered=lambda n: str(1901 + n % 255),
        group="number",
    )
    yield _floating("FLOAT", "1.1", "16777217", "3.4e38", "1.2e-38", "-0e0")
    yield _floating("FLOAT(9, 3)", "1.1", "-9999.999", "0.001")
    yield _floating(
        "DOUBLE", "0.1e0 + 0.2e0", "1.7976931348623157e308", "5e-324", "-0e0"
    )
    yield _floating("DOUBLE UNSIGNED", "9007199254740993", "1e-7")
    yield Type(sql="BIT(1)", family="bit", values=("1", "0"))
    yield Type(
        sql="BIT(64)",
        family="bit",
        values=("1", "0", "18446744073709551615", "65319"),
        numbered=_numbered("{n}"),
    )


def _integer(sql: str, low: int, high: int) -> Type:
    many = high - low + 1
    return Type(
        sql=sql,
        family="int",
        values=tuple(map(str, dict.fromkeys((1, 0, high, low, high - 1, 7, 65)))),
        # From both ends, and around zero.
        numbered=lambda n: str(
            (low + n // 3 % many, high - n // 3 % many, (n // 3) % (high + 1))[n % 3]
        ),
        group="number",
    )


def _floating(sql: str, *values: str) -> Type:
    return Type(
        sql=sql,
        family="float",
        values=("0", "1", *values),
        numbered=_numbered("{n} / 7e0"),
    )


def _texts(*, is_mariadb: bool) -> Iterator[Type]:
    for number, (name, collation, words) in enumerate(
        _collations(is_mariadb=is_mariadb)
    ):
        characters = f"CHARACTER SET {name} COLLATE {collation}"
        kinds = ("VARCHAR(20)", "CHAR(12)", "VARCHAR(9)", "CHAR(36)", "VARCHAR(150)")
        yield _text(f"{kinds[number % len(kinds)]} {characters}", "text", words, name)
        if number % 3 == 0:
            size = ("TEXT", "LONGTEXT", "TINYTEXT", "MEDIUMTEXT")[number // 3 % 4]
            yield _text(f"{size} {characters}", "longtext", words, name)


def _collations(*, is_mariadb: bool) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for name, (words, common, mysql, mariadb) in CHARACTER_SETS.items():
        for collation in f"{common} {mariadb if is_mariadb else mysql}".split():
            yield name, collation, words


def _text(sql: str, family: str, words: tuple[str, ...], name: str) -> Type:
    known = (*WORDS, *words)
    return Type(
        sql=sql,
        family=family,
        values=tuple(f"'{word}'" for word in known),
        numbered=lambda n: f"'{known[n % len(known)]}{n:x}'",
        # Servers find 'a' and 'a ' equal or not by the index that they take, where one
        # collation minds blanks at the end and the other doesn't.
        group=f"text {name} {_minds_blanks(sql)}" if family == "text" else None,
    )


def _minds_blanks(sql: str) -> bool:
    return "nopad" in sql or "_0900_" in sql


def _binaries() -> Iterator[Type]:
    values = ("X'41'", "X''", "X'00'", "X'6100'", "X'6120'", "X'FF275C220A'", "X'FFFF'")
    for sql in ("BINARY(16)", "VARBINARY(20)", "BINARY(4)", "VARBINARY(255)"):
        yield Type(
            sql=sql,
            family="binary",
            values=values,
            numbered=lambda n: f"X'{n * 2654435761 % 2**32:08X}'",
            group="binary",
        )
    for sql in ("BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB"):
        yield Type(sql=sql, family="blob", values=values)


def _moments() -> Iterator[Type]:
    yield Type(
        sql="DATE",
        family="date",
        values=(
            *("'2026-01-01'", "'0000-00-00'", "'1000-01-01'", "'9999-12-31'"),
            *("'2024-02-29'", "'2021-00-10'", "'2021-05-00'"),
        ),
        numbered=_numbered("'2020-01-01' + INTERVAL {n} DAY"),
    )
    for digits in (0, 6, 3):
        precision = f"({digits})" if digits else ""
        fraction = "." + "9" * digits if digits else ""
        unit = {0: "1 SECOND", 3: "1000 MICROSECOND", 6: "1 MICROSECOND"}[digits]
        count, _, word = unit.partition(" ")
        step = f"INTERVAL {{n}} * {count} {word}"
        yield Type(
            sql=f"DATETIME{precision}",
            family="datetime",
            values=(
                *("'2026-01-01 12:00:00'", "'0000-00-00 00:00:00'"),
                *(f"'9999-12-31 23:59:59{fraction}'", "'1000-01-01 00:00:00'"),
                f"'2026-03-29 02:30:00{fraction}'",
            ),
            numbered=_numbered(f"TIMESTAMP'2020-01-01 00:00:00' + {step}"),
        )
        yield Type(
            sql=f"TIMESTAMP{precision}",
            family="timestamp",
            values=(
                *("'2026-01-01 12:00:00'", "'1970-01-01 00:00:01'"),
                *(f"'2038-01-19 03:14:07{fraction}'", "'0000-00-00 00:00:00'"),
            ),
            numbered=_numbered(f"TIMESTAMP'2020-01-01 00:00:00' + {step}"),
        )
        yield Type(
            sql=f"TIME{precision}",
            family="time",
            values=(
                *("'12:00:00'", "'00:00:00'", "'-00:00:01'", "'838:59:59'"),
                *("'-838:59:59'", f"'23:59:59{fraction}'"),
            ),
            numbered=_numbered(f"TIME'-01:00:00' + {step}"),
        )


def _members() -> Iterator[Type]:
    for members in MEMBERS:
        yield Type(
            sql=f"ENUM {members} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            family="enum",
            # What stands for a value that was refused reads as ''. Beside a member of
            # that name, the server finds the two equal or not by how it joins.
            values=(
                "1",
                "2",
                "3",
                "4",
                "5",
                *(["'no member'"] * (not members.startswith("('',"))),
            ),
        )
    yield Type(
        sql=f"SET {SET_MEMBERS} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        family="set",
        values=("1", "0", "3", "5", "31", "'x,ä'"),
    )
    yield Type(
        sql=f"SET {WIDE_SET} CHARACTER SET ascii COLLATE ascii_general_ci",
        family="set",
        values=("1", "18446744073709551615", "9223372036854775808"),
        numbered=_numbered("{n}"),
    )


def _documents(*, is_mariadb: bool) -> Iterator[Type]:
    yield Type(sql="JSON", family="json", values=JSONS)
    for sql, shapes in SHAPES.items():
        values = [f"ST_GeomFromText('{shape}')" for shape in shapes]
        if not is_mariadb:
            values += [f"ST_GeomFromText('{shape}', 3857)" for shape in shapes]
        yield Type(sql=sql, family="geometry", values=tuple(values))


def _of_mysql() -> Iterator[Type]:
    yield Type(
        sql="POINT SRID 4326",
        family="geometry",
        values=("ST_GeomFromText('POINT(50 10)', 4326)",),
    )
    yield Type(
        sql="VECTOR(3)",
        family="vector",
        values=("TO_VECTOR('[1, 2, 3]')", "TO_VECTOR('[1, 2, -0.5]')"),
    )


def _of_mariadb() -> Iterator[Type]:
    yield Type(sql="INET6", family="address", values=("'::'", "'::1'", "'10.0.0.1'"))
    yield Type(
        sql="UUID",
        family="address",
        values=("'123e4567-e89b-12d3-a456-426655440000'", "UUID()"),
    )


def _numbered(pattern: str) -> Numbered:
    return lambda n: pattern.format(n=n)


def of_family(known: Iterable[Type], *families: str) -> list[Type]:
    """Pick the types of some families."""
    return [each for each in known if each.family in families]


# As a key, it leaves no room for a root's.
WIDE = Type(
    sql="VARCHAR(740) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    family="text",
    values=("'a'", "'b '", "CONCAT(REPEAT('p', 739), '😀')", "REPEAT('p', 740)"),
    numbered=lambda n: f"CONCAT(REPEAT('q', 730), {n})",
)
