CREATE PROCEDURE pharmacy_history.open_run (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_request_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_seconds INT UNSIGNED,
    IN in_kind VARCHAR(6) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY DEFINER
COMMENT 'Open a run: one invocation of the runner.

Description
  Writes a row of `run`, and closes as `lost` the runs of this archive that
  ended without a word: past their time budget, and no chunk and no rejoin_run
  for a minute.

Parameters
  in_archive     Its name in archives.toml.
  in_request_id  The Lambda request, for the way from a log line to this row;
                 NULL elsewhere. It can come twice and is no key.
  in_seconds     How long the run may take; 0 for no limit.
  in_kind        copy or verify.

Returns
  One row: run_id.

Errors
  30001  A transaction is open in this session; it stays as it is.
  30003  No archive has this name.
  30020  This is a copy of an installation, under another name.

Example
  CALL open_run(''orders'', NULL, 25, ''copy'');
'
open_run: BEGIN
    DECLARE v_run_id BIGINT UNSIGNED;

    CALL _check_schema('pharmacy_history');

    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        -- With gap locks, two runs that open at once could deadlock.
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    END;

    BEGIN
        DECLARE EXIT HANDLER FOR SQLEXCEPTION
        BEGIN
            ROLLBACK AND NO CHAIN NO RELEASE;
            RESIGNAL;
        END;

        START TRANSACTION;

        CALL _check_archive(in_archive);

        -- A minute: a chunk takes about a second at most, a wait between two 6.4 s, and
        -- where a limit is passed 30 s, after which a run says that it goes on.
        UPDATE run AS r
        SET r.closed_at = UTC_TIMESTAMP(6), r.reason = 'lost'
        WHERE
            r.archive = in_archive
            AND r.closed_at IS NULL
            AND r.opened_at + INTERVAL r.budget_seconds + 60 SECOND < UTC_TIMESTAMP(6)
            AND COALESCE(r.seen_at, r.opened_at) + INTERVAL 60 SECOND < UTC_TIMESTAMP(6)
            AND NOT EXISTS (
                SELECT 1 FROM chunk AS c
                WHERE
                    c.connection_id = r.connection_id
                    AND c.archive = r.archive
                    AND c.started_at > UTC_TIMESTAMP(6) - INTERVAL 60 SECOND
            )
            AND NOT EXISTS (
                SELECT 1 FROM verification AS v
                WHERE
                    v.archive = r.archive
                    AND v.connection_id = r.connection_id
                    AND v.called_at > UTC_TIMESTAMP(6) - INTERVAL 60 SECOND
            );

        -- Of rows that are locked, and not AUTO_INCREMENT: any user may SET insert_id.
        SELECT MAX(a.last_run) + 1
        INTO v_run_id
        FROM archive AS a
        FOR UPDATE;

        UPDATE archive AS a
        SET a.last_run = v_run_id
        WHERE a.name = in_archive;

        INSERT INTO run (
            id, archive, kind, request_id, opened_at, budget_seconds, called_by,
            connection_id
        )
        VALUES (
            v_run_id, in_archive, IF(in_kind = 'verify', 'verify', 'copy'),
            in_request_id, UTC_TIMESTAMP(6), COALESCE(in_seconds, 0), USER(),
            CONNECTION_ID()
        );

        COMMIT AND NO CHAIN NO RELEASE;
    END;

    SELECT v_run_id AS run_id;
END;
