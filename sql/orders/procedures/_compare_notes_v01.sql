CREATE PROCEDURE pharmacy_history._compare_notes (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_difference VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare the notes of a chunk with the source; NULL if they are equal.'
BEGIN
    -- Three counts agree where there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    DECLARE v_in_history BIGINT UNSIGNED;
    DECLARE v_in_source BIGINT UNSIGNED;
    DECLARE v_equal BIGINT UNSIGNED;

    SELECT COUNT(*)
    INTO v_in_history
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN notes_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
    WHERE h.history_chunk = in_chunk_id;

    SELECT
        COUNT(*),
        COUNT(CASE WHEN
            c.history_version IS NOT NULL
            AND c.subject_type COLLATE ascii_bin <=> s.subject_type
            AND LENGTH(c.subject_type) <=> LENGTH(s.subject_type)
            AND c.subject_id <=> s.subject_id
            AND c.body COLLATE utf8mb4_bin <=> s.body
            AND LENGTH(c.body) <=> LENGTH(s.body)
            AND c.written_at <=> s.written_at
        THEN 1 END)
    INTO v_in_source, v_equal
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.notes AS s
        ON s.subject_id = h.id AND s.subject_type = 'order'
    LEFT JOIN notes_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
            AND c.id = s.id
    WHERE h.history_chunk = in_chunk_id;

    IF v_in_history <> v_in_source OR v_in_source <> v_equal THEN
        SET out_difference = 'notes: more rows than the source has';

        -- Names, and never values: those are a patient's.
        SELECT LEFT(CONCAT(
            'notes of ', CAST(JSON_ARRAY(CAST(h.id AS CHAR)) AS CHAR), ': ',
            IF(
                c.history_version IS NULL,
                'a row too few or too many',
                CONCAT_WS(
                    ', ',
                    IF(NOT (
                        c.subject_type COLLATE ascii_bin <=> s.subject_type
                        AND LENGTH(c.subject_type) <=> LENGTH(s.subject_type)
                    ), 'subject_type', NULL),
                    IF(NOT (
                        c.subject_id <=> s.subject_id
                    ), 'subject_id', NULL),
                    IF(NOT (
                        c.body COLLATE utf8mb4_bin <=> s.body
                        AND LENGTH(c.body) <=> LENGTH(s.body)
                    ), 'body', NULL),
                    IF(NOT (
                        c.written_at <=> s.written_at
                    ), 'written_at', NULL)
                )
            )
        ), 128)
        INTO out_difference
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.notes AS s
            ON s.subject_id = h.id AND s.subject_type = 'order'
        LEFT JOIN notes_history AS c
            ON
                c.history_root_id = h.id
                AND c.history_version = h.history_version
                AND c.id = s.id
        WHERE h.history_chunk = in_chunk_id
            AND (
                c.history_version IS NOT NULL
                AND c.subject_type COLLATE ascii_bin <=> s.subject_type
                AND LENGTH(c.subject_type) <=> LENGTH(s.subject_type)
                AND c.subject_id <=> s.subject_id
                AND c.body COLLATE utf8mb4_bin <=> s.body
                AND LENGTH(c.body) <=> LENGTH(s.body)
                AND c.written_at <=> s.written_at
            ) IS NOT TRUE
        LIMIT 1;
    END IF;
END;
