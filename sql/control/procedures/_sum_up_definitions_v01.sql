CREATE PROCEDURE pharmacy_history._sum_up_definitions (
    IN in_known LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_sum CHAR(56) CHARACTER SET ascii COLLATE ascii_bin,
    OUT out_is_settled TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Sum up the definitions of an archive: another sum, if any changed.'
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
    DECLARE v_newest BIGINT;
    DECLARE v_triggers BIGINT UNSIGNED;

    -- An ALTER, and a table in the place of another, has a CREATE_TIME of its own.
    SELECT
        BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS(
            '|', t.table_schema, t.table_name, t.table_type, t.engine,
            UNIX_TIMESTAMP(t.create_time)
        ), 256), 16), 16, 10) AS UNSIGNED)),
        MAX(UNIX_TIMESTAMP(t.create_time))
    INTO v_tables, v_newest
    FROM information_schema.tables AS t
    WHERE
        t.table_schema IN (v_source, v_history)
        AND INSTR(
            IF(t.table_schema = v_source, v_of_source, v_of_history),
            JSON_QUOTE(t.table_name)
        ) > 0;

    -- But in whole seconds, in which there may be two; and on MySQL a RENAME leaves it
    -- alone. What then differs is columns, or their keys.
    SELECT
        BIT_XOR(CAST(CONV(LEFT(SHA2(CONCAT_WS(
            '|', c.table_schema, c.table_name, c.column_name, c.column_type,
            COALESCE(c.collation_name, ''), c.is_nullable, c.column_key, c.extra
        ), 256), 16), 16, 10) AS UNSIGNED))
    INTO v_columns
    FROM information_schema.columns AS c
    WHERE
        c.table_schema IN (v_source, v_history)
        AND INSTR(
            IF(c.table_schema = v_source, v_of_source, v_of_history),
            JSON_QUOTE(c.table_name)
        ) > 0;

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
        '|', v_history, v_tables, v_columns, v_triggers, in_known
    ), 224);
    SET out_is_settled = COALESCE(v_newest + 2 <= UNIX_TIMESTAMP(), FALSE);
END;
