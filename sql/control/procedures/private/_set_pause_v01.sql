CREATE PROCEDURE pharmacy_history._set_pause (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_reason VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Pause an archive, or resume it (NULL), in a transaction of its own.'
BEGIN
    DECLARE v_paused_at DATETIME(6);
    DECLARE v_paused_by VARCHAR(288) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
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
                30004, 'in_reason is empty; give a reason for whoever sees the pause'
            );
        END IF;

        IF in_reason IS NOT NULL THEN
            SET v_paused_at = UTC_TIMESTAMP(6);
            SET v_paused_by = USER();
        END IF;

        UPDATE archive AS a
        SET
            a.paused_at = v_paused_at,
            a.paused_by = v_paused_by,
            a.pause_reason = in_reason
        WHERE a.name = in_archive;

        COMMIT AND NO CHAIN NO RELEASE;
    END;

    -- No table is read from here on: under autocommit=0 that would open another
    -- transaction.
    SELECT
        in_archive AS archive,
        v_paused_at AS paused_at,
        v_paused_by AS paused_by,
        in_reason AS pause_reason;
END;
