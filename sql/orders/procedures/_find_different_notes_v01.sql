CREATE PROCEDURE pharmacy_history._find_different_notes (
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Note the orders whose history differs in notes.'
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
                '{"notes": {"too_few": ',
                SUM(k.in_source) - SUM(k.matched),
                ', "too_many": ',
                SUM(k.in_history) - SUM(k.matched),
                ', "columns": [',
                CONCAT_WS(
                    ', ',
                    IF(SUM(k.differs_1) > 0, '"subject_type"', NULL),
                    IF(SUM(k.differs_2) > 0, '"subject_id"', NULL),
                    IF(SUM(k.differs_3) > 0, '"body"', NULL),
                    IF(SUM(k.differs_4) > 0, '"written_at"', NULL)
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
                        c.subject_type COLLATE ascii_bin <=> s.subject_type
                        AND LENGTH(c.subject_type) <=> LENGTH(s.subject_type)
                    )
                ) AS differs_1,
                (
                    c.history_version IS NOT NULL
                    AND NOT (
                        c.subject_id <=> s.subject_id
                    )
                ) AS differs_2,
                (
                    c.history_version IS NOT NULL
                    AND NOT (
                        c.body COLLATE utf8mb4_bin <=> s.body
                        AND LENGTH(c.body) <=> LENGTH(s.body)
                    )
                ) AS differs_3,
                (
                    c.history_version IS NOT NULL
                    AND NOT (
                        c.written_at <=> s.written_at
                    )
                ) AS differs_4
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
                h.id,
                1,
                0,
                0,
                0,
                0,
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
        ) AS k
        GROUP BY k.history_root_id
        HAVING
            SUM(k.in_source) - SUM(k.matched) > 0
            OR SUM(k.in_history) - SUM(k.matched) > 0
            OR SUM(k.differs_1) > 0
            OR SUM(k.differs_2) > 0
            OR SUM(k.differs_3) > 0
            OR SUM(k.differs_4) > 0
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
