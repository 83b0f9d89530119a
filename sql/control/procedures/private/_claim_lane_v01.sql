CREATE PROCEDURE pharmacy_history._claim_lane (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    INOUT io_cycle INT UNSIGNED,
    INOUT io_lanes INT UNSIGNED,
    OUT out_lane INT UNSIGNED,
    OUT out_is_at_rest TINYINT(1)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Claim a free lane to the end of the transaction; NULL if there is none.'
BEGIN
    DECLARE v_series INT UNSIGNED;

    -- In cycles: a lane is rechecked again when all were.
    IF io_cycle IS NULL THEN
        SELECT COALESCE(MIN(l.rechecks), 0)
        INTO io_cycle
        FROM lane AS l
        WHERE l.archive = in_archive AND l.phase IN ('tail', 'recheck');
    END IF;

    -- What the pass has still to scan comes first. In primary-key order: an ORDER BY of
    -- anything else would lock every lane.
    SELECT l.number
    INTO out_lane
    FROM lane AS l
    WHERE l.archive = in_archive AND l.phase IN ('scan', 'closing')
    LIMIT 1
    FOR UPDATE SKIP LOCKED;

    IF out_lane IS NULL THEN
        SELECT l.number
        INTO out_lane
        FROM lane AS l
        WHERE
            l.archive = in_archive
            AND l.phase IN ('tail', 'recheck')
            AND l.rechecks = io_cycle
        LIMIT 1
        FOR UPDATE SKIP LOCKED;
    END IF;

    IF out_lane IS NOT NULL THEN
        -- At rest: a CALL that finds nothing here has nothing to write.
        SELECT l.phase = 'tail' AND l.waiting_key IS NULL
        INTO out_is_at_rest
        FROM lane AS l
        WHERE l.archive = in_archive AND l.number = out_lane;

        SET io_lanes = io_lanes + 1;

        -- After 30 s without a CALL, or longer where pace has the runner rest, this one
        -- is another run's: rechecks that began before do not vouch for it. Not in the
        -- past and not in the future, for clocks are set back.
        SELECT
            MAX(l.series) + COALESCE(
                MAX(l.worked_at) NOT BETWEEN
                UTC_TIMESTAMP(6) - INTERVAL (3000 DIV MAX(a.pace)) SECOND
                AND UTC_TIMESTAMP(6) + INTERVAL (3000 DIV MAX(a.pace)) SECOND,
                0
            )
        INTO v_series
        FROM lane AS l
        INNER JOIN archive AS a ON a.name = l.archive
        WHERE l.archive = in_archive;

        -- In time for the recheck: a scan leaves alone what is quarantined.
        IF EXISTS (
            SELECT 1 FROM lane AS l
            WHERE
                l.archive = in_archive AND l.number = out_lane AND l.phase <> 'scan'
        ) THEN
            CALL _release_quarantine(in_archive, out_lane);
        END IF;
    END IF;

    -- For _name_holders: a CALL that finds every lane locked can name the holder.
    UPDATE lane AS l
    SET
        l.holder_id = CONNECTION_ID(),
        l.held_at = UTC_TIMESTAMP(6),
        l.at_cycle = io_cycle,
        l.series = v_series,
        l.recheck_series = IF(l.waiting_key IS NULL, v_series, l.recheck_series)
    WHERE l.archive = in_archive AND l.number = out_lane;
END;
