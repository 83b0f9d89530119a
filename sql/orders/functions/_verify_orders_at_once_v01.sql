CREATE FUNCTION pharmacy_history._verify_orders_at_once (
    in_chunk_id BIGINT UNSIGNED, in_pass INT UNSIGNED, in_seen_at DATETIME(6)
)
RETURNS LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Compare a chunk with the source: all that is read here is read at one instant.'
BEGIN
    -- Called by INSERT ... SELECT alone, as the function that copies.
    DECLARE v_shape, v_roots, v_related_rows, v_orphaned INT UNSIGNED;
    DECLARE v_differing VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    -- A row of the log may have been pruned: then it is what all shapes had.
    SELECT COALESCE(MAX(c.shape), 1), COALESCE(MAX(c.related_rows), 0)
    INTO v_shape, v_related_rows
    FROM chunk AS c
    WHERE c.archive = 'orders' AND c.id = in_chunk_id;

    SELECT COUNT(*), COUNT(*) - COUNT(s.id)
    INTO v_roots, v_orphaned
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    LEFT JOIN pharmacy.orders AS s FORCE INDEX (PRIMARY) ON s.id = h.id
    WHERE h.history_chunk = in_chunk_id;

    CALL _compare_orders_chunk(in_chunk_id, v_shape, in_pass, in_seen_at, v_differing);

    RETURN JSON_OBJECT(
        'roots', v_roots, 'related_rows', v_related_rows, 'orphaned', v_orphaned
    );
END;
