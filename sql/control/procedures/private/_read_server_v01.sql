CREATE PROCEDURE pharmacy_history._read_server (
    OUT out_version VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_version_comment VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_server VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_log_bin TINYINT(1)
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Say which server this is, and what it depends on how a function reads.'
BEGIN
    SET out_version = VERSION();
    SET out_version_comment = @@version_comment;
    SET out_log_bin = @@log_bin;
    -- The one place where the families differ: to MariaDB, which knows no UUID of a
    -- server, the last is a comment.
    SET out_server = CONCAT_WS(
        ' ', @@server_id, @@hostname, @@port /*!80000 , @@server_uuid */
    );
END;
