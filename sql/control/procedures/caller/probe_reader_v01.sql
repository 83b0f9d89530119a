CREATE PROCEDURE pharmacy_history.probe_reader ()
MODIFIES SQL DATA
SQL SECURITY DEFINER
COMMENT 'Probe the server, as the reader: ask whether a chunk sees one instant.

Description
  A chunk is copied by the statements of one function, and is never torn
  because they share one view of the source. No manual promises that, so it
  is tried on each server: copies one row of its own tables, waits until
  probe_writer, called from another client within 5 s, has changed that row
  and another, and copies the other. Waits for another probe that is under
  way. Keeps what was learned in `probe`; if nothing was, what was known
  stays.

Returns
  One row: verdict, reason.
  verdict  shared: chunks are copied at one instant, and lock no row. not
           shared: they would be torn, or would lock rows of the source, or
           know no time; none is copied here. inconclusive: nothing was
           learned; try again.
  reason   Why not; NULL if shared.

Errors
  30001  A transaction is open in this session; it stays as it is.
  30020  This is a copy of an installation, under another name.

Example
  CALL probe_reader();
'
probe_reader: BEGIN
    DECLARE v_reader_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_writer_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_read_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_wrote_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_held_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_version VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_version_comment VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_server VARCHAR(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_log_bin TINYINT(1);
    DECLARE v_cycles SMALLINT UNSIGNED DEFAULT 0;
    DECLARE v_verdict VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_reason VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    CALL _check_schema('pharmacy_history');

    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    END;

    CALL _name_probe_locks(
        v_reader_lock, v_writer_lock, v_read_lock, v_wrote_lock, v_held_lock
    );

    -- Longer than another probe takes that waits in vain.
    IF COALESCE(GET_LOCK(v_reader_lock, 10), 0) <> 1 THEN
        SELECT
            'inconclusive' AS verdict,
            'another probe is under way' AS reason;
        LEAVE probe_reader;
    END IF;

    BEGIN
        DECLARE EXIT HANDLER FOR SQLEXCEPTION
        BEGIN
            ROLLBACK AND NO CHAIN NO RELEASE;
            DO RELEASE_LOCK(v_read_lock);
            DO RELEASE_LOCK(v_reader_lock);
            RESIGNAL;
        END;

        -- What the writer of another probe has to say isn't meant for this one.
        WHILE IS_USED_LOCK(v_wrote_lock) IS NOT NULL AND v_cycles < 500 DO
            DO SLEEP(0.01);
            SET v_cycles = v_cycles + 1;
        END WHILE;

        START TRANSACTION;

        INSERT INTO canary_root (id, changes)
        VALUES (1, 0)
        ON DUPLICATE KEY UPDATE changes = 0;

        INSERT INTO canary_relation (id, changes)
        VALUES (1, 0)
        ON DUPLICATE KEY UPDATE changes = 0;

        -- By their keys, since a session may have sql_safe_updates set.
        DELETE FROM canary_copy
        WHERE part IN ('root', 'relation');

        COMMIT AND NO CHAIN NO RELEASE;

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;

        START TRANSACTION;

        DELETE FROM probe
        WHERE id = 1;

        CALL _read_server(v_version, v_version_comment, v_server, v_log_bin);

        -- The form in which a chunk is copied: exactly one row, no table outside, and
        -- the row that is written tells of it.
        INSERT INTO probe (
            id, verdict, version, version_comment, server, log_bin, did_writer_come,
            was_locked, does_clock_move, probed_at, probed_by
        )
        SELECT
            1,
            'inconclusive',
            v_version,
            v_version_comment,
            v_server,
            v_log_bin,
            SUBSTRING_INDEX(d.told, ',', 1),
            SUBSTRING_INDEX(SUBSTRING_INDEX(d.told, ',', 2), ',', -1),
            SUBSTRING_INDEX(d.told, ',', -1),
            UTC_TIMESTAMP(6),
            USER()
        FROM (SELECT _canary(v_read_lock, v_wrote_lock, v_held_lock) AS told) AS d;

        CALL _judge_probe(v_verdict, v_reason);

        IF v_verdict = 'inconclusive' THEN
            ROLLBACK AND NO CHAIN NO RELEASE;
        ELSE
            DELETE FROM canary_copy
            WHERE part IN ('root', 'relation');

            UPDATE probe
            SET verdict = v_verdict, reason = v_reason
            WHERE id = 1;

            COMMIT AND NO CHAIN NO RELEASE;
        END IF;

        DO RELEASE_LOCK(v_reader_lock);
    END;

    SELECT
        v_verdict AS verdict,
        v_reason AS reason;
END;
