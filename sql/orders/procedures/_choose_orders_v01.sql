CREATE PROCEDURE pharmacy_history._choose_orders (
    IN in_lane INT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_size INT UNSIGNED, IN in_key_window INT UNSIGNED, OUT out_after_id BIGINT,
    OUT out_upto_id BIGINT, OUT out_examined INT UNSIGNED, OUT out_is_end TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Find the window of keys that a chunk goes over: in_size roots to copy.'
BEGIN
    CALL _bound_orders(
        in_lane, in_form, in_key_window, out_after_id, out_upto_id, out_examined,
        out_is_end
    );
    IF in_form = 'careful' THEN
        CALL _choose_new_orders(
            in_lane, out_after_id, in_size, out_upto_id, out_examined, out_is_end
        );
    END IF;
END;
