CREATE PROCEDURE pharmacy_history._name_first_orders (
    IN in_lane INT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_key_window INT UNSIGNED, OUT out_alone DECIMAL (20, 0)
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Note as waiting the first root that a chunk would copy, to be tried alone.'
BEGIN
    DECLARE v_after_id, v_upto_id, v_mark_id BIGINT;
    DECLARE v_past, v_till DECIMAL (20, 0);
    DECLARE v_examined INT UNSIGNED;
    DECLARE v_is_end TINYINT(1);

    -- From where the chunk began. That it is finished is seen again by whoever copies
    -- it.
    IF in_form = 'recheck' THEN
        CALL _choose_waiting_orders(in_lane, 1, in_key_window, v_past, v_till);
        -- Where none is to be copied any more, that is the end of the window.
        SELECT MAX(w.root_number)
        INTO out_alone
        FROM waiting_root AS w FORCE INDEX (PRIMARY)
        STRAIGHT_JOIN pharmacy.orders AS s
            ON s.id = CAST(w.root_number AS SIGNED)
        WHERE
            w.archive = 'orders' AND w.lane = in_lane
            AND w.root_number = v_till
            AND w.reason <> 'quarantined'
            AND s.status IN ('uncollected', 'cancelled', 'dispensed')
            AND NOT EXISTS (SELECT 1 FROM orders_history AS h WHERE h.id = s.id);
    ELSE
        CALL _bound_orders(
            in_lane, in_form, in_key_window, v_after_id, v_upto_id, v_examined, v_is_end
        );
        CALL _choose_new_orders(
            in_lane, v_after_id, 1, v_upto_id, v_examined, v_is_end
        );

        SELECT MAX(s.id)
        INTO out_alone
        FROM pharmacy.orders AS s
        WHERE
            s.id = v_upto_id
            AND s.status IN ('uncollected', 'cancelled', 'dispensed')
            AND NOT EXISTS (
                SELECT 1 FROM orders_history AS h
                WHERE h.id = s.id
            );
    END IF;

    IF out_alone IS NOT NULL THEN
        INSERT INTO waiting_root (
            archive, lane, root_number, root_text, reason, noted_at
        )
        VALUES ('orders', in_lane, out_alone, '', 'unfinished', UTC_TIMESTAMP(6))
        ON DUPLICATE KEY UPDATE reason = 'unfinished';

        -- Above the mark nothing waits.
        SELECT CAST(JSON_UNQUOTE(JSON_EXTRACT(l.mark_key, '$[0]')) AS SIGNED)
        INTO v_mark_id
        FROM lane AS l
        WHERE l.archive = 'orders' AND l.number = in_lane;

        IF in_form <> 'recheck' AND (v_mark_id IS NULL OR v_upto_id > v_mark_id) THEN
            UPDATE lane AS l
            SET l.mark_key = CONCAT('["', out_alone, '"]')
            WHERE l.archive = 'orders' AND l.number = in_lane;
        END IF;
    END IF;
END;
