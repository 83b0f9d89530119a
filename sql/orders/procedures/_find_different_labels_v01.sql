CREATE PROCEDURE pharmacy_history._find_different_labels (
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Note the orders whose history differs in labels.'
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
                '{"labels": {"too_few": ',
                SUM(k.in_source) - SUM(k.matched),
                ', "too_many": ',
                SUM(k.in_history) - SUM(k.matched),
                ', "columns": [',
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
                k.history_root_id,
                c.history_version IS NOT NULL AS in_history,
                1 AS in_source,
                c.history_version IS NOT NULL AS matched
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
        ) AS k
        GROUP BY k.history_root_id
        HAVING
            SUM(k.in_source) - SUM(k.matched) > 0
            OR SUM(k.in_history) - SUM(k.matched) > 0
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
