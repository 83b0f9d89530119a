CREATE PROCEDURE pharmacy_history._compare_orders_window (
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    OUT out_roots INT UNSIGNED,
    OUT out_related_rows INT UNSIGNED,
    OUT out_sourceless INT UNSIGNED,
    OUT out_differing TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Count what history and the source of today have in a window of keys.'
BEGIN
    DECLARE v_relations INT UNSIGNED;

    -- Where three counts agree there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    -- Roots without a source are left out, with all that belongs to them. out_differing
    -- lists the relations, by name, where they don't.
    --
    -- Of parents, what history points at and the source still has must be in history;
    -- it is not compared, for a parent may change.
    SELECT
        COALESCE(SUM(p.roots), 0),
        COALESCE(SUM(p.related_rows), 0),
        COALESCE(SUM(p.sourceless), 0),
        COUNT(*),
        JSON_ARRAYAGG(
            IF(
                p.in_history <> p.in_source OR p.in_source <> p.equal,
                p.relation,
                NULL
            )
        )
    INTO out_roots, out_related_rows, out_sourceless, v_relations, out_differing
    FROM (
        SELECT
            q.relation,
            SUM(q.roots) AS roots,
            SUM(IF(q.roots > 0, 0, q.in_history)) AS related_rows,
            SUM(q.sourceless) AS sourceless,
            SUM(q.in_history) AS in_history,
            SUM(q.in_source) AS in_source,
            SUM(q.equal) AS equal
        FROM (
            SELECT
                'orders' AS relation,
                COUNT(*) AS roots,
                COUNT(*) - COUNT(s.id) AS sourceless,
                COUNT(s.id) AS in_history,
                COUNT(s.id) AS in_source,
                COUNT(CASE WHEN
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
                    AND UNIX_TIMESTAMP(h.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
                THEN 1 END) AS equal
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            LEFT JOIN pharmacy.orders AS s FORCE INDEX (PRIMARY)
                ON s.id = h.id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'order_items',
                0,
                0,
                COUNT(*),
                0,
                0
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN order_items_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'order_items',
                0,
                0,
                0,
                COUNT(*),
                COUNT(CASE WHEN
                    c.history_version IS NOT NULL
                    AND c.order_id <=> s.order_id
                    AND c.product_id <=> s.product_id
                    AND c.quantity <=> s.quantity
                    AND c.unit_price <=> s.unit_price
                    AND c.amount <=> s.amount
                    AND c.flags <=> s.flags
                THEN 1 END)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN pharmacy.order_items AS s ON s.order_id = h.id
            LEFT JOIN order_items_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
                    AND c.id = s.id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'batches',
                0,
                0,
                COUNT(*),
                0,
                0
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN batches_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'batches',
                0,
                0,
                0,
                COUNT(*),
                COUNT(CASE WHEN
                    c.history_version IS NOT NULL
                    AND c.lot COLLATE utf8mb4_bin <=> s.lot
                    AND LENGTH(c.lot) <=> LENGTH(s.lot)
                    AND c.units <=> s.units
                    AND c.expires_on <=> s.expires_on
                    AND c.seal <=> s.seal
                THEN 1 END)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN pharmacy.order_items AS order_items
                ON order_items.order_id = h.id
            STRAIGHT_JOIN pharmacy.batches AS s ON s.order_item_id = order_items.id
            LEFT JOIN batches_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
                    AND c.order_item_id = s.order_item_id
                    AND c.lot = s.lot
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'payments',
                0,
                0,
                COUNT(*),
                0,
                0
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN payments_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'payments',
                0,
                0,
                0,
                COUNT(*),
                COUNT(CASE WHEN
                    c.history_version IS NOT NULL
                    AND c.order_id <=> s.order_id
                    AND CAST(c.method AS UNSIGNED) <=> CAST(s.method AS UNSIGNED)
                    AND c.amount <=> s.amount
                    AND c.paid_at <=> s.paid_at
                    AND c.receipt <=> s.receipt
                THEN 1 END)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN pharmacy.payments AS s ON s.order_id = h.id
            LEFT JOIN payments_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
                    AND c.id = s.id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'deliveries',
                0,
                0,
                COUNT(*),
                0,
                0
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN deliveries_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'deliveries',
                0,
                0,
                0,
                COUNT(*),
                COUNT(CASE WHEN
                    c.history_version IS NOT NULL
                    AND c.address COLLATE utf8mb4_bin <=> s.address
                    AND LENGTH(c.address) <=> LENGTH(s.address)
                    AND c.delivered_at <=> s.delivered_at
                THEN 1 END)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN pharmacy.deliveries AS s ON s.order_id = h.id
            LEFT JOIN deliveries_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
                    AND c.order_id = s.order_id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'order_events',
                0,
                0,
                COUNT(*),
                0,
                0
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN order_events_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'order_events',
                0,
                0,
                0,
                COUNT(*),
                COUNT(CASE WHEN
                    c.history_version IS NOT NULL
                    AND c.order_id <=> s.order_id
                    AND c.event COLLATE utf8mb4_bin <=> s.event
                    AND LENGTH(c.event) <=> LENGTH(s.event)
                    AND c.happened_at <=> s.happened_at
                THEN 1 END)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN pharmacy.order_events AS s ON s.order_id = h.id
            LEFT JOIN order_events_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
                    AND c.id = s.id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'notes',
                0,
                0,
                COUNT(*),
                0,
                0
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN notes_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'notes',
                0,
                0,
                0,
                COUNT(*),
                COUNT(CASE WHEN
                    c.history_version IS NOT NULL
                    AND c.subject_type COLLATE ascii_bin <=> s.subject_type
                    AND LENGTH(c.subject_type) <=> LENGTH(s.subject_type)
                    AND c.subject_id <=> s.subject_id
                    AND c.body COLLATE utf8mb4_bin <=> s.body
                    AND LENGTH(c.body) <=> LENGTH(s.body)
                    AND c.written_at <=> s.written_at
                THEN 1 END)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN pharmacy.notes AS s
                ON s.subject_id = h.id AND s.subject_type = 'order'
            LEFT JOIN notes_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
                    AND c.id = s.id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'order_labels',
                0,
                0,
                COUNT(*),
                0,
                0
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN order_labels_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'order_labels',
                0,
                0,
                0,
                COUNT(*),
                COUNT(CASE WHEN
                    c.history_version IS NOT NULL
                THEN 1 END)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN pharmacy.order_labels AS s ON s.order_id = h.id
            LEFT JOIN order_labels_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
                    AND c.order_id = s.order_id
                    AND c.label_id = s.label_id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'labels',
                0,
                0,
                COUNT(*),
                COUNT(*),
                COUNT(c.history_version)
            FROM (
                -- Several order_labels can lead to one row: it is kept once.
                SELECT DISTINCT
                    h.id AS history_root_id,
                    h.history_version,
                    order_labels.label_id
                FROM orders_history AS h FORCE INDEX (PRIMARY)
                STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                    ON r.id = h.id
                STRAIGHT_JOIN order_labels_history AS order_labels
                    ON
                        order_labels.history_root_id = h.id
                        AND order_labels.history_version = h.history_version
                WHERE
                    (in_after_id IS NULL OR h.id > in_after_id)
                    AND h.id <= in_upto_id
            ) AS k
            STRAIGHT_JOIN pharmacy.labels AS s ON s.id = k.label_id
            LEFT JOIN labels_history AS c
                ON
                    c.history_root_id = k.history_root_id
                    AND c.history_version = k.history_version
                    AND c.id = s.id
            UNION ALL
            SELECT
                'customers',
                0,
                0,
                COUNT(*),
                COUNT(*),
                COUNT(c.history_version)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN pharmacy.customers AS s ON s.id = h.customer_id
            LEFT JOIN customers_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
                    AND c.id = s.id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'prescribers',
                0,
                0,
                COUNT(*),
                COUNT(*),
                COUNT(c.history_version)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                ON r.id = h.id
            STRAIGHT_JOIN pharmacy.prescribers AS s ON s.id = h.prescriber_id
            LEFT JOIN prescribers_history AS c
                ON
                    c.history_root_id = h.id
                    AND c.history_version = h.history_version
                    AND c.id = s.id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
            UNION ALL
            SELECT
                'products',
                0,
                0,
                COUNT(*),
                COUNT(*),
                COUNT(c.history_version)
            FROM (
                -- Several order_items can lead to one row: it is kept once.
                SELECT DISTINCT
                    h.id AS history_root_id,
                    h.history_version,
                    order_items.product_id
                FROM orders_history AS h FORCE INDEX (PRIMARY)
                STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                    ON r.id = h.id
                STRAIGHT_JOIN order_items_history AS order_items
                    ON
                        order_items.history_root_id = h.id
                        AND order_items.history_version = h.history_version
                WHERE
                    (in_after_id IS NULL OR h.id > in_after_id)
                    AND h.id <= in_upto_id
            ) AS k
            STRAIGHT_JOIN pharmacy.products AS s ON s.id = k.product_id
            LEFT JOIN products_history AS c
                ON
                    c.history_root_id = k.history_root_id
                    AND c.history_version = k.history_version
                    AND c.id = s.id
        ) AS q
        GROUP BY q.relation
    ) AS p;

    -- MariaDB cuts the list at group_concat_max_len, without a word: then each relation
    -- is looked at.
    IF COALESCE(JSON_LENGTH(out_differing), 0) <> v_relations THEN
        SET out_differing = JSON_ARRAY(
            'orders', 'order_items', 'batches', 'payments', 'deliveries',
            'order_events', 'notes', 'order_labels', 'labels', 'customers',
            'prescribers', 'products'
        );
    END IF;
END;
