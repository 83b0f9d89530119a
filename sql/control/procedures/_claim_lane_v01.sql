CREATE PROCEDURE pharmacy_history._claim_lane (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    INOUT io_round INT UNSIGNED,
    OUT out_lane INT UNSIGNED,
    OUT out_from_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_end_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_waiting_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_is_walking TINYINT(1),
    OUT out_is_passed TINYINT(1),
    OUT out_rows INT UNSIGNED,
    OUT out_rows_per_root DECIMAL(12, 2),
    OUT out_weighings INT UNSIGNED,
    OUT out_key_window INT UNSIGNED,
    OUT out_changed_from DECIMAL(20, 6),
    OUT out_room INT UNSIGNED,
    OUT out_is_any_set_aside TINYINT(1),
    OUT out_is_look_next TINYINT(1)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Claim a free lane to the end of the transaction; NULL if there is none.'
BEGIN
    DECLARE v_spell INT UNSIGNED;
    DECLARE v_left_by BIGINT UNSIGNED;
    DECLARE v_half_chunk_id BIGINT UNSIGNED;

    -- Looks go round: a lane is looked at again when all were.
    IF io_round IS NULL THEN
        SELECT COALESCE(MIN(l.looks), 0)
        INTO io_round
        FROM lane AS l
        WHERE l.archive = in_archive AND l.passed_at IS NOT NULL;
    END IF;

    -- What the pass has still to walk comes first. In primary-key order: an ORDER BY of
    -- anything else would lock every lane.
    SELECT l.number
    INTO out_lane
    FROM lane AS l
    WHERE l.archive = in_archive AND l.passed_at IS NULL
    LIMIT 1
    FOR UPDATE SKIP LOCKED;

    IF out_lane IS NULL THEN
        SELECT l.number
        INTO out_lane
        FROM lane AS l
        WHERE
            l.archive = in_archive
            AND l.passed_at IS NOT NULL
            AND l.looks = io_round
        LIMIT 1
        FOR UPDATE SKIP LOCKED;
    END IF;

    IF out_lane IS NOT NULL THEN
        SELECT
            l.from_key,
            l.upto_key,
            l.cursor_key,
            l.waiting_key,
            l.walked_at IS NULL,
            l.passed_at IS NOT NULL,
            l.size,
            l.rows_per_root,
            l.weighings,
            l.key_window,
            l.changed_from,
            IF(a.waiting_cap > l.noted, a.waiting_cap - l.noted, 0),
            l.is_look_next,
            l.holder_id
        INTO
            out_from_key,
            out_end_key,
            out_cursor_key,
            out_waiting_key,
            out_is_walking,
            out_is_passed,
            out_rows,
            out_rows_per_root,
            out_weighings,
            out_key_window,
            out_changed_from,
            out_room,
            out_is_look_next,
            v_left_by
        FROM lane AS l
        INNER JOIN archive AS a ON a.name = l.archive
        WHERE l.archive = in_archive AND l.number = out_lane;

        -- After 30 s without a CALL, or longer where pace has the runner rest, this one
        -- is another run's: looks that began before do not vouch for it. Not in the
        -- past and not in the future, for clocks are set back.
        SELECT
            MAX(l.spell) + COALESCE(
                MAX(l.worked_at) NOT BETWEEN
                UTC_TIMESTAMP(6) - INTERVAL (3000 DIV MAX(a.pace)) SECOND
                AND UTC_TIMESTAMP(6) + INTERVAL (3000 DIV MAX(a.pace)) SECOND,
                0
            )
        INTO v_spell
        FROM lane AS l
        INNER JOIN archive AS a ON a.name = l.archive
        WHERE l.archive = in_archive;

        -- In time for the look: a walk leaves alone what is set aside.
        IF NOT out_is_walking THEN
            CALL _release_quarantine(in_archive, out_lane);
        END IF;

        SELECT COUNT(w.root_key) > 0
        INTO out_is_any_set_aside
        FROM waiting AS w
        WHERE
            w.archive = in_archive
            AND w.lane = out_lane
            AND w.reason IN ('deferred', 'quarantined');
    END IF;

    -- Whoever ends a chunk takes its name off the lane. A name that was committed is
    -- that of an interrupted CALL in whose session somebody said COMMIT after all: what
    -- it had copied is in history, and nobody proved it.
    IF v_left_by IS NOT NULL THEN
        SELECT MAX(c.id)
        INTO v_half_chunk_id
        FROM chunk AS c
        WHERE
            c.archive = in_archive
            AND c.lane = out_lane
            AND c.connection_id = v_left_by
            AND c.tries = 0
            AND c.errno IS NULL;

        IF v_half_chunk_id IS NOT NULL THEN
            CALL _raise(30012, CONCAT(
                'connection ', v_left_by, ' committed half of chunk ', v_half_chunk_id,
                ' when it was interrupted; take it out (README, 30012)'
            ));
        END IF;
    END IF;

    -- For _name_holders: who finds every lane locked can say by whom.
    UPDATE lane AS l
    SET
        l.holder_id = CONNECTION_ID(),
        l.held_at = UTC_TIMESTAMP(6),
        l.spell = v_spell,
        l.look_spell = IF(l.waiting_key IS NULL, v_spell, l.look_spell)
    WHERE l.archive = in_archive AND l.number = out_lane;
END;
