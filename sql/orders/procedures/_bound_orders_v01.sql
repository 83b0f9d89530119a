CREATE PROCEDURE pharmacy_history._bound_orders (
    IN in_lane INT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_keys INT UNSIGNED, OUT out_after_id BIGINT, OUT out_upto_id BIGINT,
    OUT out_examined INT UNSIGNED, OUT out_is_end TINYINT(1)
)
READS SQL DATA SQL SECURITY INVOKER
COMMENT 'Find the window of keys that a lane examines next.'
BEGIN
    DECLARE v_from_id, v_end_id, v_cursor_id BIGINT;
    DECLARE v_is_scanned TINYINT(1);

    SELECT
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.from_key, '$[0]')) AS SIGNED),
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.upto_key, '$[0]')) AS SIGNED),
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.cursor_key, '$[0]')) AS SIGNED),
        l.phase <> 'scan'
    INTO v_from_id, v_end_id, v_cursor_id, v_is_scanned
    FROM lane AS l
    WHERE l.archive = 'orders' AND l.number = in_lane;

    -- A scan goes on behind the cursor; between passes, what is examined with care
    -- starts a little before it, for keys are not committed in order.
    SET out_after_id = IF(
        v_cursor_id IS NULL, v_from_id, v_cursor_id
    );
    IF v_is_scanned AND in_form = 'careful' THEN
        CALL _step_back_orders(v_cursor_id, v_from_id, out_after_id);
    END IF;

    CALL _scan_orders(
        out_after_id, v_end_id, in_keys, out_upto_id, out_examined, out_is_end
    );
END;
