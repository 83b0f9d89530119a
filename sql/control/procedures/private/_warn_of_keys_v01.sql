CREATE PROCEDURE pharmacy_history._warn_of_keys (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_pass INT UNSIGNED,
    IN in_warning VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Say that a pass began, and write down what speaks for keys that came twice.'
BEGIN
    UPDATE archive AS a
    SET a.key_warning = in_warning
    WHERE a.name = in_archive;

    SET out_reason = CONCAT_WS('; ', CONCAT('opened full pass ', in_pass), in_warning);
END;
