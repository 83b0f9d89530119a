CREATE PROCEDURE pharmacy_history._warn_of_keys (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_warning VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Write down what speaks for keys that came twice; NULL if nothing does.'
BEGIN
    UPDATE archive AS a
    SET a.key_warning = in_warning
    WHERE a.name = in_archive;
END;
