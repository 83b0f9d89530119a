CREATE PROCEDURE pharmacy_history._advance_lane (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_round INT UNSIGNED,
    IN in_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_waiting_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_is_walked TINYINT(1),
    IN in_is_passed TINYINT(1),
    IN in_is_looked TINYINT(1),
    IN in_is_capped TINYINT(1),
    IN in_is_look_next TINYINT(1),
    IN in_size INT UNSIGNED,
    IN in_rows_per_root DECIMAL(12, 2),
    IN in_weighings INT UNSIGNED,
    IN in_key_window INT UNSIGNED,
    IN in_changed_from DECIMAL(20, 6),
    IN in_examined INT UNSIGNED,
    IN in_noted INT,
    IN in_roots INT UNSIGNED,
    IN in_related_rows INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Write where a lane stands after a chunk, what it learned, and its totals.'
BEGIN
    UPDATE lane AS l
    SET
        l.cursor_key = in_cursor_key,
        l.waiting_key = in_waiting_key,
        l.walked_at = COALESCE(l.walked_at, IF(in_is_walked, UTC_TIMESTAMP(6), NULL)),
        -- A lane that ends its pass joins the round that the others are at. Set before
        -- passed_at, which this reads.
        l.looks
        = IF(in_is_passed AND l.passed_at IS NULL, in_round, l.looks) + in_is_looked,
        l.passed_at = COALESCE(l.passed_at, IF(in_is_passed, UTC_TIMESTAMP(6), NULL)),
        l.is_capped = GREATEST(l.is_capped, in_is_capped),
        l.is_look_next = in_is_look_next,
        l.worked_at = UTC_TIMESTAMP(6),
        l.size = in_size,
        l.rows_per_root = in_rows_per_root,
        l.weighings = in_weighings,
        l.key_window = in_key_window,
        l.changed_from = in_changed_from,
        l.noted = GREATEST(0, CAST(l.noted AS SIGNED) + in_noted),
        l.examined = l.examined + in_examined,
        l.chunks = l.chunks + (in_roots > 0),
        l.roots = l.roots + in_roots,
        l.related_rows = l.related_rows + in_related_rows,
        l.holder_id = NULL,
        l.held_at = NULL
    WHERE l.archive = in_archive AND l.number = in_lane;
END;
