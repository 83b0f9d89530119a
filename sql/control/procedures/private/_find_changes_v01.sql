CREATE PROCEDURE pharmacy_history._find_changes (
    IN in_place VARCHAR(7) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_known LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    INOUT io_number INT UNSIGNED,
    INOUT io_changes LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Add what the tables of the source, or of history, are that was not known.'
BEGIN
    -- The history schema is the source's name and _history, wherever it is installed.
    -- In the character set of names, or MariaDB goes through all schemas to find it.
    DECLARE v_schema VARCHAR(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin DEFAULT IF(
        in_place = 'history', DATABASE(), LEFT(DATABASE(), CHAR_LENGTH(DATABASE()) - 8)
    );
    DECLARE v_is_lower TINYINT(1) DEFAULT @@lower_case_table_names = 1;
    -- As ["a", "b"], where a name is found as JSON_QUOTE writes it.
    DECLARE v_tables LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT REPLACE(
            JSON_EXTRACT(
                IF(v_is_lower, LOWER(in_known), in_known),
                IF(in_place = 'source', '$[*][0]', '$[*][1]')
            ),
            '\\u0022', '\\"'
        );
    -- MariaDB's JSON is text, and says so.
    DECLARE v_json VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT IF(VERSION() LIKE '%MariaDB%', 'longtext utf8mb4_bin', 'json');
    DECLARE v_change LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_changed CURSOR FOR
    SELECT JSON_ARRAY(
        p.table_name, p.kind, p.name, MAX(p.was), MAX(p.was_more), MAX(p.type),
        MAX(p.more)
    )
    FROM (
        SELECT
            CASE
                WHEN v_is_lower THEN LOWER(IF(in_place = 'source', k.source, k.history))
                ELSE IF(in_place = 'source', k.source, k.history)
            END AS table_name,
            k.kind,
            k.name,
            k.type AS was,
            IF(in_place = 'source', k.at_source, k.in_history) AS was_more,
            NULL AS type,
            NULL AS more,
            1 AS times
        FROM JSON_TABLE(
            in_known, '$[*]' COLUMNS (
                source VARCHAR(64) COLLATE utf8mb4_bin PATH '$[0]',
                history VARCHAR(64) COLLATE utf8mb4_bin PATH '$[1]',
                NESTED PATH '$[2][*]' COLUMNS (
                    kind VARCHAR(64) COLLATE utf8mb4_bin PATH '$[0]',
                    NESTED PATH '$[1][*]' COLUMNS (
                        name VARCHAR(64) COLLATE utf8mb4_bin PATH '$[0]',
                        type LONGTEXT COLLATE utf8mb4_bin PATH '$[1]',
                        at_source VARCHAR(200) COLLATE utf8mb4_bin PATH '$[2]',
                        in_history VARCHAR(200) COLLATE utf8mb4_bin PATH '$[3]'
                    )
                )
            )
        ) AS k
        WHERE IF(in_place = 'source', k.at_source, k.in_history) IS NOT NULL
        UNION ALL
        -- The order of columns does not matter here.
        SELECT
            c.table_name,
            'column',
            c.column_name,
            NULL,
            NULL,
            CASE
                WHEN CONCAT(c.column_type, ' ', c.collation_name) = v_json THEN 'JSON'
                WHEN c.data_type IN ('enum', 'set')
                    THEN CONCAT(
                        UPPER(c.data_type),
                        SUBSTR(c.column_type, CHAR_LENGTH(c.data_type) + 1)
                    )
                -- MariaDB shows the display width that MySQL dropped.
                ELSE UPPER(REGEXP_REPLACE(
                    c.column_type,
                    '(?<=^int|^tinyint|^smallint|^mediumint|^bigint|^year)[(][0-9]+[)]',
                    ''
                ))
            END,
            CONCAT_WS(
                ' ',
                -- Servers of earlier years call utf8mb3 by its first name.
                CASE
                    WHEN NOT CONCAT(c.column_type, ' ', c.collation_name) <=> v_json
                        THEN REGEXP_REPLACE(c.collation_name, '^utf8_', 'utf8mb3_')
                END,
                IF(c.generation_expression <> '', 'GENERATED', NULL),
                IF(c.is_nullable = 'YES', 'NULL', 'NOT NULL')
            ),
            -1
        FROM information_schema.columns AS c
        WHERE
            c.table_schema = v_schema
            AND INSTR(v_tables, JSON_QUOTE(c.table_name)) > 0
            -- Not the key that MySQL makes itself: a session may choose not to see it.
            AND NOT (c.column_name = 'my_row_id' AND c.extra LIKE '%INVISIBLE%')
        UNION ALL
        SELECT
            t.table_name, 'engine', '', NULL, NULL, COALESCE(t.engine, 'VIEW'), '', -1
        FROM information_schema.tables AS t
        WHERE
            t.table_schema = v_schema
            AND INSTR(v_tables, JSON_QUOTE(t.table_name)) > 0
        UNION ALL
        SELECT
            i.table_name,
            IF(w.kind = 'unique', CONCAT('unique ', i.seq_in_index), w.kind),
            CASE w.kind
                WHEN 'key' THEN i.seq_in_index
                WHEN 'index' THEN i.column_name
                ELSE i.index_name
            END,
            NULL,
            NULL,
            IF(w.kind = 'index', NULL, i.column_name),
            '',
            -1
        FROM information_schema.statistics AS i
        INNER JOIN (
            SELECT 'key' AS kind UNION ALL SELECT 'index' UNION ALL SELECT 'unique'
        ) AS w
            ON CASE w.kind
                WHEN 'key'
                    THEN i.index_name = 'PRIMARY' AND i.column_name <> 'my_row_id'
                WHEN 'index' THEN i.seq_in_index = 1
                ELSE i.non_unique = 0
            END
        WHERE
            i.table_schema = v_schema
            AND INSTR(v_tables, JSON_QUOTE(i.table_name)) > 0
    ) AS p
    GROUP BY p.table_name, p.kind, p.name
    HAVING
        NOT MAX(p.was_more) <=> 'left out'
        AND CASE
            -- Known is also what follows the last column of a unique index: nothing.
            WHEN MIN(p.times) > 0 THEN p.kind = 'index' OR MAX(p.was) IS NOT NULL
            WHEN MAX(p.times) < 0 THEN p.kind <> 'index' AND p.kind NOT LIKE 'unique%'
            ELSE NOT (MAX(p.was) <=> MAX(p.type) AND MAX(p.was_more) <=> MAX(p.more))
        END;

    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_change = NULL;

    OPEN v_changed;
    FETCH v_changed INTO v_change;
    WHILE v_change IS NOT NULL DO
        SET io_number = io_number + 1;
        SET io_changes = JSON_MERGE_PRESERVE(io_changes, CONCAT('[', v_change, ']'));
        FETCH v_changed INTO v_change;
    END WHILE;
END;
