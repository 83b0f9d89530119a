CREATE PROCEDURE pharmacy_history._judge_lanes (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_finds_changes TINYINT(1),
    IN in_cycle INT UNSIGNED,
    IN in_lanes INT UNSIGNED,
    IN in_is_refused TINYINT(1),
    IN in_is_done TINYINT(1),
    IN in_is_at_rest TINYINT(1),
    IN in_seconds DECIMAL(12, 6),
    OUT out_state VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    INOUT io_is_changed TINYINT(1),
    OUT out_wait_ms INT UNSIGNED,
    OUT out_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Say what a CALL came to that worked on so many lanes: copied, idle or busy.'
BEGIN
    DECLARE v_in_pass INT UNSIGNED;
    DECLARE v_in_cycle INT UNSIGNED;
    DECLARE v_all INT UNSIGNED;
    DECLARE v_is_stale TINYINT(1);

    -- Lanes that the pass, or this cycle of rechecks, has still to come to. Stale is a
    -- cycle of which a recheck began in an earlier series of CALLs: for an earlier run,
    -- and what it saw may have changed before this one. So is a cycle in which roots
    -- that are to be tried again have not come yet, or that has gone on.
    --
    -- A chunk and its rest, together, are all of the time.
    SELECT
        COUNT(CASE WHEN l.phase IN ('scan', 'closing') THEN 1 END),
        COUNT(CASE
            WHEN l.phase IN ('tail', 'recheck') AND l.rechecks = in_cycle THEN 1
        END),
        COUNT(l.number),
        MIN(l.recheck_series) < MAX(l.series)
        OR MAX(l.waiting_key IS NOT NULL)
        OR MAX(l.quarantine_cycle <> a.quarantine_cycle),
        ROUND(1000 * in_seconds * (100 - MAX(a.pace)) / MAX(a.pace))
    INTO v_in_pass, v_in_cycle, v_all, v_is_stale, out_wait_ms
    FROM archive AS a
    INNER JOIN lane AS l ON l.archive = a.name
    WHERE a.name = in_archive;

    SET out_state = 'copied';
    -- That lanes were rechecked counts, where other CALLs come to the others: or the
    -- next one would do it again.
    SET io_is_changed = io_is_changed OR in_lanes BETWEEN 1 AND v_all - 1;

    IF v_in_pass + v_in_cycle > 0 THEN
        -- Also busy: nothing to do here, while others hold every remaining lane.
        IF in_is_refused OR (in_is_done AND in_is_at_rest AND v_in_cycle = 0) THEN
            SET out_state = 'busy';
        END IF;
    ELSEIF in_is_done THEN
        -- Not idle before all was examined once more.
        SET io_is_changed = io_is_changed OR v_is_stale;
        SET out_state = IF(v_is_stale, 'copied', 'idle');
    END IF;

    IF out_state = 'idle' THEN
        CALL _describe_idle(in_archive, in_finds_changes, out_reason);
    ELSEIF out_state = 'copied' THEN
        -- Where the target can't be met: chunks are as long as twice the part that is
        -- the same for any (_learn_size). Where it can, there is no row.
        SELECT CONCAT(
            'a chunk takes ', ROUND(l.last_ms / 1000, 2), ' s, of which ',
            ROUND(l.fixed_ms / 1000, 2), ' s are the same for any number of roots;',
            ' target_ms is ', a.target_ms, ': create an index where a join lacks one',
            ' (bygones doctor names it), or raise target_ms by tune_archive'
        )
        INTO out_reason
        FROM archive AS a
        INNER JOIN lane AS l ON l.archive = a.name
        WHERE
            a.name = in_archive
            AND l.last_ms > a.target_ms
            AND 2 * l.fixed_ms > a.target_ms
        ORDER BY l.fixed_ms DESC
        LIMIT 1;
    END IF;
END;
