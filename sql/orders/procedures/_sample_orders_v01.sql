CREATE PROCEDURE pharmacy_history._sample_orders (
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    OUT out_rows_per_root DECIMAL(12, 2)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Count the rows of the last 16 finished roots of a range of keys; their mean.'
BEGIN
    -- Roots that were placed together weigh about the same, so the last ones tell of
    -- what is coming. 16: enough to tell, for a hundredth of what their chunk takes.
    SELECT AVG(k.weight)
    INTO out_rows_per_root
    FROM (
        SELECT
            3
            + 2 * (
                SELECT COUNT(*)
                FROM pharmacy.order_items AS r
                WHERE r.order_id = s.id
            )
            + (
                SELECT COUNT(*)
                FROM pharmacy.order_items AS r1
                STRAIGHT_JOIN pharmacy.batches AS r
                    ON r.order_item_id = r1.id
                WHERE r1.order_id = s.id
            )
            + (
                SELECT COUNT(*)
                FROM pharmacy.payments AS r
                WHERE r.order_id = s.id
            )
            + (
                SELECT COUNT(*)
                FROM pharmacy.deliveries AS r
                WHERE r.order_id = s.id
            )
            + (
                SELECT COUNT(*)
                FROM pharmacy.order_events AS r
                WHERE r.order_id = s.id
            )
            + (
                SELECT COUNT(*)
                FROM pharmacy.notes AS r
                WHERE r.subject_id = s.id
                      AND r.subject_type = 'order'
            )
            + 2 * (
                SELECT COUNT(*)
                FROM pharmacy.order_labels AS r
                WHERE r.order_id = s.id
            )
            AS weight
        FROM pharmacy.orders AS s
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= in_upto_id
            AND s.status IN ('uncollected', 'cancelled', 'dispensed')
        ORDER BY s.id DESC
        LIMIT 16
    ) AS k;
END;
