CREATE PROCEDURE pharmacy_history._copy_notes (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_rows INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy the notes of a chunk''s roots.'
BEGIN
    INSERT INTO notes_history (
        history_root_id,
        history_version,
        id,
        subject_type,
        subject_id,
        body,
        written_at
    )
    SELECT
        h.id,
        h.history_version,
        s.id,
        s.subject_type,
        s.subject_id,
        s.body,
        s.written_at
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.notes AS s
        ON s.subject_id = h.id AND s.subject_type = 'order'
    WHERE h.history_chunk = in_chunk_id;

    SET out_rows = ROW_COUNT();
END;
