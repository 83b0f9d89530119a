"""Orders that point at another order: the one above as a relation, those below as one.

An order in the middle is a root, a row above one root and a row below another. Where
the table stands for all three, an order loses its parent, or its items are those of its
children. Order 1 is its own parent, and its own child.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE orders (
    id INT NOT NULL AUTO_INCREMENT,
    parent_id INT NULL,
    state VARCHAR(10) NOT NULL,
    remark VARCHAR(40) NULL,
    PRIMARY KEY (id),
    CONSTRAINT orders_parents_fk FOREIGN KEY (parent_id) REFERENCES orders (id)
);
CREATE TABLE order_items (
    order_id INT NOT NULL,
    line SMALLINT NOT NULL,
    product VARCHAR(20) NOT NULL,
    PRIMARY KEY (order_id, line),
    CONSTRAINT order_items_orders_fk FOREIGN KEY (order_id) REFERENCES orders (id)
);
"""

# Six at a time: 1 above 2 and 3, 2 above 4 and 5, 6 alone. All of a six are finished,
# or none is: what is above a finished order changes no more.
FILL = """
INSERT INTO orders (id, parent_id, state, remark)
SELECT
    n,
    CASE n % 6 WHEN 2 THEN n - 1 WHEN 3 THEN n - 2 WHEN 4 THEN n - 2
        WHEN 5 THEN n - 3 END,
    IF((n - 1) DIV 6 % 6 = 5, 'open', 'done'),
    CONCAT('order ', n)
FROM numbers
WHERE n BETWEEN 1 AND 2520
ORDER BY n;
UPDATE orders SET parent_id = 1 WHERE id = 1;
INSERT INTO order_items (order_id, line, product)
SELECT o.id, n.n, CONCAT('product ', o.id % 50 + n.n)
FROM orders AS o
JOIN numbers AS n ON n.n < 1 + o.id % 2;
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "state = 'done'"

[archive.orders.relations]
order_items   = {}
parent_orders = { table = "orders", on = "parent_orders.id = orders.parent_id" }
parent_items  = { table = "order_items", of = "parent_orders", where = "line = 0" }
child_orders  = { table = "orders", on = "child_orders.parent_id = orders.id" }
child_items   = { table = "order_items", of = "child_orders" }
"""

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="o.state = 'done'",
    relations=(
        ExpectedRelation(
            name="order_items",
            key=("order_id", "line"),
            joined="JOIN {source}.order_items AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="parent_orders",
            table="orders",
            key=("id",),
            joined="JOIN {source}.orders AS r ON r.id = o.parent_id",
        ),
        ExpectedRelation(
            name="parent_items",
            table="order_items",
            key=("order_id", "line"),
            joined=(
                "JOIN {source}.order_items AS r"
                " ON r.order_id = o.parent_id AND r.line = 0"
            ),
        ),
        ExpectedRelation(
            name="child_orders",
            table="orders",
            key=("id",),
            joined="JOIN {source}.orders AS r ON r.parent_id = o.id",
        ),
        ExpectedRelation(
            name="child_items",
            table="order_items",
            key=("order_id", "line"),
            joined=(
                "JOIN {source}.orders AS c ON c.parent_id = o.id"
                " JOIN {source}.order_items AS r ON r.order_id = c.id"
            ),
        ),
    ),
)

WRITES = (
    # The parent has the greater key, and is inserted first.
    (
        (
            "INSERT INTO orders (id, parent_id, state)"
            " VALUES (20000 + %(n)s, NULL, 'done')"
        ),
        (
            "INSERT INTO orders (id, parent_id, state)"
            " VALUES (10000 + %(n)s, 20000 + %(n)s, 'done')"
        ),
        (
            "INSERT INTO order_items (order_id, line, product)"
            " VALUES (10000 + %(n)s, 1, 'a'), (20000 + %(n)s, 1, 'b')"
        ),
    ),
    # Six at a time, from the last up or from the first down.
    (
        (
            "UPDATE order_items SET product = 'changed'"
            " WHERE order_id BETWEEN 72 * %(n)s - 5 AND 72 * %(n)s"
        ),
        (
            "UPDATE orders SET state = 'done'"
            " WHERE id BETWEEN 72 * %(n)s - 5 AND 72 * %(n)s ORDER BY id DESC"
        ),
    ),
)

SCHEMA = Foreign(
    name="self_reference",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT parent_id FROM orders_history WHERE id = 1": 1,
        "SELECT id FROM parent_orders_history WHERE history_root_id = 1": 1,
        "SELECT GROUP_CONCAT(id ORDER BY id) FROM child_orders_history"
        " WHERE history_root_id = 1": "1,2,3",
        "SELECT GROUP_CONCAT(order_id ORDER BY order_id) FROM child_items_history"
        " WHERE history_root_id = 2": "4,5,5",
        "SELECT id FROM parent_orders_history WHERE history_root_id = 4": 2,
    },
)
