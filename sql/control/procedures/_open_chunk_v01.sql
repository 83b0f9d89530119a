CREATE PROCEDURE pharmacy_history._open_chunk (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_lane INT UNSIGNED,
    IN in_shape INT UNSIGNED,
    IN in_started_at DATETIME(6),
    OUT out_chunk_id BIGINT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Take the number under which a chunk''s roots are copied.'
BEGIN
    CALL _refuse_given_numbers();

    INSERT INTO chunk (
        archive, lane, pass, shape, started_at, called_by, connection_id
    )
    SELECT
        a.name, in_lane, a.pass, in_shape, in_started_at, USER(), CONNECTION_ID()
    FROM archive AS a
    WHERE a.name = in_archive;

    SET out_chunk_id = LAST_INSERT_ID();
END;
