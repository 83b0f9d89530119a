CREATE PROCEDURE pharmacy_history.verify_orders_chunk (
    IN in_max_roots INT
)
MODIFIES SQL DATA
SQL SECURITY DEFINER
COMMENT 'Compare the next window of orders in history with the source of today.

Description
  One CALL, one window of keys, one transaction. Roots in history and the rows
  that they own are compared with the source as it is now, in every column that
  their chunk had, byte for byte; then the keys of the source are looked through
  for finished roots that are neither in history nor waiting. What is not as it
  should be is noted in `finding`. A CALL that failed is simply repeated.

  Locks no row of the source, and no row of history. A parent must be in history,
  and is not compared: it was copied as it was, and may change.

  The CALL after the one that ended a verification begins another.

Parameters
  in_max_roots  The most roots to compare, 1 to 10000; NULL for what was learned.

Returns
  One row:
  state         verified  a window was examined; go on, also if roots is 0
                idle      the verification has ended
                busy      another connection verifies this archive
                paused    see reason
                throttled  the server is busy: reason says by which limit
  roots         Roots of history examined.
  related_rows  Rows of them in history, compared.
  missing       Finished roots that are nowhere, though a whole pass of copying
                began and ended since they were seen so first.
  incomplete    Roots whose history lacks rows.
  different     Roots whose history has other rows, or too many.
  sourceless    Roots of history that the source has no more.
  findings      Rows of `finding` now, of this verification and the last one.
  cursor        The greatest key examined, as JSON.
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
  30015  A limit is set on a sign of load that cannot be read.
  30019  max_error_count is 0 in this session.
  30020  This is a copy of an installation, under another name.
  30021  This server was not probed yet, or gave no single view: see README.
  Any other error is the server''s own: nothing was noted.

Example
  CALL verify_orders_chunk(NULL);
