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
    --
    -- A parent that rows point at by its key is compared beside each of them, and they
    -- equal their copies only if it does: it is in the source if and only if its copy
    -- is in history. No copy escapes that. Each was made for a row in history; those
    -- are proven here to be the rows of the source, and to point where they point.
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
                AND CAST(h.details AS CHAR) <=> CAST(CAST(s.details AS CHAR) AS BINARY)
                AND h.discount <=> s.discount
                AND h.placed_at <=> s.placed_at
                AND h.collect_by <=> s.collect_by
                AND h.closed_at <=> s.closed_at
                AND UNIX_TIMESTAMP(h.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
                AND (customers.id <=> NULL) = (customers_copy.history_version <=> NULL)
                AND customers_copy.name COLLATE utf8mb4_bin <=> customers.name
                AND LENGTH(customers_copy.name) <=> LENGTH(customers.name)
                AND customers_copy.city COLLATE latin1_bin <=> customers.city
                AND LENGTH(customers_copy.city) <=> LENGTH(customers.city)
                AND customers_copy.born_on <=> customers.born_on
                AND CAST(customers_copy.consents AS UNSIGNED)
                    <=> CAST(customers.consents AS UNSIGNED)
                AND customers_copy.preferences <=> customers.preferences
                AND CAST(customers_copy.preferences AS CHAR)
                    <=> CAST(CAST(customers.preferences AS CHAR) AS BINARY)
                AND UNIX_TIMESTAMP(customers_copy.changed_at)
                    <=> UNIX_TIMESTAMP(customers.changed_at)
                AND (prescribers.id <=> NULL)
                    = (prescribers_copy.history_version <=> NULL)
                AND prescribers_copy.licence COLLATE latin1_bin <=> prescribers.licence
                AND LENGTH(prescribers_copy.licence) <=> LENGTH(prescribers.licence)
                AND prescribers_copy.name COLLATE utf8mb4_bin <=> prescribers.name
                AND LENGTH(prescribers_copy.name) <=> LENGTH(prescribers.name)
            THEN 1 END) AS equal
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS s ON s.id = h.id
        LEFT JOIN pharmacy.customers AS customers
            ON customers.id = s.customer_id
        LEFT JOIN customers_history AS customers_copy
            ON
                customers_copy.history_root_id = h.id
                AND customers_copy.history_version = h.history_version
                AND customers_copy.id = s.customer_id
        LEFT JOIN pharmacy.prescribers AS prescribers
            ON prescribers.id = s.prescriber_id
        LEFT JOIN prescribers_history AS prescribers_copy
            ON
                prescribers_copy.history_root_id = h.id
                AND prescribers_copy.history_version = h.history_version
                AND prescribers_copy.id = s.prescriber_id
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
                AND (products.id <=> NULL) = (products_copy.history_version <=> NULL)
                AND products_copy.code <=> products.code
                AND products_copy.name COLLATE utf8mb4_bin <=> products.name
                AND LENGTH(products_copy.name) <=> LENGTH(products.name)
                AND CAST(products_copy.form AS UNSIGNED)
                    <=> CAST(products.form AS UNSIGNED)
                AND products_copy.price <=> products.price
            THEN 1 END) AS equal
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.order_items AS s ON s.order_id = h.id
        LEFT JOIN order_items_history AS c
            ON
                c.history_root_id = h.id
                AND c.history_version = h.history_version
                AND c.id = s.id
        LEFT JOIN pharmacy.products AS products ON products.id = s.product_id
        LEFT JOIN products_history AS products_copy
            ON
                products_copy.history_root_id = h.id
                AND products_copy.history_version = h.history_version
                AND products_copy.id = s.product_id
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
                AND (labels.id <=> NULL) = (labels_copy.history_version <=> NULL)
                AND labels_copy.name COLLATE utf8mb4_bin <=> labels.name
                AND LENGTH(labels_copy.name) <=> LENGTH(labels.name)
            THEN 1 END) AS equal
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.order_labels AS s ON s.order_id = h.id
        LEFT JOIN order_labels_history AS c
            ON
                c.history_root_id = h.id
                AND c.history_version = h.history_version
                AND c.order_id = s.order_id
                AND c.label_id = s.label_id
        LEFT JOIN pharmacy.labels AS labels ON labels.id = s.label_id
        LEFT JOIN labels_history AS labels_copy
            ON
                labels_copy.history_root_id = h.id
                AND labels_copy.history_version = h.history_version
                AND labels_copy.id = s.label_id
        WHERE h.history_chunk = in_chunk_id
    ) AS p
    WHERE p.inserted <> p.in_source OR p.in_source <> p.equal;

    SET out_is_proven = v_disagreeing = 0;
END;
