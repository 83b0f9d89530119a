CREATE PROCEDURE pharmacy_history._note_orders (
    IN in_lane INT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_after_id BIGINT, IN in_upto_id BIGINT, OUT out_noted INT UNSIGNED,
    OUT out_is_capped TINYINT(1)
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Note every root of a range of keys that is not finished as waiting.'
BEGIN
    DECLARE v_room INT UNSIGNED;

    SELECT IF(a.waiting_cap > l.noted, a.waiting_cap - l.noted, 0)
    INTO v_room
    FROM lane AS l
    INNER JOIN archive AS a ON a.name = l.archive
    WHERE l.archive = 'orders' AND l.number = in_lane;

    IF in_form = 'scan' THEN
        INSERT INTO waiting_root (
            archive, lane, root_number, root_text, reason, noted_at
        )
        SELECT
            'orders', in_lane, s.id, '', 'unfinished', UTC_TIMESTAMP(6)
        FROM pharmacy.orders AS s
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= in_upto_id
            AND (s.status IN ('uncollected', 'cancelled', 'dispensed')) IS NOT TRUE
        LIMIT v_room;
    ELSE
        -- STRAIGHT_JOIN: most roots are in history, and that is cheaper to see.
        INSERT INTO waiting_root (
            archive, lane, root_number, root_text, reason, noted_at
        )
        SELECT STRAIGHT_JOIN
            'orders', in_lane, s.id, '', 'unfinished', UTC_TIMESTAMP(6)
        FROM pharmacy.orders AS s
        LEFT JOIN orders_history AS h ON h.id = s.id
        LEFT JOIN waiting_root AS w
            ON w.archive = 'orders' AND w.lane = in_lane
                AND w.root_number = s.id AND w.root_text = ''
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= in_upto_id
            AND h.history_version IS NULL
            AND w.lane IS NULL
        LIMIT v_room;
    END IF;

    SET out_noted = ROW_COUNT();
    SET out_is_capped = out_noted = v_room;
END;
