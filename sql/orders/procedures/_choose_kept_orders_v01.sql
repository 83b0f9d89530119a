CREATE PROCEDURE pharmacy_history._choose_kept_orders (
    IN in_after_id BIGINT,
    IN in_keys INT UNSIGNED,
    IN in_rows INT UNSIGNED,
    IN in_rows_per_root DECIMAL(12, 2),
    OUT out_upto_id BIGINT,
    OUT out_roots INT UNSIGNED,
    OUT out_rows INT UNSIGNED,
    OUT out_is_end TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Find the key of history up to which a CALL verifies: in_rows rows of roots.'
BEGIN
    -- A root counts for as many rows as its chunk had on average: a giant was a chunk
    -- of its own. in_rows is NULL where the caller asked for a number of roots.
    DECLARE v_known INT UNSIGNED;

    SELECT
        COUNT(*),
        COUNT(CASE WHEN w.before_it < COALESCE(in_rows, w.before_it + 1) THEN 1 END),
        COALESCE(CEIL(SUM(CASE
            WHEN w.before_it < COALESCE(in_rows, w.before_it + 1) THEN w.weight
        END)), 0),
        MAX(CASE
            WHEN w.before_it < COALESCE(in_rows, w.before_it + 1) THEN w.id
        END)
    INTO v_known, out_roots, out_rows, out_upto_id
    FROM (
        SELECT
            k.id,
            k.weight,
            SUM(k.weight) OVER (
                ORDER BY k.id
                ROWS UNBOUNDED PRECEDING
            ) - k.weight AS before_it
        FROM (
            SELECT
                h.id,
                1 + COALESCE(
                    n.related_rows / NULLIF(n.roots, 0), in_rows_per_root - 1
                ) AS weight
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            LEFT JOIN chunk AS n ON n.archive = 'orders' AND n.id = h.history_chunk
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
            ORDER BY h.id
            LIMIT in_keys
        ) AS k
    ) AS w;

    SET out_is_end = v_known < in_keys AND out_roots = v_known;
END;
