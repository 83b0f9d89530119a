CREATE PROCEDURE pharmacy_history._read_ended_pass (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_pass INT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Tell the last full pass of copying that has ended; 0 if none has.'
BEGIN
    SELECT
        a.pass - EXISTS (
            SELECT 1 FROM lane AS l
            WHERE l.archive = a.name AND l.phase IN ('scan', 'closing')
        )
    INTO out_pass
    FROM archive AS a
    WHERE a.name = in_archive;
END;
