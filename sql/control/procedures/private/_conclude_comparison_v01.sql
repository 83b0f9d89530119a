CREATE PROCEDURE pharmacy_history._conclude_comparison (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6),
    OUT out_differing VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Note a chunk''s differences as findings; name the first relation, or NULL.'
BEGIN
    -- Without a key, a row that differs is one too few and one too many. Names, and
    -- never values: those are a patient's.
    INSERT INTO finding (
        archive, root_key, place, relation, kind, too_few, too_many, column_names,
        chunk_id, pass, found_at, seen_at
    )
    SELECT
        d.archive, d.root_key, d.place, d.relation, d.kind, d.too_few, d.too_many,
        d.column_names, in_chunk_id, in_pass, in_seen_at AS found_at,
        in_seen_at AS seen_at
    FROM (
        SELECT
            k.archive, k.root_key, k.place, k.relation, k.too_few, k.too_many,
            IF(
                k.too_few > IF(k.column_names IS NULL, k.too_many, 0),
                'incomplete', 'different'
            ) AS kind,
            COALESCE(k.column_names, '') AS column_names
        FROM difference AS k
        WHERE k.archive = in_archive AND k.chunk_id = in_chunk_id
    ) AS d
    ON DUPLICATE KEY UPDATE
        relation = d.relation, kind = d.kind, too_few = d.too_few,
        too_many = d.too_many, column_names = d.column_names,
        chunk_id = in_chunk_id, pass = in_pass, seen_at = in_seen_at;

    -- Where there is no row, the variable stays NULL.
    SET out_differing = NULL;
    SELECT k.relation
    INTO out_differing
    FROM difference AS k
    WHERE k.archive = in_archive AND k.chunk_id = in_chunk_id
    ORDER BY k.place
    LIMIT 1;

    DELETE FROM difference
    WHERE archive = in_archive AND chunk_id = in_chunk_id;
END;
