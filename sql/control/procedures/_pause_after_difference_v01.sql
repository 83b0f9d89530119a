CREATE PROCEDURE pharmacy_history._pause_after_difference (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_difference VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Pause an archive of which a copy differed, in a transaction of its own.'
BEGIN
    -- The caller is about to RESIGNAL the error that matters.
    DECLARE CONTINUE HANDLER FOR SQLEXCEPTION
    BEGIN
    END;

    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    START TRANSACTION;

    UPDATE archive AS a
    SET
        a.paused_at = UTC_TIMESTAMP(6),
        a.paused_by = 'bygones',
        a.pause_reason = LEFT(in_difference, 255)
    WHERE a.name = in_archive AND a.paused_at IS NULL;

    COMMIT AND NO CHAIN NO RELEASE;
END;
