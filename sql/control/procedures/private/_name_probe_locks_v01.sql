CREATE PROCEDURE pharmacy_history._name_probe_locks (
    OUT out_reader_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_writer_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_read_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_wrote_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_held_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Name the locks by which the two sides of a probe take turns.'
BEGIN
    -- Locks are the server's, and probes of two installations must not meet. A lock's
    -- name has 64 characters, and a schema's alone may have as many.
    DECLARE v_here VARCHAR(48) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT CONCAT('bygones ', LEFT(SHA2(DATABASE(), 256), 32));

    -- One probe at a time: the first two are held by who probes, the others tell.
    SET out_reader_lock = CONCAT(v_here, ' reader');
    SET out_writer_lock = CONCAT(v_here, ' writer');
    SET out_read_lock = CONCAT(v_here, ' has read');
    SET out_wrote_lock = CONCAT(v_here, ' has written');
    SET out_held_lock = CONCAT(v_here, ' was held off');
END;
