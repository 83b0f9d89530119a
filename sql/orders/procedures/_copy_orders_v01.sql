CREATE PROCEDURE pharmacy_history._copy_orders (
    IN in_lane INT UNSIGNED,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_try INT UNSIGNED,
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    OUT out_rows INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy the finished orders of a range that history lacks, as a chunk''s roots.'
BEGIN
    INSERT INTO orders_history (
        id,
        customer_id,
        prescriber_id,
        status,
        reference,
        remark,
        details,
        discount,
        placed_at,
        collect_by,
        closed_at,
        changed_at,
        history_version,
        history_chunk
    )
    SELECT
        o.id,
        o.customer_id,
        o.prescriber_id,
        o.status,
        o.reference,
        o.remark,
        o.details,
        o.discount,
        o.placed_at,
        o.collect_by,
        o.closed_at,
        o.changed_at,
        1,
        in_chunk_id
    FROM pharmacy.orders AS o
    WHERE
        (in_after_id IS NULL OR o.id > in_after_id)
        AND o.id <= in_upto_id
        AND o.status IN ('uncollected', 'cancelled', 'dispensed')
        AND NOT EXISTS (
            SELECT 1 FROM orders_history AS h
            WHERE h.id = o.id
        )
        AND (
            in_try = 1
            OR NOT EXISTS (
                -- Deferred by an earlier try of this chunk.
                SELECT 1 FROM waiting AS w
                WHERE
                    w.archive = 'orders'
                    AND w.lane = in_lane
                    AND w.root_key = CAST(JSON_ARRAY(CAST(o.id AS CHAR)) AS CHAR)
                    AND w.chunk_id = in_chunk_id
            )
        );

    SET out_rows = ROW_COUNT();
END;
