CREATE PROCEDURE pharmacy_history._copy_order_events (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_rows INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy the order_events of a chunk''s roots.'
BEGIN
    INSERT INTO order_events_history (
        history_root_id,
        history_version,
        id,
        order_id,
        event,
        happened_at
    )
    SELECT
        h.id,
        h.history_version,
        s.id,
        s.order_id,
        s.event,
        s.happened_at
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.order_events AS s ON s.order_id = h.id
    WHERE h.history_chunk = in_chunk_id;

    SET out_rows = ROW_COUNT();
END;
