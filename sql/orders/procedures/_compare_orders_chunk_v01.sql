CREATE PROCEDURE pharmacy_history._compare_orders_chunk (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_difference VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare a chunk with the source: which table and columns differ; NULL if none.'
BEGIN
    CALL _compare_orders(in_chunk_id, out_difference);

    IF out_difference IS NULL THEN
        CALL _compare_order_items(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_batches(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_payments(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_deliveries(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_order_events(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_notes(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_order_labels(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_labels(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_customers(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_prescribers(in_chunk_id, out_difference);
    END IF;

    IF out_difference IS NULL THEN
        CALL _compare_products(in_chunk_id, out_difference);
    END IF;
END;
