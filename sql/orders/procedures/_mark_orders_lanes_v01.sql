CREATE PROCEDURE pharmacy_history._mark_orders_lanes ()
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Set each lane''s mark to the greatest key that history has in its range.'
BEGIN
    DECLARE v_lane INT UNSIGNED DEFAULT 0;
    DECLARE v_mark_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_from_id, v_end_id BIGINT;

    lanes: LOOP
        SELECT MIN(l.number)
        INTO v_lane
        FROM lane AS l
        WHERE l.archive = 'orders' AND l.number > v_lane;

        IF v_lane IS NULL THEN
            LEAVE lanes;
        END IF;

        SELECT
            CAST(JSON_UNQUOTE(JSON_EXTRACT(l.from_key, '$[0]')) AS SIGNED),
            CAST(JSON_UNQUOTE(JSON_EXTRACT(l.upto_key, '$[0]')) AS SIGNED)
        INTO v_from_id, v_end_id
        FROM lane AS l
        WHERE l.archive = 'orders' AND l.number = v_lane;

        -- Where there is no row, the variable stays NULL.
        SET v_mark_key = NULL;
        SELECT CAST(JSON_ARRAY(CAST(h.id AS CHAR)) AS CHAR)
        INTO v_mark_key
        FROM orders_history AS h FORCE INDEX (PRIMARY)
        WHERE
            (v_from_id IS NULL OR h.id > v_from_id)
            AND (v_end_id IS NULL OR h.id <= v_end_id)
        ORDER BY h.id DESC
        LIMIT 1;

        UPDATE lane AS l
        SET l.mark_key = v_mark_key
        WHERE l.archive = 'orders' AND l.number = v_lane;
    END LOOP lanes;
END;
