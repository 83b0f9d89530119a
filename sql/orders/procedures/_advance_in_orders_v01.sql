CREATE PROCEDURE pharmacy_history._advance_in_orders (
    IN in_lane INT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_upto_id BIGINT,
    IN in_waiting_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_is_end TINYINT(1), IN in_examined INT UNSIGNED, IN in_noted INT,
    IN in_is_capped TINYINT(1), IN in_roots INT UNSIGNED,
    IN in_related_rows INT UNSIGNED,
    OUT out_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Write how far a lane came: its cursor, and its mark, are never set back.'
BEGIN
    DECLARE v_cursor_id, v_mark_id BIGINT;
    DECLARE v_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_is_ahead, v_is_above TINYINT(1) DEFAULT 0;

    SELECT
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.cursor_key, '$[0]')) AS SIGNED),
        CAST(JSON_UNQUOTE(JSON_EXTRACT(l.mark_key, '$[0]')) AS SIGNED),
        l.cursor_key
    INTO v_cursor_id, v_mark_id, out_cursor_key
    FROM lane AS l
    WHERE l.archive = 'orders' AND l.number = in_lane;

    IF in_upto_id IS NOT NULL THEN
        SET v_upto_key = CAST(JSON_ARRAY(CAST(in_upto_id AS CHAR)) AS CHAR);
        SET v_is_ahead = v_cursor_id IS NULL OR in_upto_id > v_cursor_id;
        SET v_is_above = v_mark_id IS NULL OR in_upto_id > v_mark_id;
    END IF;

    IF v_is_ahead THEN
        SET out_cursor_key = v_upto_key;
    END IF;

    CALL _advance_lane(
        'orders', in_lane, in_form, out_cursor_key,
        IF(v_is_above, v_upto_key, NULL), in_waiting_key, in_is_end, in_examined,
        in_noted, in_is_capped, in_roots, in_related_rows
    );
END;
