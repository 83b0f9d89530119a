CREATE PROCEDURE pharmacy_history._release_quarantine (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Let the quarantined roots of a lane be tried again, if a cycle began.'
BEGIN
    -- By whoever holds the lane: nobody else writes what waits in it.
    DECLARE v_cycle INT UNSIGNED;

    SELECT a.quarantine_cycle
    INTO v_cycle
    FROM archive AS a
    INNER JOIN lane AS l ON l.archive = a.name
    WHERE
        a.name = in_archive
        AND l.number = in_lane
        AND l.quarantine_cycle <> a.quarantine_cycle;

    IF v_cycle IS NOT NULL THEN
        UPDATE waiting_root AS w
        SET w.reason = 'unfinished'
        WHERE w.archive = in_archive AND w.lane = in_lane AND w.reason = 'quarantined';

        UPDATE lane AS l
        SET l.quarantine_cycle = v_cycle
        WHERE l.archive = in_archive AND l.number = in_lane;
    END IF;
END;
