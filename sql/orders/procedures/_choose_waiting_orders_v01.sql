CREATE PROCEDURE pharmacy_history._choose_waiting_orders (
    IN in_lane INT UNSIGNED, IN in_size INT UNSIGNED, IN in_key_window INT UNSIGNED,
    OUT out_after DECIMAL (20, 0), OUT out_upto DECIMAL (20, 0)
)
READS SQL DATA SQL SECURITY INVOKER
COMMENT 'Find how far a recheck goes; or a chunk of it, of in_size to copy.'
BEGIN
    -- out_upto is NULL where that is to the end of what waits in the lane. Where there
    -- is no row, a variable stays as it is.
    DECLARE v_size INT UNSIGNED DEFAULT in_size;
    DECLARE v_before_last INT UNSIGNED DEFAULT in_key_window - 1;
    DECLARE v_is_full TINYINT(1);
    DECLARE v_last, v_alone, v_before_alone DECIMAL (20, 0);

    SELECT CAST(SUBSTR(l.waiting_key, 3, LENGTH(l.waiting_key) - 4) AS DECIMAL (20, 0))
    INTO out_after
    FROM lane AS l
    WHERE l.archive = 'orders' AND l.number = in_lane;

    SELECT w.root_number
    INTO out_upto
    FROM waiting_root AS w FORCE INDEX (PRIMARY)
    WHERE
        w.archive = 'orders' AND w.lane = in_lane
        AND (out_after IS NULL OR w.root_number > out_after)
        AND (out_upto IS NULL OR w.root_number <= out_upto)
    ORDER BY w.root_number
    LIMIT v_before_last, 1;

    IF in_size IS NOT NULL THEN
        -- A root that was quarantined goes alone, lest the others fail with it: those
        -- before it go first.
        SELECT
            COUNT(*) = v_size,
            MAX(k.root_number),
            MIN(IF(k.failed > 0, k.root_number, NULL)),
            MAX(IF(k.failed = 0, k.root_number, NULL))
        INTO v_is_full, v_last, v_alone, v_before_alone
        FROM (
            SELECT
                d.root_number,
                SUM(d.has_failed) OVER (
                    ORDER BY d.root_number ROWS UNBOUNDED PRECEDING
                ) AS failed
            FROM (
                SELECT w.root_number, w.failed_at IS NOT NULL AS has_failed
                FROM waiting_root AS w FORCE INDEX (PRIMARY)
                STRAIGHT_JOIN pharmacy.orders AS s
                    ON s.id = CAST(w.root_number AS SIGNED)
                WHERE
                    w.archive = 'orders' AND w.lane = in_lane
                    AND (out_after IS NULL OR w.root_number > out_after)
                    AND (out_upto IS NULL OR w.root_number <= out_upto)
                    AND w.reason <> 'quarantined'
                    AND s.status IN ('uncollected', 'cancelled', 'dispensed')
                    AND NOT EXISTS (SELECT 1 FROM orders_history AS h WHERE h.id = s.id)
                ORDER BY w.root_number
                LIMIT v_size
            ) AS d
        ) AS k;

        IF v_alone IS NOT NULL THEN
            SET out_upto = COALESCE(v_before_alone, v_alone);
        ELSEIF v_is_full THEN
            SET out_upto = v_last;
        END IF;
    END IF;
END;
