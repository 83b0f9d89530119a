CREATE PROCEDURE pharmacy_history._log_failure (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_step VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_errno INT UNSIGNED,
    IN in_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin,
    IN in_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Log a failed CALL, and what follows from it, in a transaction of its own.'
log_failure: BEGIN
    -- The caller is about to RESIGNAL the error that matters: a full disk or a server
    -- that became read-only must not replace it. Without the message: that can hold
    -- a patient's data ("Duplicate entry ...").
    DECLARE CONTINUE HANDLER FOR SQLEXCEPTION
    BEGIN
    END;

    -- What the caller asked for was refused, or the caller's session.
    IF in_errno IN (30002, 30003, 30014, 30019) THEN
        LEAVE log_failure;
    END IF;

    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    START TRANSACTION;

    INSERT INTO failure (
        archive, failed_at, connection_id, called_by, step, errno, sqlstate_code
    )
    VALUES (
        in_archive, UTC_TIMESTAMP(6), CONNECTION_ID(), USER(), in_step, in_errno,
        in_sqlstate
    );

    -- What the server gave for a view was not one: the next CALL asks for a probe.
    IF in_errno = 30022 THEN
        DELETE FROM probe WHERE id = 1;
    END IF;

    -- A copy would have differed from its source. Names, and never values.
    IF in_errno = 30025 THEN
        UPDATE archive AS a
        SET
            a.paused_at = UTC_TIMESTAMP(6),
            a.paused_by = 'bygones',
            a.pause_reason = LEFT(in_message, 255)
        WHERE a.name = in_archive AND a.paused_at IS NULL;
    END IF;

    -- Said aloud, for under autocommit=0 the row would stay in an open transaction.
    COMMIT AND NO CHAIN NO RELEASE;
END;
