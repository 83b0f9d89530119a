CREATE PROCEDURE pharmacy_history._update_waiting_orders (
    IN in_lane INT UNSIGNED, IN in_chunk_id BIGINT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_after_id BIGINT, IN in_upto_id BIGINT, IN in_past DECIMAL (20, 0),
    IN in_till DECIMAL (20, 0), IN in_roots INT UNSIGNED,
    INOUT io_examined INT UNSIGNED, OUT out_noted INT, OUT out_is_capped TINYINT(1)
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Note the roots of a chunk that are unfinished, and let go of those that it copied.'
BEGIN
    -- out_noted is less than 0 where more are let go of than are noted.
    DECLARE v_forgotten INT DEFAULT 0;

    SET out_noted = 0;
    SET out_is_capped = 0;

    IF in_form IN ('scan', 'careful') THEN
        CALL _note_orders(
            in_lane, in_form, in_after_id, in_upto_id, out_noted, out_is_capped
        );
        IF in_form = 'scan' AND NOT out_is_capped THEN
            SET io_examined = in_roots + out_noted;
        END IF;
    ELSE
        CALL _forget_waiting_orders(
            in_lane, in_past, in_till, io_examined, v_forgotten
        );
    END IF;

    IF in_form = 'careful' THEN
        -- Of the source it reads nothing, or it would lock what it reads.
        DELETE w
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN waiting_root AS w
            ON w.archive = 'orders' AND w.lane = in_lane
                AND w.root_number = h.id AND w.root_text = ''
        WHERE h.history_chunk = in_chunk_id;
        SET v_forgotten = ROW_COUNT();
    END IF;

    SET out_noted = out_noted - v_forgotten;
END;
