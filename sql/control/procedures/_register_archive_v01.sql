CREATE PROCEDURE pharmacy_history._register_archive (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_pass_seconds INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Give an archive its row and first lane, unless it has them, and its passes.'
BEGIN
    INSERT INTO archive (name, pass_started_at, pass_seconds)
    VALUES (in_archive, UTC_TIMESTAMP(6), in_pass_seconds)
    ON DUPLICATE KEY UPDATE pass_seconds = in_pass_seconds;

    INSERT INTO lane (archive, number)
    VALUES (in_archive, 1)
    ON DUPLICATE KEY UPDATE number = 1;
END;
