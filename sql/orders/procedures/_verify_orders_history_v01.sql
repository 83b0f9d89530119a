CREATE PROCEDURE pharmacy_history._verify_orders_history (
    IN in_pass INT UNSIGNED, IN in_started_at DATETIME(6), IN in_max_roots INT,
    INOUT io_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_roots INT UNSIGNED, OUT out_related_rows INT UNSIGNED,
    OUT out_orphaned INT UNSIGNED, OUT out_is_end TINYINT(1)
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Compare chunks with the source, the newest first, for as long as a CALL takes.'
BEGIN
    -- The first one has no deadline: its roots were as many as could be copied in time.
    DECLARE v_before_id BIGINT UNSIGNED DEFAULT COALESCE(
        CAST(io_cursor_key AS UNSIGNED), 18446744073709551615
    );
    DECLARE v_chunk_id BIGINT UNSIGNED;
    DECLARE v_chunks INT UNSIGNED DEFAULT 0;
    DECLARE v_target_ms INT UNSIGNED;

    SET out_roots = 0;
    SET out_related_rows = 0;
    SET out_orphaned = 0;
    SET out_is_end = 0;

    SELECT a.target_ms
    INTO v_target_ms
    FROM archive AS a
    WHERE a.name = 'orders';

    chunks: LOOP
        SELECT MAX(h.history_chunk)
        INTO v_chunk_id
        FROM orders_history AS h
        WHERE h.history_chunk < v_before_id;

        IF v_chunk_id IS NULL THEN
            SET out_is_end = 1;
            LEAVE chunks;
        END IF;

        -- Another one would take as long as these did on average.
        IF
            v_chunks > 0
            AND (
                out_roots >= in_max_roots
                OR TIMESTAMPDIFF(MICROSECOND, in_started_at, UTC_TIMESTAMP(6))
                NOT BETWEEN 0 AND 1000 * v_target_ms * v_chunks DIV (v_chunks + 1)
            )
        THEN
            LEAVE chunks;
        END IF;

        INSERT INTO verified (
            archive, pass, chunk_id, roots, related_rows, orphaned, verified_at
        )
        SELECT
            'orders',
            in_pass,
            v_chunk_id,
            JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.roots')),
            JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.related_rows')),
            JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.orphaned')),
            in_started_at
        FROM (
            SELECT _verify_orders_at_once(
                v_chunk_id, in_pass, in_started_at
            ) AS counts
        ) AS d;

        IF ROW_COUNT() <> 1 THEN
            CALL _raise(30026, 'a chunk''s statement wrote no row of its own');
        END IF;

        SELECT
            out_roots + v.roots,
            out_related_rows + v.related_rows,
            out_orphaned + v.orphaned
        INTO out_roots, out_related_rows, out_orphaned
        FROM verified AS v
        WHERE v.archive = 'orders' AND v.pass = in_pass AND v.chunk_id = v_chunk_id;

        SET v_chunks = v_chunks + 1;
        SET v_before_id = v_chunk_id;
        SET io_cursor_key = v_chunk_id;
    END LOOP chunks;
END;
