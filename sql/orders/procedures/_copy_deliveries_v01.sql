CREATE PROCEDURE pharmacy_history._copy_deliveries (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_rows INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy the deliveries of a chunk''s roots.'
BEGIN
    INSERT INTO deliveries_history (
        history_root_id,
        history_version,
        order_id,
        address,
        delivered_at
    )
    SELECT
        h.id,
        h.history_version,
        s.order_id,
        s.address,
        s.delivered_at
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.deliveries AS s ON s.order_id = h.id
    WHERE h.history_chunk = in_chunk_id;

    SET out_rows = ROW_COUNT();
END;
