CREATE PROCEDURE pharmacy_history._look_at_orders (
    IN in_lane INT UNSIGNED,
    OUT out_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_examined INT UNSIGNED,
    OUT out_is_done TINYINT(1)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Find what there is to do in a lane; where there is nothing, go on behind it.'
BEGIN
    -- out_form: scan (new keys, above all that is known), careful (keys of which some
    -- are known), recheck (what waits); NULL: nothing. What is seen here is seen again
    -- by whoever copies.
    DECLARE v_end_id BIGINT;
    DECLARE v_cursor_id BIGINT;
    DECLARE v_mark_id BIGINT;
    DECLARE v_after_id BIGINT;
    DECLARE v_upto_id BIGINT;
    DECLARE v_is_walked TINYINT(1);
    DECLARE v_is_look_next TINYINT(1);
    DECLARE v_is_capped TINYINT(1);
    DECLARE v_past DECIMAL (20, 0);
    DECLARE v_till DECIMAL (20, 0);
    DECLARE v_shown_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_key_window INT UNSIGNED;
    DECLARE v_new INT UNSIGNED DEFAULT 0;
    DECLARE v_form VARCHAR(8)
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'careful';
    DECLARE v_due INT UNSIGNED;
    DECLARE v_is_known TINYINT(1);
    DECLARE v_is_end TINYINT(1);

    SET out_examined = 0;
    SET out_is_done = 0;

    SELECT
        CAST(JSON_UNQUOTE(JSON_EXTRACT(COALESCE(l.cursor_key, l.from_key),
            '$[0]')) AS SIGNED),
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.from_key, '$[0]')) AS SIGNED),
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.upto_key, '$[0]')) AS SIGNED),
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.mark_key, '$[0]')) AS SIGNED),
        l.walked_at IS NOT NULL, l.is_look_next, l.is_capped, l.key_window
    INTO
        v_cursor_id, v_after_id, v_end_id, v_mark_id, v_is_walked, v_is_look_next,
        v_is_capped, v_key_window
    FROM lane AS l
    WHERE l.archive = 'orders' AND l.number = in_lane;

    IF
        v_mark_id IS NULL
        OR (
            v_cursor_id IS NOT NULL
            AND NOT v_mark_id > v_cursor_id
        )
    THEN
        SET v_form = 'scan';
    END IF;

    IF NOT v_is_walked THEN
        IF v_form = 'careful' THEN
            CALL _bound_orders(
                in_lane, v_form, v_key_window, v_after_id, v_upto_id, out_examined,
                v_is_end
            );
            SELECT COUNT(*)
            INTO v_new
            FROM (
                SELECT STRAIGHT_JOIN s.id
                FROM pharmacy.orders AS s FORCE INDEX (PRIMARY)
                LEFT JOIN orders_history AS h ON h.id = s.id
                LEFT JOIN waiting_root AS w
                    ON
                        w.archive = 'orders'
                        AND w.lane = in_lane
                        AND w.root_number = s.id
                        AND w.root_text = ''
                WHERE
                    (v_after_id IS NULL OR s.id > v_after_id)
                    AND s.id <= v_upto_id
                    AND h.history_version IS NULL
                    AND w.lane IS NULL
                    -- Past the cap, what is unfinished isn't noted.
                    AND (NOT v_is_capped
                        OR (s.status IN ('uncollected', 'cancelled', 'dispensed')))
                LIMIT 1
            ) AS k;
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
        CALL _step_back_orders(
            v_cursor_id, v_after_id, v_upto_id
        );
        SET v_after_id = v_upto_id;
        -- As many as are in history or wait, and of equal sums: nothing is new. Where
        -- the source lost a root, the sums differ, and each key is looked up. A full
        -- pass always does that.
        SELECT SUM(k.roots) = 0 AND SUM(k.digits) = 0
        INTO v_is_known
        FROM (
            SELECT COUNT(*) AS roots, COALESCE(SUM(CRC32(s.id + 0)), 0) AS digits
            FROM pharmacy.orders AS s FORCE INDEX (PRIMARY)
            WHERE
                (v_after_id IS NULL OR s.id > v_after_id)
                AND s.id <= v_cursor_id
            UNION ALL
            SELECT -COUNT(*), -COALESCE(SUM(CRC32(h.id + 0)), 0)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            WHERE
                (v_after_id IS NULL OR h.id > v_after_id)
                AND (v_cursor_id IS NULL OR h.id <= v_cursor_id)
                AND h.history_version = 1
            UNION ALL
            SELECT -COUNT(*), -COALESCE(SUM(CRC32(w.root_number)), 0)
            FROM waiting_root AS w FORCE INDEX (PRIMARY)
            WHERE
                w.archive = 'orders'
                AND w.lane = in_lane
                AND (v_after_id IS NULL OR w.root_number > v_after_id)
                AND (v_cursor_id IS NULL OR w.root_number <= v_cursor_id)
        ) AS k;

        IF NOT COALESCE(v_is_known, 0) THEN
            SELECT COUNT(*)
            INTO v_new
            FROM (
                SELECT STRAIGHT_JOIN s.id
                FROM pharmacy.orders AS s FORCE INDEX (PRIMARY)
                LEFT JOIN orders_history AS h ON h.id = s.id
                LEFT JOIN waiting_root AS w
                    ON
                        w.archive = 'orders'
                        AND w.lane = in_lane
                        AND w.root_number = s.id
                        AND w.root_text = ''
                WHERE
                    (v_after_id IS NULL OR s.id > v_after_id)
                    AND s.id <= v_cursor_id
                    AND h.history_version IS NULL
                    AND w.lane IS NULL
                    -- Past the cap, what is unfinished isn't noted.
                    AND (NOT v_is_capped
                        OR (s.status IN ('uncollected', 'cancelled', 'dispensed')))
                LIMIT 1
            ) AS k;
        END IF;
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
        IF v_new > 0 AND NOT v_is_look_next THEN
            SET out_form = v_form;
        ELSE
            CALL _choose_waiting_orders(
                in_lane, NULL, v_key_window, v_past, v_till
            );
            SET v_is_end = v_till IS NULL;

            -- Most are as they were, and that is all there is to do about them. Due are
            -- those that are finished, that are gone from the source or in history, in
            -- whatever way they came there, or were reopened since they were set aside.
            SELECT
                COUNT(*),
                COUNT(CASE
                    -- Not IS NULL, which is true of the date 0000-00-00 too.
                    WHEN s.id <=> NULL THEN 1
                    WHEN
                        (s.status IN ('uncollected', 'cancelled', 'dispensed'))
                        AND (
                            w.reason <> 'quarantined'
                            OR EXISTS (
                                SELECT 1 FROM orders_history AS h
                                WHERE h.id = s.id
                            )
                        )
                        THEN 1
                    WHEN
                        w.failed_at IS NOT NULL
                        AND (s.status IN ('uncollected', 'cancelled',
                            'dispensed')) IS NOT TRUE
                        THEN 1
                END)
            INTO out_examined, v_due
            FROM waiting_root AS w FORCE INDEX (PRIMARY)
            LEFT JOIN pharmacy.orders AS s
                ON s.id = CAST(w.root_number AS SIGNED)
            WHERE
                w.archive = 'orders'
                AND w.lane = in_lane
                AND (v_past IS NULL OR w.root_number > v_past)
                AND (v_till IS NULL OR w.root_number <= v_till);

            IF v_due > 0 THEN
                SET out_form = 'recheck';
            ELSE
                SET out_is_done = v_is_end AND v_new = 0;
                CALL _advance_in_orders(
                    in_lane, IF(out_is_done, 'done', 'recheck'), NULL,
                    CONCAT('["', v_till, '"]'), v_is_end, 0, 0, 0, 0, 0, v_shown_key
                );
            END IF;
        END IF;
    END IF;
END;
