CREATE PROCEDURE pharmacy_history._copy_orders (
    IN in_chunk_id BIGINT UNSIGNED, IN in_after_id BIGINT, IN in_size INT UNSIGNED,
    INOUT io_upto_id BIGINT, OUT out_roots INT UNSIGNED, INOUT io_is_end TINYINT(1)
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy the first in_size finished roots of a window, above all that is known.'
BEGIN
    DECLARE v_last_id BIGINT;
    -- A value cut short is an error, not a note that the next statement takes away.
    DECLARE EXIT HANDLER FOR 1265 RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = 1265;

    INSERT INTO orders_history (
        id, customer_id, prescriber_id, status, reference, remark, details, discount,
        placed_at, collect_by, closed_at, changed_at, history_version, history_chunk
    )
    SELECT s.id, s.customer_id, s.prescriber_id, s.status, s.reference, s.remark,
           s.details, s.discount, s.placed_at, s.collect_by, s.closed_at, s.changed_at,
           1, in_chunk_id
    FROM pharmacy.orders AS s FORCE INDEX (PRIMARY)
    WHERE
        (in_after_id IS NULL OR s.id > in_after_id)
        AND s.id <= io_upto_id
        AND s.status IN ('uncollected', 'cancelled', 'dispensed')
    ORDER BY s.id
    LIMIT in_size;

    SET out_roots = ROW_COUNT();

    -- A full chunk ends at its last root; what follows is for the next one. By the
    -- index, whose order is that of the key.
    IF out_roots = in_size THEN
        SELECT h.id
        INTO v_last_id
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        WHERE h.history_chunk = in_chunk_id
        ORDER BY h.id DESC
        LIMIT 1;

        IF io_upto_id > v_last_id THEN
            SET io_upto_id = v_last_id;
            SET io_is_end = 0;
        END IF;
    END IF;
END;
