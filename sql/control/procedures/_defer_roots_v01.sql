CREATE PROCEDURE pharmacy_history._defer_roots (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_root_keys LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Note roots, a JSON array of keys, as deferred: a writer was changing them.'
BEGIN
    INSERT INTO waiting (
        archive, lane, root_key, reason, attempts, noted_at, chunk_id
    )
    SELECT
        in_archive, in_lane, k.root_key, 'deferred', 1, UTC_TIMESTAMP(6), in_chunk_id
    FROM JSON_TABLE(
        in_root_keys, '$[*]' COLUMNS (
            root_key VARCHAR(700) CHARACTER SET utf8mb4 PATH '$'
        )
    ) AS k
    ON DUPLICATE KEY UPDATE
        reason = 'deferred', attempts = attempts + 1, chunk_id = in_chunk_id;
END;
