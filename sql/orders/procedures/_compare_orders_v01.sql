CREATE PROCEDURE pharmacy_history._compare_orders (
    IN in_chunk_id BIGINT UNSIGNED, IN in_shape INT UNSIGNED, IN in_pass INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Compare the orders of a chunk with the source; find the roots that differ.'
BEGIN
    INSERT INTO difference (
        archive, chunk_id, place, relation, root_key, too_few, too_many, column_names
    )
    SELECT
        'orders', in_chunk_id, 0, 'orders',
        CAST(JSON_ARRAY(CAST(k.history_root_id AS CHAR)) AS CHAR) AS root_key,
        k.lacking AS too_few, k.surplus AS too_many,
        MAKE_SET(k.differs_1, 'customer_id', 'prescriber_id', 'status', 'reference',
            'remark', 'details', 'discount', 'placed_at', 'collect_by', 'closed_at',
            'changed_at') AS column_names
    FROM (
        SELECT
            h.id AS history_root_id,
            -- What the source has no more can't be compared; but a copy has a source.
            0 AS lacking, in_pass = 0 AND s.id <=> NULL AS surplus,
            IF(s.id <=> NULL, 0,
                IF(h.customer_id <=> s.customer_id, 0, 1)
                | IF(h.prescriber_id <=> s.prescriber_id, 0, 2)
                | IF(CAST(h.status AS UNSIGNED) <=> CAST(s.status AS UNSIGNED), 0, 4)
                | IF(h.reference COLLATE latin1_bin <=> s.reference
                    AND LENGTH(h.reference) <=> LENGTH(s.reference), 0, 8)
                | IF(h.remark COLLATE utf8mb4_bin <=> s.remark
                    AND LENGTH(h.remark) <=> LENGTH(s.remark), 0, 16)
                | IF(h.details <=> s.details
                    AND (/*!80000 JSON_STORAGE_SIZE(h.details) > @@max_allowed_packet
                        DIV 6
                        OR CAST(h.details AS CHAR)
                            <=> CAST(CAST(s.details AS CHAR) AS BINARY)
                        OR 0 AND */ LENGTH(h.details) <=> LENGTH(s.details)), 0, 32)
                | IF(h.discount <=> s.discount, 0, 64)
                | IF(h.placed_at <=> s.placed_at, 0, 128)
                | IF(h.collect_by <=> s.collect_by, 0, 256)
                | IF(h.closed_at <=> s.closed_at, 0, 512)
                | IF(UNIX_TIMESTAMP(h.changed_at)
                    <=> UNIX_TIMESTAMP(s.changed_at), 0, 1024)
            ) AS differs_1
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        LEFT JOIN pharmacy.orders AS s FORCE INDEX (PRIMARY) ON s.id = h.id
        WHERE h.history_chunk = in_chunk_id
    ) AS k
    WHERE k.surplus <> 0 OR k.differs_1 <> 0;
END;
