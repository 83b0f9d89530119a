CREATE PROCEDURE pharmacy_history._plan_chunk (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_max_roots INT,
    OUT out_chunk_id BIGINT UNSIGNED,
    OUT out_pass INT UNSIGNED,
    OUT out_size INT UNSIGNED,
    OUT out_key_window INT UNSIGNED,
    OUT out_max_rows INT UNSIGNED,
    OUT out_target_ms INT UNSIGNED,
    OUT out_limit_ms INT UNSIGNED,
    OUT out_is_compared TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Give the next chunk of a lane its number, its size and its bounds.'
BEGIN
    -- Longer than it aims at where the lane is known to take so long; and for whoever
    -- asks for a number of roots. Four times the rows that are expected: giants among
    -- them.
    SELECT
        l.number * 4294967296 + l.last_chunk + 1,
        a.pass,
        p.size,
        GREATEST(l.key_window, 2 * p.size),
        LEAST(2000000000, ROUND(GREATEST(10000, 4 * p.size * l.rows_per_root))),
        a.target_ms,
        IF(
            in_max_roots IS NULL,
            ROUND(1.5 * GREATEST(
                a.target_ms,
                -- A small chunk doesn't tell what a row takes.
                l.fixed_ms + COALESCE(IF(
                    2 * l.last_rows >= l.size,
                    (l.last_ms - l.fixed_ms) / NULLIF(l.last_rows, 0) * l.size,
                    0
                ), 0)
            )),
            10 * a.target_ms
        ),
        l.compared_by IS NULL
        OR l.compared_by <> CONNECTION_ID()
        OR (l.last_chunk + 1) % a.prove_every = 0
    INTO
        out_chunk_id, out_pass, out_size, out_key_window, out_max_rows, out_target_ms,
        out_limit_ms, out_is_compared
    FROM archive AS a
    INNER JOIN lane AS l ON l.archive = a.name
    INNER JOIN (
        SELECT
            s.number,
            COALESCE(in_max_roots, LEAST(
                b.max_size, GREATEST(1, FLOOR(s.size / s.rows_per_root))
            )) AS size
        FROM archive AS b
        INNER JOIN lane AS s ON s.archive = b.name
        WHERE s.archive = in_archive AND s.number = in_lane
    ) AS p ON p.number = l.number
    WHERE a.name = in_archive AND l.number = in_lane;
END;
