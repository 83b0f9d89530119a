"""The next CALL tells a changed source before it copies anything, or goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from tests.support.migrations.shaping import DECLARED, MB4, SALES
from tests.support.procedures import findings, value, verify_all

if TYPE_CHECKING:
    from tests.support.migrations.shaping import Changing

LATIN = "CHARACTER SET latin1 COLLATE latin1_swedish_ci"
UNICODE = "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
DECLARATION = DECLARED.replace(
    "parent = false }", 'without = ["stock"], parent = false }', 1
)

EXCHANGE = (
    "ALTER TABLE sales RENAME COLUMN plain TO weight, RENAME COLUMN weight TO plain"
)
# What is done to the source, and what takes it back.
NOTICED = {
    "a new column": (
        "ALTER TABLE sales ADD COLUMN more INT NULL",
        "ALTER TABLE sales DROP COLUMN more",
    ),
    "a new column that must have a value": (
        "ALTER TABLE `lines` ADD COLUMN more INT NOT NULL DEFAULT 1 FIRST",
        "ALTER TABLE `lines` DROP COLUMN more",
    ),
    "a new invisible column": (
        "ALTER TABLE sales ADD COLUMN more INT NULL INVISIBLE",
        "ALTER TABLE sales DROP COLUMN more",
    ),
    "a dropped column": (
        "ALTER TABLE sales DROP COLUMN plain",
        "ALTER TABLE sales ADD COLUMN plain INT NULL",
    ),
    "a renamed column": (
        "ALTER TABLE sales RENAME COLUMN note TO remark",
        "ALTER TABLE sales RENAME COLUMN remark TO note",
    ),
    "a longer text": (
        f"ALTER TABLE sales MODIFY note VARCHAR(21) {MB4} NULL",
        f"ALTER TABLE sales MODIFY note VARCHAR(20) {MB4} NULL",
    ),
    "another collation": (
        f"ALTER TABLE sales MODIFY note VARCHAR(20) {UNICODE} NULL",
        f"ALTER TABLE sales MODIFY note VARCHAR(20) {MB4} NULL",
    ),
    "another character set": (
        f"ALTER TABLE sales MODIFY note VARCHAR(20) {LATIN} NULL",
        f"ALTER TABLE sales MODIFY note VARCHAR(20) {MB4} NULL",
    ),
    "a larger key": (
        "ALTER TABLE sales DROP COLUMN made, MODIFY id BIGINT NOT NULL",
        "ALTER TABLE sales MODIFY id INT NOT NULL, ADD made INT AS (id + 1) STORED",
    ),
    "a wider number": (
        "ALTER TABLE sales MODIFY amount DECIMAL(12,2) NULL",
        "ALTER TABLE sales MODIFY amount DECIMAL(10,2) NULL",
    ),
    "a value appended to an ENUM": (
        "ALTER TABLE sales MODIFY choice ENUM('a','b','c') NULL",
        "ALTER TABLE sales MODIFY choice ENUM('a','b') NULL",
    ),
    "an ENUM in another order": (
        "ALTER TABLE sales MODIFY choice ENUM('b','a') NULL",
        "ALTER TABLE sales MODIFY choice ENUM('a','b') NULL",
    ),
    "a value removed from a SET": (
        "ALTER TABLE sales MODIFY flags SET('a') NULL",
        "ALTER TABLE sales MODIFY flags SET('a','b') NULL",
    ),
    "NULL becomes NOT NULL": (
        "ALTER TABLE pings MODIFY sale_id INT NOT NULL",
        "ALTER TABLE pings MODIFY sale_id INT NULL",
    ),
    "parts of a second": (
        "ALTER TABLE sales MODIFY placed_at DATETIME(6) NULL",
        "ALTER TABLE sales MODIFY placed_at DATETIME NULL",
    ),
    "a DATETIME becomes a TIMESTAMP": (
        "ALTER TABLE sales MODIFY placed_at TIMESTAMP NULL",
        "ALTER TABLE sales MODIFY placed_at DATETIME NULL",
    ),
    "a FLOAT becomes a DOUBLE": (
        "ALTER TABLE sales MODIFY weight DOUBLE NULL",
        "ALTER TABLE sales MODIFY weight FLOAT NULL",
    ),
    "a generated column becomes a plain one": (
        "ALTER TABLE sales MODIFY made INT NULL",
        "ALTER TABLE sales DROP COLUMN made, ADD made INT AS (id + 1) STORED",
    ),
    "a plain column becomes a generated one": (
        "ALTER TABLE sales DROP COLUMN plain, ADD plain INT AS (id * 2) STORED",
        "ALTER TABLE sales DROP COLUMN plain, ADD plain INT NULL",
    ),
    "another primary key": (
        "ALTER TABLE `lines` DROP PRIMARY KEY, ADD PRIMARY KEY (sale_id, id)",
        "ALTER TABLE `lines` DROP PRIMARY KEY, ADD PRIMARY KEY (id)",
    ),
    "no primary key any more": (
        "ALTER TABLE `lines` DROP PRIMARY KEY",
        "ALTER TABLE `lines` ADD PRIMARY KEY (id)",
    ),
    "the index of a join is dropped": (
        "ALTER TABLE pings DROP INDEX ping_ix",
        "ALTER TABLE pings ADD INDEX ping_ix (sale_id)",
    ),
    "another engine": (
        "ALTER TABLE pings ENGINE = MyISAM",
        "ALTER TABLE pings ENGINE = InnoDB",
    ),
    "a table has another name": (
        "RENAME TABLE pings TO pongs",
        "RENAME TABLE pongs TO pings",
    ),
    "columns exchange their names": (EXCHANGE, EXCHANGE),
}
HARMLESS = {
    "columns in another order": (
        f"ALTER TABLE sales MODIFY note VARCHAR(20) {MB4} NULL AFTER flags"
    ),
    "a default": "ALTER TABLE sales ALTER COLUMN plain SET DEFAULT 5",
    "a comment": "ALTER TABLE sales COMMENT = 'what was sold'",
    "an invisible column": (
        "ALTER TABLE sales MODIFY amount DECIMAL(10,2) NULL INVISIBLE"
    ),
    "a new index": "ALTER TABLE sales ADD INDEX (state)",
    "an index gone that no join needs": "ALTER TABLE `lines` DROP INDEX what_ix",
    "a foreign key": (
        "ALTER TABLE `lines` ADD FOREIGN KEY (sale_id) REFERENCES sales (id)"
    ),
    "a column changes that isn't kept": "ALTER TABLE `lines` MODIFY stock BIGINT NULL",
    "a column goes that isn't kept": "ALTER TABLE `lines` DROP COLUMN stock",
    "another table comes": "CREATE TABLE others (sale_id INT, KEY (sale_id))",
    "a row format": "ALTER TABLE pings ROW_FORMAT = COMPACT",
    "a way to generate": (
        "ALTER TABLE sales DROP COLUMN made, ADD made INT AS (id + 2) STORED"
    ),
}


def open_shop(changing: Changing) -> None:
    lines, pings = SALES.relations
    without = replace(lines, without=("stock",))
    changing.expected = replace(SALES, relations=(without, pings))
    changing.open_shop(DECLARATION)


def test_a_change_is_told_before_anything_is_copied(changing: Changing) -> None:
    open_shop(changing)
    changing.sell(range(61, 91))
    problems = {}

    for kind, (change, back) in NOTICED.items():
        changing.source(change)
        problems[kind] = changing.refused()
        changing.source(back)

    tables = {"`lines`": "lines"}
    for kind, said in problems.items():
        change, _ = NOTICED[kind]
        table = tables.get(change.split()[2], change.split()[2])
        if kind == "a table has another name":
            assert said.startswith("archive sales lost a table: ")
            assert "pings" in said
        else:
            assert said.endswith("; run alembic revision --autogenerate")
            assert f"drift: {table}: " in said
    assert value(changing.admin, "SELECT COUNT(*) FROM sales_history") == 60
    changing.copy()
    assert value(changing.admin, "SELECT COUNT(*) FROM sales_history") == 90


def test_what_history_need_not_know_of_stops_nothing(changing: Changing) -> None:
    open_shop(changing)
    copied = []

    for number, change in enumerate(HARMLESS.values(), start=61):
        changing.source(change)
        changing.sell(range(number, number + 1))
        changing.drain()
        copied.append(value(changing.admin, "SELECT COUNT(*) FROM sales_history"))

    assert copied == [61 + number for number, _ in enumerate(HARMLESS)]


def test_what_history_keeps_alike_only_needs_a_new_check(
    changing: Changing, caplog: pytest.LogCaptureFixture
) -> None:
    open_shop(changing)
    changing.source(
        *(
            NOTICED[kind][0]
            for kind in (
                "NULL becomes NOT NULL",
                "a generated column becomes a plain one",
                "a plain column becomes a generated one",
                "the index of a join is dropped",
            )
        ),
        "ALTER TABLE sales RENAME COLUMN weight TO Weight",
    )
    changing.refused()
    caplog.clear()

    changing.revise_and_upgrade()

    assert changing.alterations(2) == {}
    assert "CREATE INDEX" in caplog.text
    changing.sell(range(61, 91))
    # What is generated now has a value in old rows too, which history never saw.
    fields = {"converted": {"plain": "IF(o.id > 60, o.plain, NULL)"}}
    changing.expect("sales", fields)
    changing.copy_and_judge()
    verify_all(changing.admin, archive=changing.archive)
    assert {
        (kind, *relations["sales"]["columns"])
        for kind, relations in findings(changing.admin).values()
    } == {("different", "plain")}
    assert max(int(key) for (key,) in findings(changing.admin)) <= 60


def test_an_engine_without_a_read_view_is_refused(changing: Changing) -> None:
    open_shop(changing)
    changing.source("ALTER TABLE pings ENGINE = MyISAM")
    changing.sell(range(61, 71))
    changing.refused()

    with pytest.raises(MigrationError, match='the engine of "pings" is MyISAM'):
        changing.team.revise()

    changing.source("ALTER TABLE pings ENGINE = InnoDB")
    assert changing.team.revise() is None
    changing.copy()
