CREATE PROCEDURE pharmacy_history.copy_orders_chunk (
    IN in_max_roots INT
)
MODIFIES SQL DATA SQL SECURITY DEFINER
COMMENT 'Copy the next chunk of orders, with their relations, into history.

Description
  One CALL, one chunk, one transaction: the roots (finished rows
  of orders), all rows of their relations,
  the cursor and the log row commit together or not at all. A CALL that failed
  or whose answer was lost is simply repeated.

  Locks no row of the source. Every committed root equals the source, in all
  its relations, column for column and byte for byte, at one instant: one
  statement reads all of it. One chunk in archive.prove_every is compared.

  A full pass scans all keys; then it rechecks what waits. Between passes, the
  tail (new keys, and the last ones before the cursor) and rechecks go on.

Parameters
  in_max_roots  The most roots to copy, 1 to 10000; NULL for what the lane
                learned, at first archive.max_size.

Returns
  One row:
  state         copied   a window of keys was examined; go on, also if roots is 0
                idle     nothing to do until roots finish
                busy     others hold every lane
                paused   see reason
                throttled  the server is busy: reason says by which limit
  roots         Roots copied.
  related_rows  Rows of their relations copied.
  examined      Keys and waiting roots examined.
  quarantined   Roots that cannot be copied, set aside by this CALL.
  cursor        The greatest key examined in its lane, as JSON.
  seconds       Of work before COMMIT.
  next_wait_ms  How long to wait before the next CALL; copied: archive.pace.
  reason        For people: why it waits, how far idle vouches, or why chunks take
                longer than target_ms.

Errors
  30001  A transaction is open in this session; it stays as it is.
  30002  in_max_roots is out of range.
  30003  The archive is not installed.
  30006  A table of the source, or of history, is missing.
  30007  A table of the source, or of history, is not what this was written for.
  30014  timestamp, or system_versioning_asof, is set in this session.
  30015  A limit is set on a load metric that cannot be read.
  30019  max_error_count is 0 in this session.
  30020  This is a copy of an installation, under another name.
  30021  This server was not probed yet, or gave no single view: see docs/errors.md.
  30022  Two statements of the chunk read two views: nothing was copied.
  30025  A copy would have differed from its source: nothing was copied, and the
         archive is paused.
  30026  The chunk''s statement wrote no row: nothing was copied.
  Any other error is the server''s own: nothing was copied.

Example
  CALL copy_orders_chunk(NULL);
