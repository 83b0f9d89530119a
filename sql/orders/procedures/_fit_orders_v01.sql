CREATE PROCEDURE pharmacy_history._fit_orders (
    IN in_chunk_id BIGINT UNSIGNED, IN in_roots INT UNSIGNED, IN in_rows INT UNSIGNED,
    OUT out_roots INT UNSIGNED
)
READS SQL DATA SQL SECURITY INVOKER
COMMENT 'Tell of a chunk that was too much how many roots would have been in_rows rows.'
BEGIN
    -- By what was copied, in the order of keys: a giant ends what fits. Where all of it
    -- fits, it was only slow: half as many.
    SELECT COUNT(*)
    INTO out_roots
    FROM (
        SELECT SUM(k.copied) OVER (
            ORDER BY k.history_root_id ROWS UNBOUNDED PRECEDING
        ) AS copied
        FROM (
            SELECT
            h.id AS history_root_id,
            1
            + (SELECT COUNT(*) FROM order_items_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM batches_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM payments_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM deliveries_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM order_events_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM notes_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM order_labels_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM labels_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM customers_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM prescribers_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            + (SELECT COUNT(*) FROM products_history AS c
              WHERE c.history_root_id = h.id AND c.history_version = h.history_version)
            AS copied
            FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
            WHERE h.history_chunk = in_chunk_id
        ) AS k
    ) AS u
    WHERE u.copied <= in_rows;

    SET out_roots = GREATEST(1, IF(out_roots < in_roots, out_roots, in_roots DIV 2));
END;
