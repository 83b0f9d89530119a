CREATE PROCEDURE pharmacy_history._count_deferred (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_remaining INT UNSIGNED,
    OUT out_wait_ms INT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Count the deferred roots, and say how long to wait before the next try.'
BEGIN
    -- Twice as long after each try of the least tried, from 0.2 s to 6.4 s.
    SELECT
        COUNT(w.root_key),
        100 * POW(2, LEAST(COALESCE(MIN(w.attempts), 0), 6))
    INTO out_remaining, out_wait_ms
    FROM waiting AS w
    WHERE w.archive = in_archive AND w.reason = 'deferred';
END;
