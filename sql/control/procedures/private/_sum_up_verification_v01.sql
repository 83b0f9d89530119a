CREATE PROCEDURE pharmacy_history._sum_up_verification (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_step VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_findings INT UNSIGNED,
    INOUT io_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Count the roots of findings, and say what a verification that ended found.'
BEGIN
    SELECT COUNT(DISTINCT f.root_key)
    INTO out_findings
    FROM finding AS f
    WHERE f.archive = in_archive;

    IF in_step = 'ended' THEN
        SELECT
            CONCAT_WS(
                '; ',
                CONCAT(
                    'verification ', v.pass, ' ended: ', v.roots, ' roots, ',
                    v.missing, ' missing, ', v.incomplete, ' incomplete, ',
                    v.different, ' different, ', v.orphaned,
                    ' no longer in the source'
                ),
                io_reason
            )
        INTO io_reason
        FROM verification AS v
        WHERE v.archive = in_archive;
    END IF;
END;
