CREATE PROCEDURE pharmacy_history._find_torn_orders (
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_is_last_try TINYINT(1),
    OUT out_torn INT UNSIGNED,
    OUT out_root_keys LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'List the roots of a chunk that differ from the source; at the last try, all.'
BEGIN
    -- A list and not a table, for it must survive the rollback of the copy. At most
    -- 1,000: the rest of a chunk with more is found by the next try.
    SELECT
        COUNT(*),
        JSON_ARRAYAGG(CAST(JSON_ARRAY(CAST(t.history_root_id AS CHAR)) AS CHAR))
    INTO out_torn, out_root_keys
    FROM (
        SELECT DISTINCT
            r.history_root_id
        FROM (
            SELECT
                k.history_root_id
            FROM (
                SELECT
                    h.id AS history_root_id,
                    'orders' AS relation,
                    1 AS in_history,
                    s.id IS NOT NULL AS in_source,
                    (
                        s.id IS NOT NULL
                        AND h.customer_id <=> s.customer_id
                        AND h.prescriber_id <=> s.prescriber_id
                        AND CAST(h.status AS UNSIGNED) <=> CAST(s.status AS UNSIGNED)
                        AND h.reference COLLATE latin1_bin <=> s.reference
                        AND LENGTH(h.reference) <=> LENGTH(s.reference)
                        AND h.remark COLLATE utf8mb4_bin <=> s.remark
                        AND LENGTH(h.remark) <=> LENGTH(s.remark)
                        AND h.details <=> s.details
                        AND CAST(h.details AS CHAR)
                            <=> CAST(CAST(s.details AS CHAR) AS BINARY)
                        AND h.discount <=> s.discount
                        AND h.placed_at <=> s.placed_at
                        AND h.collect_by <=> s.collect_by
                        AND h.closed_at <=> s.closed_at
                        AND UNIX_TIMESTAMP(h.changed_at)
                            <=> UNIX_TIMESTAMP(s.changed_at)
                    ) AS is_equal
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                LEFT JOIN pharmacy.orders AS s ON s.id = h.id
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'order_items',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN order_items_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'order_items',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.order_id <=> s.order_id
                        AND c.product_id <=> s.product_id
                        AND c.quantity <=> s.quantity
                        AND c.unit_price <=> s.unit_price
                        AND c.amount <=> s.amount
                        AND c.flags <=> s.flags
                    )
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN pharmacy.order_items AS s ON s.order_id = h.id
                LEFT JOIN order_items_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                        AND c.id = s.id
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'batches',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN batches_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'batches',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.lot COLLATE utf8mb4_bin <=> s.lot
                        AND LENGTH(c.lot) <=> LENGTH(s.lot)
                        AND c.units <=> s.units
                        AND c.expires_on <=> s.expires_on
                        AND c.seal <=> s.seal
                    )
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN pharmacy.order_items AS order_items
                    ON order_items.order_id = h.id
                STRAIGHT_JOIN pharmacy.batches AS s ON s.order_item_id = order_items.id
                LEFT JOIN batches_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                        AND c.order_item_id = s.order_item_id
                        AND c.lot = s.lot
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'payments',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN payments_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'payments',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.order_id <=> s.order_id
                        AND CAST(c.method AS UNSIGNED) <=> CAST(s.method AS UNSIGNED)
                        AND c.amount <=> s.amount
                        AND c.paid_at <=> s.paid_at
                        AND c.receipt <=> s.receipt
                    )
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN pharmacy.payments AS s ON s.order_id = h.id
                LEFT JOIN payments_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                        AND c.id = s.id
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'deliveries',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN deliveries_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'deliveries',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.address COLLATE utf8mb4_bin <=> s.address
                        AND LENGTH(c.address) <=> LENGTH(s.address)
                        AND c.delivered_at <=> s.delivered_at
                    )
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN pharmacy.deliveries AS s ON s.order_id = h.id
                LEFT JOIN deliveries_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                        AND c.order_id = s.order_id
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'order_events',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN order_events_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'order_events',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.order_id <=> s.order_id
                        AND c.event COLLATE utf8mb4_bin <=> s.event
                        AND LENGTH(c.event) <=> LENGTH(s.event)
                        AND c.happened_at <=> s.happened_at
                    )
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN pharmacy.order_events AS s ON s.order_id = h.id
                LEFT JOIN order_events_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                        AND c.id = s.id
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'notes',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN notes_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'notes',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.subject_type COLLATE ascii_bin <=> s.subject_type
                        AND LENGTH(c.subject_type) <=> LENGTH(s.subject_type)
                        AND c.subject_id <=> s.subject_id
                        AND c.body COLLATE utf8mb4_bin <=> s.body
                        AND LENGTH(c.body) <=> LENGTH(s.body)
                        AND c.written_at <=> s.written_at
                    )
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN pharmacy.notes AS s
                    ON s.subject_id = h.id AND s.subject_type = 'order'
                LEFT JOIN notes_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                        AND c.id = s.id
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'order_labels',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN order_labels_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'order_labels',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                    )
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN pharmacy.order_labels AS s ON s.order_id = h.id
                LEFT JOIN order_labels_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                        AND c.order_id = s.order_id
                        AND c.label_id = s.label_id
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'labels',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN labels_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    k.history_root_id,
                    'labels',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.name COLLATE utf8mb4_bin <=> s.name
                        AND LENGTH(c.name) <=> LENGTH(s.name)
                    )
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
                LEFT JOIN labels_history AS c
                    ON
                        c.history_root_id = k.history_root_id
                        AND c.history_version = k.history_version
                        AND c.id = s.id
                UNION ALL
                SELECT
                    h.id,
                    'customers',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN customers_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'customers',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.name COLLATE utf8mb4_bin <=> s.name
                        AND LENGTH(c.name) <=> LENGTH(s.name)
                        AND c.city COLLATE latin1_bin <=> s.city
                        AND LENGTH(c.city) <=> LENGTH(s.city)
                        AND c.born_on <=> s.born_on
                        AND CAST(c.consents AS UNSIGNED)
                            <=> CAST(s.consents AS UNSIGNED)
                        AND c.preferences <=> s.preferences
                        AND CAST(c.preferences AS CHAR)
                            <=> CAST(CAST(s.preferences AS CHAR) AS BINARY)
                        AND UNIX_TIMESTAMP(c.changed_at)
                            <=> UNIX_TIMESTAMP(s.changed_at)
                    )
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN pharmacy.orders AS r ON r.id = h.id
                STRAIGHT_JOIN pharmacy.customers AS s ON s.id = r.customer_id
                LEFT JOIN customers_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                        AND c.id = s.id
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'prescribers',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN prescribers_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'prescribers',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.licence COLLATE latin1_bin <=> s.licence
                        AND LENGTH(c.licence) <=> LENGTH(s.licence)
                        AND c.name COLLATE utf8mb4_bin <=> s.name
                        AND LENGTH(c.name) <=> LENGTH(s.name)
                    )
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN pharmacy.orders AS r ON r.id = h.id
                STRAIGHT_JOIN pharmacy.prescribers AS s ON s.id = r.prescriber_id
                LEFT JOIN prescribers_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                        AND c.id = s.id
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    h.id,
                    'products',
                    1,
                    0,
                    0
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                STRAIGHT_JOIN products_history AS c
                    ON
                        c.history_root_id = h.id
                        AND c.history_version = h.history_version
                WHERE h.history_chunk = in_chunk_id
                UNION ALL
                SELECT
                    k.history_root_id,
                    'products',
                    0,
                    1,
                    (
                        c.history_version IS NOT NULL
                        AND c.code <=> s.code
                        AND c.name COLLATE utf8mb4_bin <=> s.name
                        AND LENGTH(c.name) <=> LENGTH(s.name)
                        AND CAST(c.form AS UNSIGNED) <=> CAST(s.form AS UNSIGNED)
                        AND c.price <=> s.price
                    )
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
                LEFT JOIN products_history AS c
                    ON
                        c.history_root_id = k.history_root_id
                        AND c.history_version = k.history_version
                        AND c.id = s.id
            ) AS k
            GROUP BY k.history_root_id, k.relation
            HAVING
                in_is_last_try
                OR SUM(k.in_history) <> SUM(k.in_source)
                OR SUM(k.in_source) <> SUM(k.is_equal)
        ) AS r
        LIMIT 1000
    ) AS t;

    -- MariaDB cuts the list at group_concat_max_len, without a word. Half a list is
    -- none: the next try is smaller.
    IF COALESCE(JSON_VALID(out_root_keys), 0) = 0 THEN
        SET out_root_keys = '[]';
    END IF;
END;
