CREATE PROCEDURE pharmacy_history._plan_retry (
    IN in_verdict VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_first_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_tries INT UNSIGNED,
    IN in_told VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_began_at DATETIME(6),
    IN in_target_ms INT UNSIGNED,
    IN in_quarantined INT UNSIGNED,
    INOUT io_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    INOUT io_size INT UNSIGNED,
    INOUT io_first_failed INT UNSIGNED,
    OUT out_next VARCHAR(4) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Plan the next try of a chunk that was not copied: in which form, of how many.'
BEGIN
    -- in_told is how many roots the try had, or how many would have been in time: a
    -- number, and compared as one; 0 or nothing: no root yet. out_next: try; name (the
    -- root at fault, and try it alone); end.
    DECLARE v_had INT UNSIGNED DEFAULT
        CAST(COALESCE(NULLIF(in_told, ''), '0') AS UNSIGNED);
    DECLARE v_ms BIGINT DEFAULT
        TIMESTAMPDIFF(MICROSECOND, in_began_at, SYSDATE(6)) DIV 1000;

    SET out_next = 'try';

    IF in_verdict = 'known' THEN
        SET io_form = 'careful';
    ELSEIF in_verdict = 'late' THEN
        -- Too late twice: one by one.
        SET io_size = IF(in_tries > 1, 1, LEAST(v_had, io_size));
    ELSEIF io_form = 'alone' THEN
        -- It was quarantined. The first one may be the only one; after a second, more
        -- are expected.
        SET io_form = IF(in_first_form = 'scan', 'careful', in_first_form);
        SET io_size = IF(
            in_quarantined = 1, GREATEST(1, COALESCE(io_first_failed, 1) DIV 2), 1
        );
        SET out_next = IF(v_ms BETWEEN 0 AND in_target_ms, 'try', 'end');
    ELSEIF io_size = 1 OR v_had = 1 THEN
        -- Tried again by its own key before it is quarantined.
        SET out_next = 'name';
    ELSE
        -- What fails is searched for by halves, and one by one when time is up: each
        -- CALL copies a root, or sets one aside.
        SET io_size = IF(v_had > 0, LEAST(v_had, io_size), io_size);
        SET io_first_failed = COALESCE(io_first_failed, io_size);
        SET io_size = IF(v_ms > 3 * in_target_ms, 1, (io_size + 1) DIV 2);
    END IF;
END;
