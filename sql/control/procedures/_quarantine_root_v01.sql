CREATE PROCEDURE pharmacy_history._quarantine_root (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_root_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_step VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_errno INT UNSIGNED,
    IN in_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin,
    IN in_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Set a root aside that cannot be copied, with the reason.'
BEGIN
    DECLARE v_errno INT UNSIGNED DEFAULT NULLIF(in_errno, 30024);
    DECLARE v_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin
        DEFAULT IF(in_errno = 30024, NULL, in_sqlstate);
    DECLARE v_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT in_message;

    IF in_errno = 30024 THEN
        SELECT CONCAT(
            'it has more than ', a.max_root_rows,
            ' rows: tune max_root_rows, then retry'
        )
        INTO v_message
        FROM archive AS a
        WHERE a.name = in_archive;
    END IF;

    INSERT INTO waiting (
        archive, lane, root_key, reason, attempts, noted_at,
        failed_step, errno, sqlstate_code, message, failed_at
    )
    VALUES (
        in_archive, in_lane, in_root_key, 'quarantined', 1, UTC_TIMESTAMP(6),
        in_step, v_errno, v_sqlstate, v_message, UTC_TIMESTAMP(6)
    )
    ON DUPLICATE KEY UPDATE
        reason = 'quarantined', attempts = attempts + 1,
        failed_step = in_step, errno = v_errno, sqlstate_code = v_sqlstate,
        message = v_message, failed_at = UTC_TIMESTAMP(6);
END;
