CREATE PROCEDURE pharmacy_history._copy_order_labels (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_rows INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy the order_labels of a chunk''s roots.'
BEGIN
    INSERT INTO order_labels_history (
        history_root_id,
        history_version,
        order_id,
        label_id
    )
    SELECT
        h.id,
        h.history_version,
        s.order_id,
        s.label_id
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.order_labels AS s ON s.order_id = h.id
    WHERE h.history_chunk = in_chunk_id;

    SET out_rows = ROW_COUNT();
END;
