CREATE PROCEDURE pharmacy_history._count_deferred (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_remaining INT UNSIGNED,
    OUT out_by_this_chunk INT UNSIGNED,
    OUT out_wait_ms INT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Count a lane''s deferred roots, and say how long to wait before the next try.'
BEGIN
    -- Twice as long after each try of the least tried, from 0.2 s to 6.4 s.
    SELECT
        COUNT(w.root_key),
        COUNT(CASE WHEN w.chunk_id = in_chunk_id THEN 1 END),
        100 * POW(2, LEAST(COALESCE(MIN(w.attempts), 0), 6))
    INTO out_remaining, out_by_this_chunk, out_wait_ms
    FROM waiting AS w
    WHERE w.archive = in_archive AND w.lane = in_lane AND w.reason = 'deferred';
END;
