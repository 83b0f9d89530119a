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
    SELECT MIN(k.table_name)
    INTO v_changed
    FROM (
        SELECT
            'orders' AS table_name,
            '420FA802D093F4E3D5B50BF0EA359BFC' AS fingerprint
        UNION ALL
        SELECT 'order_items', 'DB297C96B3089CD84D8279FD25AC7EBC'
        UNION ALL
        SELECT 'batches', '82F796DCEDF19BE0DB618119296767AB'
        UNION ALL
        SELECT 'payments', 'ADE4E76105FE84CE360658DA3D37ADF6'
        UNION ALL
        SELECT 'deliveries', 'C7DA66305C669B49AE14931F9580965C'
        UNION ALL
        SELECT 'order_events', '35EBD18C2B2CE8A31FB6E43943E48DC2'
        UNION ALL
        SELECT 'notes', '9504E097C617FFBC9C4AAA60CDB809DC'
        UNION ALL
        SELECT 'order_labels', '0B120D27FB7BEE64FBDEC239016F15A5'
        UNION ALL
        SELECT 'labels', 'AE5E00A108686847F6913DCC5152944C'
        UNION ALL
        SELECT 'customers', '04D6C2B993B2473C4F36784EE2D0D316'
        UNION ALL
        SELECT 'prescribers', 'FBF4EF03E089707F8FE768FC72B537AA'
        UNION ALL
        SELECT 'products', '9AFB20379D36E177EC9B41AD7F36188C'
    ) AS k
    LEFT JOIN (
        -- The SHA-256 of every trait, of which 128 bits are folded: unlike a CRC, two
        -- traits that change places do not cancel out.
        SELECT
            CAST(t.table_name AS BINARY) AS table_name,
            CONCAT(
                LPAD(HEX(BIT_XOR(
                    CAST(CONV(LEFT(t.digest, 16), 16, 10) AS UNSIGNED)
                )), 16, '0'),
                LPAD(HEX(BIT_XOR(
                    CAST(CONV(SUBSTR(t.digest, 17, 16), 16, 10) AS UNSIGNED)
                )), 16, '0')
            ) AS fingerprint
        FROM (
            SELECT
                c.table_name AS table_name,
                SHA2(CONCAT_WS(
                    '|', 'column', c.column_name,
                    CASE
                        -- MariaDB's JSON is text, and says so.
                        WHEN
                            v_is_mariadb
                            AND c.column_type = 'longtext'
                            AND c.collation_name = 'utf8mb4_bin'
                            THEN 'json'
                        -- MariaDB shows the display width that MySQL dropped.
                        ELSE CONCAT_WS(
                            ' ',
                            REGEXP_REPLACE(
                                c.column_type,
                                '(?<=^int|^tinyint|^smallint|^mediumint|^bigint|^year)'
                                '[(][0-9]+[)]',
                                ''
                            ),
                            c.character_set_name,
                            c.collation_name
                        )
                    END,
                    c.is_nullable,
                    IF(COALESCE(c.generation_expression, '') = '', 'plain', 'generated')
                ), 256) AS digest
            FROM information_schema.columns AS c
            WHERE
                c.table_schema = v_source
                AND c.table_name IN (
                    'orders', 'order_items', 'batches', 'payments', 'deliveries',
                    'order_events', 'notes', 'order_labels', 'labels', 'customers',
                    'prescribers', 'products'
                )
                -- without
                AND NOT (
                    c.table_name = 'products'
                    AND CAST(c.column_name AS BINARY) IN ('stock')
                )
            UNION ALL
            SELECT e.table_name, SHA2(CONCAT('engine|', e.engine), 256)
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
                i.table_name,
                SHA2(CONCAT_WS('|', 'key', i.seq_in_index, i.column_name), 256)
            FROM information_schema.statistics AS i
            WHERE
                i.table_schema = v_source
                AND i.index_name = 'PRIMARY'
                AND i.table_name IN (
                    'orders', 'order_items', 'batches', 'payments', 'deliveries',
                    'order_events', 'notes', 'order_labels', 'labels', 'customers',
                    'prescribers', 'products'
                )
            UNION ALL
            SELECT DISTINCT
                i.table_name,
                SHA2(CONCAT_WS('|', 'index', i.column_name), 256)
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
        ) AS t
        GROUP BY CAST(t.table_name AS BINARY)
    -- As binary: MariaDB takes orders and Orders for one.
    ) AS s ON s.table_name = CAST(k.table_name AS BINARY)
    WHERE s.fingerprint IS NULL OR s.fingerprint <> k.fingerprint;

    IF v_changed IS NOT NULL THEN
        -- Of 128 characters, those that a name may take come last.
        CALL _raise(30007, CONCAT(
            'drift: run alembic revision --autogenerate, then alembic upgrade head;',
            ' changed: table ', v_changed
        ));
    END IF;
END;
