CREATE PROCEDURE pharmacy_history._check_archive (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Refuse the name of an archive that does not exist.'
BEGIN
    DECLARE v_known VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    SELECT a.name
    INTO v_known
    FROM archive AS a
    WHERE a.name = in_archive;

    IF v_known IS NULL THEN
        CALL _raise(30003, CONCAT(
            'no archive is named ', COALESCE(QUOTE(in_archive), 'NULL'),
            '; CALL progress() lists them'
        ));
    END IF;
END;
