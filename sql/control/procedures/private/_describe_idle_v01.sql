CREATE PROCEDURE pharmacy_history._describe_idle (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_finds_changes TINYINT(1),
    OUT out_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Describe what idle CALLs have examined, and when the last full pass ended.'
BEGIN
    -- in_finds_changes: rechecks find what changed wherever its key is (changed_at).
    SELECT CONCAT(
        'in this CALL or those before it every waiting root was examined, and no',
        ' finished one was above the cursor',
        IF(
            MAX(l.is_capped),
            '; too many roots are unfinished to note each: the next CALL opens a pass',
            ''
        ),
        (
            SELECT IF(COUNT(*) = 0, '', CONCAT(
                '; ', COUNT(*), ' quarantined, see waiting'
            ))
            FROM waiting_root AS w
            WHERE w.archive = in_archive AND w.reason = 'quarantined'
        ),
        IF(
            MAX(a.key_warning) IS NULL,
            '',
            '; keys may have come twice, see key_warning in progress'
        ),
        '; full pass ', MAX(a.pass), ' ended ',
        COALESCE(DATE_FORMAT(MAX(l.passed_at), '%Y-%m-%d %H:%i:%s UTC'), 'just now'),
        ', the next is due ',
        DATE_FORMAT(
            MAX(a.pass_started_at) + INTERVAL MAX(a.pass_seconds) SECOND,
            '%Y-%m-%d %H:%i:%s UTC'
        ),
        IF(
            in_finds_changes,
            '',
            ': keys that came below the cursor are found by that one'
        )
    )
    INTO out_reason
    FROM archive AS a
    INNER JOIN lane AS l ON l.archive = a.name
    WHERE a.name = in_archive;
END;
