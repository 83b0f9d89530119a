CREATE PROCEDURE pharmacy_history._compare_order_events (
    IN in_chunk_id BIGINT UNSIGNED, IN in_shape INT UNSIGNED, IN in_pass INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Compare the order_events of a chunk with the source; find the roots that differ.'
BEGIN
    INSERT INTO difference (
        archive, chunk_id, place, relation, root_key, too_few, too_many, column_names
    )
    SELECT
        'orders', in_chunk_id, 5, 'order_events',
        CAST(JSON_ARRAY(CAST(k.history_root_id AS CHAR)) AS CHAR) AS root_key,
        SUM(k.lacking) AS too_few, SUM(k.surplus) AS too_many,
        MAKE_SET(BIT_OR(k.differs_1), 'order_id', 'event',
            'happened_at') AS column_names
    FROM (
        SELECT
            h.id AS history_root_id,
            COUNT(*) - COUNT(c.history_version) AS lacking,
            -COUNT(c.history_version) AS surplus,
            BIT_OR(IF(c.history_version <=> NULL, 0,
                IF(c.order_id <=> s.order_id, 0, 1)
                | IF(c.event COLLATE utf8mb4_bin <=> s.event
                    AND LENGTH(c.event) <=> LENGTH(s.event), 0, 2)
                | IF(c.happened_at <=> s.happened_at, 0, 4)
            )) AS differs_1
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY) ON r.id = h.id
        STRAIGHT_JOIN pharmacy.order_events AS s ON s.order_id = h.id
        LEFT JOIN order_events_history AS c
            ON c.history_root_id = h.id AND c.history_version = h.history_version
                AND c.id = s.id
        WHERE h.history_chunk = in_chunk_id
        GROUP BY h.id
        UNION ALL
        SELECT h.id, 0, COUNT(*), 0
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY) ON r.id = h.id
        STRAIGHT_JOIN order_events_history AS c
            ON c.history_root_id = h.id AND c.history_version = h.history_version
        WHERE h.history_chunk = in_chunk_id
        GROUP BY h.id
    ) AS k
    GROUP BY k.history_root_id
    HAVING too_few <> 0 OR too_many <> 0 OR column_names <> '';
END;
