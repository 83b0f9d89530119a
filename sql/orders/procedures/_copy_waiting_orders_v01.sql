CREATE PROCEDURE pharmacy_history._copy_waiting_orders (
    IN in_lane INT UNSIGNED, IN in_chunk_id BIGINT UNSIGNED,
    IN in_after DECIMAL (20, 0), IN in_upto DECIMAL (20, 0), OUT out_roots INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy the roots that waited and are finished now.'
BEGIN
    -- A value cut short is an error, not a note that the next statement takes away.
    DECLARE EXIT HANDLER FOR 1265 RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = 1265;

    INSERT INTO orders_history (
        id, customer_id, prescriber_id, status, reference, remark, details, discount,
        placed_at, collect_by, closed_at, changed_at, history_version, history_chunk
    )
    SELECT s.id, s.customer_id, s.prescriber_id, s.status, s.reference, s.remark,
           s.details, s.discount, s.placed_at, s.collect_by, s.closed_at, s.changed_at,
           1, in_chunk_id
    FROM waiting_root AS w FORCE INDEX (PRIMARY)
    STRAIGHT_JOIN pharmacy.orders AS s
        ON s.id = CAST(w.root_number AS SIGNED)
    WHERE
        w.archive = 'orders' AND w.lane = in_lane
        AND (in_after IS NULL OR w.root_number > in_after)
        AND (in_upto IS NULL OR w.root_number <= in_upto)
        AND w.reason <> 'quarantined'
        AND s.status IN ('uncollected', 'cancelled', 'dispensed')
        AND NOT EXISTS (SELECT 1 FROM orders_history AS h WHERE h.id = s.id);

    SET out_roots = ROW_COUNT();
END;
