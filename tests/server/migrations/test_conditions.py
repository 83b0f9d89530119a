"""Predicates mean the same under any alias, however hard they are to read."""

from __future__ import annotations

import os
from contextlib import closing
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.aggregate.conditions import (
    RESERVED,
    Condition,
    Reference,
    both,
    equal,
    shown,
)
from bygones.compiler.aggregate.parsing import Scope, parse
from bygones.compiler.catalog.model import Column, Table
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.names import quote
from bygones.migrations.session import PINS
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.shop import url_for
from tests.support.procedures import query

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.sandbox.server import Server

# Every name is something else as well: a unit, a type, an operator, a charset.
WORDS = """
CREATE TABLE words (
    id INT NOT NULL PRIMARY KEY,
    day INT NULL,
    date DATE NULL,
    at DATETIME NULL,
    `interval` INT NULL,
    `key` VARCHAR(20) NULL,
    `select` INT NULL,
    `from` VARCHAR(20) NULL,
    `and` INT NULL,
    status VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    name VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL,
    `end` INT NULL,
    unknown INT NULL,
    escape VARCHAR(1) NULL,
    member INT NULL,
    sounds VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL,
    role VARCHAR(20) NULL,
    signed INT NULL,
    x VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL,
    `_latin1` INT NULL,
    `2fa` INT NULL,
    `Größe` DECIMAL(8, 2) NULL,
    `a.b` INT NULL,
    `two words` INT NULL,
    `tick``ed` INT NULL,
    CamelCase INT NULL,
    bytes VARBINARY(5) NULL,
    doc JSON NULL
)
"""
ROWS = """
INSERT INTO words VALUES
(1, 1, '2020-01-01', '2020-01-01 10:00:00', 1, 'a', 1, 'a', 1, 'open', 'Ann', 1, 1,
 '!', 1, 'Ann', 'a', 1, 'A', 1, 1, 1.5, 1, 1, 1, 1, X'1F', '{"a": "x", "b": [1, 2]}'),
(2, 2, '2020-02-29', '2020-03-01 23:59:59', 30, 'b''c', 0, 'ba', 0, 'closed', 'ANN', 2,
 0, '|', 2, 'Anne', 'b', -1, 'x', 2, 0, 0.15, 2, 0, 5, 0, X'41', '{"a": "y", "b": []}'),
(3, 0, '1999-12-31', '1999-12-31 00:00:00', 0, 'a AND b', 2, 'c', 2, 'a"b', 'o''r', 0,
 2, 'e', 1, 'x', 'c', 0, 'x1F', 0, 2, -3, 0, 2, 0, 2, X'', '{"b": [2]}'),
(4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
 NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
(5, 31, '2021-05-31', '2021-05-31 12:30:00', 7, 'a\\nb', 1, 'a%', 1, 'Closed ', 'ann ',
 5, 1, '', 3, 'Robert', 'a''b', 1, '', 1, 1, 1000, 1, 1, 1, 1, 'abc', '[]')
"""

