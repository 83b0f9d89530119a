CREATE PROCEDURE pharmacy_history._is_pass_due (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_is_due TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Tell whether the next full pass is due: every lane has ended the last one.'
BEGIN
    SELECT
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
        )
    INTO out_is_due
    FROM archive AS a
    WHERE a.name = in_archive;
END;
