"""Made-up rows fit into any table, and agree with each other."""

from __future__ import annotations

import importlib
import itertools
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bygones.compiler.aggregate.resolving import resolve
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.declaration.reading import read_declaration
from bygones.compiler.names import quote
from bygones.sandbox.rehearsal.filling import fill
from bygones.sandbox.rehearsal.links import find_links
from bygones.sandbox.rehearsal.rules import read_rules
from tests.support.aggregates.foreign import statements
from tests.support.aggregates.tpch import TPCH
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.catalog.model import Catalog
    from bygones.sandbox.rehearsal.filling import Result

FOREIGN = (
    "alternative_parents",
    "awkward_names",
    "char_uuid",
    "column_types",
    "composite_key",
    "four_levels",
    "many_to_many",
    "odd_keys",
    "self_reference",
    "shared_keys",
    "text_keys",
    "wide_keys",
)
NEWEST = (datetime.now(UTC) - timedelta(days=30)).date()

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Tables with made-up rows, and a session in their schema."""

    admin: pymysql.Connection[Cursor]
    catalog: Catalog
    results: list[Result]

    def value(self, statement: str) -> Any:  # noqa: ANN401 - of any column
        return value(self.admin, statement)

    def orphans(self) -> Iterator[str]:
        """Name the foreign keys by which rows point at nothing."""
        filled = {result.table for result in self.results}
        for table in self.catalog.tables.values():
            for key in table.foreign_keys:
                if {table.name, key.to_table} <= filled:
                    joined = " AND ".join(
                        f"p.{quote(theirs)} = c.{quote(ours)}"
                        for ours, theirs in zip(
                            key.columns, key.to_columns, strict=True
                        )
                    )
                    there = " AND ".join(
                        f"c.{quote(column)} IS NOT NULL" for column in key.columns
                    )
                    count = self.value(
                        f"SELECT COUNT(*) FROM {quote(table.name)} AS c WHERE {there}"
                        f" AND NOT EXISTS (SELECT 1 FROM {quote(key.to_table)} AS p"
                        f" WHERE {joined})"
                    )
                    if count:
                        yield f"{table.name}.{key.name}: {count}"


@pytest.fixture
def make_up(
    admin: pymysql.Connection[Cursor], tmp_path: Path
) -> Iterator[Callable[..., Filled]]:
    """Fill the tables of an archive with rows of so many roots."""
    made = []

    def make(tables: str, archives: str, *, roots: int = 60) -> Filled:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
        schema = f"made_up_{worker}_{next(_numbers)}"
        made.append(schema)
        path = tmp_path / "archives.toml"
        path.write_text(f'source = "written"\n{archives}', encoding="utf-8")
        with admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
            admin.select_db(schema)
            for statement in statements(tables):
                cursor.execute(statement)
        catalog = read_catalog(admin, schema)
        aggregates = resolve(read_declaration(path), catalog)
        results = fill(
            admin,
            find_links(aggregates, catalog),
            read_rules(admin, catalog),
            roots=roots,
            newest=NEWEST,
        )
        return Filled(admin=admin, catalog=catalog, results=results)

    yield make
    with admin.cursor() as cursor:
        for schema in made:
            cursor.execute(f"DROP DATABASE {schema}")


def order(columns: str, finished: str, more: str = "") -> tuple[str, str]:
    """Declare one table, and which of its rows are finished."""
    return (
        f"CREATE TABLE orders (id INT PRIMARY KEY, {columns}){more};\n",
        f'[archive.orders]\ntable = "orders"\nfinished = """{finished}"""\n',
    )


@pytest.mark.parametrize("name", [*FOREIGN, "tpch"])
def test_all_rows_fit_and_point_at_rows(
    name: str, make_up: Callable[..., Filled]
) -> None:
    foreign = (
        TPCH
        if name == "tpch"
        else importlib.import_module(f"tests.support.aggregates.schemas.{name}").SCHEMA
    )

    filled = make_up(foreign.tables, foreign.archives)

    assert {result.refused for result in filled.results} == {""}
    assert list(filled.orphans()) == []
    for expected in foreign.expected.values():
        finished = filled.value(
            f"SELECT SUM({expected.finished}) FROM {quote(expected.root)} AS o"
        )
        assert finished == 54


# Columns, and a predicate over them that nine of ten rows should meet.
FINISHED = {
    "one of several": ("s VARCHAR(9) NOT NULL", "s IN ('done', 'void')"),
    "all but one": ("s VARCHAR(9) NOT NULL", "s <> 'open' AND s <> ''"),
    "a member": ("s ENUM('a','it''s')", "s = 'it''s'"),
    "some members": ("s SET('a','b','c')", "FIND_IN_SET('b', s)"),
    "a number": ("s TINYINT NOT NULL", "s = 4"),
    "more than a number": ("s SMALLINT UNSIGNED", "s > 300"),
    "between numbers": ("s DECIMAL(6,2)", "s BETWEEN 7 AND 8 AND s NOT IN (7, 8)"),
    "a bit": ("s BIT(3) NOT NULL", "s & 4"),
    "a moment that is there": ("s DATETIME(3)", "s IS NOT NULL"),
    "a moment since": ("s DATE NOT NULL", "s > '2031-05-06'"),
    "no moment": ("s TIMESTAMP NULL", "s IS NULL"),
    "text like": ("s TEXT", "s LIKE 'done%by_me'"),
    "bytes": ("s BINARY(2) NOT NULL", "s = X'00FF' OR s = '10'"),
    "JSON": ("s JSON", "JSON_UNQUOTE(JSON_EXTRACT(s, '$.state')) = 'done'"),
    "two columns": ("s INT NOT NULL, t INT", "s = t AND s > 0"),
    "either": ("s VARCHAR(9), t DATE", "s = 'void' OR s = 'sent' AND t IS NOT NULL"),
    "a generated column": (
        "t DATETIME, s VARCHAR(9) AS (IF(t IS NULL, 'open', 'it''s')) VIRTUAL",
        "s = 'it''s'",
    ),
    "a truth": ("s BOOLEAN NOT NULL", "s"),
}


@pytest.mark.parametrize("name", FINISHED)
def test_nine_of_ten_roots_are_finished_by(
    name: str, make_up: Callable[..., Filled]
) -> None:
    columns, finished = FINISHED[name]

    filled = make_up(*order(columns, finished), roots=20)

    counted = f"SELECT COUNT(*) FROM orders WHERE {finished}"
    assert filled.value(counted) == 18


# What more a table asks of its rows.
CHECKED = {
    "a least value": "s INT NOT NULL CHECK (s > 20)",
    "a range of its own": "s DECIMAL(5,2) NOT NULL CHECK (s > 5 AND s < 6)",
    "one column after another": "s DATE, t DATE NOT NULL, CHECK (s <= t)",
    "one of several": "s VARCHAR(9) CHECK (s IN ('it''s', 'b\\\\c'))",
    "all or none": "s INT, t INT, CHECK ((s IS NULL) = (t IS NULL))",
    "an unlikely text": "s CHAR(4) NOT NULL CHECK (s = 'a;b''')",
    "a small key": "s TINYINT NOT NULL, UNIQUE KEY (s)",
    "a small key of several": "s ENUM('a','b','c') NOT NULL, t BIT(4), UNIQUE (s, t)",
    "a key of a prefix": "s TEXT NOT NULL, UNIQUE KEY (s(4))",
    "a day each": "s DATE NOT NULL, UNIQUE KEY (s)",
}


@pytest.mark.parametrize("name", CHECKED)
def test_all_rows_fit_where_a_table_asks_for(
    name: str, make_up: Callable[..., Filled]
) -> None:
    filled = make_up(*order(CHECKED[name], "id > 0"), roots=40)

    [result] = filled.results
    assert (result.refused, result.rows) == ("", 40)


def test_rows_that_a_key_has_no_room_for_are_not_made(
    make_up: Callable[..., Filled],
) -> None:
    filled = make_up(*order("s ENUM('a','b','c') NOT NULL UNIQUE", "id > 0"))

    [result] = filled.results
    assert (result.refused, result.rows) == ("", 3)


def test_rows_that_do_not_fit_are_left_out_and_it_is_said_why(
    make_up: Callable[..., Filled],
) -> None:
    more = " PARTITION BY RANGE (id) (PARTITION p VALUES LESS THAN (21))"

    filled = make_up(*order("s INT", "s > 0", more))

    [result] = filled.results
    assert (result.wanted, result.rows) == (60, 20)
    assert "no partition for value 21" in result.refused


def test_children_have_the_status_that_their_relation_narrows_them_to(
    make_up: Callable[..., Filled],
) -> None:
    tables, archives = order("s INT", "s > 0")
    notes = (
        "CREATE TABLE notes (id INT PRIMARY KEY, of_id INT, of_kind VARCHAR(9),"
        " KEY (of_id));\n"
    )
    relations = "\n[archive.orders.relations]\n" + "".join(
        f'{kind} = {{ table = "notes", on = "{kind}.of_id = orders.id",'
        f" where = \"{kind}.of_kind = '{kind}'\" }}\n"
        for kind in ("calls", "letters")
    )

    filled = make_up(tables + notes, archives + relations)

    counts = query(
        filled.admin,
        "SELECT of_kind, COUNT(*) FROM notes GROUP BY of_kind ORDER BY of_kind",
    )
    assert [tuple(row.values()) for row in counts] == [("calls", 180), ("letters", 180)]


def test_a_status_that_finishes_a_root_is_there_where_it_points(
    make_up: Callable[..., Filled],
) -> None:
    tables = (
        "CREATE TABLE statuses (code VARCHAR(9) PRIMARY KEY, label VARCHAR(20));\n"
        "CREATE TABLE orders (id INT PRIMARY KEY, status VARCHAR(9) NOT NULL,"
        " CONSTRAINT f FOREIGN KEY (status) REFERENCES statuses (code));\n"
    )
    archives = """
