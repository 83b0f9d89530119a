-- Orders @first to @last with everything that belongs to them, after parents.sql.
-- Every order number is used; one whose remainder by 5 is 4 is unfinished, so that
-- finished order k has id k + FLOOR(k / 4). Variants go by small remainders without the
-- factor 5: each of them soon meets a finished order.
-- Reads @customers. Table numbers counts to five times the orders of one batch.
-- Statements end with ";" at the end of a line. The default schema is the source.

INSERT INTO orders (
    id,
    customer_id,
    prescriber_id,
    status,
    reference,
    remark,
    details,
    discount,
    placed_at,
    collect_by,
    closed_at,
    changed_at
)
SELECT
    o.id,
    -- The first orders meet every customer, the awkward ones too.
    IF(o.id < @customers, o.id, CRC32(CONCAT('customer', o.id)) MOD @customers)
        AS customer_id,
    IF(o.id MOD 3 = 0, NULL, CRC32(CONCAT('prescriber', o.id)) MOD 20 + 1)
        AS prescriber_id,
    CASE
        WHEN o.id MOD 5 = 4 AND o.id MOD 2 = 0 THEN 'received'
        WHEN o.id MOD 5 = 4 THEN 'prepared'
        WHEN o.id MOD 8 = 1 THEN 'uncollected'
        WHEN o.id MOD 8 = 6 THEN 'cancelled'
        ELSE 'dispensed'
    END AS status,
    CASE o.id MOD 12
        WHEN 0 THEN 'Müller'
        WHEN 1 THEN 'MULLER'
        WHEN 2 THEN 'muller '
        WHEN 3 THEN 'Résumé € ÿ'
        WHEN 4 THEN ''
        WHEN 5 THEN NULL
        WHEN 6 THEN 'O''Brien \\ "quoted" `so`'
        ELSE CONCAT('R-', o.id)
    END AS reference,
    CASE o.id MOD 9
        WHEN 0 THEN NULL
        WHEN 1 THEN ''
        WHEN 2 THEN 'twice a day 💊 👩‍⚕️'
        WHEN 3 THEN _utf8mb4 X'63616665CC81'
        WHEN 4 THEN 'café'
        WHEN 5 THEN 'CAFE'
        WHEN 6 THEN 'tab\t, new line\n, return\r, nothing\0, 100 %s, C:\\new; --  '
        ELSE CONCAT('Remark ', CRC32(CONCAT('remark', o.id)))
    END AS remark,
    CASE o.id MOD 8
        WHEN 0 THEN NULL
        WHEN 1 THEN 'null'
        WHEN 2 THEN '{"big": 18446744073709551615, "small": -9223372036854775808}'
        WHEN 3 THEN '{"nested": [{"größe": [1, 1.0, 1e3]}, [[], {}], "", " "]}'
        WHEN 4 THEN '{"emoji": "💊", "escape": "\\u00fc \\n \\\\ \\"", "é": null}'
        WHEN 5 THEN '"text alone"'
        WHEN 6 THEN '[]'
        ELSE CONCAT('{"number": ', o.id, ', "copies": 1}')
    END AS details,
    CASE o.id MOD 7
        WHEN 1 THEN -0.01
        WHEN 2 THEN 9999999999.99
        WHEN 3 THEN -9999999999.99
        WHEN 4 THEN (CRC32(CONCAT('discount', o.id)) MOD 10000) * 0.01
        ELSE 0
    END AS discount,
    o.placed_at,
    CASE o.id MOD 6
        WHEN 0 THEN NULL
        WHEN 1 THEN '0000-00-00'
        WHEN 2 THEN '2021-00-10'
        ELSE DATE(DATE_ADD(o.placed_at, INTERVAL 7 DAY))
    END AS collect_by,
    CASE
        WHEN o.id MOD 5 = 4 THEN NULL
        -- Closed before the shop wrote down when.
        WHEN o.id MOD 11 = 3 THEN '0000-00-00 00:00:00'
        ELSE TIMESTAMP(
            DATE(DATE_ADD(o.placed_at, INTERVAL o.id MOD 10 + 1 DAY)), '17:30:00'
        )
    END AS closed_at,
    CASE o.id MOD 13
        WHEN 1 THEN '0000-00-00 00:00:00.000000'
        WHEN 2 THEN '1970-01-01 00:00:01.000000'
        WHEN 3 THEN '2038-01-19 03:14:07.999999'
        -- The hour that Europe's clocks repeat.
        WHEN 6 THEN '2021-10-31 00:30:00.000001'
        ELSE DATE_ADD(o.placed_at, INTERVAL o.id * 7919 MICROSECOND)
    END AS changed_at
