-- Reads @customers, @most_items, @finished; each step @first and @last, its orders.
-- Statements end with ";" at the end of a line. The default schema is the source.

CREATE TABLE numbers (n INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;

INSERT INTO numbers (n)
WITH digits AS (
    SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3
    UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7
    UNION ALL SELECT 8 UNION ALL SELECT 9
)
SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
FROM digits AS f
CROSS JOIN digits AS e
CROSS JOIN digits AS c
CROSS JOIN digits AS b
CROSS JOIN digits AS a
ORDER BY n;

INSERT INTO customers (id, name, city)
SELECT
    t.n * 100000 + n.n AS id,
    CONCAT('Customer ', t.n * 100000 + n.n) AS name,
    IF(n.n MOD 3 = 0, NULL, CONCAT('City ', n.n MOD 500)) AS city
FROM numbers AS t
INNER JOIN numbers AS n ON t.n * 100000 + n.n < @customers
WHERE t.n <= @customers DIV 100000;

-- step
INSERT INTO orders (id, customer_id, status, total, placed_at)
SELECT
    o.id,
    CRC32(o.id) MOD @customers AS customer_id,
    IF(o.id MOD 100 = 1, 'open', 'done') AS status,
    CRC32(CONCAT('total', o.id)) MOD 100000 * 0.01 AS total,
    DATE_ADD(TIMESTAMP '2010-01-01 00:00:00', INTERVAL o.id * 31 SECOND) AS placed_at
FROM (
    SELECT @first + n.n AS id
    FROM numbers AS n
    WHERE n.n <= @last - @first
) AS o;

INSERT INTO items (order_id, product, quantity, price)
SELECT STRAIGHT_JOIN
    o.id,
    CONCAT('Product ', CRC32(CONCAT(o.id, '/', n.n)) MOD 1000) AS product,
    n.n + 1 AS quantity,
    CRC32(CONCAT('price', o.id)) MOD 10000 * 0.01 AS price
FROM orders AS o
INNER JOIN numbers AS n
    ON n.n < @most_items AND n.n < IF(o.id DIV 10000 MOD 2 = 1, @most_items, 2)
WHERE o.id BETWEEN @first AND @last;
