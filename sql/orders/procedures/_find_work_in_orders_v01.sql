CREATE PROCEDURE pharmacy_history._find_work_in_orders (
    IN in_lane INT UNSIGNED,
    OUT out_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_examined INT UNSIGNED, OUT out_is_done TINYINT(1)
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Find what there is to do in a lane; where there is nothing, go on behind it.'
BEGIN
    -- out_form: scan (new keys, above all that is known), careful (keys of which some
    -- are known), recheck (what waits); NULL: nothing. What is seen here is seen again
    -- by whoever copies.
    DECLARE v_end_id, v_cursor_id, v_mark_id, v_after_id, v_upto_id BIGINT;
    DECLARE v_phase VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_is_capped, v_is_end TINYINT(1);
    DECLARE v_past, v_till DECIMAL (20, 0);
    DECLARE v_shown_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_key_window, v_due INT UNSIGNED;
    DECLARE v_new INT UNSIGNED DEFAULT 0;
    DECLARE v_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT 'careful';

    SET out_examined = 0;
    SET out_is_done = 0;

    SELECT
        CAST(JSON_UNQUOTE(JSON_EXTRACT(COALESCE(l.cursor_key, l.from_key),
            '$[0]')) AS SIGNED),
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.from_key, '$[0]')) AS SIGNED),
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.upto_key, '$[0]')) AS SIGNED),
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.mark_key, '$[0]')) AS SIGNED),
        l.phase, l.is_capped, l.key_window
    INTO
        v_cursor_id, v_after_id, v_end_id, v_mark_id, v_phase, v_is_capped, v_key_window
    FROM lane AS l
    WHERE l.archive = 'orders' AND l.number = in_lane;

    IF v_mark_id IS NULL OR (v_cursor_id IS NOT NULL
        AND NOT v_mark_id > v_cursor_id) THEN
        SET v_form = 'scan';
    END IF;

    IF v_phase = 'scan' THEN
        IF v_form = 'careful' THEN
            CALL _bound_orders(
                in_lane, v_form, v_key_window, v_after_id, v_upto_id, out_examined,
                v_is_end
            );
            CALL _find_new_orders(
                in_lane, 0, v_after_id, v_upto_id, v_is_capped, v_new
            );
        END IF;

        IF v_form = 'scan' OR v_new > 0 THEN
            SET out_form = v_form;
        ELSE
            CALL _advance_in_orders(
                in_lane, v_form, v_upto_id, NULL, v_is_end, out_examined, 0, 0, 0, 0,
                v_shown_key
            );
        END IF;
    ELSE
        -- Between passes: the last keys before the cursor, then those above it.
        CALL _step_back_orders(v_cursor_id, v_after_id, v_upto_id);
        SET v_after_id = v_upto_id;
        CALL _find_new_orders(in_lane, 1, v_after_id, v_cursor_id, v_is_capped, v_new);
        IF v_new > 0 THEN
            SET v_form = 'careful';
        ELSE
            SELECT COUNT(*)
            INTO v_new
            FROM (
                SELECT s.id
                FROM pharmacy.orders AS s
                WHERE
                    (v_cursor_id IS NULL OR s.id > v_cursor_id)
                    AND (v_end_id IS NULL OR s.id <= v_end_id)
                LIMIT 1
            ) AS k;
        END IF;

        -- Every other time what waits comes first: new roots must not starve it.
        IF v_new > 0 AND v_phase = 'tail' THEN
            SET out_form = v_form;
        ELSE
            CALL _choose_waiting_orders(in_lane, NULL, v_key_window, v_past, v_till);
            SET v_is_end = v_till IS NULL;

            CALL _count_due_orders(in_lane, v_past, v_till, out_examined, v_due);
            IF v_due > 0 THEN
                SET out_form = 'recheck';
            ELSE
                IF v_is_end AND v_new > 0 THEN
                    -- New keys that come all the time must not keep a run from its end:
                    -- only what is finished does, or more keys than one window has.
                    CALL _find_new_orders(
                        in_lane, 0, v_after_id, v_cursor_id, 1, v_new
                    );
                    SELECT
                        v_new + (COUNT(*) = v_key_window) + COALESCE(MAX(k.is_due), 0)
                    INTO v_new
                    FROM (
                        SELECT s.status IN ('uncollected', 'cancelled',
                            'dispensed') AS is_due
                        FROM pharmacy.orders AS s
                        WHERE
                            (v_cursor_id IS NULL OR s.id > v_cursor_id)
                            AND (v_end_id IS NULL OR s.id <= v_end_id)
                        LIMIT v_key_window
                    ) AS k;
                END IF;
                SET out_is_done = v_is_end AND v_new = 0;
                CALL _advance_in_orders(
                    in_lane, IF(out_is_done, 'done', 'recheck'), NULL,
                    CONCAT('["', v_till, '"]'), v_is_end, 0, 0, 0, 0, 0, v_shown_key
                );
            END IF;
        END IF;
    END IF;
END;
