"""Relations whose own key, with the root's, is more than an index takes.

A key of 3,000 bytes, one of 14 columns, and one that holds the first 50 characters of a
text alone: history numbers their rows. Cut to what fits, two paths of order 1 that
differ in the last character are one, and so are those that differ after the 50th.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

NUMBERS = tuple(f"c{number}" for number in range(1, 14))

TABLES = f"""
CREATE TABLE orders (
    region CHAR(40) NOT NULL,
    id INT NOT NULL,
    is_closed TINYINT(1) NOT NULL,
    PRIMARY KEY (region, id)
);
CREATE TABLE files (
    path VARCHAR(750) CHARACTER SET utf8mb4 NOT NULL,
    region CHAR(40) NOT NULL,
    order_id INT NOT NULL,
    size INT NOT NULL,
    PRIMARY KEY (path),
    CONSTRAINT files_orders_fk
    FOREIGN KEY (region, order_id) REFERENCES orders (region, id)
);
CREATE TABLE cells (
    region CHAR(40) NOT NULL,
    order_id INT NOT NULL,
    {", ".join(f"{column} TINYINT NOT NULL" for column in NUMBERS)},
    content VARCHAR(20) NULL,
    PRIMARY KEY (order_id, {", ".join(NUMBERS)}),
    CONSTRAINT cells_orders_fk
    FOREIGN KEY (region, order_id) REFERENCES orders (region, id)
);
CREATE TABLE letters (
    region CHAR(40) NOT NULL,
    order_id INT NOT NULL,
    body TEXT CHARACTER SET utf8mb4 NOT NULL,
    PRIMARY KEY (order_id, body(50)),
    CONSTRAINT letters_orders_fk
    FOREIGN KEY (region, order_id) REFERENCES orders (region, id)
);
CREATE TABLE blocks (
    path VARCHAR(750) CHARACTER SET utf8mb4 NOT NULL,
    number INT NOT NULL,
    content VARBINARY(20) NOT NULL,
    KEY (path),
    CONSTRAINT blocks_files_fk FOREIGN KEY (path) REFERENCES files (path)
);
"""

FILL = f"""
INSERT INTO orders (region, id, is_closed)
SELECT ELT(1 + n % 2, 'Nord', 'süd'), n, n % 6 > 0
FROM numbers
WHERE n BETWEEN 1 AND 2500;
INSERT INTO files (path, region, order_id, size)
SELECT CONCAT('/', o.id, '/', n.n), o.region, o.id, n.n
FROM orders AS o
JOIN numbers AS n ON n.n < 2;
INSERT INTO files (path, region, order_id, size)
SELECT CONCAT(REPEAT('p', 749), ELT(n, 'a', 'b', '😀')), 'süd', 1, n
FROM numbers
WHERE n BETWEEN 1 AND 3;
INSERT INTO cells (region, order_id, {", ".join(NUMBERS)}, content)
SELECT o.region, o.id, {", ".join(["1"] * 12)}, n.n, 'cell'
FROM orders AS o
JOIN numbers AS n ON n.n < 2;
INSERT INTO letters (region, order_id, body)
SELECT o.region, o.id, CONCAT(n.n, REPEAT('y', 60 + o.id % 100))
FROM orders AS o
JOIN numbers AS n ON n.n < 2;
INSERT INTO blocks (path, number, content)
SELECT f.path, 1, 'block'
FROM files AS f
JOIN numbers AS n ON n.n < 2
WHERE f.size <> 1;
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "is_closed"

[archive.orders.relations]
files   = {}
cells   = {}
letters = {}
blocks  = { of = "files" }
"""

ORDER = "r.region = o.region AND r.order_id = o.id"

EXPECTED = Expectation(
    root="orders",
    key=("region", "id"),
    finished="o.is_closed = 1",
    relations=(
        ExpectedRelation(
            name="files",
            key=("path",),
            joined=f"JOIN {{source}}.files AS r ON {ORDER}",
        ),
        ExpectedRelation(
            name="cells",
            key=("order_id", *NUMBERS),
            joined=f"JOIN {{source}}.cells AS r ON {ORDER}",
        ),
        ExpectedRelation(
            name="letters",
            key=("order_id", "body"),
            joined=f"JOIN {{source}}.letters AS r ON {ORDER}",
        ),
        ExpectedRelation(
            name="blocks",
            joined=(
                "JOIN {source}.files AS f ON f.region = o.region AND f.order_id = o.id"
                " JOIN {source}.blocks AS r ON r.path = f.path"
            ),
        ),
    ),
)

WRITES = (
    (
        "INSERT INTO orders (region, id, is_closed) VALUES ('west', %(n)s, 1)",
        (
            "INSERT INTO files (path, region, order_id, size)"
            " VALUES (CONCAT(REPEAT('q', 740), %(n)s), 'west', %(n)s, 1)"
        ),
        (
            "INSERT INTO letters (region, order_id, body)"
            " VALUES ('west', %(n)s, REPEAT('z', 100))"
        ),
    ),
    (
        (
            "INSERT INTO letters (region, order_id, body)"
            " VALUES ('Nord', 6 * %(n)s, CONCAT('late', REPEAT('z', 100)))"
        ),
    ),
    (
        (
            "UPDATE letters SET body = CONCAT(body, '!')"
            " WHERE region = 'Nord' AND order_id = 6 * %(n)s AND body LIKE 'late%%'"
        ),
        "UPDATE orders SET is_closed = 1 WHERE region = 'Nord' AND id = 6 * %(n)s",
    ),
)

ROOT = "history_root_region = 'süd' AND history_root_id = 1"

SCHEMA = Foreign(
    name="wide_keys",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT COUNT(DISTINCT CAST(path AS BINARY)) FROM files_history"
        f" WHERE {ROOT}": 5,
        f"SELECT COUNT(*) FROM cells_history WHERE {ROOT}": 2,
        f"SELECT SUM(LENGTH(body)) FROM letters_history WHERE {ROOT}": 124,
        f"SELECT COUNT(*) FROM blocks_history WHERE {ROOT}": 6,
    },
)
