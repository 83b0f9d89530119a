CREATE PROCEDURE pharmacy_history._claim_verification (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_pass INT UNSIGNED,
    OUT out_step VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_rows INT UNSIGNED,
    OUT out_rows_per_root DECIMAL(12, 2),
    OUT out_key_window INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Claim a verification to the end of the transaction; NULL if it is taken.'
BEGIN
    SELECT
        v.pass, v.step, v.cursor_key, v.size, v.rows_per_root, v.key_window
    INTO
        out_pass, out_step, out_cursor_key, out_rows, out_rows_per_root, out_key_window
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
            v.sourceless = 0
        WHERE v.archive = in_archive;
    END IF;

    -- For _name_verifier: who finds it locked can say by whom.
    UPDATE verification AS v
    SET v.holder_id = CONNECTION_ID(), v.held_at = UTC_TIMESTAMP(6)
    WHERE v.archive = in_archive AND out_pass IS NOT NULL;
END;
