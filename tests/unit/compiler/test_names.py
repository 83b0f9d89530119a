"""The written schema names are mapped by token, never by text."""

from __future__ import annotations

import re

import pytest

from bygones.compiler.names import TOKEN, Schemas, rename
from bygones.sandbox.sample import definitions


def renamed(sql: str, installed: str = "shop") -> str:
    return rename(sql, written=Schemas("pharmacy"), installed=Schemas(installed))


@pytest.mark.parametrize(
    ("written", "installed"),
    [
        (
            "SELECT o.id FROM pharmacy.orders AS o",
            "SELECT o.id FROM `shop`.orders AS o",
        ),
        ("CALL pharmacy_history.f()", "CALL `shop_history`.f()"),
        ("`pharmacy`.`orders`", "`shop`.`orders`"),
        ("pharmacy . orders", "`shop` . orders"),
        ("pharmacy/* live */.orders", "`shop`/* live */.orders"),
        ("pharmacy.pharmacy", "`shop`.pharmacy"),
        ("BEGIN CALL pharmacy.f(); END", "BEGIN CALL `shop`.f(); END"),
        ("DO 1; REPLACE INTO pharmacy.t SET a = 1", None),
        ("DO 1; CALL pharmacy.f()", None),
        ("DO 1; RENAME TABLE pharmacy.a TO pharmacy.b", None),
        ("SELECT 'it''s \\' fine', pharmacy.a", None),
        ('SELECT "a""b\\"", pharmacy.a', None),
        ("SELECT 1--1, pharmacy.a", None),
        ("SELECT 1 -- it's\n, pharmacy.a", None),
        ("SELECT `it's`, pharmacy.a", None),
        ("SELECT `a``b`, pharmacy.a", None),
    ],
)
def test_a_schemas_name_before_a_dot_is_renamed(
    written: str, installed: str | None
) -> None:
    expected = installed or re.sub("pharmacy", "`shop`", written)

    assert renamed(written) == expected


@pytest.mark.parametrize(
    ("source", "literal"),
    [
        ("shop", "'shop_history'"),
        ("it's", "'it''s_history'"),
        ("a\\b`c", "'a\\\\b`c_history'"),
        ("pharmacy", "'pharmacy_history'"),
    ],
)
def test_what_the_schema_is_checked_by_is_renamed(source: str, literal: str) -> None:
    sql = "CALL _check_schema('pharmacy_history'); SELECT 'pharmacy_history'"

    assert renamed(sql, source) == (
        f"CALL _check_schema({literal}); SELECT 'pharmacy_history'"
    )
    assert rename(
        f"CALL `_check_schema` /* where */ ( {literal} )",
        written=Schemas(source),
        installed=Schemas("shop"),
    ) == ("CALL `_check_schema` /* where */ ( 'shop_history' )")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'pharmacy_history'",
        "CALL _raise('pharmacy_history')",
        "CALL f(_check_schema, 'pharmacy_history')",
        "CALL _check_schema('pharmacy')",
        "CALL _check_schema(in_schema, 'pharmacy_history')",
        "-- CALL _check_schema('pharmacy_history')",
        "SELECT '_check_schema(', 'pharmacy_history'",
        "SELECT 'pharmacy.orders'",
        "SELECT 'it''s pharmacy.orders'",
        "SELECT 'it\\'s pharmacy.orders'",
        'SELECT "pharmacy.orders"',
        "SELECT _utf8mb4'pharmacy.orders', N'pharmacy.orders'",
        "-- pharmacy.orders",
        "DO 1; # pharmacy.orders",
        "DO 1 /* pharmacy.orders\n pharmacy.orders */",
        "SELECT o.pharmacy FROM o",
        "SELECT x.pharmacy.id FROM x.pharmacy",
        "SELECT x . pharmacy . id",
        "SELECT 1 AS pharmacy",
        "SELECT @pharmacy, @@pharmacy.x",
        "SELECT pharmacys.id, my_pharmacy.id, `a pharmacy`.id, pharmacy$.id",
        "SELECT PHARMACY.id",
    ],
)
def test_anything_else_of_that_name_stays(sql: str) -> None:
    assert renamed(sql) == sql


@pytest.mark.parametrize(
    ("source", "quoted"),
    [
        ("order", "`order`"),
        ("my-shop", "`my-shop`"),
        ("my shop", "`my shop`"),
        ("SHOP", "`SHOP`"),
        ("a`b", "`a``b`"),
        ("größe", "`größe`"),
        ("\\1", "`\\1`"),
        ("pharmacy", "`pharmacy`"),
    ],
)
def test_any_source_can_be_installed(source: str, quoted: str) -> None:
    history = f"{quoted[:-1]}_history`"

    assert renamed("pharmacy.a, pharmacy_history.b", source) == (
        f"{quoted}.a, {history}.b"
    )


@pytest.mark.parametrize("source", ["order", "my shop-1", "a`b"])
def test_the_written_name_may_need_quotes(source: str) -> None:
    quoted = "`{}`".format(source.replace("`", "``"))

    assert (
        rename(f"{quoted}.a", written=Schemas(source), installed=Schemas("shop"))
        == "`shop`.a"
    )


def test_no_file_holds_the_written_name_where_it_would_not_be_renamed() -> None:
    left = [
        f"{file.name}: {token[0]}"
        for file in definitions()
        for token in TOKEN.finditer(renamed(file.read_text(encoding="utf-8")))
        if token.lastgroup != "space" and "pharmacy" in token[0].lower()
    ]

    assert left == []
