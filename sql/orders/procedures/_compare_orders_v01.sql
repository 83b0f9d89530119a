CREATE PROCEDURE pharmacy_history._compare_orders (
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_shape INT UNSIGNED,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6),
    OUT out_roots INT UNSIGNED,
    OUT out_orphaned INT UNSIGNED,
    INOUT io_differing VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare the orders of a chunk with the source; note the roots that differ.'
BEGIN
    -- Three counts agree where there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    DECLARE v_in_history INT UNSIGNED;
    DECLARE v_in_source INT UNSIGNED;
    DECLARE v_equal INT UNSIGNED;

    SELECT
        COUNT(*),
        COUNT(s.id),
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
            AND CAST(h.details AS CHAR) <=> CAST(CAST(s.details AS CHAR) AS BINARY)
            AND h.discount <=> s.discount
            AND h.placed_at <=> s.placed_at
            AND h.collect_by <=> s.collect_by
            AND h.closed_at <=> s.closed_at
            AND UNIX_TIMESTAMP(h.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
        THEN 1 END)
    INTO out_roots, v_in_source, v_equal
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    LEFT JOIN pharmacy.orders AS s FORCE INDEX (PRIMARY)
        ON s.id = h.id
    WHERE h.history_chunk = in_chunk_id;

    -- What the source has no more can't be compared; but a copy has a source.
    SET out_orphaned = out_roots - v_in_source;
    SET v_in_history = IF(in_pass = 0, out_roots, v_in_source);

    IF v_in_history <> v_in_source OR v_in_source <> v_equal THEN
        SET io_differing = COALESCE(io_differing, 'orders');

        -- Names, and never values: those are a patient's.
        INSERT INTO finding (
            archive, root_key, place, relation, kind, too_few, too_many, column_names,
            chunk_id, pass, found_at, seen_at
        )
        SELECT
            'orders', d.root_key, 0, 'orders',
            IF(d.too_few > 0, 'incomplete', 'different'),
            d.too_few, d.too_many, d.column_names, in_chunk_id, in_pass,
            in_seen_at AS found_at, in_seen_at AS seen_at
        FROM (
            SELECT
                CAST(JSON_ARRAY(CAST(k.history_root_id AS CHAR)) AS CHAR) AS root_key,
                SUM(k.in_source) - SUM(k.matched) AS too_few,
                SUM(k.in_history) - SUM(k.matched) AS too_many,
                MAKE_SET(
                    BIT_OR(k.differs_1),
                    'customer_id', 'prescriber_id', 'status', 'reference', 'remark',
                    'details', 'discount', 'placed_at', 'collect_by', 'closed_at',
                    'changed_at'
                ) AS column_names
            FROM (
                SELECT
                    h.id AS history_root_id,
                    s.id IS NOT NULL AS in_history,
                    s.id IS NOT NULL AS in_source,
                    s.id IS NOT NULL AS matched,
                    IF(
                        s.id IS NULL, 0,
                        IF(h.customer_id <=> s.customer_id, 0, 1)
                        | IF(h.prescriber_id <=> s.prescriber_id, 0, 2)
                        | IF(CAST(h.status AS UNSIGNED)
                            <=> CAST(s.status AS UNSIGNED), 0, 4)
                        | IF(
                            h.reference COLLATE latin1_bin <=> s.reference
                            AND LENGTH(h.reference) <=> LENGTH(s.reference)
                        , 0, 8)
                        | IF(
                            h.remark COLLATE utf8mb4_bin <=> s.remark
                            AND LENGTH(h.remark) <=> LENGTH(s.remark)
                        , 0, 16)
                        | IF(
                            h.details <=> s.details
                            AND CAST(h.details AS CHAR)
                                <=> CAST(CAST(s.details AS CHAR) AS BINARY)
                        , 0, 32)
                        | IF(h.discount <=> s.discount, 0, 64)
                        | IF(h.placed_at <=> s.placed_at, 0, 128)
                        | IF(h.collect_by <=> s.collect_by, 0, 256)
                        | IF(h.closed_at <=> s.closed_at, 0, 512)
                        | IF(UNIX_TIMESTAMP(h.changed_at)
                            <=> UNIX_TIMESTAMP(s.changed_at), 0, 1024)
                    ) AS differs_1
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                LEFT JOIN pharmacy.orders AS s FORCE INDEX (PRIMARY)
                    ON s.id = h.id
                WHERE h.history_chunk = in_chunk_id
            ) AS k
            GROUP BY k.history_root_id
            HAVING
                SUM(k.in_source) <> SUM(k.matched)
                OR SUM(k.in_history) <> SUM(k.matched)
                OR BIT_OR(k.differs_1) <> 0
        ) AS d
        ON DUPLICATE KEY UPDATE
            relation = 'orders',
            kind = IF(d.too_few > 0, 'incomplete', 'different'),
            too_few = d.too_few, too_many = d.too_many, column_names = d.column_names,
            chunk_id = in_chunk_id, pass = in_pass, seen_at = in_seen_at;
    END IF;
END;