# What both families understand.
PREDICATES = r"""
day = 1
DAY = 1 AND Day(at) = 1
date > '2020-01-01'
date = DATE '2020-01-01'
date = DATE'2020-01-01' OR date = date '1999-12-31'
at < TIMESTAMP '2020-06-01 00:00:00'
at - INTERVAL 1 day < '2020-01-01'
at + INTERVAL day day > date + INTERVAL - day day
at > date + INTERVAL '1 1' DAY_HOUR AND day > 0
at < date - INTERVAL (day + 1) day OR `interval` > 5
DATE_ADD(date, INTERVAL `interval` MONTH) > date
INTERVAL(day, 1, 10, 20) = 1
EXTRACT(day FROM date) = day
EXTRACT(DAY_HOUR FROM at) > day
EXTRACT(YEAR FROM date) + day > 2020
TIMESTAMPDIFF(day, date, at) > day
TIMESTAMPADD (day, day, date) > date
DATE_FORMAT(date, GET_FORMAT(DATE, 'ISO')) = date
CAST(at AS date) = date
CAST(day AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin = '1'
CAST(`Größe` AS signed) > signed
CAST(day AS DECIMAL(10, 2)) = day AND signed = 1
CONVERT(at, date) = date
CONVERT(day, CHAR) = '1' OR day = 2
CONVERT(status USING utf8mb4) = 'open'
CHAR(65 USING utf8mb4) = x
`key` = 'a'
`key` = 'b''c' OR `key` = 'b\'c' OR `key` = "b'c"
`key` = 'a AND b' AND day = 0
`key` = "a AND b" OR status = 'a"b' OR status = "a""b"
`key` = 'a\nb'
`select` = 1 AND `from` LIKE 'a%' AND NOT `and` = 0
TRIM(LEADING `from` FROM `from`) = ''
TRIM(`from` FROM `key`) = 'x'
TRIM(BOTH FROM name) = name
SUBSTRING(`from` FROM 1 FOR 1) = 'a'
POSITION(x IN name) > 0
`from` LIKE 'a!%' ESCAPE '!'
`from` LIKE 'a|%' ESCAPE '|' OR escape = '|'
`end` > 1
`end` = CASE `end` WHEN 1 THEN 1 ELSE `end` END
end > 1 AND CASE end WHEN 2 THEN end ELSE 5 END = 2
CASE WHEN day = 1 THEN NULL ELSE TRUE END IS NULL
CASE WHEN day = 1 THEN at - INTERVAL '1 1' DAY_HOUR END < at
CASE WHEN day > 0 AND `and` = 1 THEN end ELSE unknown END = 1 AND day < 5
unknown = 1 AND (unknown > 5) IS NOT UNKNOWN
unknown IS UNKNOWN OR NOT unknown
escape = '!' AND member = 1
sounds SOUNDS LIKE name
role = 'a' OR role = 'a''b'
signed = -1
x = x'41'
x = X'41' AND day = 1 OR x = 0x78
bytes = x'1F' OR bytes = 0x41 OR bytes = b'1000001'
name = _utf8mb4'Ann' OR name = _utf8mb4 'x'
name = _latin1 x'416E6E' OR `_latin1` = 2
`_latin1` = 2 AND words._latin1 > 0
name = N'Ann'
2fa = 1
`2fa` + 2fa = 2 AND day = 1
Größe = 1.5
`Größe` > .5 AND Größe < 1.5e3
`Größe` < 15e-1 OR `Größe` > 1.e2
`a.b` = 1 OR `two words` = 0
`tick``ed` = 5 AND `two words` = 0
words.`tick``ed` = 5 OR `words`.`a.b` = 1
words . day = 1 AND `words` . `key` = 'a'
words.select = 1 AND words.from = 'a'
camelcase = 1 AND CAMELCASE < 2
day BETWEEN 1 AND 5 AND `and` = 0
day BETWEEN `end` AND `end` + 1 AND NOT unknown
day NOT BETWEEN 1 AND 2 OR date BETWEEN '2020-01-01' AND '2020-12-31'
`and` BETWEEN CASE WHEN day AND unknown THEN 1 ELSE 2 END AND 5 AND day = 1
day IN (1, 2, `end`) AND status NOT IN ('open', 'a"b')
(day, `end`) IN ((1, 1), (2, unknown))
(day, `end`) = (1, 1) AND name = 'ann'
day = 1 OR day = 2 AND `end` = 2
(day = 1 OR day = 2) AND `end` = 2
((day = 1) AND (((`end` = 1 OR unknown = 0))))
day = 1 XOR `end` = 2
day = 1 || `end` = 2
day > 0 && `end` > 0 && `and` = 0
! day AND day IS NOT NULL
!(day = 1) AND NOT (`end` = 2)
NOT day = 1 AND `end` > 0
NOT NOT day
day <=> NULL
day <=> `end` AND day <=> unknown
day IS NULL OR day IS NOT TRUE
day IS NOT NULL AND `end` IS NOT FALSE
day <> 1 AND `end` != 2 AND unknown >= 0 AND `and` <= 1
day = `end` = unknown
-day = -1 OR - day < - `end` OR day - -1 = 2
~day & 1 = 0 AND day | 1 = 1 AND day ^ 1 <> 0
day << 1 = 2 OR day >> 1 = 1
day % 2 = 1 AND day MOD 2 = 1 AND day DIV 2 = 0
day*`end`+unknown/2-1 > 0
BINARY name = 'Ann'
BINARY name = BINARY sounds
name = 'ANN' COLLATE utf8mb4_general_ci
name COLLATE utf8mb4_bin = 'Ann' COLLATE utf8mb4_bin
name COLLATE `utf8mb4_bin` = status
name = sounds COLLATE utf8mb4_general_ci AND day = 1
name RLIKE '^a' AND status REGEXP 'o$|n$'
name NOT LIKE 'a%' OR name NOT REGEXP 'n'
CONCAT(name, ' AND ', status) = 'Ann AND open'
COALESCE(day, `end`, 0) = 0
IF(day > 1, `end`, unknown) = 1 AND LEFT(name, 1) = 'a'
YEAR(date) = 2020 AND MONTH (date) = 1
DATE(at) = date
ROW(day, `end`) = ROW(1, 1)
JSON_EXTRACT(doc, '$.a') = 'x'
JSON_UNQUOTE(JSON_EXTRACT(doc, '$.a')) = 'y' AND day = 2
{d '2020-01-01'} = date AND day = 1
TRUE AND day
day
"""
MYSQLS = r"""
doc->'$.a' = 'x'
doc->>'$.a' = 'y' AND day = 2
words.doc->>'$.a' <> `words`.doc->'$.b'
2 MEMBER OF(doc->'$.b')
member MEMBER OF (doc->'$.b') AND member = 1
JSON_VALUE(doc, '$.b[1]' RETURNING SIGNED) = day + 1
JSON_VALUE(doc, '$.d' RETURNING date NULL ON EMPTY ERROR ON ERROR) IS NULL AND day = 1
JSON_VALUE(doc, '$.d' RETURNING SIGNED DEFAULT 1 ON EMPTY NULL ON ERROR) = signed
CAST(doc->'$.a' AS CHAR(5)) = 'x'
JSON_OVERLAPS(doc, '[]') AND day
CAST(at AS YEAR) = 2020
CAST(at AS DATETIME(6)) = at
REGEXP_LIKE(name, 'n$', 'c')
"""


