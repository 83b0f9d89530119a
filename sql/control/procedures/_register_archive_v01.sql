CREATE PROCEDURE pharmacy_history._register_archive (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Give a new archive its row and its first lane; change nothing if it has them.'
BEGIN
    INSERT INTO archive (name, pass_started_at)
    VALUES (in_archive, UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE name = in_archive;

    INSERT INTO lane (archive, number)
    VALUES (in_archive, 1)
    ON DUPLICATE KEY UPDATE number = 1;
END;
