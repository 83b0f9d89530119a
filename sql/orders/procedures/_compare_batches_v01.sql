CREATE PROCEDURE pharmacy_history._compare_batches (
    IN in_chunk_id BIGINT UNSIGNED, IN in_shape INT UNSIGNED, IN in_pass INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Compare the batches of a chunk with the source; find the roots that differ.'
BEGIN
    INSERT INTO difference (
        archive, chunk_id, place, relation, root_key, too_few, too_many, column_names
    )
    SELECT
        'orders', in_chunk_id, 2, 'batches',
        CAST(JSON_ARRAY(CAST(k.history_root_id AS CHAR)) AS CHAR) AS root_key,
        SUM(k.lacking) AS too_few, SUM(k.surplus) AS too_many,
        MAKE_SET(BIT_OR(k.differs_1), 'lot', 'units', 'expires_on',
            'seal') AS column_names
    FROM (
        SELECT
            h.id AS history_root_id,
            COUNT(*) - COUNT(c.history_version) AS lacking,
            -COUNT(c.history_version) AS surplus,
            BIT_OR(IF(c.history_version <=> NULL, 0,
                IF(c.lot COLLATE utf8mb4_bin <=> s.lot
                    AND LENGTH(c.lot) <=> LENGTH(s.lot), 0, 1)
                | IF(c.units <=> s.units, 0, 2)
                | IF(c.expires_on <=> s.expires_on, 0, 4)
                | IF(c.seal <=> s.seal, 0, 8)
            )) AS differs_1
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY) ON r.id = h.id
        STRAIGHT_JOIN pharmacy.order_items AS order_items
            ON order_items.order_id = h.id
        STRAIGHT_JOIN pharmacy.batches AS s ON s.order_item_id = order_items.id
        LEFT JOIN batches_history AS c
            ON c.history_root_id = h.id AND c.history_version = h.history_version
                AND c.order_item_id = s.order_item_id AND c.lot = s.lot
        WHERE h.history_chunk = in_chunk_id
        GROUP BY h.id
        UNION ALL
        SELECT h.id, 0, COUNT(*), 0
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY) ON r.id = h.id
        STRAIGHT_JOIN batches_history AS c
            ON c.history_root_id = h.id AND c.history_version = h.history_version
        WHERE h.history_chunk = in_chunk_id
        GROUP BY h.id
    ) AS k
    GROUP BY k.history_root_id
    HAVING too_few <> 0 OR too_many <> 0 OR column_names <> '';
END;
