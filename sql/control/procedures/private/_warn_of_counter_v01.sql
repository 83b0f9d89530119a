CREATE PROCEDURE pharmacy_history._warn_of_counter (
    IN in_table VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_column VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_archived DECIMAL(20, 0),
    OUT out_warning VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Warn where a table of the source gives out keys that history has; or NULL.'
BEGIN
    DECLARE v_next DECIMAL(20, 0);

    SET out_warning = NULL;

    -- In the character set of names, or MariaDB goes through all schemas.
    SELECT MAX(t.auto_increment)
    INTO v_next
    FROM information_schema.tables AS t
    INNER JOIN information_schema.columns AS c
        ON c.table_schema = t.table_schema AND c.table_name = t.table_name
    WHERE
        t.table_schema = CONVERT(
            LEFT(DATABASE(), CHAR_LENGTH(DATABASE()) - 8) USING utf8mb3
        )
        AND t.table_name = CONVERT(in_table USING utf8mb3)
        AND c.column_name = CONVERT(in_column USING utf8mb3)
        AND c.extra LIKE '%auto_increment%';

    IF v_next <= in_archived THEN
        SET out_warning = CONCAT(
            'the source gives out key ', v_next, ' next, and history has keys up to ',
            in_archived
        );
    END IF;
END;
