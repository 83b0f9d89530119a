CREATE PROCEDURE pharmacy_history._find_different_orders (
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Note the orders whose history differs in orders.'
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
            'different' AS kind,
            CONCAT(
                '{"orders": {"too_few": 0, "too_many": 0',
                ', "columns": [',
                CONCAT_WS(
                    ', ',
                    IF(SUM(k.differs_1) > 0, '"customer_id"', NULL),
                    IF(SUM(k.differs_2) > 0, '"prescriber_id"', NULL),
                    IF(SUM(k.differs_3) > 0, '"status"', NULL),
                    IF(SUM(k.differs_4) > 0, '"reference"', NULL),
                    IF(SUM(k.differs_5) > 0, '"remark"', NULL),
                    IF(SUM(k.differs_6) > 0, '"details"', NULL),
                    IF(SUM(k.differs_7) > 0, '"discount"', NULL),
                    IF(SUM(k.differs_8) > 0, '"placed_at"', NULL),
                    IF(SUM(k.differs_9) > 0, '"collect_by"', NULL),
                    IF(SUM(k.differs_10) > 0, '"closed_at"', NULL),
                    IF(SUM(k.differs_11) > 0, '"changed_at"', NULL)
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
                NOT (
                    h.customer_id <=> s.customer_id
                ) AS differs_1,
                NOT (
                    h.prescriber_id <=> s.prescriber_id
                ) AS differs_2,
                NOT (
                    CAST(h.status AS UNSIGNED) <=> CAST(s.status AS UNSIGNED)
                ) AS differs_3,
                NOT (
                    h.reference COLLATE latin1_bin <=> s.reference
                    AND LENGTH(h.reference) <=> LENGTH(s.reference)
                ) AS differs_4,
                NOT (
                    h.remark COLLATE utf8mb4_bin <=> s.remark
                    AND LENGTH(h.remark) <=> LENGTH(s.remark)
                ) AS differs_5,
                NOT (
                    h.details <=> s.details
                    AND CAST(h.details AS CHAR)
                        <=> CAST(CAST(s.details AS CHAR) AS BINARY)
                ) AS differs_6,
                NOT (
                    h.discount <=> s.discount
                ) AS differs_7,
                NOT (
                    h.placed_at <=> s.placed_at
                ) AS differs_8,
                NOT (
                    h.collect_by <=> s.collect_by
                ) AS differs_9,
                NOT (
                    h.closed_at <=> s.closed_at
                ) AS differs_10,
                NOT (
                    UNIX_TIMESTAMP(h.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
                ) AS differs_11
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS s FORCE INDEX (PRIMARY)
                ON s.id = h.id
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND h.id <= in_upto_id
        ) AS k
        GROUP BY k.history_root_id
        HAVING
            SUM(k.differs_1) > 0
            OR SUM(k.differs_2) > 0
            OR SUM(k.differs_3) > 0
            OR SUM(k.differs_4) > 0
            OR SUM(k.differs_5) > 0
            OR SUM(k.differs_6) > 0
            OR SUM(k.differs_7) > 0
            OR SUM(k.differs_8) > 0
            OR SUM(k.differs_9) > 0
            OR SUM(k.differs_10) > 0
            OR SUM(k.differs_11) > 0
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
