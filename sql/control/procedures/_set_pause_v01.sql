CREATE PROCEDURE pharmacy_history._set_pause (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_reason VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Pause an archive, or resume it (NULL), in a transaction of its own.'
BEGIN
    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION READ WRITE;
    END;

    BEGIN
        DECLARE EXIT HANDLER FOR SQLEXCEPTION
        BEGIN
            ROLLBACK AND NO CHAIN NO RELEASE;
            RESIGNAL;
        END;

        START TRANSACTION;

        CALL _check_archive(in_archive);

        IF TRIM(in_reason) = '' THEN
            CALL _raise(
                30004, 'in_reason is empty; say why, for whoever finds it paused'
            );
        END IF;

        UPDATE archive AS a
        SET
            a.paused_at = IF(in_reason IS NULL, NULL, UTC_TIMESTAMP(6)),
            a.paused_by = IF(in_reason IS NULL, NULL, USER()),
            a.pause_reason = in_reason
        WHERE a.name = in_archive;

        COMMIT AND NO CHAIN NO RELEASE;
    END;

    SELECT
        a.name AS archive,
        a.paused_at,
        a.paused_by,
        a.pause_reason
    FROM archive AS a
    WHERE a.name = in_archive;
END;
