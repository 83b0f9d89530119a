"""From a proposal that nobody edits to history: each row that belongs is there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from bygones.cli.beginning import begin
from bygones.cli.command import app
from bygones.runner.connection import SETTING
from tests.support.aggregates.foreign import statements
from tests.support.procedures import query

if TYPE_CHECKING:
    from tests.support.migrations.shaping import Changing

# A shop without foreign keys, all tables of which have prefixes; and one in which half
# of the tax items hang by no item. What is the order's in one isn't in the other.
SHOPS = """
CREATE TABLE wp_xy_orders (id INT UNSIGNED PRIMARY KEY, status VARCHAR(20) NOT NULL);
CREATE TABLE wp_xy_order_stats (order_id INT UNSIGNED PRIMARY KEY, total INT);
CREATE TABLE wp_xy_orders_meta (
    id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, order_id INT UNSIGNED NOT NULL,
    KEY (order_id)
);
CREATE TABLE wp_shop_order_items (
    order_item_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    order_id INT UNSIGNED NOT NULL, KEY (order_id)
);
CREATE TABLE wp_shop_order_itemmeta (
    meta_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    order_item_id INT UNSIGNED NOT NULL, KEY (order_item_id)
);
CREATE TABLE wp_shop_comments (
    comment_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    subject_type VARCHAR(20) NOT NULL, subject_id INT UNSIGNED NOT NULL,
    KEY (subject_type, subject_id)
);
INSERT INTO wp_xy_orders
VALUES (1, 'wc-completed'), (2, 'wc-pending'), (3, 'wc-cancelled');
INSERT INTO wp_xy_order_stats VALUES (1, 10), (2, 20), (3, 30);
INSERT INTO wp_xy_orders_meta (order_id) VALUES (1), (1), (2), (3);
INSERT INTO wp_shop_order_items (order_id) VALUES (1), (2), (3), (3);
INSERT INTO wp_shop_order_itemmeta (order_item_id) VALUES (1), (1), (2), (3), (4);
INSERT INTO wp_shop_comments (subject_type, subject_id)
VALUES ('order', 1), ('order', 2), ('order', 3), ('page', 1);

CREATE TABLE sales_order (
    entity_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, state VARCHAR(20) NOT NULL
);
CREATE TABLE sales_order_item (
    item_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, order_id INT UNSIGNED NOT NULL,
    FOREIGN KEY (order_id) REFERENCES sales_order (entity_id)
);
CREATE TABLE sales_order_tax (
    tax_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, order_id INT UNSIGNED NOT NULL,
    KEY (order_id)
);
CREATE TABLE sales_order_tax_item (
    tax_item_id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
    tax_id INT UNSIGNED NOT NULL, item_id INT UNSIGNED NULL,
    FOREIGN KEY (tax_id) REFERENCES sales_order_tax (tax_id),
    FOREIGN KEY (item_id) REFERENCES sales_order_item (item_id)
);
INSERT INTO sales_order VALUES (1, 'complete'), (2, 'new'), (3, 'closed');
INSERT INTO sales_order_item (order_id) VALUES (1), (2), (3);
INSERT INTO sales_order_tax (order_id) VALUES (1), (1), (2), (2), (3), (3);
INSERT INTO sales_order_tax_item (tax_id, item_id)
VALUES (1, 1), (2, NULL), (3, 2), (4, NULL), (5, 3), (6, NULL);
"""
ROOTS = ("wp_xy_orders", "sales_order")

# Of each table the rows that belong to a finished order: those of 1 and 3.
BELONG = {
    "wp_xy_orders": "id IN (1, 3)",
    "wp_xy_order_stats": "order_id IN (1, 3)",
    "wp_xy_orders_meta": "order_id IN (1, 3)",
    "wp_shop_order_items": "order_id IN (1, 3)",
    "wp_shop_order_itemmeta": "order_item_id IN (1, 3, 4)",
    "wp_shop_comments": "subject_type = 'order' AND subject_id IN (1, 3)",
    "sales_order": "entity_id IN (1, 3)",
    "sales_order_item": "order_id IN (1, 3)",
    "sales_order_tax": "order_id IN (1, 3)",
    "sales_order_tax_item": "tax_id IN (1, 2, 5, 6)",
}
ALONE = """source = "written"

[archive.wp_xy_orders]
table    = "wp_xy_orders"
finished = "status = 'wc-completed'"
"""


@pytest.fixture
def shops(changing: Changing) -> Changing:
    changing.admin.select_db(changing.team.shop.source)
    for statement in statements(SHOPS):
        query(changing.admin, statement)
    return changing


def bygones(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={SETTING: url})


def keys(shops: Changing, schema: str, table: str, belong: str = "TRUE") -> list[int]:
    """List the keys of rows: the first column of each table here."""
    source = shops.team.shop.source
    name = table.removesuffix("_history")
    (first, *_) = query(shops.admin, f"SHOW COLUMNS FROM {source}.{name}")
    rows = query(
        shops.admin,
        f"SELECT {first['Field']} AS k FROM {schema}.{table} WHERE {belong}",
    )
    return sorted(row["k"] for row in rows)


def test_each_row_that_belongs_to_an_order_is_in_history(shops: Changing) -> None:
    team, shop = shops.team, shops.team.shop
    begin(team.project, proposal=None, aws=False)
    file = str(team.project.archives)

    proposed = bygones(shop.owner_url, "propose", *ROOTS, "--output", file)
    team.revise()
    team.upgrade()
    ran = bygones(shop.caller_url, "run")
    verified = bygones(shop.caller_url, "verify")

    assert (proposed.exit_code, ran.exit_code, verified.exit_code) == (0, 0, 0)
    for table, belong in BELONG.items():
        there = keys(shops, shop.history, f"{table}_history")
        assert there == keys(shops, shop.source, table, belong), table


def test_roots_that_are_archived_alone_are_warned_of(
    shops: Changing, caplog: pytest.LogCaptureFixture
) -> None:
    team = shops.team
    with caplog.at_level(logging.WARNING, "alembic.bygones"):
        team.install(ALONE)
    ran = bygones(team.shop.caller_url, "run")

    assert "wp_xy_orders: no relation is declared that belongs to wp_xy_orders," in (
        caplog.text
    )
    assert ran.exit_code == 0
    assert ran.stderr == (
        "wp_xy_orders: 1 roots came without a related row; does archives.toml declare "
        "what belongs to them?\n"
    )
