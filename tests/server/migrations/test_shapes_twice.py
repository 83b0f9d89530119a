"""What a sceptic tries: changes upon changes, and names that meet."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from tests.support.migrations.shaping import DECLARED, SALES
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from tests.support.migrations.shaping import Changing

LINES, PINGS = SALES.relations
KEPT_BESIDE = 'renamed = { amount_2 = "amount" }\n[archive.sales.relations]'

BESIDE = (
    "sales_history: no type holds both varchar(20) and date, so note stays as it is, "
    "and is NULL in new rows, whose values go to history_2_note: read both"
)


def test_a_column_is_dropped_and_another_has_its_name(
    changing: Changing, caplog: pytest.LogCaptureFixture
) -> None:
    changing.open_shop()
    caplog.clear()
    changing.source(
        # Of a type that holds no text, and of one that does.
        "ALTER TABLE sales DROP COLUMN note, ADD COLUMN note DATE NULL",
        "ALTER TABLE `lines` DROP COLUMN what",
        "ALTER TABLE `lines` ADD COLUMN what VARCHAR(5) NULL",
    )

    changing.revise_and_upgrade()
    beside = [each for each in caplog.messages if "history_2_note" in each]
    assert beside == [
        BESIDE,
        (
            "sales_history: from here on the values of note go to history_2_note, "
            "which no type holds together with the older ones: read both columns"
        ),
    ]
    changing.source(
        "INSERT INTO sales (id, state, note) VALUES (61, 'done', '2024-01-01')",
        "INSERT INTO `lines` (id, sale_id, what) VALUES (61, 61, 'new')",
    )
    changing.drain()

    assert changing.alterations(2) == {"sales_history": {"history_2_note": "INSTANT"}}
    assert query(
        changing.admin,
        "SELECT s.note, CAST(s.history_2_note AS CHAR) AS date, l.what"
        " FROM sales_history AS s JOIN lines_history AS l ON l.history_root_id = s.id"
        " WHERE s.id IN (60, 61)",
    ) == [
        {"note": "note 60", "date": None, "what": "what"},
        {"note": None, "date": "2024-01-01", "what": "new"},
    ]


@pytest.mark.soak
def test_a_type_goes_back_and_forth(changing: Changing) -> None:
    changing.open_shop()
    kept = []
    for number, kind in enumerate(("INT", "VARCHAR(20)", "BIGINT", "INT"), start=61):
        changing.source(
            "ALTER TABLE sales DROP COLUMN note",
            f"ALTER TABLE sales ADD COLUMN note {kind} NULL",
            f"INSERT INTO sales (id, state, note) VALUES ({number}, 'done', {number})",
        )
        changing.revise_and_upgrade()
        changing.drain()
        kept.append(list(changing.columns("sales_history"))[-1])

    assert kept == [*("history_2_note", "history_3_note", "history_4_note"), kept[2]]
    assert query(
        changing.admin,
        "SELECT history_2_note AS a, history_3_note AS b, history_4_note AS c"
        " FROM sales_history WHERE id > 60",
    ) == [
        {"a": 61, "b": None, "c": None},
        {"a": None, "b": "62", "c": None},
        {"a": None, "b": None, "c": 63},
        {"a": None, "b": None, "c": 64},
    ]


def test_a_column_gets_the_name_of_one_that_is_dropped(changing: Changing) -> None:
    changing.open_shop()
    changing.source(
        "UPDATE sales SET plain = id",
        "ALTER TABLE sales DROP COLUMN made",
        "ALTER TABLE sales RENAME COLUMN plain TO made",
    )
    changing.team.declare(
        DECLARED.replace(
            "[archive.sales.relations]",
            'renamed = { plain = "made" }\n[archive.sales.relations]',
        )
    )

    changing.revise_and_upgrade()
    changing.source("INSERT INTO sales (id, state, made) VALUES (61, 'done', 7)")
    changing.drain()

    assert changing.alterations(2) == {}
    assert query(
        changing.admin, "SELECT made, plain FROM sales_history WHERE id IN (60, 61)"
    ) == [{"made": 61, "plain": None}, {"made": None, "plain": 7}]


def test_two_changes_come_before_an_upgrade(changing: Changing) -> None:
    changing.open_shop()
    changing.source("ALTER TABLE sales ADD COLUMN first INT NULL")
    changing.team.revise("first")
    changing.source("ALTER TABLE sales ADD COLUMN second INT NULL")
    changing.team.upgrade()
    assert changing.refused().startswith("drift: ")

    changing.revise_and_upgrade()

    chunk = changing.next_chunk()
    assert changing.alterations(2) == {"sales_history": {"first": "INSTANT"}}
    assert changing.alterations(3) == {"sales_history": {"second": "INSTANT"}}
    changing.source(
        "INSERT INTO sales (id, state, first, second) VALUES (61, 'done', 1, 2)"
    )
    changing.expect("sales", {"added": {"first": chunk, "second": chunk}})
    changing.copy()
    assert changing.shapes() == [1, 3]


def test_names_that_are_bygones_own_or_taken_are_kept_apart(
    changing: Changing,
) -> None:
    changing.open_shop()
    changing.source(
        "ALTER TABLE sales ADD COLUMN history_version INT NULL,"
        " ADD COLUMN history_2_note INT NULL, ADD COLUMN `Ordinal 1` INT NULL,"
        " DROP COLUMN note, ADD COLUMN note DATE NULL",
        "ALTER TABLE `lines` ADD COLUMN history_root_id INT NULL,"
        " ADD COLUMN history_ordinal INT NULL",
        "ALTER TABLE pings ADD COLUMN history_ordinal INT NULL",
    )

    changing.revise_and_upgrade()

    chunk = changing.next_chunk()
    changing.source(
        "INSERT INTO sales (id, state, history_version, history_2_note, `Ordinal 1`,"
        " note) VALUES (61, 'done', 5, 6, 7, '2024-01-01')",
        "INSERT INTO `lines` (id, sale_id, history_root_id, history_ordinal)"
        " VALUES (61, 61, 8, 9)",
        "INSERT INTO pings (sale_id, history_ordinal) VALUES (61, 3), (61, 3)",
    )
    own = ("history_version", "history_2_note", "Ordinal 1", "note")
    changing.expect(
        "sales",
        {
            "renamed": {"history_3_note": "note"},
            "added": dict.fromkeys(own, chunk),
        },
    )
    changing.expect(
        "lines", {"added": {"history_root_id": chunk, "history_ordinal": chunk}}
    )
    changing.expect("pings", {"added": {"history_ordinal": chunk}})
    changing.copy()
    assert changing.columns("sales_history")["history_2_note"] == "int"


def test_a_column_that_came_for_another_may_be_that_one(
    changing: Changing, caplog: pytest.LogCaptureFixture
) -> None:
    changing.open_shop()
    changing.source(
        "ALTER TABLE sales RENAME COLUMN note TO remark, DROP COLUMN plain,"
        " ADD COLUMN more BIGINT NULL",
        "ALTER TABLE `lines` RENAME COLUMN stock TO `left`, ADD COLUMN other INT NULL",
    )
    caplog.clear()

    found = changing.team.check()

    asked = [each for each in caplog.messages if "was it renamed" in each]
    assert asked == [
        f'archive.sales{where}: "{old}" is gone, and "{new}" of the same type has '
        f'come: was it renamed? Then write renamed = {{ {old} = "{new}" }}, or history '
        "goes on in a column of the new name, and leaves the old one"
        for where, old, new in (
            ("", "note", "remark"),
            (".relations.lines", "stock", "left"),
        )
    ]
    assert found
    changing.team.declare(
        DECLARED.replace(
            "[archive.sales.rel", 'renamed = { note = "remark" }\n[archive.sales.rel'
        ).replace("lines = {", 'lines = { renamed = { stock = "left" },')
    )
    caplog.clear()
    changing.revise_and_upgrade()
    assert "was it renamed" not in caplog.text


def test_new_values_may_be_kept_beside_rather_than_history_rebuilt(
    changing: Changing,
) -> None:
    changing.open_shop()
    changing.source("ALTER TABLE sales MODIFY amount DECIMAL(12,2) NULL")
    changing.team.declare(DECLARED.replace("[archive.sales.relations]", KEPT_BESIDE))

    changing.revise_and_upgrade()

    assert changing.alterations(2) == {"sales_history": {"amount_2": "INSTANT"}}
    changing.sell(range(61, 71))
    fields = {
        "renamed": {"amount_2": "amount"},
        "added": {"amount": changing.next_chunk()},
    }
    changing.expect("sales", fields)
    changing.copy()
    old = "SELECT COUNT(amount), COUNT(amount_2) FROM sales_history"
    assert list(query(changing.admin, old)[0].values()) == [60, 10]


def test_a_value_that_the_source_has_no_more_is_kept(changing: Changing) -> None:
    changing.source(
        "CREATE TABLE sales (id INT PRIMARY KEY, state VARCHAR(9),"
        " choice ENUM('a','b','c'), flags SET('a','b','c'))",
        "INSERT INTO sales VALUES (1, 'done', 'b', 'a,b'), (2, 'done', 'c', 'c')",
    )
    changing.expected = replace(SALES, relations=())
    changing.install(DECLARED[: DECLARED.index("[archive.sales.relations]")])
    changing.source(
        "UPDATE sales SET choice = 'a', flags = 'a' WHERE id = 1",
        "ALTER TABLE sales MODIFY choice ENUM('a','d','c'), MODIFY flags SET('c','a')",
    )
    changing.revise_and_upgrade()
    kept = "SELECT id, choice, FIND_IN_SET('b', flags) > 0 AS is_b FROM sales_history"
    old = [
        {"id": 1, "choice": "b", "is_b": 1},
        {"id": 2, "choice": "c", "is_b": 0},
    ]
    assert query(changing.admin, kept) == old

    changing.team.downgrade("-1")
    assert query(changing.admin, kept) == old
    changing.team.upgrade()
    changing.source("INSERT INTO sales VALUES (3, 'done', 'd', 'a,c')")
    changing.drain()

    assert query(changing.admin, kept) == [*old, {"id": 3, "choice": "d", "is_b": 0}]
    assert changing.columns("sales_history")["choice"] == "enum('a','d','c','b')"
    with pytest.raises(MigrationError, match="values of choice that would be lost"):
        changing.team.downgrade("-1")


def test_a_rebuild_is_announced_with_the_rows_of_now(
    changing: Changing, caplog: pytest.LogCaptureFixture
) -> None:
    changing.open_shop()
    # MySQL remembers for a day how many rows there were.
    changing.team.check()
    changing.sell(range(61, 261))
    changing.copy()
    changing.source("ALTER TABLE sales MODIFY plain BIGINT NULL")
    caplog.clear()

    changing.team.revise()

    (rows,) = re.findall(
        r"sales_history will be written anew, about (\d+) rows, for the type of plain "
        r"can't be changed in place; chunks wait meanwhile, and nobody else",
        caplog.text,
    )
    assert 130 < int(rows) < 520
    assert changing.alterations(2) == {"sales_history": {"plain": "COPY"}}
    text = changing.team.sql()["sales/alterations/sales_history_v01_to_v02.sql"]
    assert "-- Writes the whole table anew, which no other way does" in text


@pytest.mark.soak
def test_a_table_that_was_changed_too_often_says_what_to_do(
    changing: Changing,
) -> None:
    if value(changing.admin, "SELECT VERSION() LIKE '%%MariaDB%%'"):
        pytest.skip("MariaDB changes a table in place as often as one likes")
    changing.open_shop()
    # Each is one more version of a row that InnoDB has to know.
    for number in range(255):
        query(
            changing.admin,
            f"ALTER TABLE sales_history ADD COLUMN c{number} INT, ALGORITHM = INSTANT",
        )
    changing.source("ALTER TABLE sales ADD COLUMN more INT NULL")
    changing.team.revise()

    with pytest.raises(MigrationError) as caught:
        changing.team.upgrade()

    assert str(caught.value).endswith(
        "(errno 4092); OPTIMIZE TABLE sales_history in the history schema writes it "
        "anew, and then upgrade again"
    )
    query(changing.admin, "OPTIMIZE TABLE sales_history")
    changing.team.upgrade()
    assert "more" in changing.columns("sales_history")
