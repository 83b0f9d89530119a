"""What is read of a schema: the same on both families, down to the odd things."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pymysql.cursors
import pytest

from bygones.compiler.catalog.model import Catalog, Column, ForeignKey, Index, Table
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.catalog.rows import is_encrypted
from bygones.runner.connection import connect, parse_url
from tests.support.procedures import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from pymysql.cursors import Cursor

    from tests.conftest import OpenShop
    from tests.server.migrations.catalog.conftest import Odd

TYPES = {
    "key": "int(7) unsigned zerofill",
    "Ünï(3)表": "bigint unsigned",
    "truth": "tinyint",
    "small": "smallint",
    "year": "year",
    "amount": "decimal(12,4)",
    "ratio": "float(7,3)",
    "at": "timestamp(6)",
    "flags": "bit(6)",
    "place": "geometry",
    "spot": "point",
    "choice": r"""enum('a','b''c','d,e','f\\g','Ü','int(5)','"','(')""",
    "tags": "set('x','é')",
    "code": "char(3)",
    "name": "varchar(50)",
    "body": "mediumtext",
    "seal": "varbinary(33)",
    "picture": "blob",
    "details": "json",
    'more `"details': "json",
    "no_details": "longtext",
    "made": "int",
    "kept": "int",
    "hidden": "int",
}

PHARMACY = {
    "batches": ("order_item_id", "lot"),
    "customers": ("id",),
    "deliveries": ("order_id",),
    "labels": ("id",),
    "notes": ("id",),
    "order_events": ("id",),
    "order_items": ("id",),
    "order_labels": ("order_id", "label_id"),
    "orders": ("id",),
    "payments": ("id",),
    "prescribers": ("id",),
    "products": ("id",),
}


@pytest.mark.core
def test_both_families_say_the_same_of_the_same_columns(odd: Odd) -> None:
    columns = odd.catalog.tables["Kinds of"].columns

    assert {column.name: column.type for column in columns} == TYPES
    assert [column.data_type for column in columns[:3]] == ["int", "bigint", "tinyint"]


def test_text_has_a_character_set_and_lengths(odd: Odd) -> None:
    table = odd.catalog.tables["Kinds of"]
    choice, tags, code, name, body, seal, details = (
        _text(table.column(column))
        for column in ("choice", "tags", "CODE", "name", "body", "seal", "details")
    )

    assert choice[0] == "utf8mb4"
    assert choice[2:] == (6, 24)
    assert tags == ("latin1", "latin1_swedish_ci", 3, 3)
    assert code == ("latin1", "latin1_bin", 3, 3)
    assert name == ("utf8mb4", "utf8mb4_unicode_ci", 50, 200)
    assert body == ("utf8mb4", "utf8mb4_bin", 2**24 - 1, 2**24 - 1)
    assert seal == (None, None, 33, 33)
    assert details == (None, None, None, None)


def test_columns_tell_what_else_they_are(odd: Odd) -> None:
    columns = odd.catalog.tables["Kinds of"].columns

    required = [column.name for column in columns if not column.is_nullable]
    assert required == ["key", "Ünï(3)表", "choice", "code"]
    assert [c.name for c in columns if c.is_generated] == ["made", "kept"]
    assert [c.name for c in columns if c.is_invisible] == ["hidden"]


def test_indexes_are_those_that_joins_use(odd: Odd) -> None:
    order = odd.catalog.tables["order"]

    assert order.primary_key == ("id", "line")
    assert order.indexes == (
        Index(name="PRIMARY", columns=("id", "line"), is_unique=True),
        Index(name="A code", columns=("code",), is_unique=True),
        Index(
            name="by_start", columns=("line", "code"), is_unique=False, has_prefix=True
        ),
        Index(name="downwards", columns=("line", "id"), is_unique=False),
    )
    assert odd.catalog.tables["indexed"].indexes == ()


def test_a_hash_is_a_key_and_no_index(odd: Odd) -> None:
    quick = odd.catalog.tables["quick"]

    assert quick.primary_key == ("a",)
    assert [index.name for index in quick.indexes] == ["by_b"]


def test_foreign_keys_have_their_columns_in_order(odd: Odd) -> None:
    ordered = ForeignKey(
        name="ordered",
        columns=("order_id", "line"),
        to_schema=odd.schema,
        to_table="order",
        to_columns=("id", "line"),
    )

    assert odd.catalog.tables["it`em"].foreign_keys == (
        ForeignKey(
            name="abroad",
            columns=("b", "a"),
            to_schema=odd.far,
            to_table="Far",
            to_columns=("a", "b"),
        ),
        ForeignKey(
            name="on it`self",
            columns=("parent_id",),
            to_schema=odd.schema,
            to_table="it`em",
            to_columns=("id",),
        ),
        ordered,
        replace(ordered, name="other", columns=("order_id", "other line")),
    )


def test_tables_that_cannot_be_archived_are_there_as_what_they_are(odd: Odd) -> None:
    keyless, old, seen = (odd.catalog.tables[t] for t in ("keyless", "old", "seen"))

    assert (keyless.engine, keyless.primary_key) == ("InnoDB", ())
    assert (old.engine, old.is_view) == ("MyISAM", False)
    assert (seen.engine, seen.is_view, seen.indexes) == (None, True, ())
    assert [column.name for column in seen.columns] == ["key", "choice"]


def test_nothing_of_a_schema_with_almost_its_name_is_read(odd: Odd) -> None:
    keyless = odd.catalog.tables["keyless"]

    assert "strange" not in odd.catalog.tables
    assert [column.name for column in keyless.columns] == ["a"]
    assert [index.name for index in keyless.indexes] == ["by_a"]


@pytest.mark.core
def test_an_account_that_may_only_read_sees_all_in_any_session(odd: Odd) -> None:
    with closing(
        connect(parse_url(odd.reader_url), schema=None, seconds=60)
    ) as connection:
        query(connection, "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'")
        connection.set_character_set("latin1")
        connection.cursorclass = pymysql.cursors.DictCursor

        assert read_catalog(connection, odd.schema) == odd.catalog


def test_a_key_that_mysql_made_itself_is_a_key_like_others(odd: Odd) -> None:
    if odd.catalog.is_mariadb:
        pytest.skip("MariaDB makes none")
    given = odd.catalog.tables["given"]

    assert given.primary_key == ("my_row_id",)
    assert given.columns[0] == Column(
        name="my_row_id",
        type="bigint unsigned",
        data_type="bigint",
        is_nullable=False,
        is_invisible=True,
    )


def test_what_only_mariadb_has_is_read_too(odd: Odd) -> None:
    if not odd.catalog.is_mariadb:
        pytest.skip("MySQL has no sequences, versions, UUIDs or years of two digits")
    versioned, typed = odd.catalog.tables["versioned"], odd.catalog.tables["typed"]

    assert "numbers" not in odd.catalog.tables
    assert (versioned.engine, versioned.primary_key) == ("InnoDB", ("a",))
    assert [column.name for column in versioned.columns] == ["a"]
    types = [column.type for column in typed.columns]
    assert types == ["uuid", "inet6", "year(2)", "longtext"]


@pytest.mark.parametrize(
    ("options", "encrypted"),
    [
        ("ENCRYPTION='Y'", True),
        ("row_format=DYNAMIC ENCRYPTION='y'", True),
        ("ENCRYPTION='N'", False),
        ("`ENCRYPTED`=YES", True),
        ("`encrypted`='yes' `ENCRYPTION_KEY_ID`=4", True),
        ("`encrypted`=no `ENCRYPTION_KEY_ID`=4", False),
        ("", False),
        (None, False),
    ],
)
def test_encryption_is_read_as_the_servers_write_it(
    options: str | None, encrypted: bool
) -> None:
    # Without a keyring no server makes such a table.
    assert is_encrypted({"create_options": options}) is encrypted


def test_the_pharmacy_is_the_same_on_both_families(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=4, installed=False)

    catalog = read_catalog(shop.admin, shop.source)

    tables = catalog.tables.values()
    assert {table.name: table.primary_key for table in tables} == PHARMACY
    assert {table.engine for table in tables} == {"InnoDB"}
    assert {column.type for column in catalog.tables["orders"].columns} == {
        "bigint",
        "int unsigned",
        "enum('received','prepared','uncollected','cancelled','dispensed')",
        "varchar(40)",
        "text",
        "json",
        "decimal(12,2)",
        "datetime(6)",
        "date",
        "datetime",
        "timestamp(6)",
    }
    assert [
        (key.columns, key.to_table)
        for table in tables
        for key in table.foreign_keys
        if key.to_table != "orders"
    ] == [
        (("order_item_id",), "order_items"),
        (("product_id",), "products"),
        (("label_id",), "labels"),
        (("customer_id",), "customers"),
        (("prescriber_id",), "prescribers"),
    ]


def test_two_hundred_tables_take_no_more_questions_than_one(
    admin: pymysql.Connection[Cursor], odd: Odd
) -> None:
    columns = ", ".join(f"c{number} INT NULL" for number in range(20))
    query(admin, f"USE `{odd.schema}`")
    before = _questions(admin, "mysql")[0]
    try:
        for number in range(200):
            query(admin, f"CREATE TABLE many_{number} ({columns}) ENGINE = MEMORY")
        asked, catalog = _questions(admin, odd.schema)
    finally:
        query(admin, "DROP TABLE " + ", ".join(f"many_{n}" for n in range(200)))

    assert asked == before
    assert asked <= 6
    many = [t for name, t in catalog.tables.items() if name.startswith("many_")]
    assert len(many) == 200
    assert {len(table.columns) for table in many} == {20}


def test_a_schema_that_is_not_there_holds_nothing(
    admin: pymysql.Connection[Cursor],
) -> None:
    assert read_catalog(admin, "no such schema").tables == {}


@pytest.mark.parametrize(("ignores_case", "found"), [(True, True), (False, False)])
def test_a_table_is_found_by_another_case_where_the_server_would_find_it(
    ignores_case: bool, found: bool
) -> None:
    table = Table(name="Orders", engine="InnoDB", collation=None, columns=())
    catalog = Catalog(
        schema="shop",
        is_mariadb=False,
        tables={"Orders": table},
        ignores_case=ignores_case,
    )

    assert catalog.find("Orders") is table
    assert (catalog.find("oRDERS") is table) is found
    assert catalog.find("Order") is None


def _text(
    column: Column | None,
) -> tuple[str | None, str | None, int | None, int | None]:
    assert column
    return column.character_set, column.collation, column.length, column.octets


def _questions(
    connection: pymysql.Connection[Cursor], schema: str
) -> tuple[int, Catalog]:
    """Read a catalog; tell how many statements that took."""
    count = "SHOW SESSION STATUS LIKE 'Questions'"
    (before,) = query(connection, count)
    catalog = read_catalog(connection, schema)
    (after,) = query(connection, count)
    return int(after["Value"]) - int(before["Value"]) - 1, catalog
