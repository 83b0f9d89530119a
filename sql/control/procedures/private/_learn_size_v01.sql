CREATE PROCEDURE pharmacy_history._learn_size (
    IN in_target_ms INT UNSIGNED,
    IN in_seconds DECIMAL(12, 6),
    IN in_tries INT UNSIGNED,
    IN in_roots INT UNSIGNED,
    IN in_rows INT UNSIGNED,
    IN in_is_full TINYINT(1),
    INOUT io_size INT UNSIGNED,
    INOUT io_rows_per_root DECIMAL(12, 2),
    INOUT io_fixed_ms DECIMAL(12, 3),
    INOUT io_last_rows INT UNSIGNED,
    INOUT io_last_ms DECIMAL(12, 3)
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Learn from a chunk how many rows the next one may have.'
BEGIN
    -- A chunk takes a part that is the same for any (drift, choosing, a table that is
    -- read whole for want of an index), and a part for each row.
    -- Rounded wherever digits are lost, for MariaDB notes it (1265), and to those who
    -- CALL this a note is an error.
    DECLARE v_ms DECIMAL(12, 3) DEFAULT ROUND(GREATEST(0.1, 1000 * in_seconds), 3);
    DECLARE v_row_ms DECIMAL(20, 9);
    DECLARE v_size DECIMAL(20, 0) DEFAULT io_size;

    -- Two chunks of different size tell the parts apart. Neither is less than nothing.
    IF ABS(CAST(in_rows AS SIGNED) - CAST(io_last_rows AS SIGNED)) * 4 >= in_rows THEN
        SET v_row_ms = ROUND(GREATEST(0, (v_ms - io_last_ms)
        / (CAST(in_rows AS SIGNED) - CAST(io_last_rows AS SIGNED))), 9);
        SET io_fixed_ms
        = ROUND((io_fixed_ms + GREATEST(0, v_ms - v_row_ms * in_rows)) / 2, 3);
    END IF;
    SET io_fixed_ms = ROUND(LEAST(io_fixed_ms, 0.98 * v_ms), 3);
    SET v_row_ms = GREATEST(
        0.000000001, ROUND((v_ms - io_fixed_ms) / GREATEST(1, in_rows), 9)
    );

    -- Before the size changes: an average over this chunk and as many rows before it,
    -- so that one giant among small roots does not pass for what is usual.
    SET io_rows_per_root = LEAST(9999999, GREATEST(1, ROUND(
        (v_size + in_rows) / (v_size / io_rows_per_root + in_roots), 2
    )));

    -- What fits the target; or, where the same part leaves no room for it, as many rows
    -- as take as long as that. A chunk that was not full tells nothing, unless it was
    -- slow; one that had to be tried again lets none grow. One root of few rows is
    -- never all: two may take no longer.
    IF in_is_full OR in_tries > 1 OR v_ms > in_target_ms THEN
        SET v_size = ROUND(LEAST(
            IF(in_tries > 1, 1, 2) * v_size,
            GREATEST((in_target_ms - io_fixed_ms) / v_row_ms, io_fixed_ms / v_row_ms)
        ));
        IF in_roots = 1 AND in_rows <= 1000 THEN
            SET v_size = GREATEST(v_size, 2 * in_rows);
        END IF;
    END IF;

    SET io_size = LEAST(10000000, GREATEST(1, v_size));
    SET io_last_rows = in_rows;
    SET io_last_ms = v_ms;
END;
