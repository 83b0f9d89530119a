"""What Python says of a table is what the procedures say of it by SQL."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.catalog.knowing import known_json, known_traits, written
from bygones.compiler.catalog.model import Column, Index, Table
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.catalog.traits import LEFT_OUT, Trait, traits_of
from bygones.compiler.sql.folding import fold
from bygones.sandbox.sample import SAMPLE, newest
from tests.support.procedures import define_procedure, query, value

if TYPE_CHECKING:
    from tests.conftest import OpenShop

CHECK = SAMPLE.sql / "orders/procedures/_check_orders_source_v01.sql"

# The columns by which the archive `orders` joins each of its tables.
LEADING = {
    "orders": [],
    "order_items": ["order_id"],
    "batches": ["order_item_id"],
    "notes": ["subject_type"],
    "customers": ["id"],
    "deliveries": ["order_id"],
    "labels": ["id"],
    "order_events": ["order_id"],
    "order_labels": ["order_id"],
    "payments": ["order_id"],
    "prescribers": ["id"],
    "products": ["id"],
}

TABLE = Table(
    name="items",
    engine="InnoDB",
    collation="utf8mb4_bin",
    columns=(
        Column(name="id", type="int", data_type="int", is_nullable=False),
        Column(name="of", type="bigint", data_type="bigint", is_nullable=False),
    ),
    primary_key=("id",),
    indexes=(
        Index(name="by_of", columns=("of", "id"), is_unique=False),
        Index(name="one", columns=("id", "of"), is_unique=True),
    ),
)
ID, OF = TABLE.columns
HIDDEN = Column(
    name="my_row_id",
    type="bigint unsigned",
    data_type="bigint",
    is_nullable=False,
    is_invisible=True,
)
TEXT = Column(
    name="of",
    type="text",
    data_type="text",
    character_set="utf8mb3",
    collation="utf8mb3_general_ci",
    is_nullable=True,
)
BY_OF, ONE = TABLE.indexes


def test_python_and_the_server_agree_on_the_pharmacy(shop: OpenShop) -> None:
    text = CHECK.read_text("utf-8")

    assert sorted(by_python(shop, shop.source)) == sorted(known_traits(text))
    assert sorted(by_python(shop, shop.history)) == sorted(
        known_traits(text, "history")
    )
    assert changes(shop, text) == []


def test_on_a_server_that_says_utf8_for_utf8mb3_it_is_the_same(shop: OpenShop) -> None:
    query(
        shop.admin,
        f"ALTER TABLE {shop.source}.prescribers"
        " MODIFY licence CHAR(12) CHARACTER SET utf8mb3 NOT NULL",
    )
    text = CHECK.read_text("utf-8")
    now = changes(shop, text)
    finding = newest("procedure", "_find_changes").text(SAMPLE)
    of_before = "REPLACE(c.collation_name, 'utf8mb3_', 'utf8_')"
    older = finding.replace("c.collation_name", of_before)
    define_procedure(shop, "_find_changes", older)

    assert changes(shop, text) == now
    ((*_, type_, more),) = now
    assert (type_, more) == ("CHAR(12)", "utf8mb3_general_ci NOT NULL")


def by_python(shop: OpenShop, schema: str) -> list[Trait]:
    """Say of the tables what the archive `orders` knows of them."""
    catalog = read_catalog(shop.admin, schema)
    is_source = schema == shop.source
    return [
        trait
        for name, leading in LEADING.items()
        for trait in traits_of(
            catalog.tables[name if is_source else f"{name}_history"],
            is_mariadb=catalog.is_mariadb,
            without=["stock"] if (name, is_source) == ("products", True) else [],
            leading=leading if is_source else [],
        )
    ]


def changes(shop: OpenShop, text: str) -> list[list[str]]:
    """Have the server find what of both schemas isn't as the text knows it."""
    known = known_json(text)
    query(shop.admin, "SET @number = 0, @changes = '[]'")
    for place in ("source", "history"):
        call = f"CALL _find_changes('{place}', %s, @number, @changes)"
        query(shop.admin, call, known)
    found = json.loads(value(shop.admin, "SELECT @changes"))
    assert len(found) == value(shop.admin, "SELECT @number")
    return list(found)