'
verify_orders_chunk: BEGIN
    DECLARE v_started_at DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
    DECLARE v_step VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_errno INT UNSIGNED;
    DECLARE v_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin;

    DECLARE v_state VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_target_ms INT UNSIGNED;
    DECLARE v_max_size INT UNSIGNED;
    DECLARE v_pace INT UNSIGNED;

    DECLARE v_pass INT UNSIGNED;
    DECLARE v_part VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_shown_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_rows INT UNSIGNED;
    DECLARE v_rows_per_root DECIMAL(12, 2);
    DECLARE v_key_window INT UNSIGNED;
    DECLARE v_size INT UNSIGNED;
    DECLARE v_fixed_ms DECIMAL(12, 3) DEFAULT 0;
    DECLARE v_last_rows INT UNSIGNED;
    DECLARE v_last_ms DECIMAL(12, 3);
    DECLARE v_kept_after_id BIGINT;
    DECLARE v_kept_upto_id BIGINT;
    DECLARE v_after_id BIGINT;
    DECLARE v_upto_id BIGINT;

    DECLARE v_chosen INT UNSIGNED DEFAULT 0;
    DECLARE v_weight INT UNSIGNED DEFAULT 0;
    DECLARE v_examined INT UNSIGNED DEFAULT 0;
    DECLARE v_roots INT UNSIGNED DEFAULT 0;
    DECLARE v_related_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_differing TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_missing INT UNSIGNED DEFAULT 0;
    DECLARE v_incomplete INT UNSIGNED DEFAULT 0;
    DECLARE v_different INT UNSIGNED DEFAULT 0;
    DECLARE v_sourceless INT UNSIGNED DEFAULT 0;
    DECLARE v_findings INT UNSIGNED DEFAULT 0;
    DECLARE v_copied_pass INT UNSIGNED;
    DECLARE v_is_end TINYINT(1) DEFAULT 0;
    DECLARE v_wait_ms INT UNSIGNED DEFAULT 0;
    DECLARE v_seconds DECIMAL(12, 6) DEFAULT 0;

    CALL _check_schema('pharmacy_history');

    -- Before any table is read, and before the handler that rolls back,
    -- for the transaction that 1568 tells of is the caller's.
    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    END;

    verify: BEGIN
        -- 1265, data truncated, is a warning by its SQLSTATE and an error under a
        -- strict sql_mode: SQLEXCEPTION does not catch it.
        DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265
        BEGIN
            GET DIAGNOSTICS CONDITION 1
                v_errno = MYSQL_ERRNO, v_sqlstate = RETURNED_SQLSTATE;
            ROLLBACK AND NO CHAIN NO RELEASE;
            -- Unless it refuses what the caller asked for, or the caller's session.
            IF v_errno NOT IN (30002, 30003, 30014, 30019) THEN
                CALL _log_failure('orders', v_step, v_errno, v_sqlstate, NULL);
            END IF;
            -- A note is an error here: what it was raised in is undone.
            IF v_sqlstate LIKE '01%' THEN
                RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = v_errno;
            END IF;
            RESIGNAL;
        END;

        START TRANSACTION;

        SET v_step = 'verify: admit';
        CALL _admit('orders', in_max_roots, v_state, v_reason, v_wait_ms);

        IF v_state IS NOT NULL THEN
            ROLLBACK AND NO CHAIN NO RELEASE;
            LEAVE verify;
        END IF;

        SET v_state = 'verified';
        SELECT a.target_ms, a.pace, a.max_size
        INTO v_target_ms, v_pace, v_max_size
        FROM archive AS a
        WHERE a.name = 'orders';

        SET v_step = 'verify: claim';
        CALL _claim_verification(
            'orders', v_pass, v_part, v_cursor_key, v_rows, v_rows_per_root,
            v_key_window
        );

        IF v_pass IS NULL THEN
            ROLLBACK AND NO CHAIN NO RELEASE;
            SET v_state = 'busy';
            CALL _name_verifier('orders', v_reason);
            LEAVE verify;
        END IF;

        SET v_step = 'verify: check the source';
        CALL _check_orders_source();

        IF v_part = 'history' THEN
            SET v_step = 'verify: compare history';
            SET v_kept_after_id
                = CAST(JSON_UNQUOTE(JSON_EXTRACT(v_cursor_key, '$[0]')) AS SIGNED);
            -- At most twice as many as usually fit: more need not be weighed.
            SET v_size = COALESCE(in_max_roots, LEAST(
                v_max_size, GREATEST(1, 2 * v_rows DIV v_rows_per_root)
            ));
            CALL _choose_kept_orders(
                v_kept_after_id, v_size, IF(in_max_roots IS NULL, v_rows, NULL),
                v_rows_per_root, v_kept_upto_id, v_chosen, v_weight, v_is_end
            );

            IF v_chosen > 0 THEN
                CALL _compare_orders_window(
                    v_kept_after_id, v_kept_upto_id, v_roots, v_related_rows,
                    v_sourceless, v_differing
                );

                SET v_step = 'verify: name what differs';
                IF JSON_CONTAINS(v_differing, '"orders"') THEN
                    CALL _find_different_orders(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"order_items"') THEN
                    CALL _find_different_order_items(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"batches"') THEN
                    CALL _find_different_batches(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"payments"') THEN
                    CALL _find_different_payments(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"deliveries"') THEN
                    CALL _find_different_deliveries(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"order_events"') THEN
                    CALL _find_different_order_events(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"notes"') THEN
                    CALL _find_different_notes(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"order_labels"') THEN
                    CALL _find_different_order_labels(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"labels"') THEN
                    CALL _find_different_labels(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"customers"') THEN
                    CALL _find_different_customers(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"prescribers"') THEN
                    CALL _find_different_prescribers(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;
                IF JSON_CONTAINS(v_differing, '"products"') THEN
                    CALL _find_different_products(
                        v_kept_after_id, v_kept_upto_id, v_pass, v_started_at
                    );
                END IF;

                SET v_cursor_key = CAST(JSON_ARRAY(CAST(v_kept_upto_id AS CHAR)) AS
                    CHAR);
            END IF;

            SET v_shown_key = v_cursor_key;
            IF v_is_end THEN
                SET v_part = 'source';
                SET v_cursor_key = NULL;
            END IF;
        ELSEIF v_part = 'source' THEN
            -- Before the first pass of copying has ended, most is nowhere as yet.
            SET v_step = 'verify: look for what is missing';
            CALL _read_ended_pass('orders', v_copied_pass);
            IF v_copied_pass = 0 THEN
                SET v_is_end = 1;
            ELSE
                SET v_after_id
                    = CAST(JSON_UNQUOTE(JSON_EXTRACT(v_cursor_key, '$[0]')) AS SIGNED);
                CALL _find_missing_orders(
                    v_after_id, COALESCE(in_max_roots, v_key_window), v_pass,
                    v_started_at, v_upto_id, v_examined, v_is_end
                );
                IF v_examined > 0 THEN
                    SET v_cursor_key = CAST(JSON_ARRAY(CAST(v_upto_id AS CHAR)) AS
                        CHAR);
                END IF;
            END IF;

            SET v_shown_key = v_cursor_key;
            IF v_is_end THEN
                SET v_part = 'ending';
                SET v_cursor_key = NULL;
            END IF;
        END IF;

        SET v_step = 'verify: count and advance';
        CALL _count_findings(
            'orders', v_pass, v_started_at, v_missing, v_incomplete, v_different
        );

        SET v_seconds = GREATEST(
            0, TIMESTAMPDIFF(MICROSECOND, v_started_at, UTC_TIMESTAMP(6)) / 1000000
        );
        -- By the rows that were expected, as they are chosen by: where the source has
        -- purged its orders, few of them are compared.
        IF in_max_roots IS NULL AND v_roots > 0 THEN
            CALL _learn_size(
                v_target_ms, v_seconds, 1, v_roots, v_weight,
                NOT v_is_end, v_rows, v_rows_per_root, v_fixed_ms, v_last_rows,
                    v_last_ms
            );
        ELSEIF in_max_roots IS NULL AND v_examined > 0 THEN
            CALL _learn_window(v_target_ms, v_seconds, 0, v_is_end, v_key_window);
        END IF;

        -- As after a chunk: the rest of the time is others'.
        SET v_wait_ms = 1000 * v_seconds * (100 - v_pace) / v_pace;

        IF v_part = 'ending' THEN
            CALL _end_verification('orders', v_pass, v_is_end);
            IF v_is_end THEN
                SET v_part = 'ended';
                SET v_state = 'idle';
            END IF;
        END IF;

        CALL _advance_verification(
            'orders', v_part, v_cursor_key, v_rows, v_rows_per_root, v_key_window,
            v_roots, v_related_rows, v_missing, v_incomplete, v_different, v_sourceless,
            v_findings, v_reason
        );

        IF v_copied_pass = 0 THEN
            SET v_reason = CONCAT_WS(
                '; ', v_reason,
                'missing ones were not looked for: no full pass of copying has ended'
            );
        END IF;

        -- Nothing is read from here on: under autocommit=0 that would open another
        -- transaction.
        COMMIT AND NO CHAIN NO RELEASE;
    END verify;

    SELECT
        v_state AS state,
        v_roots AS roots,
        v_related_rows AS related_rows,
        v_missing AS missing,
        v_incomplete AS incomplete,
        v_different AS different,
        v_sourceless AS sourceless,
        v_findings AS findings,
        v_shown_key AS `cursor`,
        v_seconds AS seconds,
        IF(v_state IN ('verified', 'throttled'), v_wait_ms, 0) AS next_wait_ms,
        v_reason AS reason;
END;
