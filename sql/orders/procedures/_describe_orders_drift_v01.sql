CREATE PROCEDURE pharmacy_history._describe_orders_drift (
    OUT out_changes VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Say what of the source changed since this was written, in 84 characters.'
BEGIN
    DECLARE v_source VARCHAR(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin
        DEFAULT LEFT(DATABASE(), CHAR_LENGTH(DATABASE()) - 8);
    DECLARE v_is_mariadb TINYINT(1) DEFAULT VERSION() LIKE '%MariaDB%';
    -- What was known: of a table its kind, name, type, and more of a column.
    DECLARE v_known LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT '[
        ["orders", "engine", "", "InnoDB"],
        ["orders", "column", "id", "BIGINT", "NOT NULL"],
        ["orders", "column", "customer_id", "INT UNSIGNED", "NOT NULL"],
        ["orders", "column", "prescriber_id", "INT UNSIGNED", "NULL"],
        ["orders", "column", "status",
            "ENUM(''received'',''prepared'',''uncollected'',''cancelled'',''dispensed'')", "utf8mb4_unicode_ci NOT NULL"],
        ["orders", "column", "reference", "VARCHAR(40)", "latin1_swedish_ci NULL"],
        ["orders", "column", "remark", "TEXT", "utf8mb4_unicode_ci NULL"],
        ["orders", "column", "details", "JSON", "NULL"],
        ["orders", "column", "discount", "DECIMAL(12,2)", "NOT NULL"],
        ["orders", "column", "placed_at", "DATETIME(6)", "NOT NULL"],
        ["orders", "column", "collect_by", "DATE", "NULL"],
        ["orders", "column", "closed_at", "DATETIME", "NULL"],
        ["orders", "column", "changed_at", "TIMESTAMP(6)", "NOT NULL"],
        ["orders", "key 1", "", "id"],
        ["order_items", "engine", "", "InnoDB"],
        ["order_items", "column", "id", "BIGINT UNSIGNED", "NOT NULL"],
        ["order_items", "column", "order_id", "BIGINT", "NOT NULL"],
        ["order_items", "column", "product_id", "INT UNSIGNED", "NOT NULL"],
        ["order_items", "column", "quantity", "SMALLINT", "NOT NULL"],
        ["order_items", "column", "unit_price", "DECIMAL(10,4)", "NOT NULL"],
        ["order_items", "column", "amount", "DECIMAL(16,4)", "GENERATED NULL"],
        ["order_items", "column", "flags", "BIT(6)", "NOT NULL"],
        ["order_items", "key 1", "", "id"],
        ["order_items", "index", "order_id"],
        ["batches", "engine", "", "InnoDB"],
        ["batches", "column", "order_item_id", "BIGINT UNSIGNED", "NOT NULL"],
        ["batches", "column", "lot", "VARCHAR(20)", "utf8mb4_bin NOT NULL"],
        ["batches", "column", "units", "DECIMAL(8,3)", "NOT NULL"],
        ["batches", "column", "expires_on", "DATE", "NOT NULL"],
        ["batches", "column", "seal", "VARBINARY(32)", "NULL"],
        ["batches", "key 1", "", "order_item_id"],
        ["batches", "key 2", "", "lot"],
        ["batches", "index", "order_item_id"],
        ["payments", "engine", "", "InnoDB"],
        ["payments", "column", "id", "BIGINT UNSIGNED", "NOT NULL"],
        ["payments", "column", "order_id", "BIGINT", "NOT NULL"],
        ["payments", "column", "method", "ENUM(''cash'',''card'',''insurer'')",
            "utf8mb4_unicode_ci NOT NULL"],
        ["payments", "column", "amount", "DECIMAL(12,2)", "NOT NULL"],
        ["payments", "column", "paid_at", "DATETIME(6)", "NOT NULL"],
        ["payments", "column", "receipt", "BLOB", "NULL"],
        ["payments", "key 1", "", "id"],
        ["payments", "index", "order_id"],
        ["deliveries", "engine", "", "InnoDB"],
        ["deliveries", "column", "order_id", "BIGINT", "NOT NULL"],
        ["deliveries", "column", "address", "VARCHAR(200)",
            "utf8mb4_unicode_ci NOT NULL"],
        ["deliveries", "column", "delivered_at", "DATETIME", "NULL"],
        ["deliveries", "key 1", "", "order_id"],
        ["deliveries", "index", "order_id"],
        ["order_events", "engine", "", "InnoDB"],
        ["order_events", "column", "id", "BIGINT UNSIGNED", "NOT NULL"],
        ["order_events", "column", "order_id", "BIGINT", "NOT NULL"],
        ["order_events", "column", "event", "VARCHAR(40)",
            "utf8mb4_unicode_ci NOT NULL"],
        ["order_events", "column", "happened_at", "DATETIME(6)", "NOT NULL"],
        ["order_events", "key 1", "", "id"],
        ["order_events", "index", "order_id"],
        ["notes", "engine", "", "InnoDB"],
        ["notes", "column", "id", "BIGINT UNSIGNED", "NOT NULL"],
        ["notes", "column", "subject_type", "VARCHAR(10)", "ascii_bin NOT NULL"],
        ["notes", "column", "subject_id", "BIGINT", "NOT NULL"],
        ["notes", "column", "body", "TEXT", "utf8mb4_unicode_ci NOT NULL"],
        ["notes", "column", "written_at", "DATETIME", "NOT NULL"],
        ["notes", "key 1", "", "id"],
        ["notes", "index", "subject_type"],
        ["order_labels", "engine", "", "InnoDB"],
        ["order_labels", "column", "order_id", "BIGINT", "NOT NULL"],
        ["order_labels", "column", "label_id", "INT UNSIGNED", "NOT NULL"],
        ["order_labels", "key 1", "", "order_id"],
        ["order_labels", "key 2", "", "label_id"],
        ["order_labels", "index", "order_id"],
        ["labels", "engine", "", "InnoDB"],
        ["labels", "column", "id", "INT UNSIGNED", "NOT NULL"],
        ["labels", "column", "name", "VARCHAR(40)", "utf8mb4_unicode_ci NOT NULL"],
        ["labels", "key 1", "", "id"],
        ["labels", "index", "id"],
        ["customers", "engine", "", "InnoDB"],
        ["customers", "column", "id", "INT UNSIGNED", "NOT NULL"],
        ["customers", "column", "name", "VARCHAR(80)", "utf8mb4_unicode_ci NOT NULL"],
        ["customers", "column", "city", "VARCHAR(60)", "latin1_swedish_ci NULL"],
        ["customers", "column", "born_on", "DATE", "NOT NULL"],
        ["customers", "column", "consents", "SET(''email'',''phone'',''research'')",
            "utf8mb4_bin NOT NULL"],
        ["customers", "column", "preferences", "JSON", "NULL"],
        ["customers", "column", "changed_at", "TIMESTAMP(3)", "NOT NULL"],
        ["customers", "key 1", "", "id"],
        ["customers", "index", "id"],
        ["prescribers", "engine", "", "InnoDB"],
        ["prescribers", "column", "id", "INT UNSIGNED", "NOT NULL"],
        ["prescribers", "column", "licence", "CHAR(12)", "latin1_bin NOT NULL"],
        ["prescribers", "column", "name", "VARCHAR(80)", "utf8mb4_unicode_ci NOT NULL"],
        ["prescribers", "key 1", "", "id"],
        ["prescribers", "index", "id"],
        ["products", "engine", "", "InnoDB"],
        ["products", "column", "id", "INT UNSIGNED", "NOT NULL"],
        ["products", "column", "code", "VARBINARY(16)", "NOT NULL"],
        ["products", "column", "name", "VARCHAR(100)", "utf8mb4_unicode_ci NOT NULL"],
        ["products", "column", "form",
            "ENUM(''tablet'',''liquid'',''cream'',''Überzug'')",
                "utf8mb4_unicode_ci NULL"],
        ["products", "column", "price", "DECIMAL(10,4)", "NOT NULL"],
        ["products", "column", "stock", null, "left out"],
        ["products", "key 1", "", "id"],
        ["products", "index", "id"]
    ]';

    WITH known AS (
        SELECT
            CAST(k.table_name AS BINARY) AS table_name,
            k.kind,
            CAST(k.name AS BINARY) AS name,
            CAST(k.type AS BINARY) AS type,
            CAST(k.more AS BINARY) AS more
        FROM JSON_TABLE(
            v_known, '$[*]' COLUMNS (
                table_name VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[0]',
                kind VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[1]',
                name VARCHAR(64) CHARACTER SET utf8mb4 PATH '$[2]',
                type LONGTEXT CHARACTER SET utf8mb4 PATH '$[3]',
                more VARCHAR(200) CHARACTER SET utf8mb4 PATH '$[4]'
            )
        ) AS k
        WHERE NOT k.more <=> 'left out'
    ),

    found AS (
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

    changed AS (
        SELECT
            CONVERT(p.table_name USING utf8mb4) COLLATE utf8mb4_bin AS table_name,
            CONVERT(p.kind USING utf8mb4) COLLATE utf8mb4_bin AS kind,
            CONVERT(p.name USING utf8mb4) COLLATE utf8mb4_bin AS name,
            CONVERT(MAX(p.was) USING utf8mb4) COLLATE utf8mb4_bin AS was,
            CONVERT(MAX(p.was_more) USING utf8mb4) COLLATE utf8mb4_bin AS was_more,
            CONVERT(MAX(p.type) USING utf8mb4) COLLATE utf8mb4_bin AS type,
            CONVERT(MAX(p.more) USING utf8mb4) COLLATE utf8mb4_bin AS more
        FROM (
            SELECT
                k.table_name,
                CAST(k.kind AS BINARY) AS kind,
                k.name,
                k.type AS was,
                k.more AS was_more,
                NULL AS type,
                NULL AS more,
                1 AS times
            FROM known AS k
            UNION ALL
            SELECT
                f.table_name,
                CAST(f.kind AS BINARY),
                f.name,
                NULL,
                NULL,
                f.type,
                f.more,
                -1
            FROM found AS f
        ) AS p
        GROUP BY p.table_name, p.kind, p.name
        HAVING
            SUM(p.times) <> 0
            OR NOT MAX(p.was) <=> MAX(p.type)
            OR NOT MAX(p.was_more) <=> MAX(p.more)
    ),

    worded AS (
        SELECT
            c.table_name,
            CASE
                WHEN c.kind = 'column' AND c.was IS NULL
                    THEN CONCAT('a column more, ', c.name, ' ', c.type)
                WHEN c.kind = 'column' AND c.type IS NULL
                    THEN CONCAT('a column less, ', c.name)
                WHEN c.kind = 'column'
                    THEN CONCAT(
                        c.name, ' was ',
                        CONCAT_WS(
                            ' ',
                            CASE WHEN c.was <> c.type THEN c.was END,
                            CASE WHEN c.was_more <> c.more THEN c.was_more END
                        ),
                        ', is ',
                        CONCAT_WS(
                            ' ',
                            CASE WHEN c.was <> c.type THEN c.type END,
                            CASE WHEN c.was_more <> c.more THEN c.more END
                        )
                    )
                WHEN c.kind = 'engine'
                    THEN CONCAT('the engine was ', c.was, ', is ', c.type)
                WHEN c.kind = 'index'
                    THEN CONCAT('the index on ', c.name, ' is gone')
                WHEN c.kind LIKE 'unique%'
                    THEN CONCAT('the unique index ', c.name, ' changed')
                ELSE 'another primary key'
            END AS said,
            CASE
                WHEN c.kind = 'column' AND c.was IS NULL
                    THEN CONCAT('a column more, ', c.name)
                WHEN c.kind = 'column' AND c.type IS NOT NULL
                    THEN CONCAT(c.name, ' changed')
                WHEN c.kind = 'engine'
                    THEN 'another engine'
            END AS said_in_short
        FROM changed AS c
    ),

    -- Of a message's 128 characters 84 are left for this: all that changed, or in short
    -- as much as there is room for beside '; and 9999 more'. No name is cut.
    measured AS (
        SELECT
            w.table_name,
            w.said,
            COALESCE(w.said_in_short, w.said) AS said_in_short,
            SUM(CHAR_LENGTH(w.table_name) + CHAR_LENGTH(w.said) + 4) OVER () <= 86
                AS is_short
        FROM worded AS w
    ),

    told AS (
        SELECT DISTINCT
            m.table_name,
            CASE
                WHEN m.is_short
                    THEN CONCAT(m.table_name, ': ', m.said)
                WHEN CHAR_LENGTH(m.table_name) + CHAR_LENGTH(m.said_in_short) <= 67
                    THEN CONCAT(m.table_name, ': ', m.said_in_short)
                ELSE m.table_name
            END AS said
        FROM measured AS m
    ),

    -- One change of each table, before a second one of any.
    ordered AS (
        SELECT
            t.said,
            ROW_NUMBER() OVER (PARTITION BY t.table_name ORDER BY t.said) AS place
        FROM told AS t
    ),

    counted AS (
        SELECT
            o.said,
            ROW_NUMBER() OVER (ORDER BY o.place, o.said) AS number,
            SUM(CHAR_LENGTH(o.said) + 2) OVER (ORDER BY o.place, o.said) AS characters,
            SUM(CHAR_LENGTH(o.said) + 2) OVER () AS all_characters
        FROM ordered AS o
    ),

    -- Four changes at most.
    fitting AS (
        SELECT
            c.said,
            c.number,
            c.all_characters <= 86 OR c.characters <= 71 AS does_fit
        FROM counted AS c
    )

    SELECT
        CONCAT_WS(
            '; ',
            MAX(CASE WHEN f.number = 1 AND f.does_fit THEN f.said END),
            MAX(CASE WHEN f.number = 2 AND f.does_fit THEN f.said END),
            MAX(CASE WHEN f.number = 3 AND f.does_fit THEN f.said END),
            MAX(CASE WHEN f.number = 4 AND f.does_fit THEN f.said END),
            CONCAT('and ', NULLIF(SUM(NOT f.does_fit), 0), ' more')
        )
    INTO out_changes
    FROM fitting AS f;
END;
