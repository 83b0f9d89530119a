CREATE PROCEDURE pharmacy_history._compare_orders_chunk (
    IN in_chunk_id BIGINT UNSIGNED, IN in_shape INT UNSIGNED, IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6),
    OUT out_differing VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Compare a chunk with the source: the first relation that differs, or NULL.'
BEGIN
    -- in_pass is the verification's number, or 0 where the chunk is being copied: then
    -- parents are compared as well, which may change later.
    CALL _compare_orders(in_chunk_id, in_shape, in_pass);
    CALL _compare_order_items(in_chunk_id, in_shape, in_pass);
    CALL _compare_batches(in_chunk_id, in_shape, in_pass);
    CALL _compare_payments(in_chunk_id, in_shape, in_pass);
    CALL _compare_deliveries(in_chunk_id, in_shape, in_pass);
    CALL _compare_order_events(in_chunk_id, in_shape, in_pass);
    CALL _compare_notes(in_chunk_id, in_shape, in_pass);
    CALL _compare_order_labels(in_chunk_id, in_shape, in_pass);
    CALL _compare_labels(in_chunk_id, in_shape, in_pass);
    CALL _compare_customers(in_chunk_id, in_shape, in_pass);
    CALL _compare_prescribers(in_chunk_id, in_shape, in_pass);
    CALL _compare_products(in_chunk_id, in_shape, in_pass);

    CALL _conclude_comparison(
        'orders', in_chunk_id, in_pass, in_seen_at, out_differing
    );
END;
