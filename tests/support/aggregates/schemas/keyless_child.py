"""A child without any key, whose rows repeat exactly, and a grandchild below it.

What counts is how often: order 1 has a reading three times, another twice with NULLs in
it, and two that only case or a trailing blank tells apart. DISTINCT keeps one of each,
a comparison by the collation takes 'a' for 'A'. The alarms below repeated readings are
kept once, by their own key.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE orders (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    closed_on DATE NULL,
    PRIMARY KEY (id)
);
CREATE TABLE readings (
    order_id INT UNSIGNED NULL,
    sensor VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL,
    degrees FLOAT NULL,
    taken_at DATETIME(6) NULL,
    CONSTRAINT readings_orders_fk FOREIGN KEY (order_id) REFERENCES orders (id)
);
CREATE TABLE alarms (
    id INT NOT NULL AUTO_INCREMENT,
    order_id INT UNSIGNED NOT NULL,
    sensor VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NULL,
    level TINYINT NOT NULL,
    PRIMARY KEY (id),
    KEY (order_id, sensor)
);
"""

FILL = """
INSERT INTO orders (id, closed_on)
SELECT n, IF(n % 6 = 0, NULL, '2026-01-01') FROM numbers WHERE n BETWEEN 1 AND 2500;
INSERT INTO readings (order_id, sensor, degrees, taken_at)
SELECT
    o.id,
    ELT(1 + o.id % 5, 'x', 'X', 'x ', NULL, ''),
    NULLIF(o.id % 7, 3) / 3,
    NULLIF('2026-01-01' + INTERVAL (o.id % 3) MICROSECOND, '2026-01-01')
FROM orders AS o
JOIN numbers AS n ON n.n < 3 AND n.n < o.id % 4
WHERE o.id > 1;
INSERT INTO readings (order_id, sensor, degrees, taken_at)
VALUES
(1, 'a', 0.1, '2026-01-01'), (1, 'a', 0.1, '2026-01-01'), (1, 'a', 0.1, '2026-01-01'),
(1, NULL, NULL, NULL), (1, NULL, NULL, NULL),
(1, 'A', 0.1, '2026-01-01'), (1, 'a ', 0.1, '2026-01-01'),
(1, 'a', 0.1, '2026-01-01 00:00:00.000001'), (1, 'a', '-0', NULL), (1, 'a', 0, NULL),
(NULL, 'nobody', 0, NULL), (NULL, 'nobody', 0, NULL);
INSERT INTO alarms (order_id, sensor, level)
SELECT id, ELT(1 + id % 5, 'x', 'x', 'X', NULL, ''), 1 + id % 3 FROM orders;
INSERT INTO alarms (id, order_id, sensor, level) VALUES (10000, 1, 'A', 9);
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "closed_on IS NOT NULL"

[archive.orders.relations]
readings = {}

[archive.orders.relations.alarms]
of     = "readings"
on     = "alarms.order_id = readings.order_id AND alarms.sensor = readings.sensor"
parent = false
"""

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="o.closed_on IS NOT NULL",
    relations=(
        ExpectedRelation(
            name="readings",
            joined="JOIN {source}.readings AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="alarms",
            key=("id",),
            joined=(
                "JOIN {source}.readings AS g ON g.order_id = o.id"
                " JOIN {source}.alarms AS r"
                " ON r.order_id = g.order_id AND r.sensor = g.sensor"
            ),
        ),
    ),
)

WRITES = (
    (
        "INSERT INTO orders (id, closed_on) VALUES (10000 + %(n)s, '2026-02-02')",
        (
            "INSERT INTO readings (order_id, sensor)"
            " VALUES (10000 + %(n)s, 'r'), (10000 + %(n)s, 'r'), (10000 + %(n)s, 'R')"
        ),
        (
            "INSERT INTO alarms (id, order_id, sensor, level)"
            " VALUES (20000 + %(n)s, 10000 + %(n)s, 'r', 1)"
        ),
    ),
    # Of two equal rows one goes, and the order is closed.
    (
        (
            "INSERT INTO readings (order_id, sensor)"
            " VALUES (6 * %(n)s, 't'), (6 * %(n)s, 't'), (6 * %(n)s, 'T')"
        ),
    ),
    (
        "DELETE FROM readings WHERE order_id = 6 * %(n)s AND sensor = 't' LIMIT 1",
        "UPDATE orders SET closed_on = '2026-03-03' WHERE id = 6 * %(n)s",
    ),
)

SCHEMA = Foreign(
    name="keyless_child",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT COUNT(*) FROM readings_history WHERE history_root_id = 1": 10,
        "SELECT COUNT(*) FROM readings_history WHERE history_root_id = 1"
        " AND CAST(sensor AS BINARY) = 'a' AND taken_at = '2026-01-01'": 3,
        "SELECT COUNT(*) FROM readings_history WHERE history_root_id = 1"
        " AND sensor IS NULL": 2,
        "SELECT COUNT(*) FROM alarms_history WHERE id = 10000": 1,
    },
)