FROM (
    SELECT
        n.i + @first AS id,
        DATE_ADD(
            TIMESTAMP '2010-01-01 00:00:00',
            INTERVAL (n.i + @first) * 31000003 MICROSECOND
        ) AS placed_at
    FROM numbers AS n
    WHERE n.i <= @last - @first
) AS o;

-- Up to five items an order; none for some.
INSERT INTO order_items (id, order_id, product_id, quantity, unit_price, flags)
SELECT
    i.id,
    i.order_id,
    CASE
        -- Half of the orders have product 1, some of them twice.
        WHEN i.id MOD 5 = 0 AND i.order_id MOD 2 = 0 THEN 1
        WHEN i.id MOD 5 = 1 AND i.order_id MOD 6 = 0 THEN 1
        WHEN i.id MOD 5 = 0 THEN i.order_id MOD 200
        ELSE CRC32(CONCAT('product', i.id)) MOD 200
    END AS product_id,
    CASE i.id MOD 13
        WHEN 1 THEN 0
        WHEN 2 THEN -1
        WHEN 3 THEN -32768
        ELSE CRC32(CONCAT('quantity', i.id)) MOD 12 + 1
    END AS quantity,
    CASE i.id MOD 11
        WHEN 1 THEN 0
        WHEN 2 THEN -1.5
        WHEN 3 THEN 999999.9999
        ELSE (CRC32(CONCAT('unit_price', i.id)) MOD 1000000) * 0.0001
    END AS unit_price,
    i.id MOD 64 AS flags
FROM (
    SELECT
        n.i + @first * 5 AS id,
        (n.i + @first * 5) DIV 5 AS order_id
    FROM numbers AS n
    WHERE n.i < (@last - @first + 1) * 5
) AS i
WHERE i.order_id MOD 11 <> 7
    AND i.id MOD 5 <= CRC32(CONCAT('items', i.order_id)) MOD 5;

-- One lot for an item, two for one in three, none for one in four; some of the pairs
-- differ in case or accent only.
INSERT INTO batches (order_item_id, lot, units, expires_on, seal)
SELECT
    i.id AS order_item_id,
    CASE
        WHEN i.id MOD 12 = 1 THEN ELT(c.copy + 1, 'lot-a', 'LOT-A')
        WHEN i.id MOD 12 = 4 THEN ELT(c.copy + 1, 'lot-é', 'lot-e')
        WHEN i.id MOD 12 = 7 THEN ELT(c.copy + 1, 'lot 💊 ', '\\lot\'')
        ELSE CONCAT('L', CRC32(CONCAT('lot', i.id)) MOD 100000, '-', c.copy)
    END AS lot,
    CASE i.id MOD 7
        WHEN 1 THEN -0.001
        WHEN 2 THEN 99999.999
        ELSE (CRC32(CONCAT('units', i.id, '/', c.copy)) MOD 100000) * 0.001
    END AS units,
    CASE i.id MOD 6
        WHEN 1 THEN '0000-00-00'
        WHEN 5 THEN '2021-00-10'
        ELSE DATE_ADD(
            DATE '2021-01-01', INTERVAL CRC32(CONCAT('expires', i.id)) MOD 2000 DAY
        )
    END AS expires_on,
    CASE
        WHEN i.id MOD 13 = 0 THEN NULL
        WHEN i.id MOD 13 = 1 THEN X''
        ELSE SUBSTRING(@every_byte, i.id DIV 4 MOD 8 * 32 + 1, 32)
    END AS seal
FROM order_items AS i
CROSS JOIN (SELECT 0 AS copy UNION ALL SELECT 1 AS copy) AS c
WHERE i.order_id BETWEEN @first AND @last
    AND i.id MOD 4 <> 2
    AND (c.copy = 0 OR i.id MOD 3 = 1);