def lines(text: str) -> list[str]:
    return text.strip("\n").splitlines()


def made(name: str, *columns: str) -> Table:
    return Table(
        name=name,
        engine="InnoDB",
        collation=None,
        columns=tuple(
            Column(name=column, type="int", data_type="int", is_nullable=True)
            for column in columns
        ),
    )


TABLES = {
    "notes": made("notes", "id", "order_id", "kind", "a b", "key", "end"),
    "orders": made("orders", "id", "customer_id"),
}


def read(predicate: str) -> Condition:
    """Read a predicate of notes, which are joined to orders."""
    scope = Scope(tables=TABLES, default=("notes",))
    condition = parse(predicate, scope)
    assert not scope.problems
    return condition


class Words:
    """The table of words, and what predicates say of its rows."""

    def __init__(self, connection: pymysql.Connection[Cursor], schema: str) -> None:
        self.connection = connection
        self.place = f"{quote(schema)}.words"
        self.table = read_catalog(connection, schema).tables["words"]

    def read(self, predicate: str) -> Condition:
        scope = Scope(tables={"words": self.table}, default=("words",))
        condition = parse(predicate, scope)
        assert not scope.problems
        return condition

    def answers(self, predicate: str) -> list[tuple[object, ...]]:
        return self._select(f"({predicate}) FROM {self.place}", "words")

    def moved(self, *conditions: Condition) -> list[tuple[object, ...]]:
        """Answer beside another row, so that a column without its alias is unclear."""
        written = " AND ".join(
            condition.sql(lambda each: f"w.{quote(each.column)}")
            for condition in conditions
        )
        beside = f"{self.place} AS w JOIN {self.place} AS other ON other.id = 3"
        return self._select(f"({written}) FROM {beside}", "w")

    def _select(self, rest: str, alias: str) -> list[tuple[object, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {alias}.id, {rest} ORDER BY {alias}.id")
            return list(cursor.fetchall())


@pytest.fixture(scope="module")
def words(server: Server) -> Iterator[Words]:
    schema = f"words_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    database = parse_url(url_for(server.url, schema))
    with closing(connect(database, schema=None, seconds=60)) as connection:
        for statement in PINS:
            query(connection, statement)
        try:
            query(connection, f"CREATE SCHEMA {quote(schema)} CHARACTER SET utf8mb4")
            with closing(connect(database, schema=schema, seconds=60)) as creator:
                query(creator, WORDS)
                query(creator, ROWS)
                query(creator, "COMMIT")
            yield Words(connection, schema)
        finally:
            query(connection, f"DROP SCHEMA IF EXISTS {quote(schema)}")


def assert_the_same(words: Words, predicate: str) -> None:
    condition = words.read(predicate)
    answers = words.answers(predicate)

    assert words.moved(condition) == answers
    assert words.moved(*condition.terms()) == answers


@pytest.mark.core
@pytest.mark.parametrize("predicate", lines(PREDICATES))
def test_a_predicate_says_the_same_under_another_alias(
    words: Words, predicate: str
) -> None:
    assert_the_same(words, predicate)


@pytest.mark.parametrize("predicate", lines(MYSQLS))
def test_what_only_mysql_reads_says_the_same_under_another_alias(
    server: Server, words: Words, predicate: str
) -> None:
    if server.family != "mysql":
        pytest.skip("MariaDB doesn't read it")

    assert_the_same(words, predicate)


@pytest.mark.parametrize(
    "form",
    [
        "{} AND {}",
        "{} OR {}",
        "NOT ({}) AND ({} XOR day)",
        "CASE WHEN {} AND {} THEN day WHEN ({}) THEN `end` END = 1 AND ({})",
        "day BETWEEN ({}) AND ({}) AND day BETWEEN 1 AND 5 AND NOT ({})",
    ],
)
def test_predicates_of_predicates_say_the_same_under_another_alias(
    words: Words, form: str
) -> None:
    for first, second in pairwise(lines(PREDICATES)):
        assert_the_same(words, form.format(first, second, second, first))


@pytest.mark.parametrize(
    ("predicate", "written"),
    [
        ("key = 1", "`words`.`key` = 1"),
        ("  day=1\n\tAND\r\n end  = 2 ", "`words`.`day`=1 AND `words`.`end` = 2"),
        ("WORDS.Day = `Words` . `DAY`", "`words`.`day` = `words`.`day`"),
        (
            "name = 'a\nb\r' OR x = \"\n\"",
            r"`words`.`name` = 'a\nb\r' OR `words`.`x` = " + r'"\n"',
        ),
        ("name = 'a\\\nb\\\\\nc'", r"`words`.`name` = 'a\nb\\\nc'"),
        ("name = '%s %% :a ?'", "`words`.`name` = '%s %% :a ?'"),
        ("", ""),
    ],
)
def test_a_predicate_is_written_on_one_line(
    words: Words, predicate: str, written: str
) -> None:
    def write(reference: Reference) -> str:
        return f"{quote(reference.member)}.{quote(reference.column)}"

    assert words.read(predicate).sql(write) == written


@pytest.mark.parametrize(
    ("predicate", "terms"),
    [
        ("id = 1", ["id = 1"]),
        ("id = 1 AND kind = 2 and end = 3", ["id = 1", "kind = 2", "end = 3"]),
        ("id = 1 && kind = 2", ["id = 1", "kind = 2"]),
        ("(id = 1)", ["id = 1"]),
        ("((id = 1) AND (kind = 2 AND end = 3))", ["id = 1", "kind = 2", "end = 3"]),
        ("(id = 1) AND (kind = 2)", ["id = 1", "kind = 2"]),
        ("(id) = (kind)", ["(id) = (kind)"]),
        ("(id, kind) = (1, 2)", ["(id, kind) = (1, 2)"]),
        ("id = 1 OR kind = 2 AND end = 3", ["id = 1 OR kind = 2 AND end = 3"]),
        ("id = 1 XOR kind = 2", ["id = 1 XOR kind = 2"]),
        ("id = 1 || kind = 2", ["id = 1 || kind = 2"]),
        ("(id = 1 OR kind = 2) AND end = 3", ["(id = 1 OR kind = 2)", "end = 3"]),
        ("((id = 1 OR kind = 2))", ["(id = 1 OR kind = 2)"]),
        ("NOT id = 1 AND kind = 2", ["NOT id = 1", "kind = 2"]),
        ("NOT (id = 1 AND kind = 2)", ["NOT (id = 1 AND kind = 2)"]),
        ("id = ' AND ' AND kind = 2", ["id = ' AND '", "kind = 2"]),
        ('id = " OR " AND kind = 2', ['id = " OR "', "kind = 2"]),
        ("id BETWEEN 1 AND 2 AND kind = 2", ["id BETWEEN 1 AND 2", "kind = 2"]),
        ("CASE WHEN id AND kind THEN 1 END", ["CASE WHEN id AND kind THEN 1 END"]),
        (
            "id BETWEEN CASE WHEN id AND kind THEN 1 END AND 2 AND end = 3",
            ["id BETWEEN CASE WHEN id AND kind THEN 1 END AND 2", "end = 3"],
        ),
        (
            "CASE WHEN id BETWEEN 1 AND 2 AND kind THEN 1 END AND end = 3",
            ["CASE WHEN id BETWEEN 1 AND 2 AND kind THEN 1 END", "end = 3"],
        ),
    ],
)
def test_a_predicate_is_split_where_all_of_it_hangs_on_and(
    predicate: str, terms: list[str]
) -> None:
    found = read(predicate).terms()

    assert [term.sql(lambda each: each.column) for term in found] == terms


@pytest.mark.parametrize(
    ("predicate", "equal"),
    [
        ("order_id = orders.id", ("order_id", "id")),
        (" orders.id=notes.order_id ", ("id", "order_id")),
        ("notes.`a b` = orders.id", ("a b", "id")),
        ("kind = 'order'", ("kind", None)),
        ("kind = 'it''s'", ("kind", None)),
        ('kind = "order"', ("kind", None)),
        ("'order' = kind", ("kind", None)),
        ("kind = 5", ("kind", None)),
        ("kind = -5.25", ("kind", None)),
        ("0x1F = kind", ("kind", None)),
        ("kind = id + 1", None),
        ("kind = 5 + 1", None),
        ("kind = 5 = id", None),
        ("kind = NULL", None),
        ("kind = order_id = orders.id", None),
        ("kind <=> 5", None),
        ("kind >= 5", None),
        ("5 <= kind", None),
        ("kind != 5", None),
        ("kind <> id", None),
        ("kind <=> id", None),
        ("- kind = 5", None),
        ("NOT kind = 5", None),
        ("kind = - id", None),
        ("kind = id COLLATE utf8mb4_bin", None),
        ("kind = 5 OR id = 5", None),
        ("kind = 5 AND id = 5", None),
        ("kind", None),
        ("CONCAT(kind) = 'order'", None),
    ],
)
def test_an_equality_is_of_columns_and_constants_alone(
    predicate: str, equal: tuple[str, str | None] | None
) -> None:
    found = read(predicate).equality()

    assert equal == (found and (found[0].column, found[1] and found[1].column))


@pytest.mark.parametrize(
    ("predicate", "column"),
    [
        ("order_id = orders.id", "order_id"),
        ("orders.id = order_id", "order_id"),
        ("kind = 'order'", "kind"),
        ("kind = CONCAT('order ', orders.id)", "kind"),
        ("CONCAT('order ', orders.id) = kind", "kind"),
        ("kind = orders.id COLLATE utf8mb4_bin", "kind"),
        ("kind = orders.id + orders.customer_id * 2", "kind"),
        ("kind = CASE WHEN (orders.id > 5) THEN 1 END", "kind"),
        ("kind = (orders.id = 5)", "kind"),
        ("kind + 1 = orders.id", None),
        ("orders.id = 1 + kind", None),
        ("CONCAT(kind) = orders.id", None),
        ("kind = orders.id = 5", None),
        ("kind = orders.id IS NULL", None),
        ("kind = orders.id OR orders.id", None),
        ("kind <=> orders.id", None),
        ("orders.id >= kind", None),
        ("NOT orders.id = kind", None),
        ("kind = id", None),
        ("kind = IF(id = 5, 1, orders.id)", None),
        ("orders.id = 5", None),
        ("kind", None),
    ],
)
def test_a_column_is_pinned_by_what_does_not_depend_on_its_row(
    predicate: str, column: str | None
) -> None:
    assert read(predicate).pinned("notes") == column


@pytest.mark.parametrize(
    ("conditions", "joined"),
    [
        (["id = 1 OR kind = 2"], "notes.id = 1 OR notes.kind = 2"),
        (["id = 1", "kind = 2"], "notes.id = 1 AND notes.kind = 2"),
        (
            ["id = 1 OR kind = 2", "id = 3"],
            "(notes.id = 1 OR notes.kind = 2) AND notes.id = 3",
        ),
        (["id = 3", "id XOR kind"], "notes.id = 3 AND (notes.id XOR notes.kind)"),
        (["id || kind", "(id OR 1)"], "(notes.id || notes.kind) AND (notes.id OR 1)"),
        (["id = '||'", "id | 1"], "notes.id = '||' AND notes.id | 1"),
    ],
)
def test_conditions_are_joined_by_and_in_brackets_where_they_need_them(
    conditions: list[str], joined: str
) -> None:
    assert shown(both(*map(read, conditions))) == joined


def test_pairs_of_columns_are_made_equal() -> None:
    pairs = [
        (Reference("notes", "a b"), Reference("orders", "id")),
        (Reference("notes", "key"), Reference("my orders", "größe`")),
    ]

    condition = equal(pairs)

    assert shown(condition) == (
        "notes.`a b` = orders.id AND notes.key = `my orders`.`größe```"
    )
    assert list(condition.references()) == [*pairs[0], *pairs[1]]


def test_no_word_that_the_server_reserves_goes_without_backquotes(
    server: Server, words: Words
) -> None:
    if server.family != "mysql":
        pytest.skip("MariaDB doesn't tell which words it reserves")

    rows = query(
        words.connection,
        "SELECT LOWER(word) AS word FROM information_schema.keywords WHERE reserved",
    )

    assert len(rows) > 200
    assert {row["word"] for row in rows} <= RESERVED
