CREATE PROCEDURE pharmacy_history.verify_orders_chunk (
    IN in_max_roots INT
)
MODIFIES SQL DATA SQL SECURITY DEFINER
COMMENT 'Compare the next window of orders in history with the source of today.

Description
  One CALL, one transaction. The chunks of history, the newest first, are compared
  with the source as it is now, each at one instant: its roots and the rows that
  they own, in every column that the chunk had, byte for byte. Then the keys of
  the source are scanned for finished roots that are neither in history nor
  waiting. What is not as it should be is noted in `finding`, and each chunk that
  was compared in `verified`. A CALL that failed is simply repeated.

  Locks no row of the source, and no row of history. A parent must be in history,
  and is not compared: it was copied as it was, and may change.

  The CALL after the one that ended a verification begins another.

Parameters
  in_max_roots  1 to 10000: the CALL ends with the chunk that brings it to so many
                roots, or after so many keys of the source; NULL: after
                archive.target_ms.

Returns
  One row:
  state         verified  go on, also if roots is 0
                idle      the verification has ended
                busy      another connection verifies this archive
                paused    see reason
                throttled  the server is busy: reason says by which limit
  roots         Roots of history compared, or orphaned.
  related_rows  Rows of their relations, as many as were copied.
  missing       Finished roots that are nowhere, though a whole pass of copying
                began and ended since they were seen so first.
  incomplete    Roots whose history lacks rows.
  different     Roots whose history has other rows, or too many.
  orphaned      Roots of history that the source has no more.
  findings      Rows of `finding` now, of this verification and the last one.
  cursor        The last chunk compared; or the greatest key scanned, as JSON.
  seconds       Of work before COMMIT.
  next_wait_ms  How long to wait before the next CALL; verified: archive.pace.
  reason        For people.

Errors
  30001  A transaction is open in this session; it stays as it is.
  30002  in_max_roots is out of range.
  30003  The archive is not installed.
  30006  A table of the source is missing.
  30007  A table of the source is not what this procedure was written for.
  30014  timestamp, or system_versioning_asof, is set in this session.
  30015  A limit is set on a load metric that cannot be read.
  30019  max_error_count is 0 in this session.
  30020  This is a copy of an installation, under another name.
  30021  This server was not probed yet, or gave no single view: see docs/errors.md.
  30026  The statement that compares wrote no row: nothing was noted.
  Any other error is the server''s own: nothing was noted.

Example
  CALL verify_orders_chunk(NULL);
'
verify_orders_chunk: BEGIN
    DECLARE v_started_at DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
    DECLARE v_step VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_conditions, v_errno, v_last_errno INT UNSIGNED;
    DECLARE v_sqlstate, v_last_sqlstate CHAR(5)
        CHARACTER SET ascii COLLATE ascii_bin;

    DECLARE v_state VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_wait_ms INT UNSIGNED DEFAULT 0;

    DECLARE v_pass INT UNSIGNED;
    DECLARE v_part VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_cursor_key, v_shown_key VARCHAR(700)
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_is_end TINYINT(1) DEFAULT 0;

    DECLARE v_roots, v_related_rows, v_orphaned, v_missing, v_incomplete,
        v_different, v_findings INT UNSIGNED DEFAULT 0;
    DECLARE v_ignored TINYINT(1);
    DECLARE v_seconds DECIMAL(12, 6) DEFAULT 0;

    CALL _check_schema('pharmacy_history');

    -- Before any table is read, and before the handler that rolls back,
    -- for the transaction that 1568 tells of is the caller's.
    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    END;

    verify: BEGIN
        -- 1265 is a warning by its SQLSTATE: SQLEXCEPTION does not catch it.
        DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265
        BEGIN
            GET DIAGNOSTICS v_conditions = NUMBER;
            GET DIAGNOSTICS CONDITION 1
                v_errno = MYSQL_ERRNO, v_sqlstate = RETURNED_SQLSTATE;
            GET DIAGNOSTICS CONDITION v_conditions
                v_last_errno = MYSQL_ERRNO, v_last_sqlstate = RETURNED_SQLSTATE;
            ROLLBACK AND NO CHAIN NO RELEASE;
            -- MySQL tells an error after the notes that came before it.
            IF v_sqlstate LIKE '01%' THEN
                SET v_errno = v_last_errno;
                SET v_sqlstate = v_last_sqlstate;
            END IF;
            CALL _log_failure('orders', v_step, v_errno, v_sqlstate, NULL);
            -- A note is an error here: what it was raised in is undone.
            IF v_sqlstate LIKE '01%' THEN
                RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = v_errno;
            END IF;
            RESIGNAL;
        END;

        START TRANSACTION;

        SET v_step = 'verify: admit';
        CALL _admit('orders', 'verify', in_max_roots, v_state, v_reason, v_wait_ms);

        IF v_state IS NOT NULL THEN
            ROLLBACK AND NO CHAIN NO RELEASE;
            LEAVE verify;
        END IF;

        SET v_state = 'verified';
        SET v_step = 'verify: claim';
        CALL _claim_verification('orders', v_pass, v_part, v_cursor_key);

        IF v_pass IS NULL THEN
            ROLLBACK AND NO CHAIN NO RELEASE;
            SET v_state = 'busy';
            CALL _name_verifier('orders', v_reason);
            LEAVE verify;
        END IF;

        SET v_step = 'verify: check the source';
        CALL _check_orders_source(NULL, v_ignored);

        IF v_part = 'history' THEN
            SET v_step = 'verify: compare history';
            CALL _verify_orders_history(
                v_pass, v_started_at, in_max_roots, v_cursor_key, v_roots,
                v_related_rows, v_orphaned, v_is_end
            );
        ELSEIF v_part = 'source' THEN
            SET v_step = 'verify: search for what is missing';
            CALL _find_missing_orders(
                v_pass, v_started_at, in_max_roots, v_cursor_key, v_is_end, v_reason
            );
        END IF;

        SET v_step = 'verify: count and advance';
        SET v_shown_key = v_cursor_key;
        SET v_seconds = GREATEST(
            0, TIMESTAMPDIFF(MICROSECOND, v_started_at, UTC_TIMESTAMP(6)) / 1000000
        );
        CALL _count_findings(
            'orders', v_pass, v_started_at, v_missing, v_incomplete, v_different
        );
        CALL _advance_verification(
            'orders', v_pass, v_is_end, v_part, v_cursor_key, v_roots, v_related_rows,
            v_missing, v_incomplete, v_different, v_orphaned
        );
        CALL _sum_up_verification('orders', v_part, v_findings, v_reason);
        SET v_state = IF(v_part = 'ended', 'idle', 'verified');

        -- As after a chunk: the rest of the time is others'.
        SELECT 1000 * v_seconds * (100 - a.pace) / a.pace
        INTO v_wait_ms
        FROM archive AS a
        WHERE a.name = 'orders';

        -- Nothing is read from here on: under autocommit=0 that would open another
        -- transaction.
        COMMIT AND NO CHAIN NO RELEASE;
    END verify;

    SELECT
        v_state AS state, v_roots AS roots, v_related_rows AS related_rows,
        v_missing AS missing, v_incomplete AS incomplete, v_different AS different,
        v_orphaned AS orphaned, v_findings AS findings, v_shown_key AS `cursor`,
        v_seconds AS seconds,
        IF(v_state IN ('verified', 'throttled'), v_wait_ms, 0) AS next_wait_ms,
        v_reason AS reason;
END;
