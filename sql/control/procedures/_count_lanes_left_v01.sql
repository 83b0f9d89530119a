CREATE PROCEDURE pharmacy_history._count_lanes_left (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_round INT UNSIGNED,
    OUT out_in_pass INT UNSIGNED,
    OUT out_in_round INT UNSIGNED,
    OUT out_all INT UNSIGNED,
    OUT out_is_stale TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Count the lanes that the pass, or this round of looks, has still to come to.'
BEGIN
    -- Stale is a round of which a look began in an earlier spell: for an earlier run,
    -- and what it saw may have changed before this one. So is a round that quarantined
    -- roots which are to be tried again have not come to, or that has gone on.
    SELECT
        COUNT(CASE WHEN l.passed_at IS NULL THEN 1 END),
        COUNT(CASE WHEN l.passed_at IS NOT NULL AND l.looks = in_round THEN 1 END),
        COUNT(l.number),
        MIN(l.look_spell) < MAX(l.spell)
        OR MAX(l.waiting_key IS NOT NULL)
        OR MAX(l.quarantine_round <> a.quarantine_round)
    INTO out_in_pass, out_in_round, out_all, out_is_stale
    FROM archive AS a
    INNER JOIN lane AS l ON l.archive = a.name
    WHERE a.name = in_archive;
END;
