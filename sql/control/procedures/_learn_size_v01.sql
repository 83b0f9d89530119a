CREATE PROCEDURE pharmacy_history._learn_size (
    IN in_target_ms INT UNSIGNED,
    IN in_seconds DECIMAL(12, 6),
    IN in_tries INT UNSIGNED,
    IN in_roots INT UNSIGNED,
    IN in_rows INT UNSIGNED,
    IN in_is_full TINYINT(1),
    IN in_is_uneven TINYINT(1),
    INOUT io_size INT UNSIGNED,
    INOUT io_rows_per_root DECIMAL(12, 2),
    INOUT io_weighings INT UNSIGNED
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Learn from a chunk how many rows the next one may have.'
BEGIN
    -- The rows that fit the target at the pace of this chunk.
    DECLARE v_fit DECIMAL(20, 6)
        DEFAULT ROUND(in_rows * in_target_ms / GREATEST(1000 * in_seconds, 0.001), 6);
    DECLARE v_size DECIMAL(20, 6) DEFAULT io_size;

    -- Many rows where few were expected, and slow for it: the roots are uneven.
    SET io_weighings = CASE
        WHEN
            in_is_uneven
            OR (
                in_rows > 2 * in_roots * io_rows_per_root
                AND 1000 * in_seconds > 1.5 * in_target_ms
            )
            THEN 16
        WHEN io_weighings > 0 THEN io_weighings - 1
        ELSE 0
    END;

    -- Before the size changes: an average over this chunk and as many rows before it,
    -- so that one giant among small roots does not pass for what is usual.
    SET io_rows_per_root = LEAST(9999999, GREATEST(1, ROUND(
        (v_size + in_rows) / (v_size / io_rows_per_root + in_roots), 2
    )));

    -- Writers interfered, or it was far too slow: a smaller chunk passes.
    IF in_tries > 1 THEN
        SET v_size = ROUND(LEAST(v_size / 2, v_fit));
    -- A chunk of few rows is all overhead and tells nothing, unless it was slow.
    ELSEIF in_is_full OR 1000 * in_seconds > in_target_ms THEN
        SET v_size = ROUND(LEAST(
            2 * v_size,
            IF(v_fit BETWEEN v_size / 2 AND v_size * 2, (v_size + v_fit) / 2, v_fit)
        ));
    END IF;

    SET io_size = LEAST(10000000, GREATEST(1, ROUND(v_size)));
END;
