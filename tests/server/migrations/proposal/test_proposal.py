"""A proposal holds all that hangs together with a root, and is a valid file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.aggregate.resolving import resolve
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.declaration.reading import read_declaration
from bygones.sandbox.shop import PROJECT
from tests.support.aggregates.foreign import WRITTEN_SOURCE, statements
from tests.support.aggregates.schemas import (
    alternative_parents,
    awkward_names,
    composite_key,
    keyless_child,
    many_to_many,
    mixed_types,
    no_foreign_keys,
    polymorphic,
    same_table_twice,
    self_reference,
    shared_keys,
    text_keys,
    unique_parent,
    wide_keys,
)
from tests.support.migrations.proposal.sources import Source, line, uncommented

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from bygones.compiler.aggregate.model import Aggregate
    from tests.conftest import OpenShop
    from tests.support.aggregates.foreign import Foreign

    MakeSource = Callable[[Iterable[str]], Source]

NOTES = """
INSERT INTO notes (subject_type, subject_id, body)
VALUES ('order', 1, ''), ('customer', 1, '')
"""

# Whose foreign keys don't say it all, or say it in an odd way.
HARD = (
    *(alternative_parents, awkward_names, composite_key, keyless_child, many_to_many),
    *(mixed_types, no_foreign_keys, polymorphic, same_table_twice, self_reference),
    *(shared_keys, text_keys, unique_parent, wide_keys),
)
# By schema, what no name and no key tells: only the people who declared it know.
UNTOLD = {"no_foreign_keys": {"products"}, "unique_parent": {"ref_rate"}}


@pytest.fixture(scope="module")
def pharmacy(make_source: MakeSource) -> Source:
    schema = (PROJECT / "sandbox" / "pharmacy" / "schema.sql").read_text("utf-8")
    return make_source([*statements(schema), NOTES])


def members(aggregates: Iterable[Aggregate]) -> set[tuple[str, str, bool]]:
    """Name the tables that go with each root, and whether as parents."""
    return {
        (aggregate.root.table.name, relation.table.name, relation.is_parent)
        for aggregate in aggregates
        for relation in aggregate.relations
    }


@pytest.mark.core
def test_the_pharmacys_proposal_is_what_the_sample_declares(
    make_shop: Callable[..., OpenShop], tmp_path: Path
) -> None:
    shop = make_shop(finished=5, installed=False)
    source = Source(
        schema=shop.source, url=shop.owner_url, admin=shop.admin, folder=tmp_path
    )

    text = source.propose("orders")

    (proposed,) = source.resolve(text)
    declared = read_declaration(PROJECT / "archives.toml").archives[0]
    names = {relation.name for relation in proposed.relations}
    assert names == {relation.name for relation in declared.relations}
    assert line(text, "finished") == (
        "finished = \"status IN ('cancelled', 'dispensed')\""
    )
    assert line(text, "products") == (
        'products = { of = "order_items" } '
        '# by order_items.product_id; busy? without = ["stock"]'
    )
    assert line(text, "notes").startswith(
        'notes = { on = "notes.subject_id = orders.id", '
        "where = \"notes.subject_type IN ('ORDER', 'order')"
    )
    assert "CREATE INDEX" not in text
    assert re.findall(r"^(\w+) += \{", text, re.MULTILINE) == [
        *("deliveries", "order_events", "order_items", "batches", "order_labels"),
        *("payments", "customers", "prescribers", "products", "labels", "notes"),
    ]
    # Of what is left, nothing belongs to an order.
    assert "# 1 relation is commented out. As it stands," in text


def test_all_of_the_pharmacys_proposal_can_be_taken_over(pharmacy: Source) -> None:
    text = uncommented(pharmacy.propose("orders"))

    (proposed,) = pharmacy.resolve(text)
    assert proposed.settled is not None
    assert {r.name: r.is_parent for r in proposed.relations if "notes" in r.name} == {
        "notes": False,
        "customer_notes": False,
    }


def test_columns_that_are_proposed_to_be_left_out_can_be(pharmacy: Source) -> None:
    text = re.sub(
        r"= \{ ?(.*?) ?\} +# .*(without = \[.*\])",
        lambda found: f"= {{ {', '.join(filter(None, found.groups()))} }}",
        pharmacy.propose("orders"),
    )

    (proposed,) = pharmacy.resolve(text)
    assert proposed.relation("products").without == ("stock",)
    assert proposed.relation("customers").without == ("changed_at",)


def test_what_is_proposed_twice_is_the_same(pharmacy: Source) -> None:
    assert pharmacy.propose("orders") == pharmacy.propose("orders")


def test_two_roots_share_no_name(pharmacy: Source) -> None:
    text = pharmacy.propose("orders", "products", "orders")

    orders, products = pharmacy.resolve(text)
    pharmacy.resolve(uncommented(text))
    assert line(text, "orders_products").startswith(
        'orders_products = { table = "products", of = "order_items" }'
    )
    assert line(text, "products_order_items").startswith(
        'products_order_items = { table = "order_items" }'
    )
    assert line(text, "products_orders").startswith(
        'products_orders = { table = "orders", of = "products_order_items" }'
    )
    assert (orders.name, products.name) == ("orders", "products")


def test_an_archive_that_points_at_another_is_offered_to_it(pharmacy: Source) -> None:
    text = pharmacy.propose("orders", "payments")

    _, payments = pharmacy.resolve(text)
    pharmacy.resolve(uncommented(text))
    assert line(text, "orders_payments") == (
        '#orders_payments = { table = "payments" } # by order_id'
    )
    assert payments.relation("payments_orders").is_parent


@pytest.mark.parametrize(
    "foreign", [pytest.param(each.SCHEMA, id=each.SCHEMA.name) for each in HARD]
)
def test_foreign_schemas_get_what_their_teams_declared(
    make_source: MakeSource, foreign: Foreign, tmp_path: Path
) -> None:
    source = make_source(statements(foreign.tables))
    file = tmp_path / "archives.toml"
    file.write_text(f'source = "{WRITTEN_SOURCE}"\n{foreign.archives}')
    declared = read_declaration(file)
    catalog = read_catalog(source.admin, source.schema)

    text = source.propose(*(archive.table for archive in declared.archives))

    source.resolve(text)
    proposed = source.resolve(uncommented(text))
    missing = members(resolve(declared, catalog)) - members(proposed)
    assert {table for _, table, _ in missing} == UNTOLD.get(foreign.name, set())
