CREATE PROCEDURE pharmacy_history._work_in_orders (
    IN in_lane INT UNSIGNED, IN in_max_roots INT, IN in_started_at DATETIME(6),
    OUT out_is_done TINYINT(1), OUT out_is_over TINYINT(1), OUT out_roots INT UNSIGNED,
    OUT out_related_rows INT UNSIGNED, INOUT io_examined INT UNSIGNED,
    OUT out_quarantined INT UNSIGNED,
    OUT out_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_seconds DECIMAL(12, 6)
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy a chunk of a lane; done, if there is none; over, when time is up.'
BEGIN
    DECLARE v_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_chunk_id BIGINT UNSIGNED;
    DECLARE v_examined INT UNSIGNED;
    DECLARE v_try_seconds DECIMAL(12, 6);

    SET out_roots = 0;
    SET out_related_rows = 0;
    SET out_quarantined = 0;

    CALL _find_work_in_orders(in_lane, v_form, v_examined, out_is_done);

    IF v_form IS NOT NULL THEN
        CALL _fill_orders_chunk(
            in_lane, v_form, in_max_roots, in_started_at, v_chunk_id, out_roots,
            out_related_rows, v_examined, out_quarantined, v_try_seconds
        );
    END IF;

    SET io_examined = io_examined + v_examined;
    SET out_seconds = GREATEST(
        0, TIMESTAMPDIFF(MICROSECOND, in_started_at, UTC_TIMESTAMP(6)) / 1000000
    );

    -- Last: it takes the holder's name off the lane, which an interrupted CALL would go
    -- on holding.
    CALL _conclude_lane(
        'orders', in_lane, in_max_roots, v_chunk_id, v_examined,
        COALESCE(v_try_seconds, out_seconds), out_cursor_key
    );

    SELECT out_seconds * 1000 > a.target_ms
    INTO out_is_over
    FROM archive AS a
    WHERE a.name = 'orders';
END;
