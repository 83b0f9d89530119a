CREATE PROCEDURE pharmacy_history._find_different_deliveries (
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Note the orders whose history differs in deliveries.'
BEGIN
    -- Names, and never values: those are a patient's.
    INSERT INTO finding (
        archive, root_key, kind, relations, chunk_id, pass, found_at, seen_at
    )
    SELECT
        'orders',
        d.root_key,
        d.kind,
        d.relations,
        d.chunk_id,
        in_pass,
        in_seen_at AS found_at,
        in_seen_at AS seen_at
    FROM (
        SELECT
            CAST(JSON_ARRAY(CAST(k.history_root_id AS CHAR)) AS CHAR) AS root_key,
            IF(
                SUM(k.in_source) > SUM(k.matched),
                'incomplete',
                'different'
            ) AS kind,
            CONCAT(
                '{"deliveries": {"too_few": ',
                SUM(k.in_source) - SUM(k.matched),
                ', "too_many": ',
                SUM(k.in_history) - SUM(k.matched),
                ', "columns": [',
                CONCAT_WS(
                    ', ',
                    IF(SUM(k.differs_1) > 0, '"address"', NULL),
                    IF(SUM(k.differs_2) > 0, '"delivered_at"', NULL)
                ),
                ']}}'
            ) AS relations,
            (
                SELECT MAX(h.history_chunk)
                FROM orders_history AS h
                WHERE
                    h.id = k.history_root_id
            ) AS chunk_id
        FROM (
            SELECT
                h.id AS history_root_id,
                0 AS in_history,
                1 AS in_source,
                c.history_version IS NOT NULL AS matched,
                (
                    c.history_version IS NOT NULL
                    AND NOT (
                        c.address COLLATE utf8mb4_bin <=> s.address
                        AND LENGTH(c.address) <=> LENGTH(s.address)
                    )
                ) AS differs_1,
                (
                    c.history_version IS NOT NULL
                    AND NOT (
                        c.delivered_at <=> s.delivered_at
                    )
                ) AS differs_2
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
                h.id,
                1,
                0,
                0,
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
        ) AS k
        GROUP BY k.history_root_id
        HAVING
            SUM(k.in_source) - SUM(k.matched) > 0
            OR SUM(k.in_history) - SUM(k.matched) > 0
            OR SUM(k.differs_1) > 0
            OR SUM(k.differs_2) > 0
    ) AS d
    ON DUPLICATE KEY UPDATE
        kind = IF(
            finding.pass = in_pass AND finding.kind = 'incomplete', 'incomplete', d.kind
        ),
        relations = IF(
            finding.pass = in_pass,
            JSON_MERGE_PATCH(finding.relations, d.relations),
            d.relations
        ),
        chunk_id = d.chunk_id,
        pass = in_pass,
        seen_at = in_seen_at;
END;
