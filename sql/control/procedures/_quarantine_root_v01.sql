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
    INSERT INTO waiting (
        archive, lane, root_key, reason, attempts, noted_at,
        failed_step, errno, sqlstate_code, message, failed_at
    )
    VALUES (
        in_archive, in_lane, in_root_key, 'quarantined', 1, UTC_TIMESTAMP(6),
        in_step, in_errno, in_sqlstate, in_message, UTC_TIMESTAMP(6)
    )
    ON DUPLICATE KEY UPDATE
        reason = 'quarantined', attempts = attempts + 1,
        failed_step = in_step, errno = in_errno, sqlstate_code = in_sqlstate,
        message = in_message, failed_at = UTC_TIMESTAMP(6);
END;
