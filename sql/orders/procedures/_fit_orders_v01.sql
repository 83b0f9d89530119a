CREATE PROCEDURE pharmacy_history._fit_orders (
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_roots INT UNSIGNED,
    IN in_rows INT UNSIGNED,
    OUT out_roots INT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
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
                r.history_root_id,
                COUNT(*) AS copied
            FROM (
                SELECT
                    h.id AS history_root_id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN order_items_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN batches_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN payments_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN deliveries_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN order_events_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN notes_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN order_labels_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN labels_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN customers_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN prescribers_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN products_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
            ) AS r
            GROUP BY r.history_root_id
        ) AS k
    ) AS u
    WHERE u.copied <= in_rows;

    SET out_roots = GREATEST(1, IF(out_roots < in_roots, out_roots, in_roots DIV 2));
END;
