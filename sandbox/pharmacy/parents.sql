-- What orders point at: customers with their notes, prescribers, products and labels.
-- Reads @customers, how many to make, and @numbers, how far to count (at least 256).
-- CRC32 stands in for chance: the same on every server, every time.
-- Statements end with ";" at the end of a line. The default schema is the source.

CREATE TEMPORARY TABLE numbers (i INT NOT NULL PRIMARY KEY) ENGINE = InnoDB;

-- Each ON leaves out the digits that would pass @numbers anyway.
INSERT INTO numbers (i)
WITH digits AS (
    SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3
    UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7
    UNION ALL SELECT 8 UNION ALL SELECT 9
)
SELECT
    a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d
    + 1000000 * h.d AS i
FROM digits AS h
INNER JOIN digits AS g ON g.d * 100000 < @numbers
INNER JOIN digits AS f ON f.d * 10000 < @numbers
INNER JOIN digits AS e ON e.d * 1000 < @numbers
INNER JOIN digits AS c ON c.d * 100 < @numbers
INNER JOIN digits AS b ON b.d * 10 < @numbers
INNER JOIN digits AS a ON a.d < @numbers
WHERE h.d * 1000000 < @numbers
    AND a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d
    + 1000000 * h.d < @numbers;

-- Every byte there is, for the columns that must carry any of them.
SET @every_byte = (
    SELECT GROUP_CONCAT(CHAR(n.i) ORDER BY n.i SEPARATOR '')
    FROM numbers AS n
    WHERE n.i < 256
);

INSERT INTO customers (id, name, city, born_on, consents, preferences, changed_at)
SELECT
    n.i AS id,
    CASE n.i MOD 8
        WHEN 0 THEN 'Zoë Müller'
        WHEN 1 THEN 'ZOE MULLER'
        -- The accent is a character of its own.
        WHEN 2 THEN _utf8mb4 X'4A6F7365CC81'
        WHEN 3 THEN 'Miles O''Brien \\ "Chief"'
        WHEN 4 THEN 'Nguyễn Thị 🌸'
        WHEN 5 THEN 'trailing blanks  '
        WHEN 6 THEN ''
        ELSE CONCAT('Customer ', n.i)
    END AS name,
    CASE n.i MOD 4
        WHEN 0 THEN 'München'
        WHEN 1 THEN 'Orléans '
        WHEN 2 THEN NULL
        ELSE CONCAT('City ', CRC32(CONCAT('city', n.i)) MOD 500)
    END AS city,
    CASE n.i MOD 7
        WHEN 0 THEN '0000-00-00'
        WHEN 1 THEN '2021-00-10'
        WHEN 2 THEN '1931-05-00'
        ELSE DATE_ADD(
            DATE '1930-01-01', INTERVAL CRC32(CONCAT('born', n.i)) MOD 30000 DAY
        )
    END AS born_on,
    CASE n.i MOD 4
        WHEN 0 THEN ''
        WHEN 1 THEN 'email'
        WHEN 2 THEN 'email,research'
        ELSE 'email,phone,research'
    END AS consents,
    CASE n.i MOD 6
        WHEN 0 THEN NULL
        WHEN 1 THEN '{}'
        WHEN 2 THEN '{"språk": "sv", "Größe": [1, 1.0, -0.5, null], "😀": true}'
        WHEN 3 THEN '{"a": {"b": {"c": [[], {}, "\\u0000 \\\\ \\""]}}}'
        WHEN 4 THEN 'null'
        ELSE CONCAT('{"points": ', CRC32(CONCAT('points', n.i)), '}')
    END AS preferences,
    CASE n.i MOD 9
        WHEN 3 THEN '1970-01-01 00:00:01.001'
        ELSE DATE_ADD(
            TIMESTAMP '2019-06-01 00:00:00', INTERVAL n.i * 1000001 MICROSECOND
        )
    END AS changed_at
FROM numbers AS n
WHERE n.i < @customers;

-- Subjects have the ids of orders too.
INSERT INTO notes (id, subject_type, subject_id, body, written_at)
SELECT
    n.i * 3 + 2 AS id,
    'customer' AS subject_type,
    n.i AS subject_id,
    CONCAT('A customer, not order ', n.i) AS body,
    '2019-06-01 00:00:00' AS written_at
FROM numbers AS n
WHERE n.i < @customers
    AND n.i MOD 2 = 0;

INSERT INTO prescribers (id, licence, name)
SELECT
    n.i + 1 AS id,
    CONCAT('L', LPAD(n.i, 6, '0'), 'é') AS licence,
    CONCAT('Dr Ångström ', n.i + 1) AS name
FROM numbers AS n
WHERE n.i < 20;

INSERT INTO products (id, code, name, form, price, stock)
SELECT
    n.i AS id,
    CASE n.i MOD 7
        WHEN 1 THEN CONCAT('P', n.i, X'00')
        WHEN 2 THEN CONCAT(X'00', n.i)
        WHEN 3 THEN CONCAT('P', n.i, X'20')
        WHEN 4 THEN CONCAT(X'FF', n.i, X'5C27')
        ELSE CONCAT('P', n.i)
    END AS code,
    CASE n.i MOD 6
        WHEN 0 THEN 'Überzug 💊'
        WHEN 1 THEN 'ASPIRIN'
        WHEN 2 THEN 'Aspirin '
        WHEN 3 THEN _utf8mb4 X'4D65CC816463696E65'
        ELSE CONCAT('Product ', n.i)
    END AS name,
    CASE n.i MOD 5
        WHEN 0 THEN 'Überzug'
        WHEN 1 THEN 'tablet'
        WHEN 2 THEN NULL
        WHEN 3 THEN 'liquid'
        ELSE 'cream'
    END AS form,
    CASE n.i MOD 8
        WHEN 3 THEN 0
        WHEN 5 THEN 999999.9999
        ELSE (CRC32(CONCAT('price', n.i)) MOD 1000000) * 0.0001
    END AS price,
    CRC32(CONCAT('stock', n.i)) MOD 1000 AS stock
FROM numbers AS n
WHERE n.i < 200;

INSERT INTO labels (id, name)
VALUES
(0, ''),
(1, 'urgent'),
(2, 'URGENT'),
(3, 'für Kinder'),
(4, 'Kühlkette 🧊'),
(5, 'again ');
