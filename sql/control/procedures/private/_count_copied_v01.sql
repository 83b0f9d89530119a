CREATE PROCEDURE pharmacy_history._count_copied (
    IN in_relation VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_rows INT UNSIGNED,
    IN in_roots INT UNSIGNED,
    IN in_deadline_at DATETIME(6),
    INOUT io_room INT,
    INOUT io_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Count what was copied of a relation; raise 30023 or 30024 if it is too much.'
BEGIN
    -- in_deadline_at is NULL where nothing is left to copy: then it's late, and done.
    SET io_room = io_room - CAST(in_rows AS SIGNED);
    SET io_counts = CONCAT_WS(
        ', ', io_counts, CONCAT(JSON_QUOTE(in_relation), ': ', in_rows)
    );

    IF in_roots > 1 AND (io_room <= 0 OR SYSDATE(6) > in_deadline_at) THEN
        CALL _raise(30023, 'too late or too large');
    END IF;

    -- A root that goes alone has no deadline.
    IF io_room <= 0 THEN
        CALL _raise(30024, 'too large');
    END IF;
END;
