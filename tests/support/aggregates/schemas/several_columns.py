"""Finished by several columns, with OR, NULLs, and columns that are named as keywords.

For many orders the predicate is neither true nor false but NULL: they are unfinished,
and wait; `NOT (finished)` leaves them out of both. Without brackets of its own the OR
lets whatever is joined to it by AND go for one half of it.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE orders (
    id INT NOT NULL AUTO_INCREMENT,
    state ENUM ('new', 'closed', 'void') NULL,
    balance DECIMAL(10, 2) NULL,
    `date` DATE NULL,
    `interval` INT NULL,
    `end` DATETIME NULL,
    `case` VARCHAR(20) NULL,
    PRIMARY KEY (id)
);
CREATE TABLE entries (
    id INT NOT NULL AUTO_INCREMENT,
    order_id INT NOT NULL,
    `like` VARCHAR(20) NULL,
    `or` INT NULL,
    PRIMARY KEY (id),
    CONSTRAINT entries_orders_fk FOREIGN KEY (order_id) REFERENCES orders (id)
);
"""

FILL = """
INSERT INTO orders (id, state, balance, `date`, `interval`, `end`, `case`)
SELECT
    n,
    ELT(1 + n % 4, 'closed', 'closed', 'void', NULL),
    IF(n % 12 = 1, NULL, IF(n % 20 = 0, 1, 0)),
    IF(n % 12 = 3, NULL, '2025-06-30' + INTERVAL (n % 12) DAY),
    NULLIF(n % 24, 11),
    IF(n % 2 = 0, NULL, '2026-01-01'),
    ELT(1 + n % 3, 'a (or b', NULL, 'it''s -- ok')
FROM numbers
WHERE n BETWEEN 1 AND 3000;
INSERT INTO entries (order_id, `like`, `or`)
SELECT o.id, ELT(1 + n.n, 'keep', NULL), n.n
FROM orders AS o
JOIN numbers AS n ON n.n < 2;
INSERT INTO entries (order_id, `like`, `or`)
SELECT id, 'drop', 7 FROM orders;
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = '''
state = 'closed' AND balance = 0 AND (`case` IS NULL OR `case` <> 'a (or b' OR id > 9)
OR state = 'void'
OR state IS NULL AND `date` < DATE '2026-01-01' AND NOT (`interval` > 20)
OR `end` < `date` + INTERVAL 1 DAY
'''

[archive.orders.relations.entries]
where = "`like` IS NULL OR `like` LIKE 'ke%' OR entries.`or` > 7"
"""

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="""(
        (o.state = 'closed' AND o.balance = 0
            AND (o.`case` IS NULL OR o.`case` <> 'a (or b' OR o.id > 9))
        OR o.state = 'void'
        OR (o.state IS NULL AND o.`date` < '2026-01-01' AND o.`interval` <= 20)
        OR o.`end` < o.`date` + INTERVAL 1 DAY
    )""",
    relations=(
        ExpectedRelation(
            name="entries",
            key=("id",),
            joined=(
                "JOIN {source}.entries AS r ON r.order_id = o.id"
                " AND (r.`like` IS NULL OR r.`like` LIKE 'ke%' OR r.`or` > 7)"
            ),
        ),
    ),
)

WRITES = (
    (
        "INSERT INTO orders (id, state) VALUES (10000 + %(n)s, 'void')",
        (
            "INSERT INTO entries (order_id, `like`) VALUES (10000 + %(n)s, 'keep'),"
            " (10000 + %(n)s, 'drop')"
        ),
    ),
    # Neither true nor false.
    ("INSERT INTO orders (id, state) VALUES (20000 + %(n)s, NULL)",),
    (
        "UPDATE entries SET `like` = 'kept' WHERE order_id = 12 * %(n)s + 1",
        "UPDATE orders SET balance = 0 WHERE id = 12 * %(n)s + 1 AND balance IS NULL",
    ),
)

SCHEMA = Foreign(
    name="several_columns",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        # Without a state and without a date.
        "SELECT reason FROM waiting WHERE root_key = '[\"15\"]'": "unfinished",
        "SELECT COUNT(*) FROM entries_history WHERE history_root_id = 4": 2,
        "SELECT COUNT(*) FROM entries_history WHERE `like` = 'drop'": 0,
    },
)
