CREATE PROCEDURE pharmacy_history._conclude_lane (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_max_roots INT,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_examined INT UNSIGNED,
    IN in_seconds DECIMAL(12, 6),
    OUT out_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Write what a lane learned from a CALL, and take the holder''s name off it.'
BEGIN
    DECLARE v_target_ms INT UNSIGNED;
    DECLARE v_size INT UNSIGNED;
    DECLARE v_rows_per_root DECIMAL(12, 2);
    DECLARE v_fixed_ms DECIMAL(12, 3);
    DECLARE v_last_rows INT UNSIGNED;
    DECLARE v_last_ms DECIMAL(12, 3);
    DECLARE v_key_window INT UNSIGNED;
    DECLARE v_max_roots INT UNSIGNED;
    DECLARE v_roots INT UNSIGNED DEFAULT 0;
    DECLARE v_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_tries INT UNSIGNED DEFAULT 1;
    DECLARE v_is_compared TINYINT(1) DEFAULT 0;
    DECLARE v_is_full TINYINT(1);

    SELECT
        a.target_ms, l.size, l.rows_per_root, l.fixed_ms, l.last_rows, l.last_ms,
        l.key_window, l.cursor_key,
        LEAST(a.max_size, GREATEST(1, FLOOR(l.size / l.rows_per_root)))
    INTO
        v_target_ms, v_size, v_rows_per_root, v_fixed_ms, v_last_rows, v_last_ms,
        v_key_window, out_cursor_key, v_max_roots
    FROM archive AS a
    INNER JOIN lane AS l ON l.archive = a.name
    WHERE a.name = in_archive AND l.number = in_lane;

    IF in_chunk_id IS NOT NULL THEN
        SELECT c.roots, c.roots + c.related_rows, c.tries, c.is_compared
        INTO v_roots, v_rows, v_tries, v_is_compared
        FROM chunk AS c
        WHERE c.archive = in_archive AND c.id = in_chunk_id;
    END IF;

    -- Who asked for a number of roots, and who compared, teaches nothing.
    IF in_max_roots IS NULL AND NOT v_is_compared THEN
        SET v_is_full = v_roots >= v_max_roots;
        CALL _learn_window(
            v_target_ms, in_seconds, v_is_full, in_examined < v_key_window, v_key_window
        );
        IF v_roots > 0 THEN
            CALL _learn_size(
                v_target_ms, in_seconds, v_tries, v_roots, v_rows, v_is_full, v_size,
                v_rows_per_root, v_fixed_ms, v_last_rows, v_last_ms
            );
        END IF;
    END IF;

    UPDATE lane AS l
    SET
        l.size = v_size,
        l.rows_per_root = v_rows_per_root,
        l.fixed_ms = v_fixed_ms,
        l.last_rows = v_last_rows,
        l.last_ms = v_last_ms,
        l.key_window = v_key_window,
        l.compared_by = IF(v_is_compared, CONNECTION_ID(), l.compared_by),
        l.worked_at = UTC_TIMESTAMP(6),
        l.holder_id = NULL,
        l.held_at = NULL
    WHERE l.archive = in_archive AND l.number = in_lane;
END;
