"""Labels on orders through a table of links, and the groups that labels are in.

The same label is on hundreds of orders, and kept for each of them; on order 1 it is
twice, through two links, and kept once. A join without DISTINCT doubles it, and its
group; one copy for all orders loses it for the others.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE label_groups (
    name VARCHAR(20) NOT NULL,
    colour CHAR(6) NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE labels (
    code CHAR(5) NOT NULL,
    group_name VARCHAR(20) NULL,
    description TEXT NULL,
    PRIMARY KEY (code),
    CONSTRAINT labels_groups_fk
    FOREIGN KEY (group_name) REFERENCES label_groups (name)
);
CREATE TABLE orders (
    id BIGINT NOT NULL AUTO_INCREMENT,
    is_closed BIT(1) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE order_labels (
    id BIGINT NOT NULL AUTO_INCREMENT,
    order_id BIGINT NOT NULL,
    label_code CHAR(5) NOT NULL,
    reason VARCHAR(20) NULL,
    PRIMARY KEY (id),
    KEY (order_id, label_code),
    CONSTRAINT order_labels_orders_fk FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_labels_labels_fk FOREIGN KEY (label_code) REFERENCES labels (code)
);
"""

FILL = """
INSERT INTO label_groups (name, colour) VALUES ('Größe', 'ff0000'), ('kind', '00ff00');
INSERT INTO labels (code, group_name, description)
SELECT CONCAT('L', n), ELT(1 + n % 3, 'Größe', 'kind', NULL), REPEAT('x', n)
FROM numbers
WHERE n < 30;
INSERT INTO orders (id, is_closed)
SELECT n, n % 6 <> 0 FROM numbers WHERE n BETWEEN 1 AND 2500;
INSERT INTO order_labels (order_id, label_code, reason)
SELECT o.id, CONCAT('L', (o.id * (1 + n.n)) % 30), CONCAT('reason ', n.n)
FROM orders AS o
JOIN numbers AS n ON n.n < 3 AND n.n < o.id % 4;
INSERT INTO order_labels (order_id, label_code, reason)
VALUES
(1, 'L7', 'first'), (1, 'L7', 'again'), (1, 'l7', NULL), (1, 'L10', 'same group');
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "is_closed = b'1'"

[archive.orders.relations]
order_labels = {}
labels       = { of = "order_labels", without = ["description"] }
label_groups = { of = "labels" }
"""

LABELS = (
    "JOIN {source}.order_labels AS k ON k.order_id = o.id"
    " JOIN {source}.labels AS l ON l.code = k.label_code"
)

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="o.is_closed = 1",
    relations=(
        ExpectedRelation(
            name="order_labels",
            key=("id",),
            joined="JOIN {source}.order_labels AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="labels",
            key=("code",),
            joined=LABELS.replace(" l ", " r ").replace(" l.", " r."),
            without=("description",),
        ),
        ExpectedRelation(
            name="label_groups",
            key=("name",),
            joined=(
                f"{LABELS} JOIN {{source}}.label_groups AS r ON r.name = l.group_name"
            ),
        ),
    ),
)

WRITES = (
    (
        "INSERT INTO orders (id, is_closed) VALUES (10000 + %(n)s, b'1')",
        (
            "INSERT INTO order_labels (order_id, label_code) VALUES"
            " (10000 + %(n)s, 'L7'), (10000 + %(n)s, 'L7'), (10000 + %(n)s, 'L8')"
        ),
    ),
    ("INSERT INTO order_labels (order_id, label_code) VALUES (6 * %(n)s, 'L9')",),
    # One label is replaced by another, the root follows.
    (
        "DELETE FROM order_labels WHERE order_id = 6 * %(n)s AND label_code = 'L9'",
        "INSERT INTO order_labels (order_id, label_code) VALUES (6 * %(n)s, 'L10')",
        "UPDATE orders SET is_closed = b'1' WHERE id = 6 * %(n)s",
    ),
    # Left out, so that it may change at any time.
    ("UPDATE labels SET description = 'of no account' WHERE code = 'L7'",),
)

SCHEMA = Foreign(
    name="many_to_many",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT COUNT(*) FROM order_labels_history"
        " WHERE history_root_id = 1 AND label_code = 'L7'": 3,
        "SELECT COUNT(*) FROM labels_history"
        " WHERE history_root_id = 1 AND code = 'L7'": 1,
        "SELECT COUNT(*) FROM label_groups_history WHERE history_root_id = 1": 1,
        "SELECT COUNT(*) > 80 FROM labels_history WHERE code = 'L7'": 1,
    },
)
