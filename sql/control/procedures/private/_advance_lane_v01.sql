CREATE PROCEDURE pharmacy_history._advance_lane (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_mark_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_waiting_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_is_end TINYINT(1),
    IN in_examined INT UNSIGNED,
    IN in_noted INT,
    IN in_is_capped TINYINT(1),
    IN in_roots INT UNSIGNED,
    IN in_related_rows INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Write how far a lane came, and its totals.'
BEGIN
    -- in_form is what was done: scan or careful (keys), recheck (what waits), done
    -- (keys and what waits: nothing is left), alone (one root). in_is_end: of the keys,
    -- or of what waits. A NULL key leaves the lane's as it is; of in_waiting_key, where
    -- what waits was examined, it is the beginning.
    DECLARE v_is_of_keys TINYINT(1) DEFAULT in_form IN ('scan', 'careful');
    DECLARE v_is_of_waiting TINYINT(1) DEFAULT in_form IN ('recheck', 'done');

    UPDATE lane AS l
    SET
        l.cursor_key = COALESCE(in_cursor_key, l.cursor_key),
        l.mark_key = COALESCE(in_mark_key, l.mark_key),
        l.waiting_key = IF(v_is_of_waiting, in_waiting_key, l.waiting_key),
        l.examined = l.examined + IF(l.phase = 'scan', in_examined, 0),
        -- A lane that ends its pass joins the cycle that the others are at.
        l.rechecks = (in_form = 'done') + IF(
            l.phase = 'closing' AND v_is_of_waiting AND in_is_end,
            l.at_cycle, l.rechecks
        ),
        l.passed_at = IF(
            l.phase = 'closing' AND v_is_of_waiting AND in_is_end,
            UTC_TIMESTAMP(6), l.passed_at
        ),
        -- Last, for what is above reads the phase in which it was done.
        l.phase = CASE
            -- The scan came to the last key: what waits is examined once more.
            WHEN l.phase = 'scan' AND v_is_of_keys AND in_is_end THEN 'closing'
            -- All of it was: the pass ends.
            WHEN l.phase = 'closing' AND v_is_of_waiting AND in_is_end THEN 'tail'
            -- New roots were copied, and must not starve what waits.
            WHEN l.phase = 'tail' AND v_is_of_keys THEN 'recheck'
            -- A part of what waits was examined, and must not starve new roots.
            WHEN l.phase = 'recheck' AND v_is_of_waiting THEN 'tail'
            ELSE l.phase
        END,
        l.is_capped = GREATEST(l.is_capped, in_is_capped),
        l.noted = GREATEST(0, CAST(l.noted AS SIGNED) + in_noted),
        -- With the chunk, whoever commits it.
        l.last_chunk = l.last_chunk + (in_roots > 0),
        l.chunks = l.chunks + (in_roots > 0),
        l.roots = l.roots + in_roots,
        l.related_rows = l.related_rows + in_related_rows
    WHERE l.archive = in_archive AND l.number = in_lane;
END;
