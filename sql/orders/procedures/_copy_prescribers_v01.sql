CREATE PROCEDURE pharmacy_history._copy_prescribers (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_rows INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy the prescribers of a chunk''s roots.'
BEGIN
    INSERT INTO prescribers_history (
        history_root_id,
        history_version,
        id,
        licence,
        name
    )
    SELECT
        h.id,
        h.history_version,
        s.id,
        s.licence,
        s.name
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.prescribers AS s ON s.id = h.prescriber_id
    WHERE h.history_chunk = in_chunk_id;

    SET out_rows = ROW_COUNT();
END;
