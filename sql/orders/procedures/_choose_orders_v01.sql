CREATE PROCEDURE pharmacy_history._choose_orders (
    IN in_lane INT UNSIGNED,
    IN in_is_any_set_aside TINYINT(1),
    IN in_after_id BIGINT,
    IN in_size INT UNSIGNED,
    OUT out_upto_id BIGINT,
    OUT out_examined INT UNSIGNED,
    OUT out_roots INT UNSIGNED,
    OUT out_is_end TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Find the id up to which a chunk goes: in_size orders in a window of ids.'
BEGIN
    DECLARE v_last_root_id BIGINT;
    -- Bounds a CALL where few orders are finished; twice what a look steps back.
    DECLARE v_window INT UNSIGNED DEFAULT GREATEST(2000, 10 * in_size);

    SELECT COUNT(k.id), MAX(k.id)
    INTO out_examined, out_upto_id
    FROM (
        SELECT o.id
        FROM pharmacy.orders AS o
        WHERE in_after_id IS NULL OR o.id > in_after_id
        ORDER BY o.id
        LIMIT v_window
    ) AS k;

    SET out_is_end = out_examined < v_window;

    -- Orders that are set aside, deferred or quarantined, are left to the looks at what
    -- waits: there the ones that were deferred twice go alone.
    SELECT COUNT(k.id), MAX(k.id)
    INTO out_roots, v_last_root_id
    FROM (
        SELECT STRAIGHT_JOIN o.id
        FROM pharmacy.orders AS o
        LEFT JOIN orders_history AS h ON h.id = o.id
        LEFT JOIN waiting AS w
            ON
                in_is_any_set_aside = 1
                AND w.archive = 'orders'
                AND w.lane = in_lane
                AND w.root_key = CAST(JSON_ARRAY(CAST(o.id AS CHAR)) AS CHAR)
                AND w.reason <> 'unfinished'
        WHERE
            (in_after_id IS NULL OR o.id > in_after_id)
            AND o.id <= out_upto_id
            AND o.status IN ('uncollected', 'cancelled', 'dispensed')
            AND h.id IS NULL
            AND w.root_key IS NULL
        ORDER BY o.id
        LIMIT in_size
    ) AS k;

    -- A full chunk ends at its last root; what follows is for the next one.
    IF out_roots = in_size AND v_last_root_id < out_upto_id THEN
        SET out_upto_id = v_last_root_id;
        SET out_is_end = 0;

        SELECT COUNT(o.id)
        INTO out_examined
        FROM pharmacy.orders AS o
        WHERE
            (in_after_id IS NULL OR o.id > in_after_id)
            AND o.id <= out_upto_id;
    END IF;
END;
