CREATE PROCEDURE pharmacy_history._digest_orders (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_digest VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Digest what the source has for a chunk''s roots at one instant.'
BEGIN
    -- How many rows, and the sum of 60 bits of the SHA-256 of each.
    SELECT CONCAT_WS(
        '|',
        COUNT(*),
        SUM(CAST(CONV(LEFT(u.digest, 15), 16, 10) AS UNSIGNED))
    )
    INTO out_digest
    FROM (
        SELECT
            SHA2(CONCAT_WS(
                '|', 'orders',
                COALESCE(CAST(s.id AS CHAR), '-'),
                COALESCE(CAST(s.customer_id AS CHAR), '-'),
                COALESCE(CAST(s.prescriber_id AS CHAR), '-'),
                COALESCE(CAST(s.status AS UNSIGNED), '-'),
                COALESCE(SHA2(s.reference, 256), '-'),
                COALESCE(SHA2(s.remark, 256), '-'),
                COALESCE(SHA2(s.details, 256), '-'),
                COALESCE(CAST(s.discount AS CHAR), '-'),
                COALESCE(CAST(s.placed_at AS CHAR), '-'),
                COALESCE(CAST(s.collect_by AS CHAR), '-'),
                COALESCE(CAST(s.closed_at AS CHAR), '-'),
                COALESCE(UNIX_TIMESTAMP(s.changed_at), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS s ON s.id = h.id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'order_items',
                COALESCE(CAST(s.id AS CHAR), '-'),
                COALESCE(CAST(s.order_id AS CHAR), '-'),
                COALESCE(CAST(s.product_id AS CHAR), '-'),
                COALESCE(CAST(s.quantity AS CHAR), '-'),
                COALESCE(CAST(s.unit_price AS CHAR), '-'),
                COALESCE(CAST(s.amount AS CHAR), '-'),
                COALESCE(CAST(s.flags AS UNSIGNED), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.order_items AS s ON s.order_id = h.id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'batches',
                COALESCE(CAST(s.order_item_id AS CHAR), '-'),
                COALESCE(SHA2(s.lot, 256), '-'),
                COALESCE(CAST(s.units AS CHAR), '-'),
                COALESCE(CAST(s.expires_on AS CHAR), '-'),
                COALESCE(SHA2(s.seal, 256), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.order_items AS order_items
            ON order_items.order_id = h.id
        STRAIGHT_JOIN pharmacy.batches AS s ON s.order_item_id = order_items.id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'payments',
                COALESCE(CAST(s.id AS CHAR), '-'),
                COALESCE(CAST(s.order_id AS CHAR), '-'),
                COALESCE(CAST(s.method AS UNSIGNED), '-'),
                COALESCE(CAST(s.amount AS CHAR), '-'),
                COALESCE(CAST(s.paid_at AS CHAR), '-'),
                COALESCE(SHA2(s.receipt, 256), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.payments AS s ON s.order_id = h.id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'deliveries',
                COALESCE(CAST(s.order_id AS CHAR), '-'),
                COALESCE(SHA2(s.address, 256), '-'),
                COALESCE(CAST(s.delivered_at AS CHAR), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.deliveries AS s ON s.order_id = h.id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'order_events',
                COALESCE(CAST(s.id AS CHAR), '-'),
                COALESCE(CAST(s.order_id AS CHAR), '-'),
                COALESCE(SHA2(s.event, 256), '-'),
                COALESCE(CAST(s.happened_at AS CHAR), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.order_events AS s ON s.order_id = h.id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'notes',
                COALESCE(CAST(s.id AS CHAR), '-'),
                COALESCE(SHA2(s.subject_type, 256), '-'),
                COALESCE(CAST(s.subject_id AS CHAR), '-'),
                COALESCE(SHA2(s.body, 256), '-'),
                COALESCE(CAST(s.written_at AS CHAR), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.notes AS s
            ON s.subject_id = h.id AND s.subject_type = 'order'
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'order_labels',
                COALESCE(CAST(s.order_id AS CHAR), '-'),
                COALESCE(CAST(s.label_id AS CHAR), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.order_labels AS s ON s.order_id = h.id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'labels',
                COALESCE(CAST(s.id AS CHAR), '-'),
                COALESCE(SHA2(s.name, 256), '-')
            ), 256) AS digest
        FROM (
            -- Several order_labels can lead to one row: it is kept once.
            SELECT DISTINCT
                h.id AS history_root_id,
                h.history_version,
                order_labels.label_id
            FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
            STRAIGHT_JOIN pharmacy.order_labels AS order_labels
                ON order_labels.order_id = h.id
            WHERE h.history_chunk = in_chunk_id
        ) AS k
        STRAIGHT_JOIN pharmacy.labels AS s ON s.id = k.label_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'customers',
                COALESCE(CAST(s.id AS CHAR), '-'),
                COALESCE(SHA2(s.name, 256), '-'),
                COALESCE(SHA2(s.city, 256), '-'),
                COALESCE(CAST(s.born_on AS CHAR), '-'),
                COALESCE(CAST(s.consents AS UNSIGNED), '-'),
                COALESCE(SHA2(s.preferences, 256), '-'),
                COALESCE(UNIX_TIMESTAMP(s.changed_at), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r ON r.id = h.id
        STRAIGHT_JOIN pharmacy.customers AS s ON s.id = r.customer_id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'prescribers',
                COALESCE(CAST(s.id AS CHAR), '-'),
                COALESCE(SHA2(s.licence, 256), '-'),
                COALESCE(SHA2(s.name, 256), '-')
            ), 256) AS digest
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r ON r.id = h.id
        STRAIGHT_JOIN pharmacy.prescribers AS s ON s.id = r.prescriber_id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            SHA2(CONCAT_WS(
                '|', 'products',
                COALESCE(CAST(s.id AS CHAR), '-'),
                COALESCE(SHA2(s.code, 256), '-'),
                COALESCE(SHA2(s.name, 256), '-'),
                COALESCE(CAST(s.form AS UNSIGNED), '-'),
                COALESCE(CAST(s.price AS CHAR), '-')
            ), 256) AS digest
        FROM (
            -- Several order_items can lead to one row: it is kept once.
            SELECT DISTINCT
                h.id AS history_root_id,
                h.history_version,
                order_items.product_id
            FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
            STRAIGHT_JOIN pharmacy.order_items AS order_items
                ON order_items.order_id = h.id
            WHERE h.history_chunk = in_chunk_id
        ) AS k
        STRAIGHT_JOIN pharmacy.products AS s ON s.id = k.product_id
    ) AS u;
END;
