CREATE PROCEDURE pharmacy_history._close_chunk (
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_roots INT UNSIGNED,
    IN in_related_rows INT UNSIGNED,
    IN in_relation_rows TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_tries INT UNSIGNED,
    IN in_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_seconds DECIMAL(12, 6),
    OUT out_deferred INT UNSIGNED,
    OUT out_quarantined INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Write what a chunk did, in the transaction that did it.'
BEGIN
    SELECT
        COUNT(CASE WHEN w.reason = 'deferred' THEN 1 END),
        COUNT(CASE WHEN w.reason = 'quarantined' THEN 1 END)
    INTO out_deferred, out_quarantined
    FROM chunk AS c
    INNER JOIN waiting AS w
        ON
            w.archive = c.archive
            AND w.reason IN ('deferred', 'quarantined')
            AND w.lane = c.lane
            AND w.chunk_id = c.id
    WHERE c.id = in_chunk_id;

    UPDATE chunk AS c
    SET
        c.roots = in_roots,
        c.related_rows = in_related_rows,
        c.relation_rows = in_relation_rows,
        c.deferred = out_deferred,
        c.quarantined = out_quarantined,
        c.tries = in_tries,
        c.cursor_key = in_cursor_key,
        c.seconds = in_seconds
    WHERE c.id = in_chunk_id;
END;
