CREATE PROCEDURE pharmacy_history._quarantine_root (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_root_number DECIMAL (20, 0),
    IN in_root_text VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_step VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_errno INT UNSIGNED,
    IN in_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin,
    IN in_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Set a root aside that waits and can''t be copied, with the reason.'
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

    UPDATE waiting_root AS w
    SET
        w.reason = 'quarantined',
        w.attempts = w.attempts + 1,
        w.failed_step = in_step,
        w.errno = v_errno,
        w.sqlstate_code = v_sqlstate,
        w.message = v_message,
        w.failed_at = UTC_TIMESTAMP(6)
    WHERE
        w.archive = in_archive
        AND w.lane = in_lane
        AND w.root_number = in_root_number
        AND w.root_text = in_root_text;
END;
