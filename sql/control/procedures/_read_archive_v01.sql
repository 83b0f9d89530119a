CREATE PROCEDURE pharmacy_history._read_archive (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_pause VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_is_pass_due TINYINT(1),
    OUT out_max_size INT UNSIGNED,
    OUT out_target_ms INT UNSIGNED,
    OUT out_pace INT UNSIGNED,
    OUT out_max_root_rows INT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Read what an archive is set to: its pause, and whether a pass is due.'
BEGIN
    CALL _check_archive(in_archive);

    -- A pass is due between passes only: when every lane has ended the last one.
    SELECT
        CASE
            WHEN a.paused_at IS NOT NULL THEN CONCAT(
                'paused by ', a.paused_by,
                ' at ', DATE_FORMAT(a.paused_at, '%Y-%m-%d %H:%i:%s'),
                ' UTC: ', a.pause_reason
            )
        END,
        (
            -- Not in the past and not in the future, for clocks are set back.
            a.pass_started_at NOT BETWEEN
            UTC_TIMESTAMP(6) - INTERVAL a.pass_seconds SECOND AND UTC_TIMESTAMP(6)
            -- Not half-way through a round of looks, or it would never come to idle.
            OR (
                SELECT MAX(l.is_capped) = 1 AND MIN(l.looks) = MAX(l.looks)
                FROM lane AS l
                WHERE l.archive = a.name
            )
        ) AND NOT EXISTS (
            SELECT 1 FROM lane AS l
            WHERE l.archive = a.name AND l.passed_at IS NULL
        ),
        a.max_size,
        a.target_ms,
        a.pace,
        a.max_root_rows
    INTO
        out_pause,
        out_is_pass_due,
        out_max_size,
        out_target_ms,
        out_pace,
        out_max_root_rows
    FROM archive AS a
    WHERE a.name = in_archive;
END;
