CREATE PROCEDURE pharmacy_history._check_probe ()
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Raise 30021 unless a probe of this very server found one view.'
BEGIN
    DECLARE v_version VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_version_comment VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_server VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_log_bin TINYINT(1);
    DECLARE v_verdict VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_is_same TINYINT(1);
    DECLARE v_problem VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    CALL _read_server(v_version, v_version_comment, v_server, v_log_bin);

    -- No manual promises the view: it may be gone after an upgrade, or behind a proxy
    -- that leads to another server.
    SELECT
        p.verdict,
        p.version = v_version
        AND p.version_comment = v_version_comment
        AND p.server = v_server
        AND p.log_bin = v_log_bin
    INTO v_verdict, v_is_same
    FROM probe AS p
    WHERE p.id = 1;

    SET v_problem = CASE
        WHEN v_verdict IS NULL THEN 'none was made here'
        WHEN v_is_same IS NOT TRUE THEN 'it was of another server'
        WHEN v_verdict <> 'shared' THEN 'it found: not shared'
    END;

    IF v_problem IS NOT NULL THEN
        CALL _raise(30021, CONCAT(
            'no probe: ', v_problem, '; bygones probe, or CALL probe_reader()',
            ' and probe_writer() in two clients (docs/errors.md)'
        ));
    END IF;
END;