@pytest.mark.parametrize(
    "changed",
    [
        # Two traits that change places.
        replace(TABLE, columns=(replace(ID, name="of"), replace(OF, name="id"))),
        replace(TABLE, columns=(ID,)),
        replace(TABLE, columns=(ID, replace(OF, is_nullable=True))),
        replace(TABLE, columns=(ID, replace(OF, is_generated=True))),
        replace(TABLE, columns=(ID, replace(OF, collation="ascii_bin"))),
        replace(TABLE, engine="MyISAM"),
        replace(TABLE, primary_key=()),
        replace(TABLE, primary_key=("of",)),
        replace(TABLE, indexes=(ONE,)),
        replace(TABLE, indexes=(replace(BY_OF, columns=("id", "of")), ONE)),
        replace(TABLE, indexes=(BY_OF,)),
        replace(TABLE, indexes=(BY_OF, replace(ONE, is_unique=False))),
        replace(TABLE, indexes=(BY_OF, replace(ONE, columns=("of", "id")))),
    ],
)
def test_what_matters_to_a_copy_changes_it(changed: Table) -> None:
    assert _traits(changed) != _traits(TABLE)


@pytest.mark.parametrize(
    "changed",
    [
        replace(TABLE, columns=(OF, ID)),
        replace(TABLE, columns=(ID, OF, replace(OF, name="left out"))),
        replace(TABLE, columns=(replace(ID, is_invisible=True), OF)),
        replace(TABLE, columns=(replace(ID, type="int(11)"), OF)),
        replace(TABLE, indexes=(BY_OF, ONE, replace(ONE, name="2nd"))),
        replace(TABLE, rows=1000),
        # The key that MySQL makes itself, which a session may choose not to see.
        replace(TABLE, columns=(ID, OF, HIDDEN), primary_key=("id", "my_row_id")),
    ],
)
def test_what_does_not_matter_to_a_copy_leaves_it(changed: Table) -> None:
    assert _traits(changed) == _traits(TABLE)


@pytest.mark.parametrize(("is_mariadb", "alike"), [(True, True), (False, False)])
def test_on_mariadb_text_that_may_be_json_counts_as_json(
    is_mariadb: bool, alike: bool
) -> None:
    json = replace(ID, type="json", data_type="json")
    text = replace(
        ID, type="longtext", character_set="utf8mb4", collation="utf8mb4_bin"
    )

    as_json, as_text = (
        list(traits_of(replace(TABLE, columns=(column,)), is_mariadb=is_mariadb))
        for column in (json, text)
    )

    assert (as_json == as_text) is alike


def test_utf8_is_another_name_of_utf8mb3() -> None:
    older = replace(TEXT, character_set="utf8", collation="utf8_general_ci")

    before, now = (replace(TABLE, columns=(ID, each)) for each in (older, TEXT))

    assert _traits(before) == _traits(now) != _traits(TABLE)


def test_what_a_procedure_knows_is_read_again_as_it_was_written() -> None:
    odd = "a 'b' \"c\" \\ `d`, [e]\n-- é 😀 " + "long " * 20
    table = replace(TABLE, name=odd, columns=(ID, replace(OF, name=odd)))
    source = [
        *traits_of(table, is_mariadb=True, without=["id"], leading=["of"]),
        Trait(odd, "column", f"{odd}2", f"ENUM('{odd}')", "utf8mb4_bin NULL"),
        *traits_of(replace(table, columns=()), is_mariadb=True, unique=["one"]),
    ]
    source = sorted({*source}, key=lambda trait: trait.kind)
    history = sorted(
        traits_of(replace(table, name=f"{odd}_history"), is_mariadb=True),
        key=lambda trait: trait.kind,
    )
    pieces = ",\n        ".join(written(source, history))
    sql = f"    CALL _check_definitions(\n        '[\n        {pieces}\n        ]');\n"

    for text in (sql, fold(sql)):
        assert {*known_traits(text)} == {*source}
        assert {*known_traits(text, "history")} == {*history}


def _traits(changed: Table) -> set[Trait]:
    return {
        trait
        for trait in traits_of(
            changed,
            is_mariadb=False,
            without=["left out"],
            leading=["of"],
            unique=["one"],
        )
        if trait.more != LEFT_OUT
    }
