CREATE PROCEDURE pharmacy_history._choose_orders (
    IN in_lane INT UNSIGNED,
    IN in_is_any_set_aside TINYINT(1),
    IN in_after_id BIGINT,
    IN in_end_id BIGINT,
    IN in_size INT UNSIGNED,
    IN in_key_window INT UNSIGNED,
    OUT out_upto_id BIGINT,
    OUT out_examined INT UNSIGNED,
    OUT out_roots INT UNSIGNED,
    OUT out_is_end TINYINT(1),
    OUT out_is_noted TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Find the key up to which a chunk goes: in_size roots in a window of keys.'
choose: BEGIN
    DECLARE v_last_id BIGINT;

    CALL _walk_orders(
        in_after_id, in_end_id, in_key_window, out_upto_id, out_examined, out_is_end
    );

    -- Where all keys are in history or in waiting, seen at one instant, nothing is to
    -- be
    -- chosen nor noted: the look at those that wait finds which of them finished. Reads
    -- no further than the first key that is new.
    SET out_roots = 0;

    SELECT COUNT(*) = 0
    INTO out_is_noted
    FROM (
        SELECT STRAIGHT_JOIN s.id
        FROM pharmacy.orders AS s
        LEFT JOIN orders_history AS h ON h.id = s.id
        LEFT JOIN waiting AS w
            ON
                w.archive = 'orders'
                AND w.lane = in_lane
                AND w.root_key = CAST(JSON_ARRAY(CAST(s.id AS CHAR)) AS CHAR)
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= out_upto_id
            AND h.history_version IS NULL
            AND w.root_key IS NULL
        LIMIT 1
    ) AS k;

    IF out_is_noted THEN
        LEAVE choose;
    END IF;

    -- Roots that are set aside, deferred or quarantined, are left to the looks at what
    -- waits: there the ones that were deferred twice go alone.
    SELECT COUNT(*), MAX(k.id)
    INTO out_roots, v_last_id
    FROM (
        SELECT STRAIGHT_JOIN s.id
        FROM pharmacy.orders AS s
        LEFT JOIN orders_history AS h ON h.id = s.id
        LEFT JOIN waiting AS w
            ON
                in_is_any_set_aside = 1
                AND w.archive = 'orders'
                AND w.lane = in_lane
                AND w.root_key = CAST(JSON_ARRAY(CAST(s.id AS CHAR)) AS CHAR)
                AND w.reason <> 'unfinished'
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= out_upto_id
            AND s.status IN ('uncollected', 'cancelled', 'dispensed')
            AND h.history_version IS NULL
            AND w.root_key IS NULL
        ORDER BY s.id
        LIMIT in_size
    ) AS k;

    -- A full chunk ends at its last root; what follows is for the next one.
    IF out_roots = in_size AND out_upto_id > v_last_id THEN
        SET out_upto_id = v_last_id;
        SET out_is_end = 0;

        SELECT COUNT(*)
        INTO out_examined
        FROM pharmacy.orders AS s
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= out_upto_id;
    END IF;
END;
