"""What of a shop with all kinds of pointers is archived, offered, or left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.aggregate.conditions import shown
from tests.support.migrations.proposal.sources import Source, line, uncommented
from tests.support.procedures import query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bygones.compiler.aggregate.model import Aggregate

LONG = "what_was_written_about_orders_by_people_who_had_them"

SHOP = (
    "CREATE TABLE countries (id INT PRIMARY KEY, title VARCHAR(20))",
    """
    CREATE TABLE users (
        id INT PRIMARY KEY, name VARCHAR(20), api_token CHAR(20), last_seen_at DATETIME
    )
    """,
    "CREATE TABLE suppliers (id INT PRIMARY KEY)",
    """
    CREATE TABLE products (
        id INT PRIMARY KEY,
        supplier_id INT NOT NULL,
        stock INT NOT NULL,
        FOREIGN KEY (supplier_id) REFERENCES suppliers (id)
    )
    """,
    """
    CREATE TABLE price_history (
        product_id INT, valid_from DATE, PRIMARY KEY (product_id, valid_from),
        FOREIGN KEY (product_id) REFERENCES products (id)
    )
    """,
    """
    CREATE TABLE customers (
        id INT PRIMARY KEY,
        country_id INT NOT NULL,
        referrer_id INT NULL,
        last_order_id INT NULL,
        password_hash CHAR(60) NOT NULL,
        FOREIGN KEY (country_id) REFERENCES countries (id),
        FOREIGN KEY (referrer_id) REFERENCES customers (id)
    )
    """,
    """
    CREATE TABLE addresses (
        id INT PRIMARY KEY, country_id INT,
        FOREIGN KEY (country_id) REFERENCES countries (id)
    )
    """,
    """
    CREATE TABLE orders (
        id INT PRIMARY KEY,
        order_no CHAR(8) NOT NULL UNIQUE,
        customer_id INT NOT NULL,
        billing_address_nr INT NOT NULL,
        shipping_address_id INT NULL,
        campaign_id INT NOT NULL,
        created_by INT NULL,
        updated_by INT NULL,
        original_order_id INT NULL,
        pin CHAR(4) NULL,
        FOREIGN KEY (customer_id) REFERENCES customers (id),
        FOREIGN KEY (billing_address_nr) REFERENCES addresses (id),
        FOREIGN KEY (shipping_address_id) REFERENCES addresses (id),
        FOREIGN KEY (created_by) REFERENCES users (id),
        FOREIGN KEY (updated_by) REFERENCES users (id),
        FOREIGN KEY (original_order_id) REFERENCES orders (id)
    )
    """,
    "ALTER TABLE customers ADD FOREIGN KEY (last_order_id) REFERENCES orders (id)",
    """
    CREATE TABLE campaigns (
        id INT PRIMARY KEY, best_order_id INT NULL,
        FOREIGN KEY (best_order_id) REFERENCES orders (id)
    )
    """,
    "ALTER TABLE orders ADD FOREIGN KEY (campaign_id) REFERENCES campaigns (id)",
    """
    CREATE TABLE order_items (
        id INT PRIMARY KEY,
        order_id INT NOT NULL,
        product_id INT NOT NULL,
        parent_id INT NULL,
        FOREIGN KEY (order_id) REFERENCES orders (id),
        FOREIGN KEY (product_id) REFERENCES products (id),
        FOREIGN KEY (parent_id) REFERENCES order_items (id)
    )
    """,
    """
    CREATE TABLE shipments (
        id INT PRIMARY KEY, order_id INT NULL, invoice_id INT NULL, weight INT,
        FOREIGN KEY (order_id) REFERENCES orders (id)
    )
    """,
    """
    CREATE TABLE invoices (
        id INT PRIMARY KEY, order_id INT NULL, shipment_id INT NULL,
        FOREIGN KEY (order_id) REFERENCES orders (id),
        FOREIGN KEY (shipment_id) REFERENCES shipments (id)
    )
    """,
    "ALTER TABLE shipments ADD FOREIGN KEY (invoice_id) REFERENCES invoices (id)",
    """
    CREATE TABLE shipment_items (
        shipment_id INT, order_item_id INT, PRIMARY KEY (shipment_id, order_item_id),
        FOREIGN KEY (shipment_id) REFERENCES shipments (id),
        FOREIGN KEY (order_item_id) REFERENCES order_items (id)
    )
    """,
    """
    CREATE TABLE serials (
        id INT PRIMARY KEY, order_id INT NOT NULL, shipment_id INT NULL,
        FOREIGN KEY (order_id) REFERENCES orders (id),
        FOREIGN KEY (shipment_id) REFERENCES shipments (id)
    )
    """,
    """
    CREATE TABLE transfers (
        id INT PRIMARY KEY, from_order_id INT NOT NULL, to_order_id INT NOT NULL,
        FOREIGN KEY (from_order_id) REFERENCES orders (id),
        FOREIGN KEY (to_order_id) REFERENCES orders (id)
    )
    """,
    "CREATE TABLE labels (id INT PRIMARY KEY)",
    """
    CREATE TABLE order_labels (
        order_id INT, label_id INT, PRIMARY KEY (order_id, label_id),
        FOREIGN KEY (order_id) REFERENCES orders (id),
        FOREIGN KEY (label_id) REFERENCES labels (id)
    )
    """,
    """
    CREATE TABLE keyless (
        order_id INT NULL, invoice_id INT NULL,
        FOREIGN KEY (order_id) REFERENCES orders (id),
        FOREIGN KEY (invoice_id) REFERENCES invoices (id)
    )
    """,
    """
    CREATE TABLE carts (
        id INT PRIMARY KEY, active_order_id INT NULL,
        FOREIGN KEY (active_order_id) REFERENCES orders (id)
    )
    """,
    "CREATE TABLE returns (id INT PRIMARY KEY, order_no CHAR(8) NOT NULL)",
    """
    CREATE TABLE return_items (
        id INT PRIMARY KEY, return_id INT,
        FOREIGN KEY (return_id) REFERENCES returns (id)
    )
    """,
    """
    CREATE TABLE `orderNotes` (
        `noteId` INT PRIMARY KEY, `ordersId` INT, KEY (`ordersId`)
    )
    """,
    """
    CREATE TABLE comments (
        id INT PRIMARY KEY, commentable_id INT, commentable_type VARCHAR(40),
        KEY (commentable_id, commentable_type)
    )
    """,
    r"""
    INSERT INTO comments VALUES
    (1, 1, 'App\\Models\\Order'), (2, 1, 'Shipment'), (3, 1, 'Customer'), (4, 1, 'Page')
    """,
    """
    CREATE TABLE votes (
        id INT PRIMARY KEY, comment_id INT,
        FOREIGN KEY (comment_id) REFERENCES comments (id)
    )
    """,
    "CREATE TABLE files (id INT PRIMARY KEY, owner_type VARCHAR(9), owner_id INT)",
    "CREATE TABLE audits (id INT PRIMARY KEY, subject_type TINYINT, subject_id INT)",
    """
    CREATE TABLE gifts (
        id INT PRIMARY KEY, giver_type ENUM ('order'), giver_id INT,
        FOREIGN KEY (giver_id) REFERENCES orders (id)
    )
    """,
    """
    CREATE TABLE pages (
        id INT PRIMARY KEY, target_type ENUM ('home', 'shop'), target_id INT
    )
    """,
    "CREATE VIEW order_totals AS SELECT id AS order_id FROM orders",
    "CREATE TABLE old_items (id INT PRIMARY KEY, order_id INT) ENGINE = MyISAM",
    *(
        f"""
        CREATE TABLE {name} (
            id INT PRIMARY KEY, order_id INT,
            FOREIGN KEY (order_id) REFERENCES orders (id)
        )
        """
        for name in ("lane", LONG)
    ),
    """
    CREATE TABLE `a ``"b"` (
        id INT PRIMARY KEY, `key of` INT, FOREIGN KEY (`key of`) REFERENCES orders (id)
    )
    """,
)


PREFIXED = (
    "CREATE TABLE wp_order (id INT PRIMARY KEY, customer_id INT, item_id INT)",
    "CREATE TABLE wp_order_item (id INT PRIMARY KEY, order_id INT)",
    "CREATE TABLE wp_customer (id INT PRIMARY KEY)",
    """
    CREATE TABLE wp_item (
        id INT PRIMARY KEY, owner_type ENUM ('order', 'customer'), owner_id INT
    )
    """,
    "ALTER TABLE wp_order ADD FOREIGN KEY (item_id) REFERENCES wp_item (id)",
    "CREATE TABLE wp_deal (d_dealkey INT PRIMARY KEY, d_name INT, d_sum INT)",
    "CREATE TABLE wp_leg (l_no INT PRIMARY KEY, l_dealkey INT, l_sum INT)",
    """
    CREATE TABLE wp_part (
        id INT PRIMARY KEY, item_id INT, FOREIGN KEY (item_id) REFERENCES wp_item (id)
    )
    """,
)


@pytest.fixture(scope="module")
def shop(make_source: Callable[[Iterable[str]], Source]) -> Source:
    return make_source(SHOP)


@pytest.fixture(scope="module")
def text(shop: Source) -> str:
    return shop.propose("orders")


@pytest.fixture(scope="module")
def proposed(shop: Source, text: str) -> Aggregate:
    """What is archived if nobody takes anything over."""
    (aggregate,) = shop.resolve(text)
    return aggregate


@pytest.fixture(scope="module")
def everything(shop: Source, text: str) -> Aggregate:
    """What is archived if everything is taken over."""
    (aggregate,) = shop.resolve(uncommented(text))
    return aggregate


def joins(aggregate: Aggregate, name: str) -> list[str]:
    """Write how a relation is joined."""
    return [shown(path.condition) for path in aggregate.relation(name).paths]


def test_all_that_leads_to_a_root_without_doubt_is_archived(
    proposed: Aggregate,
) -> None:
    owned = {r.table.name for r in proposed.relations if not r.is_parent}
    parents = {r.table.name for r in proposed.relations if r.is_parent}

    assert owned == {
        *("order_items", "shipments", "invoices", "shipment_items", "serials"),
        *("transfers", "order_labels", "gifts", "lane", LONG, 'a `"b"'),
        *("orderNotes", "comments", "votes"),
    }
    assert parents == {
        *("customers", "addresses", "campaigns", "users", "products", "labels"),
    }


def test_two_keys_to_a_parent_are_two_relations(proposed: Aggregate) -> None:
    assert joins(proposed, "billing_addresses") == [
        "billing_addresses.id = orders.billing_address_nr"
    ]
    assert joins(proposed, "updated_by_users") == [
        "updated_by_users.id = orders.updated_by"
    ]


def test_two_keys_to_the_root_are_two_ways_of_one_relation(
    proposed: Aggregate, text: str
) -> None:
    assert joins(proposed, "transfers") == [
        "transfers.from_order_id = orders.id",
        "transfers.to_order_id = orders.id",
    ]
    assert '    { on = "transfers.to_order_id = orders.id" },\n' in text


def test_several_ways_to_the_root_are_one_relation(text: str) -> None:
    assert line(text, "shipment_items") == (
        'shipment_items = { of = ["order_items", "shipments"] } '
        "# by order_item_id, shipment_id; each row once"
    )


def test_no_other_way_is_taken_where_the_root_is_always_named(text: str) -> None:
    assert line(text, "serials") == (
        "serials = {} # by order_id; shipment_id would find no others"
    )


def test_a_circle_is_cut(proposed: Aggregate, text: str) -> None:
    assert joins(proposed, "shipments") == [
        "shipments.order_id = orders.id",
        "shipments.invoice_id = invoices.id",
    ]
    assert line(text, "invoices") == (
        "invoices = {} # by order_id; shipment_id would lead in a circle"
    )


def test_of_two_tables_that_point_at_each_other_one_is_the_parent(
    proposed: Aggregate,
) -> None:
    assert joins(proposed, "customers") == ["customers.id = orders.customer_id"]
    assert joins(proposed, "campaigns") == ["campaigns.id = orders.campaign_id"]


def test_parents_of_parents_are_offered(everything: Aggregate) -> None:
    assert joins(everything, "countries") == [
        "countries.id = billing_addresses.country_id",
        "countries.id = shipping_addresses.country_id",
        "countries.id = customers.country_id",
    ]
    assert joins(everything, "suppliers") == ["suppliers.id = products.supplier_id"]


def test_what_points_at_itself_is_offered_up_and_down(everything: Aggregate) -> None:
    assert joins(everything, "original_orders") == [
        "original_orders.id = orders.original_order_id"
    ]
    assert joins(everything, "orders_by_original") == [
        "orders_by_original.original_order_id = orders.id"
    ]
    assert joins(everything, "child_order_items") == [
        "child_order_items.parent_id = order_items.id"
    ]
    assert everything.relation("referrer_customers").is_parent
    assert "customers_by_referrer" not in [r.name for r in everything.relations]


def test_a_pointer_at_one_of_many_is_offered(everything: Aggregate, text: str) -> None:
    assert line(text, "carts") == "#carts = {} # by active_order_id"
    assert joins(everything, "carts") == ["carts.active_order_id = orders.id"]


def test_names_and_types_tell_of_relations_without_a_key(everything: Aggregate) -> None:
    assert joins(everything, "returns") == ["returns.order_no = orders.order_no"]
    assert joins(everything, "return_items") == ["return_items.return_id = returns.id"]
    assert joins(everything, "orderNotes") == ["orderNotes.ordersId = orders.id"]


def test_a_join_without_an_index_comes_with_the_statement_that_makes_it(
    shop: Source, text: str
) -> None:
    (statement,) = re.findall("CREATE INDEX .*returns.*;", text)

    query(shop.admin, statement)
    after = shop.propose("orders")
    query(shop.admin, f"DROP INDEX returns_order_no_ix ON {shop.schema}.returns")

    assert statement not in after
    assert re.findall("CREATE INDEX .*(?:orderNotes|comments).*;", text) == []


def test_a_column_that_says_of_what_comes_with_its_values(
    proposed: Aggregate, everything: Aggregate, text: str
) -> None:
    (comments,) = joins(proposed, "comments")
    (of_customers,) = joins(everything, "customer_comments")

    assert comments == (
        "comments.commentable_id = orders.id"
        r" AND comments.commentable_type = 'App\\Models\\Order'"
    )
    assert of_customers == (
        "customer_comments.commentable_id = customers.id"
        " AND customer_comments.commentable_type = 'Customer'"
    )
    assert "order_gifts" not in [relation.name for relation in everything.relations]
    assert [path.of for path in everything.relation("votes").paths] == [
        *("comments", "shipment_comments")
    ]
    assert "; with customer_comments: of that too;" in line(text, "votes")


def test_a_column_that_does_not_say_of_what_is_told_of(text: str) -> None:
    assert line(text, "files").endswith("where = \"files.owner_type = 'order'\" }")
    assert "# files.owner_type doesn't tell yet: 'order' is a guess.\n" in text
    assert "# audits.subject_id may point at orders, if audits.subject_type" in text
    assert "# pages.target_type holds 'home', 'shop': none of these seems" in text


def test_what_points_at_a_shared_parent_is_left_out_with_a_word(text: str) -> None:
    assert "products <- price_history.\n" in text


def test_what_can_not_be_archived_is_left_out_with_a_word(text: str) -> None:
    assert "old_items is MyISAM" in text
    assert "order_totals is a view" in text


def test_a_table_without_a_key_is_not_offered_where_it_needs_one(text: str) -> None:
    before, _ = text.split("\n# keyless ")

    assert before.endswith(
        "# A row can come twice, and the table has no key: add a primary key first."
    )


def test_a_name_that_history_can_not_bear_is_another(
    proposed: Aggregate, text: str
) -> None:
    assert proposed.relation(LONG[:42]).table.name == LONG
    assert line(text, "orders_lane") == (
        'orders_lane = { table = "lane" } # by order_id'
    )
    assert '"a `\\"b\\""' in text


def test_secret_and_busy_columns_are_told_of(everything: Aggregate, text: str) -> None:
    assert everything.root.without == ("pin",)
    assert 'secret? without = ["password_hash"]' in line(text, "customers")
    assert line(text, "created_by_users").endswith(
        'secret and busy? without = ["api_token", "last_seen_at"]'
    )


def test_a_prefix_is_no_part_of_a_name(
    make_source: Callable[[Iterable[str]], Source],
) -> None:
    source = make_source(PREFIXED)

    text = source.propose("wp_order")

    (everything,) = source.resolve(uncommented(text))
    assert joins(everything, "wp_order_item") == [
        "wp_order_item.order_id = wp_order.id"
    ]
    assert joins(everything, "wp_customer") == ["wp_customer.id = wp_order.customer_id"]
    (legs,) = source.resolve(uncommented(source.propose("wp_deal")))
    assert joins(legs, "wp_leg") == ["wp_leg.l_dealkey = wp_deal.d_dealkey"]
    # What belongs to a shared item isn't this order's, unless the item is.
    assert everything.relation("wp_item").is_parent
    assert joins(everything, "wp_part") == [
        "wp_part.item_id = wp_order_wp_item.id",
        "wp_part.item_id = wp_customer_wp_item.id",
    ]