'
copy_orders_chunk: BEGIN
    DECLARE v_started_at DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
    DECLARE v_step VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT 'admit';
    DECLARE v_named, v_last_named VARCHAR(64)
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_conditions, v_last_errno, v_errno, v_opened_pass, v_cycle, v_lane
        INT UNSIGNED;
    DECLARE v_last_sqlstate, v_sqlstate CHAR(5)
        CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_last_message, v_message VARCHAR(512)
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_state VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_reason, v_shown_key VARCHAR(700)
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_wait_ms, v_lanes, v_roots, v_related_rows, v_examined, v_quarantined
        INT UNSIGNED DEFAULT 0;
    DECLARE v_is_at_rest, v_is_over TINYINT(1);
    DECLARE v_is_done, v_is_changed TINYINT(1) DEFAULT 0;
    DECLARE v_seconds DECIMAL(12, 6) DEFAULT 0;

    CALL _check_schema('pharmacy_history');

    -- Before any table is read, and before the handler that rolls back,
    -- for the transaction that 1568 tells of is the caller's.
    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    END;

    chunk: BEGIN
        -- 1265 is a warning by its SQLSTATE: SQLEXCEPTION does not catch it.
        DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265
        BEGIN
            -- In a row and before ROLLBACK, or they are empty. What the function raised
            -- MySQL tells last, after notes; all else, and MariaDB's, is told first.
            GET DIAGNOSTICS v_conditions = NUMBER;
            GET DIAGNOSTICS CONDITION 1
                v_errno = MYSQL_ERRNO, v_sqlstate = RETURNED_SQLSTATE,
                v_named = TABLE_NAME, v_message = MESSAGE_TEXT;
            GET DIAGNOSTICS CONDITION v_conditions
                v_last_errno = MYSQL_ERRNO, v_last_sqlstate = RETURNED_SQLSTATE,
                v_last_named = TABLE_NAME, v_last_message = MESSAGE_TEXT;
            ROLLBACK AND NO CHAIN NO RELEASE;
            -- 3778: MySQL had just read a procedure that names utf8mb3, and warns.
            IF v_last_named <> '' OR v_errno = 3778 THEN
                SET v_errno = v_last_errno;
                SET v_sqlstate = v_last_sqlstate;
                SET v_named = v_last_named;
                SET v_message = v_last_message;
            END IF;
            CALL _log_failure(
                'orders', COALESCE(NULLIF(v_named, ''), v_step), v_errno,
                v_sqlstate, v_message
            );
            -- A note is an error here: what it was raised in is undone.
            IF v_sqlstate LIKE '01%' THEN
                RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = v_errno;
            END IF;
            RESIGNAL;
        END;

        START TRANSACTION;

        CALL _admit('orders', 'copy', in_max_roots, v_state, v_reason, v_wait_ms);

        IF v_state IS NOT NULL THEN
            ROLLBACK AND NO CHAIN NO RELEASE;
            LEAVE chunk;
        END IF;

        SET v_state = 'copied';
        SET v_step = 'open a pass';
        CALL _open_pass('orders', 1, v_opened_pass);

        IF v_opened_pass IS NOT NULL THEN
            CALL _check_orders_keys(v_opened_pass, v_reason);
            COMMIT AND NO CHAIN NO RELEASE;
            LEAVE chunk;
        END IF;

        -- Of several lanes, those with nothing to do are passed by in one CALL.
        lanes: LOOP
            SET v_step = 'claim a lane';
            CALL _claim_lane('orders', v_cycle, v_lanes, v_lane, v_is_at_rest);

            IF v_lane IS NULL THEN
                LEAVE lanes;
            END IF;

            -- Once: from then on no definition changes before COMMIT.
            IF v_lanes = 1 THEN
                SET v_step = 'check the source';
                CALL _check_orders_source(v_lane, v_is_changed);
            END IF;

            SET v_step = 'copy';
            CALL _work_in_orders(
                v_lane, in_max_roots, v_started_at, v_is_done, v_is_over, v_roots,
                v_related_rows, v_examined, v_quarantined, v_shown_key, v_seconds
            );

            -- An idle CALL writes nothing, unless it ends a cycle that others began.
            SET v_is_changed = v_is_changed OR NOT (v_is_done AND v_is_at_rest);
            IF v_is_over OR NOT v_is_done THEN
                LEAVE lanes;
            END IF;
        END LOOP lanes;

        CALL _judge_lanes(
            'orders', 0, v_cycle, v_lanes, v_lane IS NULL, v_is_done, v_is_at_rest,
            v_seconds, v_state, v_is_changed, v_wait_ms, v_reason
        );

        -- Nothing is read from here on, or autocommit=0 would open a transaction.
        IF v_is_changed THEN
            COMMIT AND NO CHAIN NO RELEASE;
        ELSE
            ROLLBACK AND NO CHAIN NO RELEASE;
        END IF;

        IF v_state = 'busy' THEN
            CALL _name_holders('orders', v_reason);
        END IF;
    END chunk;

    SELECT
        v_state AS state, v_roots AS roots, v_related_rows AS related_rows,
        v_examined AS examined, v_quarantined AS quarantined, v_shown_key AS `cursor`,
        v_seconds AS seconds,
        IF(v_state IN ('copied', 'throttled'), v_wait_ms, 0) AS next_wait_ms,
        v_reason AS reason;
END;
