CREATE PROCEDURE pharmacy_history._choose_new_orders (
    IN in_lane INT UNSIGNED, IN in_after_id BIGINT, IN in_size INT UNSIGNED,
    INOUT io_upto_id BIGINT, INOUT io_examined INT UNSIGNED, INOUT io_is_end TINYINT(1)
)
READS SQL DATA SQL SECURITY INVOKER
COMMENT 'End a window of keys at the last of in_size roots to copy, if it has as many.'
BEGIN
    DECLARE v_last_id BIGINT;
    DECLARE v_roots INT UNSIGNED;

    SELECT COUNT(*), MAX(k.id)
    INTO v_roots, v_last_id
    FROM (
        SELECT STRAIGHT_JOIN s.id
        FROM pharmacy.orders AS s FORCE INDEX (PRIMARY)
        LEFT JOIN orders_history AS h ON h.id = s.id
        LEFT JOIN waiting_root AS w
            ON w.archive = 'orders' AND w.lane = in_lane
                AND w.root_number = s.id AND w.root_text = ''
                AND w.failed_at IS NOT NULL
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= io_upto_id
            AND s.status IN ('uncollected', 'cancelled', 'dispensed')
            AND h.history_version IS NULL
            AND w.lane IS NULL
        ORDER BY s.id
        LIMIT in_size
    ) AS k;

    IF v_roots < in_size THEN
        SET v_last_id = NULL;
    END IF;

    -- A full chunk ends at its last root; what follows is for the next one.
    IF v_last_id IS NOT NULL AND io_upto_id > v_last_id THEN
        SET io_upto_id = v_last_id;
        SET io_is_end = 0;

        SELECT COUNT(*)
        INTO io_examined
        FROM pharmacy.orders AS s
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= io_upto_id;
    END IF;
END;
