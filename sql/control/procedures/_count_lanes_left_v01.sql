CREATE PROCEDURE pharmacy_history._count_lanes_left (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_round INT UNSIGNED,
    OUT out_left INT UNSIGNED,
    OUT out_all INT UNSIGNED,
    OUT out_is_stale TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Count the lanes that the pass, or this round of looks, has still to come to.'
BEGIN
    -- Stale is a round that an earlier run began: what it looked at then may have
    -- changed before this run. So is one since which quarantined roots are to be tried
    -- again.
    SELECT
        COUNT(CASE WHEN l.passed_at IS NULL OR l.looks = in_round THEN 1 END),
        COUNT(l.number),
        COUNT(CASE
            WHEN
                l.looks = l.stale_look + 1
                OR l.quarantine_round <> a.quarantine_round
                THEN 1
        END) > 0
    INTO out_left, out_all, out_is_stale
    FROM archive AS a
    INNER JOIN lane AS l ON l.archive = a.name
    WHERE a.name = in_archive;
END;
