CREATE PROCEDURE pharmacy_history._claim_verification (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_pass INT UNSIGNED,
    OUT out_step VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Claim a verification to the end of the transaction; NULL if it is taken.'
BEGIN
    SELECT v.pass, v.step, v.cursor_key
    INTO out_pass, out_step, out_cursor_key
    FROM verification AS v
    WHERE v.archive = in_archive
    FOR UPDATE SKIP LOCKED;

    -- The last one has ended: another begins.
    IF out_step = 'ended' THEN
        SET out_pass = out_pass + 1;
        SET out_step = 'history';
        SET out_cursor_key = NULL;

        UPDATE verification AS v
        SET
            v.pass = out_pass,
            v.step = out_step,
            v.cursor_key = NULL,
            v.started_at = UTC_TIMESTAMP(6),
            v.roots = 0,
            v.related_rows = 0,
            v.missing = 0,
            v.incomplete = 0,
            v.different = 0,
            v.orphaned = 0
        WHERE v.archive = in_archive;
    END IF;

    -- For _name_verifier: a CALL that finds it locked can name the holder.
    UPDATE verification AS v
    SET v.holder_id = CONNECTION_ID(), v.held_at = UTC_TIMESTAMP(6)
    WHERE v.archive = in_archive AND out_pass IS NOT NULL;
END;
