CREATE PROCEDURE pharmacy_history._open_pass (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_pass INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Send all lanes back to before their first key, if no lane is under way.'
BEGIN
    -- Two callers may find the same pass due: the second skips the locked row, or
    -- finds the lanes on their way. out_pass is NULL for it.
    DECLARE v_pass INT UNSIGNED;
    DECLARE v_lanes_under_way INT UNSIGNED;

    SELECT a.pass + 1
    INTO v_pass
    FROM archive AS a
    WHERE a.name = in_archive
    FOR UPDATE SKIP LOCKED;

    IF v_pass IS NOT NULL THEN
        -- Waits for the chunk that each lane may be copying.
        SELECT COUNT(CASE WHEN l.passed_at IS NULL THEN 1 END)
        INTO v_lanes_under_way
        FROM lane AS l
        WHERE l.archive = in_archive
        FOR UPDATE;

        IF v_lanes_under_way = 0 THEN
            UPDATE lane AS l
            SET
                l.cursor_key = NULL,
                l.waiting_key = NULL,
                l.walked_at = NULL,
                l.passed_at = NULL,
                l.is_capped = 0,
                l.examined = 0,
                l.noted = (
                    SELECT COUNT(w.root_key)
                    FROM waiting AS w
                    WHERE w.archive = l.archive AND w.lane = l.number
                )
            WHERE l.archive = in_archive;

            UPDATE archive AS a
            SET
                a.pass = v_pass,
                a.pass_started_at = UTC_TIMESTAMP(6)
            WHERE a.name = in_archive;

            SET out_pass = v_pass;
        END IF;
    END IF;
END;
