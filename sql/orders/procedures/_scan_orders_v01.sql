CREATE PROCEDURE pharmacy_history._scan_orders (
    IN in_after_id BIGINT, IN in_end_id BIGINT, IN in_keys INT UNSIGNED,
    OUT out_upto_id BIGINT, OUT out_examined INT UNSIGNED, OUT out_is_end TINYINT(1)
)
READS SQL DATA SQL SECURITY INVOKER
COMMENT 'Find the key that is in_keys further on, or the last one of the lane.'
BEGIN
    SELECT COUNT(*), MAX(k.id)
    INTO out_examined, out_upto_id
    FROM (
        SELECT s.id
        FROM pharmacy.orders AS s
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND (in_end_id IS NULL OR s.id <= in_end_id)
        ORDER BY s.id
        LIMIT in_keys
    ) AS k;

    SET out_is_end = out_examined < in_keys;
END;
