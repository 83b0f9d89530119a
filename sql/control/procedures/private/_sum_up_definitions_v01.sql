CREATE PROCEDURE pharmacy_history._sum_up_definitions (
    IN in_known LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_sum CHAR(56) CHARACTER SET ascii COLLATE ascii_bin,
    OUT out_is_settled TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Sum up what definitions show of a change, without reading all of them.'
BEGIN
    -- In the character set of names, or MariaDB goes through all schemas to find them.
    DECLARE v_history VARCHAR(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin
        DEFAULT DATABASE();
    DECLARE v_source VARCHAR(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin
        DEFAULT LEFT(DATABASE(), CHAR_LENGTH(DATABASE()) - 8);
    DECLARE v_known LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT IF(@@lower_case_table_names = 1, LOWER(in_known), in_known);
    -- As ["a", "b"], where a name is found as JSON_QUOTE writes it.
    DECLARE v_of_source LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT REPLACE(JSON_EXTRACT(v_known, '$[*][0]'), '\\u0022', '\\"');
    DECLARE v_of_history LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT REPLACE(JSON_EXTRACT(v_known, '$[*][1]'), '\\u0022', '\\"');
    DECLARE v_tables BIGINT UNSIGNED;
    DECLARE v_columns BIGINT UNSIGNED;
    DECLARE v_triggers BIGINT UNSIGNED;
    DECLARE v_newest BIGINT;

    -- An ALTER, and a table in the place of another, has a CREATE_TIME of its own: in
    -- whole seconds, so two of one second must not be taken for each other.
    SELECT
        BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS(
            '|', t.table_schema, t.table_name, t.table_type, t.engine, t.created
        ), 256), 16), 16, 10) AS UNSIGNED)),
        MAX(t.created)
    INTO v_tables, v_newest
    FROM (
        SELECT
            s.table_schema,
            s.table_name,
            s.table_type,
            s.engine,
            UNIX_TIMESTAMP(s.create_time) AS created
        FROM information_schema.tables AS s
        WHERE
            s.table_schema = v_source
            AND INSTR(v_of_source, JSON_QUOTE(s.table_name)) > 0
        UNION ALL
        SELECT
            h.table_schema,
            h.table_name,
            h.table_type,
            h.engine,
            UNIX_TIMESTAMP(h.create_time)
        FROM information_schema.tables AS h
        WHERE
            h.table_schema = v_history
            AND INSTR(v_of_history, JSON_QUOTE(h.table_name)) > 0
    ) AS t;

    -- On MySQL a RENAME leaves CREATE_TIME alone, and two of one second can swap names.
    SELECT
        BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS(
            '|', c.table_name, c.column_name, c.column_type, c.collation_name,
            c.is_nullable, c.column_key
        ), 256), 16), 16, 10) AS UNSIGNED))
    INTO v_columns
    FROM information_schema.columns AS c
    WHERE
        c.table_schema = v_source
        AND INSTR(v_of_source, JSON_QUOTE(c.table_name)) > 0;

    -- No table's CREATE_TIME tells of a trigger.
    SELECT
        BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS(
            '|', g.event_object_table, g.trigger_name, g.action_timing,
            g.event_manipulation, g.created
        ), 256), 16), 16, 10) AS UNSIGNED))
    INTO v_triggers
    FROM information_schema.triggers AS g
    WHERE g.trigger_schema = v_history AND g.event_object_schema = v_history;

    SET out_sum = SHA2(CONCAT_WS(
        '|', VERSION(), v_history, v_tables, v_columns, v_triggers, in_known
    ), 224);
    SET out_is_settled = COALESCE(v_newest + 2 <= UNIX_TIMESTAMP(), FALSE);
END;
