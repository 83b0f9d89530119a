CREATE PROCEDURE pharmacy_history._copy_new_orders (
    IN in_lane INT UNSIGNED, IN in_chunk_id BIGINT UNSIGNED, IN in_after_id BIGINT,
    IN in_upto_id BIGINT, OUT out_roots INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy the finished roots of a range of keys that history lacks.'
BEGIN
    -- A value cut short is an error, not a note that the next statement takes away.
    DECLARE EXIT HANDLER FOR 1265 RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = 1265;

    INSERT INTO orders_history (
        id, customer_id, prescriber_id, status, reference, remark, details, discount,
        placed_at, collect_by, closed_at, changed_at, history_version, history_chunk
    )
    SELECT STRAIGHT_JOIN
        s.id, s.customer_id, s.prescriber_id, s.status, s.reference, s.remark,
        s.details, s.discount, s.placed_at, s.collect_by, s.closed_at, s.changed_at, 1,
        in_chunk_id
    FROM pharmacy.orders AS s
    LEFT JOIN orders_history AS h ON h.id = s.id
    LEFT JOIN waiting_root AS w
        ON w.archive = 'orders' AND w.lane = in_lane
            AND w.root_number = s.id AND w.root_text = ''
            AND w.failed_at IS NOT NULL
    WHERE
        (in_after_id IS NULL OR s.id > in_after_id)
        AND s.id <= in_upto_id
        AND s.status IN ('uncollected', 'cancelled', 'dispensed')
        AND h.history_version IS NULL
        AND w.lane IS NULL;

    SET out_roots = ROW_COUNT();
END;
