"""Schemas without foreign keys, as many applications have them: names must do.

Each is made up, in the manner of one that was met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.compiler.aggregate.conditions import shown
from tests.support.migrations.proposal.sources import Source, line, uncommented
from tests.support.procedures import query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bygones.compiler.aggregate.model import Aggregate

    MakeSource = Callable[[Iterable[str]], Source]
    Shape = tuple[str, tuple[str, ...], Mapping[str, list[str]], list[str]]

ID = "INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY"

# Prefixes of several words; a table of which the whole key is the root's; numbers that
# are a row's own beside a column of kinds.
SEVERAL_PREFIXES: Shape = (
    "wp_xy_orders",
    (
        "CREATE TABLE wp_xy_orders (id INT UNSIGNED PRIMARY KEY, customer_id INT)",
        """
        CREATE TABLE wp_xy_order_stats (
            order_id INT UNSIGNED PRIMARY KEY, customer_id INT NOT NULL
        )
        """,
        f"""
        CREATE TABLE wp_shop_order_items (
            order_item_id {ID}, order_id INT UNSIGNED NOT NULL, KEY (order_id)
        )
        """,
        f"""
        CREATE TABLE wp_shop_order_itemmeta (
            meta_id {ID}, order_item_id INT UNSIGNED NOT NULL, KEY (order_item_id)
        )
        """,
        f"""
        CREATE TABLE wp_xy_orders_meta (
            id {ID}, order_id INT UNSIGNED, KEY (order_id)
        )
        """,
        """
        CREATE TABLE wp_xy_order_lookup (
            order_item_id INT UNSIGNED PRIMARY KEY, order_id INT UNSIGNED NOT NULL,
            KEY (order_id)
        )
        """,
        f"CREATE TABLE wp_shop_tax_rates (tax_rate_id {ID}, tax_rate_class CHAR(9))",
        f"CREATE TABLE wp_comments (comment_ID {ID}, comment_type VARCHAR(20))",
        "INSERT INTO wp_comments VALUES (1, 'order')",
    ),
    {
        "wp_shop_order_items": ["wp_shop_order_items.order_id = wp_xy_orders.id"],
        "wp_shop_order_itemmeta": [
            "wp_shop_order_itemmeta.order_item_id = wp_shop_order_items.order_item_id"
        ],
        "wp_xy_order_lookup": ["wp_xy_order_lookup.order_id = wp_xy_orders.id"],
        "wp_xy_order_stats": ["wp_xy_order_stats.order_id = wp_xy_orders.id"],
        "wp_xy_orders_meta": ["wp_xy_orders_meta.order_id = wp_xy_orders.id"],
    },
    [],
)
NEAREST: Shape = (
    "purchase_orders",
    (
        f"CREATE TABLE orders (id {ID})",
        f"CREATE TABLE purchase_orders (id {ID})",
        f"""
        CREATE TABLE purchase_order_items (
            id {ID}, order_id INT UNSIGNED NOT NULL, KEY (order_id)
        )
        """,
        f"""
        CREATE TABLE order_items (
            id {ID}, order_id INT UNSIGNED NOT NULL, KEY (order_id)
        )
        """,
    ),
    {"purchase_order_items": ["purchase_order_items.order_id = purchase_orders.id"]},
    [],
)
ONE_LETTER: Shape = (
    "xorder",
    (
        "CREATE TABLE xorder (XID CHAR(32) PRIMARY KEY, XUSERID CHAR(32))",
        """
        CREATE TABLE xorderarticles (
            XID CHAR(32) PRIMARY KEY, XORDERID CHAR(32), XARTID CHAR(32), KEY (XORDERID)
        )
        """,
        *(
            f"CREATE TABLE {name} (XID CHAR(32) PRIMARY KEY)"
            for name in ("xuser", "xactions", "xarticles")
        ),
    ),
    {
        "xorderarticles": ["xorderarticles.XORDERID = xorder.XID"],
        "xuser": ["xuser.XID = xorder.XUSERID"],
    },
    [],
)
WHOLE_KEY_FIRST: Shape = (
    "order",
    (
        f"CREATE TABLE product (product_id {ID})",
        "CREATE TABLE gift_product (gift_product_id CHAR(36) PRIMARY KEY)",
        f"CREATE TABLE `order` (order_id {ID}, gift_product_id INT UNSIGNED)",
        f"""
        CREATE TABLE order_product (
            order_product_id {ID}, order_id INT UNSIGNED NOT NULL,
            product_id INT UNSIGNED NOT NULL, KEY (order_id)
        )
        """,
        f"""
        CREATE TABLE order_option (
            order_option_id {ID}, order_product_id INT UNSIGNED NOT NULL,
            KEY (order_product_id)
        )
        """,
    ),
    {
        "order_product": ["order_product.order_id = order.order_id"],
        "order_option": [
            "order_option.order_product_id = order_product.order_product_id"
        ],
        "product": ["product.product_id = order_product.product_id"],
    },
    [],
)
TWO_WAYS: Shape = (
    "orders",
    (
        f"CREATE TABLE concept (concept_id {ID})",
        f"""
        CREATE TABLE orders (
            order_id {ID}, concept_id INT UNSIGNED NOT NULL, order_reason INT UNSIGNED,
            FOREIGN KEY (order_reason) REFERENCES concept (concept_id)
        )
        """,
    ),
    {
        "concept": ["concept.concept_id = orders.concept_id"],
        "order_reason_concept": [
            "order_reason_concept.concept_id = orders.order_reason"
        ],
    },
    [],
)
ID_COMES_FIRST: Shape = (
    "orders",
    (
        f"CREATE TABLE address (id_address {ID})",
        f"CREATE TABLE delivery (id_delivery {ID})",
        f"CREATE TABLE product (id_product {ID})",
        *(f"CREATE TABLE {name} (id INT PRIMARY KEY)" for name in ("tax", "stock")),
        "CREATE TABLE guest (id TINYINT PRIMARY KEY)",
        f"""
        CREATE TABLE orders (
            id_order {ID}, id_address_delivery INT UNSIGNED NOT NULL,
            id_address_invoice INT UNSIGNED NOT NULL, postage_tax DECIMAL(16, 6),
            quantity_in_stock INT, is_guest TINYINT(1)
        )
        """,
        f"""
        CREATE TABLE order_detail (
            id_order_detail {ID}, id_order INT UNSIGNED NOT NULL,
            product_id INT UNSIGNED NOT NULL, KEY (id_order)
        )
        """,
    ),
    {
        "order_detail": ["order_detail.id_order = orders.id_order"],
        "product": ["product.id_product = order_detail.product_id"],
    },
    [
        "delivery_address.id_address = orders.id_address_delivery",
        "invoice_address.id_address = orders.id_address_invoice",
    ],
)
ANOTHERS_NUMBER: Shape = (
    "sales_orders",
    (
        (
            "CREATE TABLE sales_orders ("
            " trans_type SMALLINT, order_no INT, PRIMARY KEY (trans_type, order_no))"
        ),
        (
            "CREATE TABLE sales_order_details (id INT PRIMARY KEY, order_no INT,"
            " trans_type SMALLINT NOT NULL, KEY (trans_type, order_no))"
        ),
        "CREATE TABLE purch_orders (order_no INT AUTO_INCREMENT PRIMARY KEY)",
        "CREATE TABLE purch_data (id INT PRIMARY KEY)",
        "CREATE TABLE purch_order_details (id INT PRIMARY KEY, order_no INT NOT NULL)",
    ),
    {
        "sales_order_details": [
            (
                "sales_order_details.trans_type = sales_orders.trans_type"
                " AND sales_order_details.order_no = sales_orders.order_no"
            )
        ]
    },
    [],
)
ANOTHERS_VERSION: Shape = (
    "orders",
    (
        "CREATE TABLE categories (id INT PRIMARY KEY)",
        "CREATE TABLE orders (id INT PRIMARY KEY, category_id INT)",
        *(
            f"CREATE TABLE {name} (id INT, version INT, PRIMARY KEY (id, version),"
            f" FOREIGN KEY (id) REFERENCES {to} (id))"
            for name, to in (
                ("order_version", "orders"),
                ("category_version", "categories"),
            )
        ),
        "CREATE TABLE shelves (id INT PRIMARY KEY)",
        (
            "CREATE TABLE order_slots (slot INT, day INT, order_id INT NOT NULL,"
            " PRIMARY KEY (slot, day), FOREIGN KEY (order_id) REFERENCES orders (id))"
        ),
        (
            "CREATE TABLE shelf_slots (id INT PRIMARY KEY, slot INT, day INT,"
            " FOREIGN KEY (slot) REFERENCES shelves (id))"
        ),
    ),
    {
        "order_slots": ["order_slots.order_id = orders.id"],
        "order_version": ["order_version.id = orders.id"],
        "categories": ["categories.id = orders.category_id"],
    },
    [],
)
CAMELS: Shape = (
    "prescription",
    (
        "CREATE TABLE prescription (prescriptionID INT PRIMARY KEY)",
        (
            "CREATE TABLE prescriptionitem (prescriptionItemID INT PRIMARY KEY,"
            " prescriptionID INT NOT NULL, KEY (prescriptionID))"
        ),
        (
            "CREATE TABLE dispenserecord (dispenseID INT PRIMARY KEY,"
            " prescriptionItemID INT, KEY (prescriptionItemID))"
        ),
    ),
    {
        "prescriptionitem": [
            "prescriptionitem.prescriptionID = prescription.prescriptionID"
        ],
        "dispenserecord": [
            "dispenserecord.prescriptionItemID = prescriptionitem.prescriptionItemID"
        ],
    },
    [],
)
SAID_IN_COMMENTS: Shape = (
    "orders",
    (
        "CREATE TABLE providers (ppid INT PRIMARY KEY)",
        (
            "CREATE TABLE orders (id INT PRIMARY KEY,"
            " lab_id INT COMMENT 'references providers.ppid')"
        ),
        (
            "CREATE TABLE items (id INT PRIMARY KEY,"
            " order_id INT COMMENT 'see orders.id', KEY (order_id))"
        ),
    ),
    {"items": ["items.order_id = orders.id"]},
    ["providers.ppid = orders.lab_id"],
)
# Many a table calls its key entity_id: of them it's the one that is named after.
SHARED_KEYS: Shape = (
    "sales_order",
    (
        *(
            f"CREATE TABLE {name} (entity_id {ID})"
            for name in ("customer_entity", "customer_group", "customer_log")
        ),
        f"CREATE TABLE catalog_entity (entity_id {ID})",
        f"CREATE TABLE sales_order (entity_id {ID}, customer_entity_id INT UNSIGNED)",
        "CREATE TABLE sales_order_grid (entity_id INT UNSIGNED PRIMARY KEY)",
    ),
    {"customer_entity": ["customer_entity.entity_id = sales_order.customer_entity_id"]},
    ["sales_order_grid.entity_id = sales_order.entity_id"],
)
HANGS_ELSEWHERE_TOO: Shape = (
    "orders",
    (
        "CREATE TABLE orders (id INT PRIMARY KEY)",
        (
            "CREATE TABLE items (id INT PRIMARY KEY, order_id INT NOT NULL,"
            " FOREIGN KEY (order_id) REFERENCES orders (id))"
        ),
        "CREATE TABLE taxes (id INT PRIMARY KEY, order_id INT NOT NULL, KEY(order_id))",
        (
            "CREATE TABLE tax_items (id INT PRIMARY KEY, tax_id INT NOT NULL,"
            " item_id INT,"
            " FOREIGN KEY (tax_id) REFERENCES taxes (id),"
            " FOREIGN KEY (item_id) REFERENCES items (id))"
        ),
        (
            "CREATE TABLE gifts (id INT PRIMARY KEY, item_id INT,"
            " FOREIGN KEY (item_id) REFERENCES items (id))"
        ),
    ),
    {
        "items": ["items.order_id = orders.id"],
        "taxes": ["taxes.order_id = orders.id"],
        "tax_items": ["tax_items.item_id = items.id", "tax_items.tax_id = taxes.id"],
        "gifts": ["gifts.item_id = items.id"],
    },
    [],
)

SHAPES: dict[str, Shape] = {
    "several prefixes": SEVERAL_PREFIXES,
    "nearest": NEAREST,
    "one letter": ONE_LETTER,
    "whole key first": WHOLE_KEY_FIRST,
    "two ways": TWO_WAYS,
    "id comes first": ID_COMES_FIRST,
    "another's number": ANOTHERS_NUMBER,
    "another's version": ANOTHERS_VERSION,
    "camels": CAMELS,
    "said in comments": SAID_IN_COMMENTS,
    "shared keys": SHARED_KEYS,
    "hangs elsewhere too": HANGS_ELSEWHERE_TOO,
}


def joins(aggregate: Aggregate) -> dict[str, list[str]]:
    """Write how each relation is joined."""
    return {
        relation.name: [
            shown(path.condition).replace("`", "") for path in relation.paths
        ]
        for relation in aggregate.relations
    }


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_what_names_say_is_archived_and_what_they_hint_at_is_asked(
    make_source: MakeSource, shape: Shape
) -> None:
    root, tables, archived, asked = shape
    source = make_source(tables)

    text = source.propose(root)

    (proposed,) = source.resolve(text)
    (everything,) = source.resolve(uncommented(text))
    found = joins(everything)
    assert joins(proposed) == archived
    assert sorted(
        join for name in found.keys() - archived.keys() for join in found[name]
    ) == sorted(asked)


def test_a_comment_of_a_column_is_repeated_where_it_says_something(
    make_source: MakeSource,
) -> None:
    text = make_source(SAID_IN_COMMENTS[1]).propose("orders")

    assert line(text, "providers").endswith("# its comment: references providers.ppid")


def test_it_says_which_rows_no_way_leads_to(make_source: MakeSource) -> None:
    text = make_source(HANGS_ELSEWHERE_TOO[1]).propose("orders")

    assert line(text, "gifts").endswith("rows where item_id is NULL stay out")
    assert "NULL" not in line(text, "tax_items")


LEFT = (
    f"CREATE TABLE orders (id {ID}, tenant_id INT, cost_id DECIMAL(9, 2))",
    (
        f"CREATE TABLE order_items (id {ID}, order_id INT UNSIGNED, sku_id INT,"
        " KEY (order_id))"
    ),
    f"CREATE TABLE refunds (id {ID}, order_id VARCHAR(40))",
    f"CREATE TABLE gifts (id {ID}, order_id INT UNSIGNED NOT NULL)",
    f"CREATE TABLE hints (id {ID}, old_order_id INT UNSIGNED, KEY (old_order_id))",
    *(f"CREATE TABLE {name} (id {ID})" for name in ("earths", "moons")),
    f"CREATE TABLE users (id {ID}, last_name VARCHAR(50), last_seen INT, moon_id INT)",
    f"CREATE TABLE continents (id {ID}, earth_id INT UNSIGNED)",
    f"CREATE TABLE countries (id {ID}, continent_id INT UNSIGNED)",
    f"CREATE TABLE towns (id {ID}, country_id INT UNSIGNED)",
    "ALTER TABLE orders ADD user_id INT UNSIGNED, ADD town_id INT UNSIGNED",
)


def test_nothing_that_looks_like_a_pointer_is_dropped_without_a_word(
    make_source: MakeSource,
) -> None:
    text = make_source(LEFT).propose("orders")

    said = " ".join(text.replace("\n# ", " ").split())
    assert (
        "no table was found that they lead to: order_items.sku_id, orders.tenant_id."
        in said
    )
    assert "if they hold orders.id, declare them with an on: refunds.order_id" in said
    assert "(gifts, hints may belong to it). As it stands, rows of orders are" in said
    assert "a third leads to continents." in said
    assert 'busy? without = ["last_seen"]' in line(text, "users")


OLD = f"""
CREATE TABLE comments (
    id {ID}, subject_type VARCHAR(9), subject_id INT UNSIGNED, KEY (subject_id)
);
INSERT INTO comments (subject_type, subject_id)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200)
SELECT 'order', i FROM n;
INSERT INTO comments (subject_type, subject_id)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 110)
SELECT 'orders', a.i FROM n AS a, n AS b;
CREATE TABLE orders (id {ID})
"""


def test_values_that_old_rows_have_count_where_an_index_tells_them(
    make_source: MakeSource,
) -> None:
    source = make_source(OLD.split(";\n"))

    unsure = source.propose("orders")
    query(source.admin, f"CREATE INDEX k ON {source.schema}.comments (subject_type)")
    sure = source.propose("orders")

    assert line(unsure, "comments").startswith("#comments = ")
    assert line(sure, "comments") == (
        'comments = { on = "comments.subject_id = orders.id", '
        "where = \"comments.subject_type IN ('order', 'orders')\" }"
    )


def test_it_warns_at_the_top_where_nothing_is_owned(make_source: MakeSource) -> None:
    text = make_source(SAID_IN_COMMENTS[1][:2]).propose("orders")

    assert (
        "\n# Nothing was found that belongs to orders for sure: as it stands," in text
    )


KEPT = "updated_at TIMESTAMP NULL"
CHANGES = {
    "counts up": ("INT AUTO_INCREMENT", f"{KEPT}, KEY (updated_at)", None),
    "by convention": ("CHAR(36)", f"{KEPT}, KEY (updated_at)", "changed_at"),
    "by the server": (
        "CHAR(36)",
        "seen DATETIME DEFAULT NOW() ON UPDATE CURRENT_TIMESTAMP, KEY (seen)",
        "changed_at",
    ),
    "without an index": ("CHAR(36)", KEPT, "# changed_at"),
    "of something else": (
        "CHAR(36)",
        (
            "created_at DATETIME, password_changed_at DATETIME, updated_on DATE,"
            " order_date DATETIME, KEY (order_date),"
            " KEY (created_at), KEY (password_changed_at), KEY (updated_on)"
        ),
        "",
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_keys_that_do_not_count_up_come_with_changed_at(
    make_source: MakeSource, change: tuple[str, str, str | None]
) -> None:
    key, columns, wanted = change
    source = make_source((f"CREATE TABLE orders (id {key} PRIMARY KEY, {columns})",))

    text = source.propose("orders")

    source.resolve(text)
    said = " ".join(text.replace("\n# ", " ").split())
    explained = "without changed_at, one that comes under a key below the cursor"
    assert (explained in said) == (wanted is not None)
    written = [
        each for each in text.splitlines() if "changed_at " in each and "=" in each
    ]
    assert [each.split(" =")[0].strip() for each in written if '= "' in each] == (
        [wanted] if wanted else []
    )
    assert ("CREATE INDEX `orders_updated_at_ix`" in text) == (wanted == "# changed_at")


def test_a_time_that_some_rows_lack_is_asked_about(make_source: MakeSource) -> None:
    source = make_source(
        (
            f"CREATE TABLE orders (id CHAR(9) PRIMARY KEY, {KEPT}, KEY (updated_at))",
            "INSERT INTO orders VALUES ('a', NULL)",
        )
    )

    text = source.propose("orders")

    assert line(text, "changed_at") == '#changed_at = "updated_at"'
