"""No foreign key at all: every join is declared, and what it misses is an orphan.

Customers, products and countries are missing for some: an inner join from the order
through its customer loses the order's items. Items point at orders that are gone, at
NULL, and at a unique key that isn't the primary one.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE orders (
    id INT NOT NULL AUTO_INCREMENT,
    number VARCHAR(12) NOT NULL,
    customer INT NULL,
    state CHAR(1) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY (number)
);
CREATE TABLE customers (
    id INT NOT NULL,
    country CHAR(2) NULL,
    name VARCHAR(40) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE countries (
    code CHAR(2) NOT NULL,
    title VARCHAR(40) NOT NULL,
    PRIMARY KEY (code)
);
CREATE TABLE items (
    id INT NOT NULL AUTO_INCREMENT,
    order_number VARCHAR(12) NULL,
    sku VARCHAR(12) NULL,
    PRIMARY KEY (id),
    KEY (order_number)
);
CREATE TABLE products (
    id INT NOT NULL AUTO_INCREMENT,
    sku VARCHAR(12) NULL,
    season SMALLINT NOT NULL,
    price DECIMAL(8, 2) NOT NULL,
    PRIMARY KEY (id),
    KEY (sku)
);
"""

# A product is there once a season, so that nothing but the declaration says that it is
# a parent.
FILL = """
INSERT INTO countries (code, title) VALUES ('DE', 'Germany'), ('FR', 'France');
INSERT INTO customers (id, country, name)
SELECT n, ELT(1 + n % 4, 'DE', 'FR', 'XX', NULL), CONCAT('customer ', n)
FROM numbers
WHERE n BETWEEN 1 AND 300;
INSERT INTO orders (id, number, customer, state)
SELECT n, CONCAT('N', n), NULLIF(n % 400, 7), IF(n % 6 = 0, 'o', 'c')
FROM numbers
WHERE n BETWEEN 1 AND 2500;
INSERT INTO products (sku, season, price)
SELECT CONCAT('S', n.n), s.n, n.n + s.n / 4
FROM numbers AS n
JOIN numbers AS s ON s.n < 2
WHERE n.n < 50;
INSERT INTO products (sku, season, price) VALUES (NULL, 0, 1), (NULL, 1, 2);
INSERT INTO items (order_number, sku)
SELECT o.number, CONCAT('S', o.id % 60 + n.n)
FROM orders AS o
JOIN numbers AS n ON n.n < 2;
INSERT INTO items (order_number, sku)
VALUES (NULL, 'S1'), (NULL, NULL), ('N0', 'S1'), ('gone', 'S2'), ('N7', NULL),
('n7', 'S3');
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "state = 'c'"

[archive.orders.relations]
items     = { on = "items.order_number = orders.number" }
customers = { on = "orders.customer = customers.id" }
countries = { of = "customers", on = "countries.code = customers.country" }

[archive.orders.relations.products]
of     = "items"
on     = "products.sku = items.sku"
where  = "season = 1 OR price > 20"
parent = true
"""

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="o.state = 'c'",
    relations=(
        ExpectedRelation(
            name="items",
            key=("id",),
            joined="JOIN {source}.items AS r ON r.order_number = o.number",
        ),
        ExpectedRelation(
            name="customers",
            key=("id",),
            joined="JOIN {source}.customers AS r ON r.id = o.customer",
        ),
        ExpectedRelation(
            name="countries",
            key=("code",),
            joined=(
                "JOIN {source}.customers AS c ON c.id = o.customer"
                " JOIN {source}.countries AS r ON r.code = c.country"
            ),
        ),
        ExpectedRelation(
            name="products",
            key=("id",),
            joined=(
                "JOIN {source}.items AS i ON i.order_number = o.number"
                " JOIN {source}.products AS r ON r.sku = i.sku"
                " AND (r.season = 1 OR r.price > 20)"
            ),
        ),
    ),
)

WRITES = (
    # The child first, an orphan for a moment.
    ("INSERT INTO items (order_number, sku) VALUES (CONCAT('W', %(n)s), 'S5')",),
    (
        (
            "INSERT INTO orders (id, number, customer, state)"
            " VALUES (10000 + %(n)s, CONCAT('W', %(n)s), 99999, 'c')"
        ),
    ),
    (
        "UPDATE items SET sku = 'S6' WHERE order_number = CONCAT('N', 6 * %(n)s)",
        "UPDATE orders SET state = 'c' WHERE id = 6 * %(n)s",
    ),
    (
        "INSERT INTO items (order_number, sku) VALUES (NULL, 'S1')",
        "INSERT INTO customers (id, name) VALUES (5000 + %(n)s, 'nobody')",
    ),
)

SCHEMA = Foreign(
    name="no_foreign_keys",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        # Without a customer, and with one that is gone.
        "SELECT COUNT(*) FROM items_history WHERE history_root_id = 7": 4,
        "SELECT COUNT(*) FROM customers_history WHERE history_root_id IN (7, 350)": 0,
        "SELECT COUNT(*) FROM items_history WHERE history_root_id = 350": 2,
        "SELECT COUNT(*) FROM items_history"
        " WHERE order_number IS NULL OR order_number IN ('N0', 'gone')": 0,
        "SELECT GROUP_CONCAT(price ORDER BY price) FROM products_history"
        " WHERE history_root_id = 25": "25.00,25.25,26.00,26.25",
    },
)
