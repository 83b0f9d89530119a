"""How relations are joined follows from keys, unless archives.toml says it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.aggregate.conditions import shown
from bygones.compiler.aggregate.resolving import resolve, root_columns
from bygones.compiler.declaration.reading import read_declaration
from bygones.compiler.errors import MigrationError
from tests.support.migrations.building import catalog, table
from tests.support.migrations.declaring import write

if TYPE_CHECKING:
    from pathlib import Path

    from bygones.compiler.aggregate.model import Aggregate, Relation
    from bygones.compiler.catalog.model import Table

ORDERS = """
source = "pharmacy"
[archive.orders]
table = "orders"
finished = "id > 0"
[archive.orders.relations]
"""

SHOP = (
    table("nations", "id int", "name text"),
    table(
        "customers",
        "id int",
        "nation_id int",
        "email varchar(99) COLLATE utf8mb4_bin NULL",
        unique="email",
        points=["nation_id to nations.id"],
    ),
    table("addresses", "id int"),
    table(
        "orders",
        "id bigint unsigned",
        "customer_id int",
        "billing_id int NULL",
        "Shipping_Id int NULL",
        "parent_id bigint unsigned NULL",
        "email varchar(99) COLLATE utf8mb4_bin",
        "region int",
        "number int",
        unique="region,number",
        points=[
            "customer_id to customers.id",
            "billing_id to addresses.id",
            "shipping_id to addresses.ID",
            "parent_id to orders.id",
        ],
    ),
    table(
        "products", "id int", "sku varchar(20) COLLATE utf8mb4_bin NULL", unique="sku"
    ),
    table(
        "order_items",
        "id int",
        "order_id bigint unsigned",
        "product_id int",
        "sku varchar(20) COLLATE utf8mb4_bin NULL",
        "kind varchar(9) COLLATE utf8mb4_bin",
        points=["order_id to orders.id", "product_id to products.id"],
    ),
    table("prices", "id int", "product_id int", points=["product_id to products.id"]),
    table("tags", "id int"),
    table(
        "order_tags",
        "order_id bigint unsigned",
        "tag_id int",
        key="order_id,tag_id",
        points=["order_id to orders.id", "tag_id to tags.id"],
    ),
    table("invoices", "order_id bigint unsigned", key="order_id"),
    table(
        "refunds",
        "order_id bigint unsigned",
        key="order_id",
        points=["order_id to orders.id"],
    ),
    table(
        "serials",
        "region int",
        "number int",
        "serial int",
        key="region,number,serial",
        points=["region,number to orders.region,number"],
    ),
    table(
        "notes",
        "id int",
        "subject_id bigint unsigned",
        "kind varchar(9) COLLATE utf8mb4_bin",
        "at datetime",
        indexes="kind,subject_id at,id",
    ),
    table("scans", "item_id int", "order_id bigint unsigned", key=""),
    table(
        "suppliers",
        "id int",
        "order_id bigint unsigned",
        points=["order_id to elsewhere.orders.id"],
    ),
    # Made while nobody checked it.
    table(
        "leftovers",
        "id int",
        "order_id bigint unsigned",
        points=["order_id to orders.key"],
    ),
)


def resolved(folder: Path, lines: str, *more: Table) -> Aggregate:
    declaration = read_declaration(write(folder, ORDERS + lines))
    (aggregate,) = resolve(declaration, catalog(*SHOP, *more))
    return aggregate


def joined(folder: Path, lines: str, *more: Table) -> Relation:
    """Return the relation that is declared first."""
    aggregate = resolved(folder, lines, *more)
    return aggregate.relation(aggregate.archive.relations[0].name)


def on(relation: Relation) -> list[str]:
    return [shown(path.condition) for path in relation.paths]


OWNED, PARENT = False, True


@pytest.mark.parametrize(
    ("lines", "condition", "is_parent"),
    [
        # By the one foreign key, in either direction.
        ("order_items = {}", "order_items.order_id = orders.id", OWNED),
        ("customers = {}", "customers.id = orders.customer_id", PARENT),
        (
            'products = { of = "order_items" }\norder_items = {}',
            "products.id = order_items.product_id",
            PARENT,
        ),
        (
            'nations = { of = "customers" }\ncustomers = {}',
            "nations.id = customers.nation_id",
            PARENT,
        ),
        (
            "serials = {}",
            "serials.region = orders.region AND serials.number = orders.number",
            OWNED,
        ),
        # By a foreign key that is also the key: a subtype goes with its root.
        ("refunds = {}", "refunds.order_id = orders.id", OWNED),
        # Many to many.
        (
            'tags = { of = "order_tags" }\norder_tags = {}',
            "tags.id = order_tags.tag_id",
            PARENT,
        ),
        # By one of several foreign keys, or against all of them.
        (
            'shipping = { table = "addresses", on = "shipping.id = shipping_id" }',
            "shipping.id = orders.Shipping_Id",
            PARENT,
        ),
        (
            'parents = { table = "orders", on = "parents.id = orders.parent_id" }',
            "parents.id = orders.parent_id",
            PARENT,
        ),
        (
            'children = { table = "orders", on = "children.parent_id = orders.id" }',
            "children.parent_id = orders.id",
            OWNED,
        ),
        (
            'siblings = { table = "orders", on = "siblings.customer_id = orders.id" }',
            "siblings.customer_id = orders.id",
            OWNED,
        ),
        # By what is unique on one side, NULL or not.
        (
            'invoices = { on = "invoices.order_id = orders.id" }',
            "invoices.order_id = orders.id",
            OWNED,
        ),
        (
            'notes = { on = "orders.id = notes.subject_id" }',
            "orders.id = notes.subject_id",
            OWNED,
        ),
        (
            'customers = { on = "customers.email = orders.email" }',
            "customers.email = orders.email",
            PARENT,
        ),
        (
            (
                'serials = { on = "serials.number = orders.number'
                ' AND serials.region = orders.region AND orders.id > 5" }'
            ),
            (
                "serials.number = orders.number AND serials.region = orders.region"
                " AND orders.id > 5"
            ),
            OWNED,
        ),
        # By what is said.
        (
            'customers = { on = "customers.nation_id = region", parent = true }',
            "customers.nation_id = orders.region",
            PARENT,
        ),
        (
            'customers = { on = "customers.nation_id = region", parent = false }',
            "customers.nation_id = orders.region",
            OWNED,
        ),
        ("order_items = { parent = true }", "order_items.order_id = orders.id", PARENT),
        # Narrowed, with brackets where that takes them.
        (
            "order_items = { where = \"kind = 'a' OR orders.id = 1\" }",
            (
                "order_items.order_id = orders.id"
                " AND (order_items.kind = 'a' OR orders.id = 1)"
            ),
            OWNED,
        ),
        (
            (
                'notes = { on = "subject_id = orders.id AND notes.kind = 1",'
                " where = \"at > '2020-01-01' AND id > 1\" }"
            ),
            (
                "notes.subject_id = orders.id AND notes.kind = 1"
                " AND notes.at > '2020-01-01' AND notes.id > 1"
            ),
            OWNED,
        ),
    ],
)
def test_a_relation_is_owned_or_a_parent_by_its_join(
    tmp_path: Path, lines: str, condition: str, *, is_parent: bool
) -> None:
    relation = joined(tmp_path, lines)

    assert on(relation) == [condition]
    assert relation.is_parent is is_parent


def test_each_path_of_a_relation_is_narrowed(tmp_path: Path) -> None:
    lines = """
        order_items = {}
        [archive.orders.relations.a_notes]
        table = "notes"
        where = "a_notes.at > orders.region"
        paths = [
            { on = "a_notes.subject_id = orders.id AND a_notes.kind = 'order'" },
            { of = "order_items", on = "order_items.id = a_notes.id" },
        ]
        """

    relation = resolved(tmp_path, lines).relation("a_notes")

    assert on(relation) == [
        (
            "a_notes.subject_id = orders.id AND a_notes.kind = 'order'"
            " AND a_notes.at > orders.region"
        ),
        "order_items.id = a_notes.id AND a_notes.at > orders.region",
    ]
    assert [path.of for path in relation.paths] == ["orders", "order_items"]
    assert relation.is_reached_twice
    assert not relation.is_parent


def test_a_relation_of_several_is_joined_by_the_key_to_each(tmp_path: Path) -> None:
    lines = """
        products = { of = ["order_items", "gifts"] }
        order_items = {}
        gifts = { table = "order_items" }
        """

    relation = joined(tmp_path, lines)

    assert on(relation) == [
        "products.id = order_items.product_id",
        "products.id = gifts.product_id",
    ]
    assert relation.is_parent


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        # The other schema's orders are not these.
        (
            "suppliers = {}",
            (
                'found no foreign key between "suppliers" and "orders"; say how they '
                'are joined: on = "suppliers.order_id = orders.id"'
            ),
        ),
        (
            "leftovers = {}",
            (
                'found no foreign key between "leftovers" and "orders"; say how they '
                'are joined: on = "leftovers.order_id = orders.id"'
            ),
        ),
        # Columns of a foreign key, and not to where it points.
        (
            'customers = { on = "customers.nation_id = orders.customer_id" }',
            'no key says whether "customers" belongs to its root or is pointed at; ',
        ),
        # A part of a unique key.
        (
            'serials = { on = "serials.serial = orders.number" }',
            'no key says whether "serials" belongs to its root or is pointed at; ',
        ),
        # Unique, and only one way of two.
        (
            'invoices = { on = "invoices.order_id = orders.id OR orders.id = 1" }',
            'no key says whether "invoices" belongs to its root or is pointed at; ',
        ),
        (
            'addresses = { of = "orders" }',
            (
                'found 2 foreign keys between "addresses" and "orders"; write which: '
                'on = "addresses.id = orders.billing_id"; '
                'on = "addresses.id = orders.Shipping_Id"'
            ),
        ),
        (
            'same = { table = "orders", on = "same.ID = orders.id" }',
            'each row of "orders" is joined to itself, by its own key; name the column',
        ),
        (
            (
                'same = { table = "orders", on = "same.region = orders.region '
                'AND same.number = orders.number" }'
            ),
            'each row of "orders" is joined to itself, by its own key; name the column',
        ),
    ],
)
def test_what_keys_do_not_say_must_be_said(
    tmp_path: Path, line: str, problem: str
) -> None:
    with pytest.raises(MigrationError) as caught:
        joined(tmp_path, line)

    name = line.split(" ", maxsplit=1)[0]
    where = f"archives.toml: archive.orders.relations.{name}: "
    assert str(caught.value).startswith(where + problem)


@pytest.mark.parametrize(
    ("lines", "is_reached_twice"),
    [
        ("order_items = {}", False),
        ("customers = {}", False),
        ('products = { of = "order_items" }\norder_items = {}', True),
        ('tags = { of = "order_tags" }\norder_tags = {}', True),
        ("order_tags = {}", False),
        ('nations = { of = "customers" }\ncustomers = {}', True),
        (
            (
                'prices = { of = "products", where = "id > 1" }\n'
                'products = { of = "order_items" }\norder_items = {}'
            ),
            False,
        ),
        # By what is unique in part, and whole.
        (
            (
                "order_items = { of = 'serials', parent = false,"
                " on = 'order_items.id = serials.region' }\nserials = {}"
            ),
            True,
        ),
        (
            (
                "order_items = { of = 'serials', on = 'order_items.id = region AND"
                " order_items.product_id = serials.number"
                " AND order_items.product_id = serials.serial' }\nserials = {}"
            ),
            False,
        ),
        # What is unique where it isn't NULL: NULL joins nothing.
        (
            (
                "gifts = { table = 'order_items', of = 'products',"
                " on = 'gifts.sku = products.sku', where = 'gifts.id > 1' }\n"
                "products = { of = 'order_items' }\norder_items = {}"
            ),
            False,
        ),
        (
            (
                "gifts = { table = 'order_items', of = 'products', parent = false,"
                " on = 'gifts.sku <=> products.sku', where = 'gifts.id > 1' }\n"
                "products = { of = 'order_items' }\norder_items = {}"
            ),
            True,
        ),
        ('scans = { on = "scans.order_id = orders.id" }', False),
        (
            (
                'scans = { of = "order_items", on = "item_id = order_items.id" }\n'
                "order_items = {}"
            ),
            False,
        ),
    ],
)
def test_a_row_is_reached_twice_where_several_of_a_root_can_lead_to_it(
    tmp_path: Path, lines: str, *, is_reached_twice: bool
) -> None:
    assert joined(tmp_path, lines).is_reached_twice is is_reached_twice


BIN, CI = "COLLATE utf8mb4_bin", "COLLATE utf8mb4_general_ci"


@pytest.mark.parametrize(
    ("ours", "theirs", "is_reached_twice"),
    [
        ("int", "int", False),
        ("int", "bigint unsigned", False),
        ("decimal(20,0)", "bigint", False),
        (f"varchar(20) {BIN}", f"char(5) {BIN}", False),
        (f"varchar(20) {CI}", f"varchar(20) {CI}", False),
        ("binary(16)", "varbinary(16)", False),
        ("date", "datetime(6)", False),
        ("enum('a','b')", "enum('a','b')", False),
        ("float", "float", False),
        # A number equals many texts, ...
        ("int", f"varchar(20) {BIN}", True),
        (f"varchar(20) {BIN}", "int", True),
        ("varbinary(20)", "bigint", True),
        # ... one collation knows case, or blanks at the end, and another doesn't, ...
        (f"varchar(20) {CI}", f"varchar(20) {BIN}", True),
        (f"varchar(20) {BIN}", f"varchar(20) {CI}", True),
        (f"varchar(20) {BIN}", "varchar(20) COLLATE latin1_bin", True),
        (f"varchar(20) {BIN}", "varbinary(20)", True),
        # ... a year is 20 or 2020, and an hour comes twice when clocks are put back.
        ("int", "year", True),
        ("datetime", "timestamp", True),
        ("timestamp", "timestamp", True),
        ("timestamp(6)", "timestamp(6)", True),
        ("date", "int", True),
        ("float", "double", True),
        ("enum('a','b')", f"varchar(20) {BIN}", True),
    ],
)
def test_columns_of_two_kinds_can_be_equal_more_than_once(
    tmp_path: Path, ours: str, theirs: str, *, is_reached_twice: bool
) -> None:
    parcels = table("parcels", "id int", f"code {theirs}", unique="code")
    events = table("events", "id int", f"parcel {ours}")
    lines = """
        events = { of = "parcels", on = "events.parcel = parcels.code" }
        parcels = { on = "parcels.id = orders.id" }
        """

    assert joined(tmp_path, lines, parcels, events).is_reached_twice is is_reached_twice


@pytest.mark.parametrize(
    ("lines", "pinned", "leading"),
    [
        ("order_items = {}", ("order_id",), "order_id"),
        ("customers = {}", ("id",), "id"),
        ("serials = {}", ("region", "number"), "region"),
        ('notes = { on = "subject_id = orders.id" }', ("subject_id",), None),
        ('notes = { on = "orders.id = notes.subject_id" }', ("subject_id",), None),
        (
            "notes = { on = 'subject_id = orders.id', where = \"kind = 'order'\" }",
            ("subject_id", "kind"),
            "kind",
        ),
        (
            (
                "notes = { on = 'subject_id = orders.id',"
                " where = \"kind IN ('order', 'ORDER')\" }"
            ),
            ("subject_id", "kind"),
            "kind",
        ),
        (
            (
                "notes = { on = 'subject_id = orders.id',"
                " where = \"kind IN (LOWER('ORDER'), 'a')\" }"
            ),
            ("subject_id",),
            None,
        ),
        (
            "notes = { on = 'subject_id = orders.id', where = \"kind <> 'order'\" }",
            ("subject_id",),
            None,
        ),
        (
            "notes = { on = 'subject_id = orders.id', where = \"id = 1 OR at\" }",
            ("subject_id",),
            None,
        ),
        (
            "notes = { parent = false, on = \"(CONCAT('o', orders.id) = kind)\" }",
            ("kind",),
            "kind",
        ),
        (
            "notes = { parent = false, on = 'subject_id > orders.id AND at = 1' }",
            ("at",),
            "at",
        ),
        # The index that leads furthest.
        (
            (
                "notes = { on = 'subject_id = orders.id',"
                " where = \"id = 1 AND kind = 'a' AND at > '2020-01-01'\" }"
            ),
            ("subject_id", "id", "kind"),
            "kind",
        ),
        ('scans = { on = "scans.order_id = orders.id" }', ("order_id",), None),
        (
            "serials = { parent = false, on = 'serials.number = orders.number' }",
            ("number",),
            None,
        ),
        (
            (
                "serials = { on = 'serials.number = orders.number"
                " AND serials.Serial = serials.number', parent = false }"
            ),
            ("number",),
            None,
        ),
    ],
)
def test_an_index_leads_a_join_by_the_columns_that_it_pins(
    tmp_path: Path, lines: str, pinned: tuple[str, ...], leading: str | None
) -> None:
    (path,) = joined(tmp_path, lines).paths

    assert path.pinned == pinned
    assert path.leading == leading


def test_a_column_of_the_roots_key_is_numbered_where_its_name_is_long(
    tmp_path: Path,
) -> None:
    root = resolved(tmp_path, "order_items = {}").root
    fits, too_long = (
        replace(root, key=("id", "k" * length), kept=()) for length in (51, 52)
    )

    assert root_columns(fits) == ("history_root_id", f"history_root_{'k' * 51}")
    assert root_columns(too_long) == ("history_root_1", "history_root_2")


def test_parents_are_copied_last_and_each_relation_after_what_it_is_joined_to(
    tmp_path: Path,
) -> None:
    lines = """
        prices = { of = "products", where = "prices.id > orders.region" }
        nations = { of = "customers" }
        customers = {}
        products = { of = ["order_items", "gifts"] }
        order_items = {}
        tags = { of = "order_tags" }
        gifts = { table = "order_items", of = "refunds", on = "id = refunds.order_id" }
        order_tags = {}
        refunds = {}
        """

    aggregate = resolved(tmp_path, lines)

    assert [relation.name for relation in aggregate.relations] == [
        *("order_items", "order_tags", "refunds", "gifts"),
        *("customers", "nations", "products", "prices", "tags"),
    ]


@pytest.mark.parametrize(
    ("rows", "key", "has_ordinal"),
    [
        (table("rows", "id int", "order_id int"), ("id",), False),
        (
            table("rows", "b int", "order_id int", key="order_id,b"),
            ("order_id", "b"),
            False,
        ),
        # Without a primary key, the shortest unique one in which nothing is NULL.
        (
            table("rows", "a int", "b int", "order_id int", key="", unique="a,b b"),
            ("b",),
            False,
        ),
        (
            table("rows", "a int", "b int NULL", "order_id int", key="", unique="b a"),
            ("a",),
            False,
        ),
        (table("rows", "a int NULL", "order_id int", key="", unique="a"), (), True),
        (table("rows", "order_id int", key=""), (), True),
        # With the root's key and a version before it, it must fit into an index.
        (
            table("rows", f"a varchar(765) {BIN}", "order_id int", key="a"),
            ("a",),
            False,
        ),
        (
            table("rows", f"a varchar(766) {BIN}", "order_id int", key="a"),
            ("a",),
            True,
        ),
    ],
)
def test_rows_are_told_apart_by_their_key_or_numbered(
    tmp_path: Path, rows: Table, key: tuple[str, ...], *, has_ordinal: bool
) -> None:
    relation = joined(tmp_path, 'rows = { on = "rows.order_id = orders.id" }', rows)

    assert relation.key == key
    assert relation.has_ordinal is has_ordinal
