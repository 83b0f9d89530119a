"""Join columns of other types than the root's key: signed, wider, or DECIMAL.

A cursor or a variable of the child's type can't hold the roots past 2^31. Cast to the
root's type, the owner -1 becomes the last root there can be, and 7.5 becomes order 8.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE customers (
    id DECIMAL(12, 0) NOT NULL,
    name VARCHAR(40) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE orders (
    id INT UNSIGNED NOT NULL,
    customer_id BIGINT NULL,
    state TINYINT UNSIGNED NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE items (
    id MEDIUMINT UNSIGNED NOT NULL AUTO_INCREMENT,
    order_id INT NOT NULL,
    quantity INT NOT NULL,
    PRIMARY KEY (id),
    KEY (order_id)
);
CREATE TABLE events (
    id BIGINT NOT NULL AUTO_INCREMENT,
    order_id BIGINT NOT NULL,
    PRIMARY KEY (id),
    KEY (order_id)
);
CREATE TABLE payments (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    order_id DECIMAL(14, 2) NOT NULL,
    amount DECIMAL(10, 2) NOT NULL,
    PRIMARY KEY (id),
    KEY (order_id)
);
CREATE TABLE parts (
    item_id DECIMAL(20, 0) NOT NULL,
    number TINYINT UNSIGNED NOT NULL,
    PRIMARY KEY (item_id, number)
);
"""

# The last half of the orders has ids up to 2^32 - 1.
ID = "IF(n < 1250, n, 4294967295 - (2499 - n))"

FILL = f"""
INSERT INTO customers (id, name)
SELECT n * 1000000000, CONCAT('customer ', n) FROM numbers WHERE n < 200;
INSERT INTO orders (id, customer_id, state)
SELECT {ID}, NULLIF(n % 200 * 1000000000, 5000000000), n % 6
FROM numbers
WHERE n < 2500;
INSERT INTO items (order_id, quantity)
SELECT n.n, m.n
FROM numbers AS n
JOIN numbers AS m ON m.n < 2
WHERE n.n < 1250;
INSERT INTO items (order_id, quantity) VALUES (-1, 1), (-2147483648, 1);
INSERT INTO events (order_id) SELECT {ID} FROM numbers WHERE n < 2500;
INSERT INTO events (order_id) VALUES (-1), (9223372036854775807), (4294967296);
INSERT INTO payments (order_id, amount) SELECT {ID}, n / 4 FROM numbers WHERE n < 2500;
INSERT INTO payments (order_id, amount) VALUES (7.5, 1), (-1, 1), (7.00, 9);
INSERT INTO parts (item_id, number)
SELECT i.id, n.n FROM items AS i JOIN numbers AS n ON n.n < 2;
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "state > 0"

[archive.orders.relations]
items    = { on = "items.order_id = orders.id" }
events   = { on = "orders.id = events.order_id" }
payments = { on = "payments.order_id = orders.id" }
parts    = { of = "items", on = "parts.item_id = items.id" }

[archive.orders.relations.customers]
on     = "customers.id = orders.customer_id"
parent = true
"""

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="o.state > 0",
    relations=(
        *(
            ExpectedRelation(
                name=name,
                key=("id",),
                joined=f"JOIN {{source}}.{name} AS r ON r.order_id = o.id",
            )
            for name in ("items", "events", "payments")
        ),
        ExpectedRelation(
            name="parts",
            key=("item_id", "number"),
            joined=(
                "JOIN {source}.items AS i ON i.order_id = o.id"
                " JOIN {source}.parts AS r ON r.item_id = i.id"
            ),
        ),
        ExpectedRelation(
            name="customers",
            key=("id",),
            joined="JOIN {source}.customers AS r ON r.id = o.customer_id",
        ),
    ),
)

WRITES = (
    (
        (
            "INSERT INTO orders (id, customer_id, state)"
            " VALUES (3000000000 + %(n)s, 7000000000, 1)"
        ),
        "INSERT INTO events (order_id) VALUES (3000000000 + %(n)s)",
        (
            "INSERT INTO payments (order_id, amount)"
            " VALUES (3000000000 + %(n)s, 2), (3000000000.5 + %(n)s, 3)"
        ),
    ),
    ("INSERT INTO items (order_id, quantity) VALUES (6 * %(n)s, 77)",),
    ("UPDATE orders SET state = 7 WHERE id = 6 * %(n)s",),
)

SCHEMA = Foreign(
    name="mixed_types",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT GROUP_CONCAT(order_id ORDER BY id) FROM payments_history"
        " WHERE history_root_id = 7": "7.00,7.00",
        "SELECT COUNT(*) FROM payments_history WHERE history_root_id = 8": 1,
        "SELECT COUNT(*) FROM items_history WHERE order_id < 0": 0,
        "SELECT COUNT(*) FROM events_history WHERE history_root_id = 4294967295": 1,
        "SELECT COUNT(*) FROM parts_history WHERE history_root_id = 7": 4,
    },
)
