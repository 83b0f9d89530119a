CREATE PROCEDURE pharmacy_history._name_holders (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_holders VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Name the connections that hold lanes, in a transaction of its own.'
BEGIN
    DECLARE v_holders INT UNSIGNED;
    DECLARE v_first_id BIGINT UNSIGNED;
    DECLARE v_last_id BIGINT UNSIGNED;
    DECLARE v_oldest_at DATETIME(6);

    -- A holder writes its connection id, and takes it back before it commits; a dirty
    -- read shows it, without a privilege on performance_schema or the process list.
    SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED;
    START TRANSACTION READ ONLY;

    SELECT COUNT(l.holder_id), MIN(l.holder_id), MAX(l.holder_id), MIN(l.held_at)
    INTO v_holders, v_first_id, v_last_id, v_oldest_at
    FROM lane AS l
    WHERE l.archive = in_archive AND l.holder_id IS NOT NULL;

    COMMIT AND NO CHAIN NO RELEASE;

    SET out_holders = CASE v_holders
        -- For moments only, unless it is interrupted right then.
        WHEN 0 THEN CONCAT(
            'a lane is changing hands; CALL again, and if this persists, KILL the',
            ' session that is idle in a transaction'
        )
        WHEN 1 THEN CONCAT('held by connection ', v_first_id)
        ELSE CONCAT(
            'held by ', v_holders, ' connections, ', v_first_id, ' to ', v_last_id
        )
    END;
    IF v_holders > 0 THEN
        SET out_holders = CONCAT(
            out_holders, ' for ',
            GREATEST(0, TIMESTAMPDIFF(SECOND, v_oldest_at, UTC_TIMESTAMP(6))), ' s'
        );
    END IF;
END;
