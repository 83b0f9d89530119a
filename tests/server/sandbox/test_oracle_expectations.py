"""The judge sees what it is told to expect, whatever the tables and keys are like."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox import oracle
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.oracle import Expectation, ExpectedRelation, Verdict, compare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql import Connection
    from pymysql.cursors import Cursor

BASKETS = Expectation(root="basket", key=("id",), finished="o.done")


@dataclass(frozen=True, slots=True)
class Bench:
    """A source and a history, both made by hand; `{s}` and `{h}` name them."""

    admin: Connection[Cursor]
    source: str
    history: str

    def run(self, *statements: str) -> None:
        with self.admin.cursor() as cursor:
            for statement in statements:
                # Not by format(): names may hold braces.
                text = statement.replace("{s}", self.source)
                cursor.execute(text.replace("{h}", self.history))

    def judge(self, expected: Expectation) -> tuple[int, int, int]:
        verdict = self.verdict(expected)
        return verdict.missing, verdict.different, verdict.surplus

    def verdict(self, expected: Expectation) -> Verdict:
        return compare(self.admin, self.source, self.history, expected)


@pytest.fixture
def bench(admin: Connection[Cursor]) -> Iterator[Bench]:
    name = f"b_judge_{secrets.token_hex(4)}"
    bench = Bench(admin, name, f"{name}_history")
    bench.run(
        "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci, sql_mode = ''",
        "CREATE DATABASE {s} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
        "CREATE DATABASE {h} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    )
    yield bench
    bench.run("DROP DATABASE {s}", "DROP DATABASE {h}")


def with_relation(**relation: object) -> Expectation:
    return replace(BASKETS, relations=(ExpectedRelation(**relation),))  # type: ignore[arg-type]


@pytest.fixture
def baskets(bench: Bench) -> Bench:
    """Four baskets, three of them done, with nothing but a number, in history."""
    bench.run(
        "CREATE TABLE {s}.basket (id INT PRIMARY KEY, done BOOL)",
        "INSERT INTO {s}.basket VALUES (1, TRUE), (2, TRUE), (3, FALSE), (4, TRUE)",
        "CREATE TABLE {h}.basket_history AS SELECT id, done, 1 AS history_version,"
        " IF(id < 4, 1, 2) AS history_chunk FROM {s}.basket WHERE done",
    )
    return bench


# A root of two columns, one of them text, with names that need quotes, and children
# that carry its key in a collation under which two roots are one.
SALES = Expectation(
    root="Sales `Order`",
    key=("Region", "no. {1}"),
    finished="o.`group` = 'closed'",
    relations=(
        ExpectedRelation(
            name="line item",
            key=("Region", "no. {1}", "select"),
            joined=(
                "JOIN {source}.`line item` AS r ON r.`no. {1}` = o.`no. {1}`"
                " AND r.Region = o.Region COLLATE utf8mb4_bin"
            ),
        ),
    ),
)


@pytest.fixture
def sales(bench: Bench) -> Bench:
    bench.run(
        "CREATE TABLE {s}.`Sales ``Order``` ("
        " `no. {1}` BIGINT UNSIGNED, `group` VARCHAR(9),"
        " Region VARCHAR(9) COLLATE utf8mb4_bin, PRIMARY KEY (Region, `no. {1}`))",
        "INSERT INTO {s}.`Sales ``Order``` VALUES (1, 'closed', 'eu'),"
        " (1, 'closed', 'EU'), (18446744073709551615, 'closed', 'eu'),"
        " (2, 'open', 'eu')",
        "CREATE TABLE {s}.`line item` (Region VARCHAR(9) COLLATE utf8mb4_bin,"
        " `no. {1}` BIGINT UNSIGNED, `select` INT, what VARCHAR(20))",
        "INSERT INTO {s}.`line item` SELECT Region, `no. {1}`, n, 'müller'"
        " FROM {s}.`Sales ``Order```, (SELECT 1 AS n UNION SELECT 2) AS numbers",
        "CREATE TABLE {h}.`Sales ``Order``_history` AS SELECT `no. {1}`, `group`,"
        " Region, 1 AS history_version, 7 AS history_chunk FROM {s}.`Sales ``Order```"
        " WHERE `group` = 'closed'",
        "CREATE TABLE {h}.`line item_history` ("
        " history_root_Region VARCHAR(9) COLLATE utf8mb4_unicode_ci,"
        " `history_root_no. {1}` BIGINT UNSIGNED, history_version INT,"
        " Region VARCHAR(9) COLLATE utf8mb4_unicode_ci, `no. {1}` BIGINT UNSIGNED,"
        " `select` INT, what VARCHAR(20))",
        "INSERT INTO {h}.`line item_history` SELECT r.Region, r.`no. {1}`, 1, r.*"
        " FROM {s}.`Sales ``Order``` AS o JOIN {s}.`line item` AS r"
        " USING (Region, `no. {1}`) WHERE o.`group` = 'closed'",
    )
    return bench


@pytest.mark.core
def test_a_composite_key_tells_rows_apart_that_a_collation_takes_for_one(
    sales: Bench,
) -> None:
    verdict = sales.verdict(SALES)
    assert (verdict.finished, verdict.rows) == (3, 9)
    assert verdict.complete, verdict.examples

    sales.run(
        "UPDATE {h}.`line item_history` SET history_root_Region = 'EU'"
        " WHERE BINARY Region = 'eu' AND `no. {1}` = 1 AND `select` = 2"
    )

    place, row = "line item of Sales `Order`", "Region=eu no. {1}=1 select=2"
    assert sales.verdict(SALES).examples == (
        f"{place} eu, 1: {row} is missing",
        f"{place} EU, 1: {row} is in history, 1 more than in source",
    )


LINES = "{h}.`line item_history`"
ORDERS = "{h}.`Sales ``Order``_history`"

# What is done to history, or to the source behind its back.
SPOILT = {
    "row_missing": (f"DELETE FROM {LINES} LIMIT 1", (1, 0, 0)),
    "root_missing": (f"DELETE FROM {ORDERS} LIMIT 1", (1, 0, 0)),
    "row_twice": (f"INSERT INTO {LINES} SELECT * FROM {LINES} LIMIT 1", (0, 0, 1)),
    "unfinished_root": (
        f"INSERT INTO {ORDERS} VALUES (2, 'open', 'eu', 1, 7)",
        (0, 0, 1),
    ),
    "case": (f"UPDATE {LINES} SET what = 'Müller' LIMIT 1", (0, 1, 0)),
    "accent": (f"UPDATE {LINES} SET what = 'muller' LIMIT 1", (0, 1, 0)),
    "blank": (f"UPDATE {LINES} SET what = 'müller ' LIMIT 1", (0, 1, 0)),
    "composed": (f"UPDATE {LINES} SET what = 'mu\u0308ller' LIMIT 1", (0, 1, 0)),
    "other_root": (
        f"UPDATE {LINES} SET `history_root_no. {{1}}` = 2 LIMIT 1",
        (1, 0, 1),
    ),
    "other_version": (f"UPDATE {LINES} SET history_version = 2 LIMIT 1", (1, 0, 1)),
    "column_missing": (f"ALTER TABLE {LINES} DROP COLUMN what", (0, 6, 0)),
    "invisible_column": (
        "ALTER TABLE {s}.`line item` ADD COLUMN hidden INT INVISIBLE",
        (0, 6, 0),
    ),
}


@pytest.mark.parametrize(("statement", "judgement"), SPOILT.values(), ids=list(SPOILT))
def test_a_spoilt_history_is_judged(
    sales: Bench, statement: str, judgement: tuple[int, int, int]
) -> None:
    sales.run(statement)

    assert sales.judge(SALES) == judgement


# By type: two keys, and a third that is nearly the second.
KEYS = {
    "BIGINT UNSIGNED": ("1", "18446744073709551614", "18446744073709551615"),
    "BIGINT": ("-9223372036854775808", "9223372036854775806", "9223372036854775807"),
    "BINARY(16)": (
        "X'00000000000000000000000000000000'",
        "X'000000000000000000000000000000FF'",
        "X'000000000000000000000000000000FE'",
    ),
    "BIT(40)": ("b'0'", "b'1000000000'", "b'1000000001'"),
    "CHAR(36) COLLATE utf8mb4_bin": ("'a'", "'b'", "'B'"),
    "DATETIME(6)": ("0", "'2020-01-01'", "'2020-01-01 00:00:00.000001'"),
    "DECIMAL(30, 5)": ("1.5", "-99999999999999999999.1", "-99999999999999999999.10001"),
    "FLOAT": ("1", "16777210", "16777209"),
    "TIMESTAMP": ("0", "'2020-01-01'", "'2020-01-01 00:00:01'"),
    "VARCHAR(9) COLLATE utf8mb4_unicode_ci": ("''", "'ü'", "'Ü'"),
    "ENUM('', 'x')": ("'x'", "''", "0"),
}


@pytest.mark.parametrize(("key_type", "keys"), KEYS.items(), ids=list(KEYS))
def test_a_key_of_any_type_is_told_from_one_that_is_nearly_the_same(
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    key_type: str,
    keys: tuple[str, str, str],
) -> None:
    monkeypatch.setattr(oracle, "_ROOTS_PER_READ", 1)
    first, second, nearly = keys
    expected = with_relation(
        name="thing",
        key=("id",),
        joined="JOIN {source}.thing AS r ON r.basket_id = o.id",
    )
    bench.run(
        f"CREATE TABLE {{s}}.basket (id {key_type} PRIMARY KEY, done BOOL)",
        f"INSERT INTO {{s}}.basket VALUES ({first}, TRUE), ({second}, TRUE)",
        f"CREATE TABLE {{s}}.thing (id {key_type}, basket_id {key_type})",
        "INSERT INTO {s}.thing SELECT id, id FROM {s}.basket",
        "CREATE TABLE {h}.basket_history AS"
        " SELECT *, 1 AS history_version, 1 AS history_chunk FROM {s}.basket",
        "CREATE TABLE {h}.thing_history AS"
        " SELECT basket_id AS history_root_id, 1 AS history_version, r.*"
        " FROM {s}.thing AS r",
    )
    assert bench.judge(expected) == (0, 0, 0)

    bench.run(f"UPDATE {{h}}.thing_history SET id = {nearly} WHERE id = {second}")
    assert bench.judge(expected) == (1, 0, 1)

    bench.run(
        f"UPDATE {{h}}.basket_history SET id = {nearly} WHERE id = {second}",
        f"UPDATE {{h}}.thing_history SET history_root_id = {nearly}"
        f" WHERE history_root_id = {second}",
    )
    assert bench.judge(expected) == (2, 0, 2)


# By type: a value, and another that some comparison takes for it.
VALUES = {
    "BIT(9)": ("b'100000000'", "b'100000001'"),
    "CHAR(5)": ("'a'", "'á'"),
    "DOUBLE": ("0.1e0", "0.1e0 + 1e-17"),
    "ENUM('', 'x')": ("''", "0"),
    "FLOAT": ("16777210", "16777209"),
    "GEOMETRY": (
        "ST_GeomFromText('POINT(1 1)', 0)",
        "ST_GeomFromText('POINT(1 1)', 4326)",
    ),
    "INT": ("0", "NULL"),
    "JSON": ("""'{"a": 1}'""", """'{"a": 1.0}'"""),
    "TEXT": ("'NULL'", "NULL"),
    "TIMESTAMP(6)": ("'2021-10-31 00:30'", "'2021-10-31 00:30:00.000001'"),
    "VARBINARY(9)": ("'a'", "X'6100'"),
}


@pytest.mark.parametrize(("value_type", "values"), VALUES.items(), ids=list(VALUES))
def test_a_value_that_is_nearly_the_same_is_different(
    bench: Bench, value_type: str, values: tuple[str, str]
) -> None:
    bench.run(
        f"CREATE TABLE {{s}}.basket (id INT PRIMARY KEY, done BOOL, v {value_type})",
        f"INSERT INTO {{s}}.basket VALUES (1, TRUE, {values[0]})",
        "CREATE TABLE {h}.basket_history AS"
        " SELECT *, 1 AS history_version, 1 AS history_chunk FROM {s}.basket",
    )
    assert bench.judge(BASKETS) == (0, 0, 0)

    bench.run(
        # The server may take the one for the other, and write nothing.
        "ALTER TABLE {h}.basket_history DROP COLUMN v",
        f"ALTER TABLE {{h}}.basket_history ADD COLUMN v {value_type} NULL",
        f"UPDATE {{h}}.basket_history SET v = {values[1]}",
    )
    assert bench.judge(BASKETS) == (0, 1, 0)


def test_rows_without_a_key_are_counted_and_not_only_found(baskets: Bench) -> None:
    expected = with_relation(
        name="mark", joined="JOIN {source}.mark AS r ON r.basket = o.id"
    )
    baskets.run(
        "CREATE TABLE {s}.mark (basket INT, word VARCHAR(9) COLLATE utf8mb4_bin)",
        "INSERT INTO {s}.mark VALUES"
        " (1, 'a'), (1, 'a'), (1, 'b'), (2, 'A'), (2, NULL), (2, NULL), (3, 'a')",
        "CREATE TABLE {h}.mark_history AS SELECT m.basket AS history_root_id,"
        " 1 AS history_version, 1 AS history_ordinal, m.* FROM {s}.mark AS m"
        " WHERE m.basket < 3",
    )
    assert baskets.judge(expected) == (0, 0, 0)

    baskets.run("UPDATE {h}.mark_history SET word = 'b' WHERE word = 'a' LIMIT 1")

    assert baskets.verdict(expected).examples == (
        "mark of basket 1: basket=1 word=a is missing",
        "mark of basket 1: basket=1 word=b is in history, 1 more than in source",
    )


def test_rows_without_a_key_lack_a_column_that_history_lacks(baskets: Bench) -> None:
    expected = with_relation(
        name="mark", joined="JOIN {source}.mark AS r ON r.basket = o.id"
    )
    baskets.run(
        "CREATE TABLE {s}.mark (basket INT, word VARCHAR(9))",
        "INSERT INTO {s}.mark VALUES (1, 'a'), (1, 'b')",
        "CREATE TABLE {h}.mark_history AS SELECT m.basket AS history_root_id,"
        " 1 AS history_version, m.basket FROM {s}.mark AS m",
    )

    assert baskets.judge(expected) == (0, 2, 0)


def test_a_parent_that_is_reached_twice_and_by_two_paths_is_kept_once(
    baskets: Bench,
) -> None:
    visits = "JOIN {source}.visit AS v ON v.basket = o.id"
    expected = with_relation(
        name="person",
        key=("id",),
        joined=(
            f"{visits} JOIN {{source}}.person AS r ON r.id = v.buyer",
            f"{visits} JOIN {{source}}.person AS r ON r.id = v.payer",
        ),
    )
    baskets.run(
        "CREATE TABLE {s}.person (id INT PRIMARY KEY)",
        "INSERT INTO {s}.person VALUES (5), (6), (7)",
        "CREATE TABLE {s}.visit (basket INT, buyer INT, payer INT)",
        "INSERT INTO {s}.visit VALUES (1, 5, 6), (1, 5, 5), (2, 5, NULL), (3, 7, 7)",
        "CREATE TABLE {h}.person_history"
        " (history_root_id INT, history_version INT, id INT)",
        "INSERT INTO {h}.person_history VALUES (1, 1, 5), (1, 1, 6), (2, 1, 5)",
    )
    assert baskets.judge(expected) == (0, 0, 0)

    # Kept once a path; then only by the first path.
    baskets.run("INSERT INTO {h}.person_history VALUES (1, 1, 5)")
    assert baskets.judge(expected) == (0, 0, 1)
    baskets.run("DELETE FROM {h}.person_history WHERE id = 6 OR history_root_id = 2")
    assert baskets.judge(expected) == (2, 0, 1)


def test_a_renamed_column_is_compared_with_what_it_is_called_now(
    baskets: Bench,
) -> None:
    baskets.run(
        "ALTER TABLE {s}.basket ADD COLUMN NewName INT",
        "UPDATE {s}.basket SET NewName = id",
        "ALTER TABLE {h}.basket_history ADD COLUMN old_name INT",
        "UPDATE {h}.basket_history SET old_name = id",
    )
    expected = replace(BASKETS, renamed={"old_name": "newname"})
    assert baskets.judge(BASKETS) == (0, 3, 0)
    assert baskets.judge(expected) == (0, 0, 0)

    baskets.run("UPDATE {h}.basket_history SET old_name = 9 WHERE id = 2")

    assert baskets.verdict(expected).examples == (
        "basket of basket 2: column NewName: source 2, history 9",
    )


def test_a_column_named_like_one_of_the_kits_is_compared_under_its_other_name(
    baskets: Bench,
) -> None:
    expected = with_relation(
        name="thing",
        key=("history_root_id",),
        joined="JOIN {source}.thing AS r ON r.basket = o.id",
    )
    baskets.run(
        "ALTER TABLE {s}.basket ADD COLUMN History_Chunk INT NOT NULL DEFAULT 5",
        "ALTER TABLE {h}.basket_history ADD COLUMN History_Chunk_source INT DEFAULT 5",
        "CREATE TABLE {s}.thing"
        " (basket INT, history_root_id INT, history_version INT, history_chunk INT)",
        "INSERT INTO {s}.thing VALUES (1, 77, 3, 4)",
        "CREATE TABLE {h}.thing_history (history_root_id INT, history_version INT,"
        " basket INT, history_root_id_source INT, history_version_source INT,"
        " history_chunk INT)",
        "INSERT INTO {h}.thing_history VALUES (1, 1, 1, 77, 3, 4)",
    )
    assert baskets.judge(expected) == (0, 0, 0)

    baskets.run(
        "UPDATE {h}.basket_history SET History_Chunk_source = 6 WHERE id = 1",
        "UPDATE {h}.thing_history SET history_version_source = 1, history_chunk = 1",
    )
    assert baskets.judge(expected) == (0, 2, 0)

    # The kit's column isn't the source's, though their names are the same.
    baskets.run(
        "ALTER TABLE {h}.basket_history DROP COLUMN History_Chunk_source",
        "UPDATE {h}.basket_history SET history_chunk = 5",
    )
    assert baskets.judge(BASKETS) == (0, 3, 0)


def test_the_roots_key_is_found_by_its_place_in_history(baskets: Bench) -> None:
    expected = with_relation(
        name="bought",
        table="thing",
        key=("id",),
        without=("STOCK",),
        joined="JOIN {source}.thing AS r ON r.basket = o.id",
    )
    baskets.run(
        "CREATE TABLE {s}.thing (id INT, basket INT, stock INT)",
        "INSERT INTO {s}.thing VALUES (1, 1, 8), (2, 3, 8)",
        "CREATE TABLE {h}.bought_history AS SELECT basket AS root_1,"
        " 1 AS history_version, id, basket FROM {s}.thing WHERE id = 1",
    )
    assert baskets.judge(expected) == (0, 0, 0)

    baskets.run("ALTER TABLE {h}.bought_history ADD COLUMN root_2 INT AFTER root_1")

    with pytest.raises(SandboxError, match="before history_version it has: root_1, ro"):
        baskets.judge(expected)


def test_what_an_older_chunk_could_not_know_is_not_expected_of_it(
    baskets: Bench,
) -> None:
    baskets.run(
        "CREATE TABLE {s}.thing (id INT, basket INT)",
        "INSERT INTO {s}.thing SELECT id, id FROM {s}.basket",
        "ALTER TABLE {s}.basket ADD COLUMN colour ENUM('red') DEFAULT 'red'",
        "ALTER TABLE {h}.basket_history ADD COLUMN colour ENUM('red')",
        "UPDATE {h}.basket_history SET colour = 'red' WHERE history_chunk = 2",
        "CREATE TABLE {h}.thing_history AS SELECT basket AS history_root_id,"
        " 1 AS history_version, id, basket FROM {s}.thing WHERE id = 4",
    )
    joined = "JOIN {source}.thing AS r ON r.basket = o.id"
    thing = ExpectedRelation(name="thing", key=("id",), joined=joined, since=2)
    expected = replace(BASKETS, added={"colour": 2}, relations=(thing,))
    assert baskets.judge(replace(expected, added={})) == (0, 2, 0)
    assert baskets.judge(replace(expected, relations=(replace(thing, since=0),))) == (
        2,
        0,
        0,
    )
    assert baskets.judge(expected) == (0, 0, 0)

    baskets.run(
        "UPDATE {h}.basket_history SET colour = IF(id = 1, 'red', NULL)",
        "UPDATE {h}.thing_history SET history_root_id = 1",
    )

    assert baskets.judge(expected) == (1, 2, 1)


def test_a_value_that_history_keeps_in_a_wider_type_is_compared_in_that(
    baskets: Bench,
) -> None:
    baskets.run(
        "ALTER TABLE {s}.basket ADD COLUMN price DECIMAL(9, 2) DEFAULT 1.25,"
        " ADD COLUMN word VARCHAR(9) CHARACTER SET latin1 DEFAULT 'ü'",
        "ALTER TABLE {h}.basket_history ADD COLUMN price DECIMAL(12, 4) DEFAULT 1.25,"
        " ADD COLUMN word VARCHAR(20) CHARACTER SET utf8mb4 DEFAULT 'ü'",
    )
    converted = {
        "price": "CAST(o.price AS DECIMAL(12, 4))",
        "word": "CONVERT(o.word USING utf8mb4)",
    }
    assert baskets.judge(BASKETS) == (0, 3, 0)
    assert baskets.judge(replace(BASKETS, converted=converted)) == (0, 0, 0)

    baskets.run("UPDATE {h}.basket_history SET price = 1.2501 WHERE id = 1")

    assert baskets.judge(replace(BASKETS, converted=converted)) == (0, 1, 0)


@pytest.mark.parametrize("of", ["without", "key"])
def test_a_column_that_is_not_there_cannot_be_expected(baskets: Bench, of: str) -> None:
    expected = replace(BASKETS, **{of: ("collor",)})  # type: ignore[arg-type]

    with pytest.raises(SandboxError, match="basket has no column collor"):
        baskets.judge(expected)