[archive.orders]
table    = "orders"
finished = "status IN ('done', 'gone')"

[archive.orders.relations]
statuses = {}
"""

    filled = make_up(tables, archives)

    joined = "orders AS o JOIN statuses AS s ON s.code = o.status"
    assert list(filled.orphans()) == []
    finished = f"SELECT COUNT(*) FROM {joined} WHERE code IN ('done', 'gone')"
    assert filled.value(finished) == 54


def test_what_points_at_an_item_points_at_the_order_of_that_item(
    make_up: Callable[..., Filled],
) -> None:
    tables, archives = order("s INT", "s > 0")
    items = """CREATE TABLE items (
    id INT PRIMARY KEY,
    order_id INT NOT NULL,
    line TINYINT NOT NULL,
    UNIQUE KEY (order_id, line),
    UNIQUE KEY (order_id, id),
    CONSTRAINT lf FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE TABLE returns (
    id INT PRIMARY KEY,
    order_id INT NOT NULL,
    item_id INT NOT NULL,
    CONSTRAINT rf FOREIGN KEY (order_id, item_id) REFERENCES items (order_id, id),
    CONSTRAINT ro FOREIGN KEY (order_id) REFERENCES orders (id)
);
"""
    relations = "[archive.orders.relations]\nitems = {}\nreturns = {}\n"

    filled = make_up(tables + items, archives + relations)

    assert list(filled.orphans()) == []
    assert filled.value("SELECT COUNT(DISTINCT order_id) FROM returns") > 1
    assert filled.value("SELECT MAX(line) FROM items") == 3


def test_rows_point_at_others_of_their_tenant(make_up: Callable[..., Filled]) -> None:
    tables = """CREATE TABLE tenants (id SMALLINT PRIMARY KEY);
CREATE TABLE orders (
    tenant_id SMALLINT,
    id INT,
    s INT,
    parent_id INT,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT tf FOREIGN KEY (tenant_id) REFERENCES tenants (id),
    CONSTRAINT pf FOREIGN KEY (tenant_id, parent_id) REFERENCES orders (tenant_id, id)
);
"""
    _, archives = order("", "s > 0")
    archives += """
[archive.orders.relations]
tenants = {}

[archive.orders.relations.parents]
table = "orders"
on    = "parents.tenant_id = orders.tenant_id AND parents.id = orders.parent_id"
"""

    filled = make_up(tables, archives)

    assert list(filled.orphans()) == []
    assert filled.value("SELECT COUNT(parent_id) FROM orders WHERE id > 1") > 40


def test_the_same_rows_are_made_up_every_time(make_up: Callable[..., Filled]) -> None:
    tables, archives = order("s VARCHAR(20), b BINARY(16), d DATETIME", "s = 'x'")
    checksum = "CHECKSUM TABLE orders"

    first = query(make_up(tables, archives).admin, checksum)[0]
    again = query(make_up(tables, archives).admin, checksum)[0]

    assert first["Checksum"] == again["Checksum"]
