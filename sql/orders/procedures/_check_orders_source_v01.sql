CREATE PROCEDURE pharmacy_history._check_orders_source ()
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Hold the source''s definition still, and refuse it if it is not the known one.'
BEGIN
    -- The history schema is the source's name and _history, wherever it is installed.
    -- In the character set of names, or MariaDB goes through all schemas to find it.
    DECLARE v_source VARCHAR(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin
        DEFAULT LEFT(DATABASE(), CHAR_LENGTH(DATABASE()) - 8);
    DECLARE v_is_mariadb TINYINT(1) DEFAULT VERSION() LIKE '%MariaDB%';
    DECLARE v_rows INT UNSIGNED;
    DECLARE v_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_changed VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    -- Once more, for whoever comes another way, and where a dump was restored in part.
    CALL _check_schema('pharmacy_history');

    -- Reading no row of a table takes its metadata lock to the end of the transaction:
    -- an ALTER waits for this chunk, and none can come between this check and the copy.
    BEGIN
        DECLARE EXIT HANDLER FOR 1146
        BEGIN
            GET DIAGNOSTICS CONDITION 1 v_message = MESSAGE_TEXT;
            CALL _raise(30006, CONCAT('archive orders lost a table: ', v_message));
        END;

        SELECT COUNT(f.fence)
        INTO v_rows
        FROM (
            (SELECT 1 AS fence FROM pharmacy.orders LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.order_items LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.batches LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.payments LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.deliveries LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.order_events LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.notes LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.order_labels LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.labels LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.customers LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.prescribers LIMIT 0)
            UNION ALL
            (SELECT 1 AS fence FROM pharmacy.products LIMIT 0)
        ) AS f;
    END;

    -- What was known when this was written, against what is there: names, types,
    -- character sets, collations, NULLs, generation, engine, primary key, and the
    -- indexes that joins need. The order of columns does not matter here.
    WITH known AS (
        SELECT
            'orders' AS table_name,
            '16A68EDDFA6019E91E5B93BE9254DD68' AS fingerprint
        UNION ALL
        SELECT 'order_items', '5E6DB9AE9E3B20DFD69D34DE8973438D'
        UNION ALL
        SELECT 'batches', '9E58869455A8985ADDEDA97075A35A58'
        UNION ALL
        SELECT 'payments', '6FBF3F58CE4793342B39742B6D9BED04'
        UNION ALL
        SELECT 'deliveries', '2980C1050CB1427EF244AFECD428982B'
        UNION ALL
        SELECT 'order_events', 'E2B019C2EFDAC1E49CC93DFB7966CB11'
        UNION ALL
        SELECT 'notes', 'AAE521DF588EB12263C4AE77B0E7E54E'
        UNION ALL
        SELECT 'order_labels', '3B0938622343348557F0EE79D7ED9CE1'
        UNION ALL
        SELECT 'labels', '95B779CDD28FABA4D836100A84ABE9FB'
        UNION ALL
        SELECT 'customers', '754DF240BB9825C12FC4937F5FB742B0'
        UNION ALL
        SELECT 'prescribers', 'AB847D5AEC72E3F168E61751634055CE'
        UNION ALL
        SELECT 'products', '3F96A1EF58446C28EC09A898DD6E25DF'
    ),

    traits AS (
        SELECT
            CAST(c.table_name AS BINARY) AS table_name,
            'column' AS kind,
            CAST(c.column_name AS BINARY) AS name,
            CAST(CASE
                -- MariaDB's JSON is text, and says so.
                WHEN
                    v_is_mariadb
                    AND c.column_type = 'longtext'
                    AND c.collation_name = 'utf8mb4_bin'
                    THEN 'JSON'
                WHEN c.data_type IN ('enum', 'set')
                    THEN CONCAT(
                        UPPER(c.data_type),
                        SUBSTR(c.column_type, CHAR_LENGTH(c.data_type) + 1)
                    )
                -- MariaDB shows the display width that MySQL dropped.
                ELSE UPPER(REGEXP_REPLACE(
                    c.column_type,
                    '(?<=^int|^tinyint|^smallint|^mediumint|^bigint|^year)'
                    '[(][0-9]+[)]',
                    ''
                ))
            END AS BINARY) AS type,
            CAST(CONCAT_WS(
                ' ',
                -- Servers of earlier years call utf8mb3 by its first name.
                NULLIF(
                    REGEXP_REPLACE(c.collation_name, '^utf8_', 'utf8mb3_'),
                    CASE
                        WHEN v_is_mariadb AND c.column_type = 'longtext'
                            THEN 'utf8mb4_bin'
                    END
                ),
                CASE WHEN c.generation_expression <> '' THEN 'GENERATED' END,
                CASE c.is_nullable WHEN 'YES' THEN 'NULL' ELSE 'NOT NULL' END
            ) AS BINARY) AS more
        FROM information_schema.columns AS c
        WHERE
            c.table_schema = v_source
            AND c.table_name IN (
                'orders', 'order_items', 'batches', 'payments', 'deliveries',
                'order_events', 'notes', 'order_labels', 'labels', 'customers',
                'prescribers', 'products'
            )
            -- Not the key that MySQL makes itself: a session may choose not to see it.
            AND NOT (c.column_name = 'my_row_id' AND c.extra LIKE '%INVISIBLE%')
            -- without
            AND NOT (
                c.table_name = 'products'
                AND CAST(c.column_name AS BINARY) IN ('stock')
            )
        UNION ALL
        SELECT
            CAST(e.table_name AS BINARY),
            'engine',
            '',
            CAST(COALESCE(e.engine, 'VIEW') AS BINARY),
            NULL
        FROM information_schema.tables AS e
        WHERE
            e.table_schema = v_source
            AND e.table_name IN (
                'orders', 'order_items', 'batches', 'payments', 'deliveries',
                'order_events', 'notes', 'order_labels', 'labels', 'customers',
                'prescribers', 'products'
            )
        UNION ALL
        SELECT
            CAST(i.table_name AS BINARY),
            CONCAT('key ', i.seq_in_index),
            '',
            CAST(i.column_name AS BINARY),
            NULL
        FROM information_schema.statistics AS i
        WHERE
            i.table_schema = v_source
            AND i.index_name = 'PRIMARY'
            AND i.column_name <> 'my_row_id'
            AND i.table_name IN (
                'orders', 'order_items', 'batches', 'payments', 'deliveries',
                'order_events', 'notes', 'order_labels', 'labels', 'customers',
                'prescribers', 'products'
            )
        UNION ALL
        SELECT DISTINCT
            CAST(i.table_name AS BINARY),
            'index',
            CAST(i.column_name AS BINARY),
            NULL,
            NULL
        FROM information_schema.statistics AS i
        WHERE
            i.table_schema = v_source
            AND i.seq_in_index = 1
            AND i.table_name IN (
                'orders', 'order_items', 'batches', 'payments', 'deliveries',
                'order_events', 'notes', 'order_labels', 'labels', 'customers',
                'prescribers', 'products'
            )
            AND (CAST(i.table_name AS BINARY), CAST(i.column_name AS BINARY)) IN (
                ('order_items', 'order_id'),
                ('batches', 'order_item_id'),
                ('payments', 'order_id'),
                ('deliveries', 'order_id'),
                ('order_events', 'order_id'),
                ('notes', 'subject_type'),
                ('order_labels', 'order_id'),
                ('labels', 'id'),
                ('customers', 'id'),
                ('prescribers', 'id'),
                ('products', 'id')
            )
    ),

    -- The SHA-256 of every trait, of which 128 bits are folded: unlike a CRC, two
    -- traits that change places do not cancel out.
    found AS (
        SELECT
            d.table_name,
            CONCAT(
                LPAD(HEX(BIT_XOR(
                    CAST(CONV(LEFT(d.digest, 16), 16, 10) AS UNSIGNED)
                )), 16, '0'),
                LPAD(HEX(BIT_XOR(
                    CAST(CONV(SUBSTR(d.digest, 17, 16), 16, 10) AS UNSIGNED)
                )), 16, '0')
            ) AS fingerprint
        FROM (
            SELECT
                t.table_name,
                SHA2(CONCAT_WS('|', t.kind, t.name, t.type, t.more), 256) AS digest
            FROM traits AS t
        ) AS d
        GROUP BY d.table_name
    )

    SELECT MIN(k.table_name)
    INTO v_changed
    FROM known AS k
    -- As binary: MariaDB takes orders and Orders for one.
    LEFT JOIN found AS f ON f.table_name = CAST(k.table_name AS BINARY)
    WHERE f.fingerprint IS NULL OR f.fingerprint <> k.fingerprint;

    IF v_changed IS NOT NULL THEN
        CALL _describe_orders_drift(v_message);
        CALL _raise(30007, CONCAT(
            'drift: ', COALESCE(v_message, CONCAT('table ', v_changed)),
            '; run alembic revision --autogenerate'
        ));
    END IF;
END;