-- Most orders were paid, some in two parts.
INSERT INTO payments (id, order_id, method, amount, paid_at, receipt)
SELECT
    p.id,
    p.order_id,
    ELT(p.id MOD 3 + 1, 'cash', 'card', 'insurer') AS method,
    CASE p.id MOD 7
        WHEN 1 THEN -12.50
        WHEN 2 THEN 0
        ELSE (CRC32(CONCAT('paid', p.id)) MOD 100000) * 0.01
    END AS amount,
    DATE_ADD(
        TIMESTAMP '2010-01-01 12:00:00', INTERVAL p.order_id * 31000007 MICROSECOND
    ) AS paid_at,
    CASE p.id MOD 16
        WHEN 0 THEN @every_byte
        WHEN 1 THEN X''
        WHEN 2 THEN X'00'
        ELSE NULL
    END AS receipt
FROM (
    SELECT
        n.i + @first * 2 AS id,
        (n.i + @first * 2) DIV 2 AS order_id
    FROM numbers AS n
    WHERE n.i < (@last - @first + 1) * 2
) AS p
WHERE p.order_id MOD 9 <> 5
    AND (p.id MOD 2 = 0 OR p.order_id MOD 12 = 2);

INSERT INTO deliveries (order_id, address, delivered_at)
SELECT
    o.id AS order_id,
    CONCAT(o.id MOD 300, ' Straße des 17. Juni') AS address,
    IF(o.id MOD 8 = 1, NULL, o.closed_at) AS delivered_at
FROM orders AS o
WHERE o.id BETWEEN @first AND @last
    AND o.id MOD 4 = 1;

INSERT INTO order_events (id, order_id, event, happened_at)
SELECT
    e.id,
    e.order_id,
    ELT(e.id MOD 4 + 1, 'received', 'checked', 'prepared', 'closed') AS event,
    DATE_ADD(
        TIMESTAMP '2010-01-01 00:00:00',
        INTERVAL e.order_id * 31000003 + e.id MOD 4 * 86400000000 MICROSECOND
    ) AS happened_at
FROM (
    SELECT
        n.i + @first * 4 AS id,
        (n.i + @first * 4) DIV 4 AS order_id
    FROM numbers AS n
    WHERE n.i < (@last - @first + 1) * 4
) AS e
WHERE e.id MOD 4 = 0
    OR (e.order_id MOD 5 <> 4 AND e.id MOD 4 <> 1 + e.order_id MOD 2);

INSERT INTO order_labels (order_id, label_id)
SELECT
    l.order_id,
    (l.order_id + l.turn * (1 + l.order_id MOD 4)) MOD 6 AS label_id
FROM (
    SELECT
        (n.i + @first * 2) DIV 2 AS order_id,
        (n.i + @first * 2) MOD 2 AS turn
    FROM numbers AS n
    WHERE n.i < (@last - @first + 1) * 2
) AS l
WHERE l.turn < CRC32(CONCAT('labels', l.order_id)) MOD 3;

-- Subject ids that customers have too; customers' notes have the third id of each three.
INSERT INTO notes (id, subject_type, subject_id, body, written_at)
SELECT
    w.id,
    -- Not an order's note for a reader who keeps the collation: 'ORDER' is another word.
    IF(w.id MOD 3 = 1 AND w.subject_id MOD 7 = 2, 'ORDER', 'order') AS subject_type,
    w.subject_id,
    CASE w.subject_id MOD 6
        WHEN 0 THEN 'Größe 💊 \\ ''quoted'' "twice"'
        WHEN 1 THEN _utf8mb4 X'6E6FCC8874650A'
        WHEN 2 THEN ''
        WHEN 3 THEN 'Called back.  '
        ELSE CONCAT('Note ', CRC32(CONCAT('note', w.id)))
    END AS body,
    IF(w.subject_id MOD 7 = 1, '0000-00-00 00:00:00', '2019-06-01 08:00:00')
        AS written_at
FROM (
    SELECT
        (n.i + @first * 2) DIV 2 * 3 + (n.i + @first * 2) MOD 2 AS id,
        (n.i + @first * 2) DIV 2 AS subject_id
    FROM numbers AS n
    WHERE n.i < (@last - @first + 1) * 2
) AS w
WHERE w.subject_id MOD 4 <> 1
    AND (w.id MOD 3 = 0 OR w.subject_id MOD 7 = 2);
