CREATE PROCEDURE pharmacy_history._prove_orders (
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_roots INT UNSIGNED,
    IN in_order_items_rows INT UNSIGNED,
    IN in_batches_rows INT UNSIGNED,
    IN in_payments_rows INT UNSIGNED,
    IN in_deliveries_rows INT UNSIGNED,
    IN in_order_events_rows INT UNSIGNED,
    IN in_notes_rows INT UNSIGNED,
    IN in_order_labels_rows INT UNSIGNED,
    IN in_labels_rows INT UNSIGNED,
    IN in_customers_rows INT UNSIGNED,
    IN in_prescribers_rows INT UNSIGNED,
    IN in_products_rows INT UNSIGNED,
    OUT out_is_proven TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Prove that a chunk equals the source at one instant, byte for byte.'
BEGIN
    -- One statement is one read view: all of it is compared with the source of a single
    -- instant. For each relation three counts must agree: the rows that were inserted,
    -- the rows that the source has now for these roots (reached from the source), and
    -- those of them that equal their copy in every column. A row that is missing,
    -- surplus or different breaks one of the three.
    DECLARE v_disagreeing INT UNSIGNED;

    SELECT COUNT(p.relation)
    INTO v_disagreeing
    FROM (
        SELECT
            'orders' AS relation,
            in_roots AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                h.customer_id <=> s.customer_id
                AND h.prescriber_id <=> s.prescriber_id
                AND CAST(h.status AS UNSIGNED) <=> CAST(s.status AS UNSIGNED)
                AND h.reference COLLATE latin1_bin <=> s.reference
                AND LENGTH(h.reference) <=> LENGTH(s.reference)
                AND h.remark COLLATE utf8mb4_bin <=> s.remark
                AND LENGTH(h.remark) <=> LENGTH(s.remark)
                AND h.details <=> s.details
                AND CAST(CAST(h.details AS CHAR) AS BINARY)
                    <=> CAST(CAST(s.details AS CHAR) AS BINARY)
                AND h.discount <=> s.discount
                AND h.placed_at <=> s.placed_at
                AND h.collect_by <=> s.collect_by
                AND h.closed_at <=> s.closed_at
                AND UNIX_TIMESTAMP(h.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
            THEN 1 END) AS equal
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS s ON s.id = h.id
        WHERE h.history_chunk = in_chunk_id
        UNION ALL
        SELECT
            'order_items' AS relation,
            in_order_items_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.order_id <=> s.order_id
                AND c.product_id <=> s.product_id
                AND c.quantity <=> s.quantity
                AND c.unit_price <=> s.unit_price
                AND c.amount <=> s.amount
                AND c.flags <=> s.flags
            THEN 1 END) AS equal
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
            'batches' AS relation,
            in_batches_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.lot COLLATE utf8mb4_bin <=> s.lot
                AND LENGTH(c.lot) <=> LENGTH(s.lot)
                AND c.units <=> s.units
                AND c.expires_on <=> s.expires_on
                AND c.seal <=> s.seal
            THEN 1 END) AS equal
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
            'payments' AS relation,
            in_payments_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.order_id <=> s.order_id
                AND CAST(c.method AS UNSIGNED) <=> CAST(s.method AS UNSIGNED)
                AND c.amount <=> s.amount
                AND c.paid_at <=> s.paid_at
                AND c.receipt <=> s.receipt
            THEN 1 END) AS equal
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
            'deliveries' AS relation,
            in_deliveries_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.address COLLATE utf8mb4_bin <=> s.address
                AND LENGTH(c.address) <=> LENGTH(s.address)
                AND c.delivered_at <=> s.delivered_at
            THEN 1 END) AS equal
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
            'order_events' AS relation,
            in_order_events_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.order_id <=> s.order_id
                AND c.event COLLATE utf8mb4_bin <=> s.event
                AND LENGTH(c.event) <=> LENGTH(s.event)
                AND c.happened_at <=> s.happened_at
            THEN 1 END) AS equal
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
            'notes' AS relation,
            in_notes_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.subject_type COLLATE ascii_bin <=> s.subject_type
                AND LENGTH(c.subject_type) <=> LENGTH(s.subject_type)
                AND c.subject_id <=> s.subject_id
                AND c.body COLLATE utf8mb4_bin <=> s.body
                AND LENGTH(c.body) <=> LENGTH(s.body)
                AND c.written_at <=> s.written_at
            THEN 1 END) AS equal
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
            'order_labels' AS relation,
            in_order_labels_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
            THEN 1 END) AS equal
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
            'labels' AS relation,
            in_labels_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.name COLLATE utf8mb4_bin <=> s.name
                AND LENGTH(c.name) <=> LENGTH(s.name)
            THEN 1 END) AS equal
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
            'customers' AS relation,
            in_customers_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.name COLLATE utf8mb4_bin <=> s.name
                AND LENGTH(c.name) <=> LENGTH(s.name)
                AND c.city COLLATE latin1_bin <=> s.city
                AND LENGTH(c.city) <=> LENGTH(s.city)
                AND c.born_on <=> s.born_on
                AND CAST(c.consents AS UNSIGNED) <=> CAST(s.consents AS UNSIGNED)
                AND c.preferences <=> s.preferences
                AND CAST(CAST(c.preferences AS CHAR) AS BINARY)
                    <=> CAST(CAST(s.preferences AS CHAR) AS BINARY)
                AND UNIX_TIMESTAMP(c.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
            THEN 1 END) AS equal
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
            'prescribers' AS relation,
            in_prescribers_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.licence COLLATE latin1_bin <=> s.licence
                AND LENGTH(c.licence) <=> LENGTH(s.licence)
                AND c.name COLLATE utf8mb4_bin <=> s.name
                AND LENGTH(c.name) <=> LENGTH(s.name)
            THEN 1 END) AS equal
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
            'products' AS relation,
            in_products_rows AS inserted,
            COUNT(*) AS in_source,
            COUNT(CASE WHEN
                c.history_version IS NOT NULL
                AND c.code <=> s.code
                AND c.name COLLATE utf8mb4_bin <=> s.name
                AND LENGTH(c.name) <=> LENGTH(s.name)
                AND CAST(c.form AS UNSIGNED) <=> CAST(s.form AS UNSIGNED)
                AND c.price <=> s.price
            THEN 1 END) AS equal
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
    ) AS p
    WHERE p.inserted <> p.in_source OR p.in_source <> p.equal;

    SET out_is_proven = v_disagreeing = 0;
END;
