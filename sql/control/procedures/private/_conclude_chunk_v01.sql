CREATE PROCEDURE pharmacy_history._conclude_chunk (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_chunk_id BIGINT UNSIGNED,
    OUT out_roots INT UNSIGNED,
    OUT out_related_rows INT UNSIGNED,
    OUT out_examined INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Tell what a chunk copied; a window without a root to copy is no chunk.'
BEGIN
    SELECT c.roots, c.related_rows, c.examined
    INTO out_roots, out_related_rows, out_examined
    FROM chunk AS c
    WHERE c.archive = in_archive AND c.id = in_chunk_id;

    SET out_chunk_id = in_chunk_id;

    IF out_roots = 0 THEN
        DELETE FROM chunk WHERE archive = in_archive AND id = in_chunk_id;
        SET out_chunk_id = NULL;
    END IF;
END;
