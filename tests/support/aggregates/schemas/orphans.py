"""Foreign keys that are broken: written while the server didn't check them.

Items whose order is gone belong to nobody, orders whose customer is gone are kept
without one, and an item whose product is gone is kept as it is. An inner join through
what is missing loses the rest; NULL in a part of a foreign key joins nothing.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE customers (
    id INT NOT NULL AUTO_INCREMENT,
    name VARCHAR(40) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE products (
    shop SMALLINT NOT NULL,
    number INT NOT NULL,
    title VARCHAR(40) NOT NULL,
    PRIMARY KEY (shop, number)
);
CREATE TABLE orders (
    id INT NOT NULL AUTO_INCREMENT,
    customer_id INT NULL,
    paid TINYINT(1) NULL,
    PRIMARY KEY (id),
    CONSTRAINT orders_customers_fk FOREIGN KEY (customer_id) REFERENCES customers (id)
);
CREATE TABLE items (
    id INT NOT NULL AUTO_INCREMENT,
    order_id INT NULL,
    shop SMALLINT NULL,
    product INT NULL,
    PRIMARY KEY (id),
    CONSTRAINT items_orders_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT items_products_fk
    FOREIGN KEY (shop, product) REFERENCES products (shop, number)
);
CREATE TABLE serials (
    item_id INT NOT NULL,
    serial VARCHAR(20) NOT NULL,
    PRIMARY KEY (item_id, serial),
    CONSTRAINT serials_items_fk FOREIGN KEY (item_id) REFERENCES items (id)
);
"""

FILL = """
SET foreign_key_checks = 0;
INSERT INTO customers (name)
SELECT CONCAT('customer ', n) FROM numbers WHERE n BETWEEN 1 AND 200;
INSERT INTO products (shop, number, title)
SELECT 1 + n % 2, n, CONCAT('product ', n) FROM numbers WHERE n < 80;
INSERT INTO orders (id, customer_id, paid)
SELECT n, NULLIF(n % 300, 3), IF(n % 12 = 0, NULL, n % 6 > 0)
FROM numbers
WHERE n BETWEEN 1 AND 2500;
INSERT INTO items (id, order_id, shop, product)
SELECT n, n % 2600, IF(n % 5 = 0, NULL, 1 + n % 2), IF(n % 7 = 0, NULL, n % 90)
FROM numbers
WHERE n < 5200;
INSERT INTO items (id, order_id, shop, product)
VALUES (9000, NULL, 1, 2), (9001, -5, 1, 2);
INSERT INTO serials (item_id, serial)
SELECT n, CONCAT('serial ', n) FROM numbers WHERE n < 7000 AND n % 3 = 0;
SET foreign_key_checks = 1;
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "paid"

[archive.orders.relations]
customers = {}
items     = {}
serials   = { of = "items" }
products  = { of = "items" }
"""

ITEMS = "JOIN {source}.items AS i ON i.order_id = o.id"

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="o.paid <> 0",
    relations=(
        ExpectedRelation(
            name="customers",
            key=("id",),
            joined="JOIN {source}.customers AS r ON r.id = o.customer_id",
        ),
        ExpectedRelation(
            name="items",
            key=("id",),
            joined="JOIN {source}.items AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="serials",
            key=("item_id", "serial"),
            joined=f"{ITEMS} JOIN {{source}}.serials AS r ON r.item_id = i.id",
        ),
        ExpectedRelation(
            name="products",
            key=("shop", "number"),
            joined=(
                f"{ITEMS} JOIN {{source}}.products AS r"
                " ON r.shop = i.shop AND r.number = i.product"
            ),
        ),
    ),
)

WRITES = (
    (
        "INSERT INTO orders (id, customer_id, paid) VALUES (10000 + %(n)s, 5, 1)",
        (
            "INSERT INTO items (id, order_id, shop, product)"
            " VALUES (10000 + %(n)s, 10000 + %(n)s, 1, NULL)"
        ),
    ),
    # Its items were orphans all the time.
    (
        "SET foreign_key_checks = 0",
        "INSERT INTO items (id, order_id) VALUES (20000 + %(n)s, 20000 + %(n)s)",
        "INSERT INTO serials (item_id, serial) VALUES (20000 + %(n)s, 'before')",
        "SET foreign_key_checks = 1",
    ),
    ("INSERT INTO orders (id, paid) VALUES (20000 + %(n)s, 1)",),
    (
        "UPDATE items SET shop = NULL WHERE order_id = 6 * %(n)s",
        "UPDATE orders SET paid = 1 WHERE id = 6 * %(n)s",
    ),
)

SCHEMA = Foreign(
    name="orphans",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT GROUP_CONCAT(id ORDER BY id) FROM items_history"
        " WHERE history_root_id = 5": "5,2605",
        # Its customer is NULL; that of 250 is gone; its product is.
        "SELECT GROUP_CONCAT(id ORDER BY id) FROM items_history"
        " WHERE history_root_id = 3": "3,2603",
        "SELECT COUNT(*) FROM customers_history WHERE history_root_id IN (3, 250)": 0,
        "SELECT COUNT(*) FROM items_history WHERE history_root_id = 250": 2,
        "SELECT COUNT(*) FROM items_history WHERE id IN (9000, 9001)": 0,
    },
)
