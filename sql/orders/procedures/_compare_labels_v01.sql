CREATE PROCEDURE pharmacy_history._compare_labels (
    IN in_chunk_id BIGINT UNSIGNED, IN in_shape INT UNSIGNED, IN in_pass INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Compare the labels of a chunk with the source; find the roots that differ.'
BEGIN
    INSERT INTO difference (
        archive, chunk_id, place, relation, root_key, too_few, too_many, column_names
    )
    SELECT
        'orders', in_chunk_id, 8, 'labels',
        CAST(JSON_ARRAY(CAST(k.history_root_id AS CHAR)) AS CHAR) AS root_key,
        SUM(k.lacking) AS too_few, SUM(k.surplus) AS too_many,
        MAKE_SET(BIT_OR(k.differs_1), 'name') AS column_names
    FROM (
        SELECT
            k.history_root_id AS history_root_id,
            -- Later, the source may have it no more; what it has must be in history.
            COUNT(*) - COUNT(c.history_version) AS lacking,
            IF(in_pass = 0, -COUNT(c.history_version), 0) AS surplus,
            BIT_OR(IF(in_pass > 0 OR c.history_version <=> NULL, 0,
                IF(c.name COLLATE utf8mb4_bin <=> s.name
                    AND LENGTH(c.name) <=> LENGTH(s.name), 0, 1)
            )) AS differs_1
        FROM (
            -- Several order_labels can lead to one row: it is archived once.
            SELECT DISTINCT
                h.id AS history_root_id,
                h.history_version,
                order_labels.label_id
            FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
            STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY) ON r.id = h.id
            STRAIGHT_JOIN order_labels_history AS order_labels
                ON order_labels.history_root_id = h.id
                    AND order_labels.history_version = h.history_version
            WHERE h.history_chunk = in_chunk_id
        ) AS k
        STRAIGHT_JOIN pharmacy.labels AS s ON s.id = k.label_id
        LEFT JOIN labels_history AS c
            ON c.history_root_id = k.history_root_id
                AND c.history_version = k.history_version AND c.id = s.id
        GROUP BY k.history_root_id
        UNION ALL
        SELECT h.id, 0, COUNT(*), 0
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY) ON r.id = h.id
        STRAIGHT_JOIN labels_history AS c
            ON c.history_root_id = h.id AND c.history_version = h.history_version
        WHERE h.history_chunk = in_chunk_id AND in_pass = 0
        GROUP BY h.id
    ) AS k
    GROUP BY k.history_root_id
    HAVING too_few <> 0 OR too_many <> 0 OR column_names <> '';
END;
