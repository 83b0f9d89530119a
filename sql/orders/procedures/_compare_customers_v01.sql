CREATE PROCEDURE pharmacy_history._compare_customers (
    IN in_chunk_id BIGINT UNSIGNED, IN in_shape INT UNSIGNED, IN in_pass INT UNSIGNED
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Compare the customers of a chunk with the source; find the roots that differ.'
BEGIN
    INSERT INTO difference (
        archive, chunk_id, place, relation, root_key, too_few, too_many, column_names
    )
    SELECT
        'orders', in_chunk_id, 9, 'customers',
        CAST(JSON_ARRAY(CAST(k.history_root_id AS CHAR)) AS CHAR) AS root_key,
        SUM(k.lacking) AS too_few, SUM(k.surplus) AS too_many,
        MAKE_SET(BIT_OR(k.differs_1), 'name', 'city', 'born_on', 'consents',
            'preferences', 'changed_at') AS column_names
    FROM (
        SELECT
            h.id AS history_root_id,
            -- Later, the source may have it no more; what it has must be in history.
            COUNT(*) - COUNT(c.history_version) AS lacking,
            IF(in_pass = 0, -COUNT(c.history_version), 0) AS surplus,
            BIT_OR(IF(in_pass > 0 OR c.history_version <=> NULL, 0,
                IF(c.name COLLATE utf8mb4_bin <=> s.name
                    AND LENGTH(c.name) <=> LENGTH(s.name), 0, 1)
                | IF(c.city COLLATE latin1_bin <=> s.city
                    AND LENGTH(c.city) <=> LENGTH(s.city), 0, 2)
                | IF(c.born_on <=> s.born_on, 0, 4)
                | IF(CAST(c.consents AS UNSIGNED)
                    <=> CAST(s.consents AS UNSIGNED), 0, 8)
                | IF(c.preferences <=> s.preferences
                    AND (/*!80000 JSON_STORAGE_SIZE(c.preferences) >
                        @@max_allowed_packet DIV 6
                        OR CAST(c.preferences AS CHAR)
                            <=> CAST(CAST(s.preferences AS CHAR) AS BINARY)
                        OR 0 AND */ LENGTH(c.preferences)
                            <=> LENGTH(s.preferences)), 0, 16)
                | IF(UNIX_TIMESTAMP(c.changed_at)
                    <=> UNIX_TIMESTAMP(s.changed_at), 0, 32)
            )) AS differs_1
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY) ON r.id = h.id
        STRAIGHT_JOIN pharmacy.customers AS s ON s.id = h.customer_id
        LEFT JOIN customers_history AS c
            ON c.history_root_id = h.id AND c.history_version = h.history_version
                AND c.id = s.id
        WHERE h.history_chunk = in_chunk_id
        GROUP BY h.id
        UNION ALL
        SELECT h.id, 0, COUNT(*), 0
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY) ON r.id = h.id
        STRAIGHT_JOIN customers_history AS c
            ON c.history_root_id = h.id AND c.history_version = h.history_version
        WHERE h.history_chunk = in_chunk_id AND in_pass = 0
        GROUP BY h.id
    ) AS k
    GROUP BY k.history_root_id
    HAVING too_few <> 0 OR too_many <> 0 OR column_names <> '';
END;
