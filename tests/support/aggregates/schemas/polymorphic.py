"""Comments on orders, items and customers, whose ids collide.

A comment names its owner by type and id, without a foreign key. Who joins by the id
alone gives order 7 the comments on item 7 and customer 7. The type is compared as its
column does, so 'ORDER' is an order too.
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
CREATE TABLE orders (
    id INT NOT NULL AUTO_INCREMENT,
    customer_id INT NOT NULL,
    state TINYINT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT orders_customers_fk FOREIGN KEY (customer_id) REFERENCES customers (id)
);
CREATE TABLE items (
    id INT NOT NULL AUTO_INCREMENT,
    order_id INT NOT NULL,
    quantity INT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT items_orders_fk FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE TABLE comments (
    id INT NOT NULL AUTO_INCREMENT,
    owner_id INT NULL,
    owner_type VARCHAR(20) NULL,
    body VARCHAR(60) NOT NULL,
    PRIMARY KEY (id),
    KEY (owner_id, owner_type)
);
CREATE TABLE attachments (
    comment_id INT NOT NULL,
    number INT NOT NULL,
    content BLOB NULL,
    PRIMARY KEY (comment_id, number),
    CONSTRAINT attachments_comments_fk FOREIGN KEY (comment_id) REFERENCES comments (id)
);
"""

# An item's id is one less than its order's, or 5,000 more.
FILL = """
INSERT INTO customers (id, name)
SELECT n, CONCAT('customer ', n) FROM numbers WHERE n BETWEEN 1 AND 400;
INSERT INTO orders (id, customer_id, state)
SELECT n, 1 + n % 400, n % 6 FROM numbers WHERE n BETWEEN 1 AND 2500;
INSERT INTO items (id, order_id, quantity)
SELECT o.id - 1 + 5001 * n.n, o.id, n.n + 1
FROM orders AS o
JOIN numbers AS n ON n.n < 2;
INSERT INTO comments (owner_id, owner_type, body)
SELECT id, 'order', CONCAT('on order ', id) FROM orders WHERE id % 2 = 1
UNION ALL
SELECT id, 'item', CONCAT('on item ', id) FROM items WHERE id % 3 = 1
UNION ALL
SELECT id, 'customer', CONCAT('on customer ', id) FROM customers
UNION ALL
SELECT id, NULL, 'on nothing' FROM customers
UNION ALL
SELECT id + 90000, 'order', 'on an order that is gone' FROM customers;
INSERT INTO comments (id, owner_id, owner_type, body)
VALUES (50001, 7, 'ORDER', 'loud'), (50002, 7, 'Item', 'on item 7, of order 8'),
(50003, NULL, 'order', 'lost');
INSERT INTO attachments (comment_id, number, content)
SELECT id, 1, UNHEX(SHA2(id, 256)) FROM comments WHERE id % 2 = 1;
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "state > 0"

[archive.orders.relations]
customers = {}
items     = {}

[archive.orders.relations.comments]
on    = "comments.owner_id = orders.id"
where = "owner_type = 'order'"

[archive.orders.relations.item_comments]
table = "comments"
of    = "items"
on    = "item_comments.owner_id = items.id"
where = "item_comments.owner_type = 'item'"

[archive.orders.relations.customer_comments]
table = "comments"
of    = "customers"
on    = "customer_comments.owner_id = customers.id"
where = "customer_comments.owner_type = 'customer'"

[archive.orders.relations.attachments]
of = ["comments", "item_comments", "customer_comments"]
"""

COMMENTS = {
    "comments": "JOIN {source}.comments AS r ON r.owner_id = o.id"
    " AND r.owner_type = 'order'",
    "item_comments": "JOIN {source}.items AS i ON i.order_id = o.id"
    " JOIN {source}.comments AS r ON r.owner_id = i.id AND r.owner_type = 'item'",
    "customer_comments": "JOIN {source}.comments AS r ON r.owner_id = o.customer_id"
    " AND r.owner_type = 'customer'",
}

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="o.state > 0",
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
        *(
            ExpectedRelation(name=name, table="comments", key=("id",), joined=joined)
            for name, joined in COMMENTS.items()
        ),
        ExpectedRelation(
            name="attachments",
            key=("comment_id", "number"),
            joined=tuple(
                joined.replace("AS r", "AS c").replace(" r.", " c.")
                + " JOIN {source}.attachments AS r ON r.comment_id = c.id"
                for joined in COMMENTS.values()
            ),
        ),
    ),
)

WRITES = (
    (
        "INSERT INTO orders (id, customer_id, state) VALUES (10000 + %(n)s, 7, 3)",
        (
            "INSERT INTO items (id, order_id, quantity)"
            " VALUES (20000 + %(n)s, 10000 + %(n)s, 1)"
        ),
        (
            "INSERT INTO comments (id, owner_id, owner_type, body)"
            " VALUES (60000 + %(n)s, 10000 + %(n)s, 'order', 'new'),"
            " (70000 + %(n)s, 20000 + %(n)s, 'item', 'new'),"
            " (80000 + %(n)s, 10000 + %(n)s, 'item', 'of nobody')"
        ),
        "INSERT INTO attachments (comment_id, number) VALUES (60000 + %(n)s, 1)",
    ),
    # On an unfinished order, whose number a finished item has.
    (
        (
            "INSERT INTO comments (id, owner_id, owner_type, body)"
            " VALUES (90000 + %(n)s, 6 * %(n)s, 'order', 'before the end')"
        ),
    ),
    ("UPDATE orders SET state = 9 WHERE id = 6 * %(n)s",),
)

SCHEMA = Foreign(
    name="polymorphic",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT GROUP_CONCAT(body ORDER BY id) FROM comments_history"
        " WHERE history_root_id = 7": "on order 7,loud",
        "SELECT GROUP_CONCAT(body ORDER BY id) FROM item_comments_history"
        " WHERE history_root_id = 8"
        " AND owner_id = 7": "on item 7,on item 7, of order 8",
        "SELECT body FROM customer_comments_history"
        " WHERE history_root_id = 7": "on customer 8",
        "SELECT history_root_id FROM attachments_history WHERE comment_id = 50001": 7,
    },
)
