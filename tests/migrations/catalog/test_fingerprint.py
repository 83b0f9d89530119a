"""The fingerprint of a table is the one that the procedures compute by SQL."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from migrations.catalog.fingerprint import Trait, fingerprint, traits_of
from migrations.catalog.knowing import known_traits, written
from migrations.catalog.model import Column, Index, Table
from migrations.catalog.reading import read_catalog
from migrations.generator.folding import fold
from sandbox.sample import SAMPLE
from tests.procedures import query

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OpenShop

PROCEDURE = SAMPLE.sql / "orders/procedures/_check_orders_source_v01.sql"

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


def test_python_and_the_server_agree_on_the_pharmacy(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=4, installed=False)
    text = PROCEDURE.read_text("utf-8")
    known = dict(re.findall(r"'(\w+)'(?: AS table_name)?,\s+'([0-9A-F]{32})'", text))

    ours = by_python(shop)

    assert ours == by_sql(shop, text)
    assert ours == known


def test_on_a_server_that_says_utf8_for_utf8mb3_it_is_the_same(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=4, installed=False)
    query(
        shop.admin,
        f"ALTER TABLE {shop.source}.prescribers"
        " MODIFY licence CHAR(12) CHARACTER SET utf8mb3 NOT NULL",
    )
    text = PROCEDURE.read_text("utf-8")
    of_before = "REPLACE(c.collation_name, 'utf8mb3_', 'utf8_')"
    older = by_sql(shop, text.replace("c.collation_name", of_before))

    assert by_sql(shop, text) == older == by_python(shop)
    assert older["prescribers"] not in text


def by_python(shop: OpenShop) -> dict[str, str]:
    """Fold the tables as the archive `orders` knows them."""
    catalog = read_catalog(shop.admin, shop.source)
    return {
        name: fingerprint(
            list(
                traits_of(
                    catalog.tables[name],
                    is_mariadb=catalog.is_mariadb,
                    without=["stock"] if name == "products" else [],
                    leading=leading,
                )
            )
        )
        for name, leading in LEADING.items()
    }


def by_sql(shop: OpenShop, text: str) -> dict[str, str]:
    """Have the server fold them, by the statement of the procedure."""
    (derived,) = re.findall(r"    (WITH known .*?)\n\n    SELECT", text, re.DOTALL)
    is_mariadb = read_catalog(shop.admin, shop.source).is_mariadb
    computed = derived.replace("v_source", f"'{shop.source}'").replace(
        "v_is_mariadb", str(is_mariadb).upper()
    )
    rows = query(shop.admin, f"{computed} SELECT table_name, fingerprint FROM found")
    return {row["table_name"].decode(): row["fingerprint"] for row in rows}


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
    assert _fingerprint(changed) != _fingerprint(TABLE)


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
    assert _fingerprint(changed) == _fingerprint(TABLE)


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

    assert _fingerprint(before) == _fingerprint(now) != _fingerprint(TABLE)


def test_what_a_procedure_knows_is_read_again_as_it_was_written() -> None:
    odd = "a 'b' \"c\" \\ `d`, [e]\n-- é 😀 " + "long " * 20
    traits = [
        *traits_of(
            replace(TABLE, columns=(ID, replace(OF, name=odd))), is_mariadb=True
        ),
        *traits_of(replace(TABLE, name=odd), is_mariadb=True, without=["of"]),
        Trait(odd, "column", odd, f"ENUM('{odd}')", "utf8mb4_bin NULL"),
    ]
    rows = ",\n".join(f"        {written(trait)}" for trait in traits)
    sql = f"    DECLARE v_known LONGTEXT DEFAULT '[\n{rows}\n    ]';\n"

    folded = fold(sql)

    assert folded != sql
    assert known_traits(folded) == traits


def _fingerprint(changed: Table) -> str:
    traits = traits_of(
        changed,
        is_mariadb=False,
        without=["left out"],
        leading=["of"],
        unique=["one"],
    )
    return fingerprint(list(traits))
