CREATE PROCEDURE pharmacy_history._read_setting (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_setting VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_value BIGINT
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Read a setting that is no column of archive: as it was tuned, or its default.'
BEGIN
    DECLARE v_settings TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    CALL _list_settings(v_settings);

    SELECT IF(t.name IS NULL, s.default_value, t.value)
    INTO out_value
    FROM JSON_TABLE(
        v_settings, '$[*]' COLUMNS (
            name VARCHAR(64) CHARACTER SET utf8mb4 PATH '$.name',
            default_value BIGINT PATH '$.default'
        )
    ) AS s
    LEFT JOIN setting AS t ON t.archive = in_archive AND t.name = in_setting
    WHERE s.name = in_setting;
END;
