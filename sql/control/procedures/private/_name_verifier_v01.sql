CREATE PROCEDURE pharmacy_history._name_verifier (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_holder VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Name the connection that verifies an archive, in a transaction of its own.'
BEGIN
    -- By a dirty read, as _name_holders does.
    SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED;
    START TRANSACTION READ ONLY;

    SELECT
        COALESCE(
            CONCAT(
                'held by connection ', v.holder_id, ' for ',
                GREATEST(0, TIMESTAMPDIFF(SECOND, v.held_at, UTC_TIMESTAMP(6))), ' s'
            ),
            'it was just given back; CALL again'
        )
    INTO out_holder
    FROM verification AS v
    WHERE v.archive = in_archive;

    COMMIT AND NO CHAIN NO RELEASE;
END;
