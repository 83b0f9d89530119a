CREATE PROCEDURE pharmacy_history._copy_payments (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_rows INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy the payments of a chunk''s roots.'
BEGIN
    INSERT INTO payments_history (
        history_root_id,
        history_version,
        id,
        order_id,
        method,
        amount,
        paid_at,
        receipt
    )
    SELECT
        h.id,
        h.history_version,
        s.id,
        s.order_id,
        s.method,
        s.amount,
        s.paid_at,
        s.receipt
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.payments AS s ON s.order_id = h.id
    WHERE h.history_chunk = in_chunk_id;

    SET out_rows = ROW_COUNT();
END;
