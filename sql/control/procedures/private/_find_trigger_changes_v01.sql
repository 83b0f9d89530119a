CREATE PROCEDURE pharmacy_history._find_trigger_changes (
    IN in_known LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    INOUT io_number INT UNSIGNED,
    INOUT io_changes LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Add what triggers history tables lack, or have beside the two of each.'
BEGIN
    DECLARE v_schema VARCHAR(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin
        DEFAULT DATABASE();
    DECLARE v_is_lower TINYINT(1) DEFAULT @@lower_case_table_names = 1;
    DECLARE v_tables LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT REPLACE(
            JSON_EXTRACT(IF(v_is_lower, LOWER(in_known), in_known), '$[*][1]'),
            '\\u0022', '\\"'
        );
    DECLARE v_change LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_changed CURSOR FOR
    SELECT JSON_ARRAY(
        p.table_name, 'trigger', p.name, MAX(p.was), NULL, MAX(p.type), NULL
    )
    FROM (
        SELECT
            IF(v_is_lower, LOWER(k.table_name), k.table_name) AS table_name,
            CONCAT(
                IF(v_is_lower, LOWER(k.table_name), k.table_name), '_before_',
                LOWER(v.event)
            ) AS name,
            CONCAT('BEFORE ', v.event) AS was,
            NULL AS type
        FROM JSON_TABLE(
            in_known, '$[*]' COLUMNS (
                table_name VARCHAR(64) COLLATE utf8mb4_bin PATH '$[1]'
            )
        ) AS k
        CROSS JOIN (SELECT 'UPDATE' AS event UNION ALL SELECT 'DELETE') AS v
        UNION ALL
        SELECT
            t.event_object_table,
            IF(v_is_lower, LOWER(t.trigger_name), t.trigger_name),
            NULL,
            CONCAT(t.action_timing, ' ', t.event_manipulation)
        FROM information_schema.triggers AS t
        WHERE
            -- Both: each server finds its own way by one of them.
            t.trigger_schema = v_schema
            AND t.event_object_schema = v_schema
            AND INSTR(v_tables, JSON_QUOTE(t.event_object_table)) > 0
    ) AS p
    GROUP BY p.table_name, p.name
    HAVING NOT MAX(p.was) <=> MAX(p.type);

    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_change = NULL;

    OPEN v_changed;
    FETCH v_changed INTO v_change;
    WHILE v_change IS NOT NULL DO
        SET io_number = io_number + 1;
        SET io_changes = JSON_MERGE_PRESERVE(io_changes, CONCAT('[', v_change, ']'));
        FETCH v_changed INTO v_change;
    END WHILE;
END;
