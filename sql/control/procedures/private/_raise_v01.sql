CREATE PROCEDURE pharmacy_history._raise (
    IN in_errno SMALLINT UNSIGNED,
    IN in_message TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Raise one of our errors, 30001 to 30099, as SQLSTATE 45000.'
BEGIN
    -- SIGNAL takes at most 128 characters and fails with 1648 on more.
    DECLARE v_message VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT LEFT(in_message, 128);

    SIGNAL SQLSTATE '45000'
        SET MESSAGE_TEXT = v_message, MYSQL_ERRNO = in_errno;
END;
