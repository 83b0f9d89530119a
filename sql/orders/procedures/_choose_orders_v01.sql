CREATE PROCEDURE pharmacy_history._choose_orders (
    IN in_lane INT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_alone_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_size INT UNSIGNED,
    IN in_key_window INT UNSIGNED,
    OUT out_after_id BIGINT,
    OUT out_upto_id BIGINT,
    OUT out_after_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_examined INT UNSIGNED,
    OUT out_is_end TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Find the keys, or the waiting roots, that a chunk goes over: in_size to copy.'
BEGIN
    DECLARE v_roots INT UNSIGNED;
    DECLARE v_is_outdated TINYINT(1);

    SET out_is_end = 0;

    IF in_form = 'alone' THEN
        SET out_upto_key = in_alone_key;
        SET out_examined = 1;

        SELECT MAX(w.root_key)
        INTO out_after_key
        FROM waiting AS w
        WHERE
            w.archive = 'orders'
            AND w.lane = in_lane
            AND w.root_key < in_alone_key;
    ELSEIF in_form = 'recheck' THEN
        SELECT l.waiting_key
        INTO out_after_key
        FROM lane AS l
        WHERE l.archive = 'orders' AND l.number = in_lane;

        CALL _choose_waiting_orders(
            in_lane, out_after_key, in_size, in_key_window, out_upto_key, out_examined,
            v_roots, out_is_end, v_is_outdated
        );
    ELSE
        CALL _bound_orders(
            in_lane, in_form, in_key_window, out_after_id, out_upto_id, out_examined,
            out_is_end
        );
        IF in_form = 'careful' THEN
            CALL _choose_new_orders(
                in_lane, out_after_id, in_size, out_upto_id, out_examined, out_is_end
            );
        END IF;
    END IF;
END;
