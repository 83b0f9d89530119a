CREATE PROCEDURE pharmacy_history._open_pass (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_is_numbered TINYINT(1),
    OUT out_pass INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Begin a full pass, if one is due: all lanes go back to before their first key.'
BEGIN
    -- Two callers may find the same pass due: the second skips the locked row, or finds
    -- the lanes on their way. out_pass is NULL for it, and while a lane is held.
    DECLARE v_is_due TINYINT(1);
    DECLARE v_is_other TINYINT(1) DEFAULT 0;
    DECLARE v_pass INT UNSIGNED;
    DECLARE v_lanes INT UNSIGNED;
    DECLARE v_free_lanes INT UNSIGNED;
    DECLARE v_passed_lanes INT UNSIGNED;

    -- Due is the next one when every lane has ended the last one.
    SELECT
        (
            -- Not in the past and not in the future, for clocks are set back.
            a.pass_started_at NOT BETWEEN
            UTC_TIMESTAMP(6) - INTERVAL a.pass_seconds SECOND AND UTC_TIMESTAMP(6)
            -- Not half-way through a cycle of rechecks, or it would never come to idle.
            OR (
                SELECT MAX(l.is_capped) = 1 AND MIN(l.rechecks) = MAX(l.rechecks)
                FROM lane AS l
                WHERE l.archive = a.name
            )
        ) AND NOT EXISTS (
            SELECT 1 FROM lane AS l
            WHERE l.archive = a.name AND l.phase IN ('scan', 'closing')
        )
    INTO v_is_due
    FROM archive AS a
    WHERE a.name = in_archive;

    -- Where the key was an integer and is none any more, what waits is noted by
    -- numbers, which nobody reads now. The first one of a lane tells, or the last one.
    IF NOT in_is_numbered THEN
        SELECT MAX(COALESCE(
            (
                SELECT w.root_text = ''
                FROM waiting_root AS w
                WHERE w.archive = l.archive AND w.lane = l.number
                ORDER BY w.archive, w.lane, w.root_number, w.root_text
                LIMIT 1
            )
            OR (
                SELECT w.root_text = ''
                FROM waiting_root AS w
                WHERE w.archive = l.archive AND w.lane = l.number
                ORDER BY
                    w.archive DESC, w.lane DESC, w.root_number DESC, w.root_text DESC
                LIMIT 1
            ),
            0
        ))
        INTO v_is_other
        FROM lane AS l
        WHERE l.archive = in_archive;
    END IF;

    IF v_is_due OR v_is_other THEN
        SELECT a.pass + 1
        INTO v_pass
        FROM archive AS a
        WHERE a.name = in_archive
        FOR UPDATE SKIP LOCKED;
    END IF;

    IF v_pass IS NOT NULL THEN
        SELECT COUNT(l.number)
        INTO v_lanes
        FROM lane AS l
        WHERE l.archive = in_archive;

        -- Waits for nobody: a lane that is held may be held by a hung session.
        SELECT COUNT(l.number), COALESCE(SUM(l.phase IN ('tail', 'recheck')), 0)
        INTO v_free_lanes, v_passed_lanes
        FROM lane AS l
        WHERE l.archive = in_archive
        FOR UPDATE SKIP LOCKED;

        IF v_free_lanes = v_lanes AND (v_passed_lanes = v_lanes OR v_is_other) THEN
            -- The pass notes anew what still waits.
            DELETE FROM waiting_root
            WHERE archive = in_archive AND (root_text = '') <> in_is_numbered;

            UPDATE lane AS l
            SET
                l.cursor_key = NULL,
                l.waiting_key = NULL,
                l.phase = 'scan',
                -- Once a pass all definitions are read, whatever their sum says.
                l.definitions = NULL,
                l.is_capped = 0,
                l.rechecks = 0,
                l.examined = 0,
                l.noted = (
                    SELECT COUNT(*)
                    FROM waiting_root AS w
                    WHERE w.archive = l.archive AND w.lane = l.number
                )
            WHERE l.archive = in_archive;

            UPDATE archive AS a
            SET
                a.pass = v_pass,
                a.pass_started_at = UTC_TIMESTAMP(6),
                a.quarantine_cycle = a.quarantine_cycle + 1
            WHERE a.name = in_archive;

            SET out_pass = v_pass;
        END IF;
    END IF;
END;
