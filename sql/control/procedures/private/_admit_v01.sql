CREATE PROCEDURE pharmacy_history._admit (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_kind VARCHAR(6) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_max_roots INT,
    OUT out_state VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_wait_ms INT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Refuse a CALL that can''t be, or say why it has to wait: paused, throttled.'
BEGIN
    CALL _refuse_set_session();

    IF in_max_roots NOT BETWEEN 1 AND 10000 THEN
        CALL _raise(30002, CONCAT(
            'in_max_roots is ', in_max_roots,
            '; expected 1 to 10000, or NULL for the learned size'
        ));
    END IF;

    CALL _check_archive(in_archive);

    -- Where bygones paused it for a copy that would have differed (30025), verification
    -- may search for more.
    SELECT
        CASE
            WHEN
                a.paused_at IS NOT NULL
                AND NOT (in_kind = 'verify' AND a.paused_by = 'bygones')
                THEN CONCAT(
                    'paused by ', a.paused_by,
                    ' at ', DATE_FORMAT(a.paused_at, '%Y-%m-%d %H:%i:%s'),
                    ' UTC: ', a.pause_reason
                )
        END
    INTO out_reason
    FROM archive AS a
    WHERE a.name = in_archive;

    IF out_reason IS NOT NULL THEN
        SET out_state = 'paused';
    ELSE
        CALL _check_probe();
        CALL _check_load(in_archive, out_reason, out_wait_ms);
        SET out_state = IF(out_reason IS NULL, NULL, 'throttled');
    END IF;
END;
