CREATE PROCEDURE pharmacy_history.copy_orders_chunk (
    IN in_max_roots INT
)
MODIFIES SQL DATA
SQL SECURITY DEFINER
COMMENT 'Copy the next chunk of orders, with their relations, into history.

Description
  One CALL, one chunk, one transaction: the roots (finished rows
  of orders), all rows of their relations,
  the cursor and the log row commit together or not at all. A CALL that failed
  or whose answer was lost is simply repeated.

  Locks no row of the source. Every committed root equals the source, in all
  its relations, column for column and byte for byte, at one instant; roots
  that a writer was changing are noted in `waiting` as deferred and come later.

  A full pass walks over all keys; then it looks at what waits. Between passes,
  looks go on: at new keys, at the last ones before the cursor, and at what
  waits.

Parameters
  in_max_roots  The most roots to copy, 1 to 10000; NULL for what the lane
                learned, at first archive.max_size.

Returns
  One row:
  state         copied   a window of keys was examined; go on, also if roots is 0
                settled  everything is examined; deferred roots remain
                idle     nothing to do until roots finish
                busy     others hold every lane
                paused   see reason
                throttled  the server is busy: reason says by which limit
  roots         Roots copied.
  related_rows  Rows of their relations copied.
  examined      Keys and waiting roots looked at.
  deferred      Roots set aside by this CALL.
  quarantined   Roots that cannot be copied, set aside by this CALL.
  cursor        The greatest key examined in its lane, as JSON.
  seconds       Of work before COMMIT.
  next_wait_ms  How long to wait before the next CALL; copied: archive.pace.
  reason        For people.

Errors
  30001  A transaction is open in this session; it stays as it is.
  30002  in_max_roots is out of range.
  30003  The archive is not installed.
  30006  A table of the source is missing.
  30007  A table of the source is not what this procedure was written for.
  30012  An interrupted chunk was committed by hand; it is not proven.
  30013  insert_id is set in this session.
  30014  timestamp, or system_versioning_asof, is set in this session.
  30015  A limit is set on a sign of load that cannot be read.
  30019  max_error_count is 0 in this session.
  30020  This is a copy of an installation, under another name.
  Any other error is the server''s own: nothing was copied.

Example
  CALL copy_orders_chunk(NULL);
'
copy_orders_chunk: BEGIN
    DECLARE v_started_at DATETIME(6) DEFAULT UTC_TIMESTAMP(6);
    DECLARE v_step VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_conditions INT UNSIGNED;
    DECLARE v_last_errno INT UNSIGNED;
    DECLARE v_last_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_errno INT UNSIGNED;
    DECLARE v_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin;

    DECLARE v_state VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT 'copied';
    DECLARE v_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_is_pass_due TINYINT(1);
    DECLARE v_opened_pass INT UNSIGNED;

    DECLARE v_target_ms INT UNSIGNED;
    DECLARE v_pace INT UNSIGNED;
    DECLARE v_max_size INT UNSIGNED;
    DECLARE v_max_root_rows INT UNSIGNED;
    DECLARE v_key_warning VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    DECLARE v_round INT UNSIGNED;
    DECLARE v_lanes INT UNSIGNED DEFAULT 0;
    DECLARE v_lanes_in_pass INT UNSIGNED;
    DECLARE v_lanes_in_round INT UNSIGNED;
    DECLARE v_all_lanes INT UNSIGNED;
    DECLARE v_is_stale TINYINT(1);
    DECLARE v_lane INT UNSIGNED;
    DECLARE v_from_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_end_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_waiting_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_is_walking TINYINT(1);
    DECLARE v_is_passed TINYINT(1);
    DECLARE v_is_look_next TINYINT(1);
    DECLARE v_is_any_set_aside TINYINT(1);
    DECLARE v_rows INT UNSIGNED;
    DECLARE v_rows_per_root DECIMAL(12, 2);
    DECLARE v_weighings INT UNSIGNED;
    DECLARE v_key_window INT UNSIGNED;
    DECLARE v_changed_from DECIMAL(20, 6);
    DECLARE v_room INT UNSIGNED;
    DECLARE v_size INT UNSIGNED;
    DECLARE v_from_id BIGINT;
    DECLARE v_end_id BIGINT;
    DECLARE v_cursor_id BIGINT;
    DECLARE v_after_id BIGINT;
    DECLARE v_upto_id BIGINT;
    DECLARE v_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    DECLARE v_chunk_id BIGINT UNSIGNED;
    DECLARE v_tries INT UNSIGNED;
    DECLARE v_lost_seconds DECIMAL(12, 6);
    DECLARE v_roots INT UNSIGNED DEFAULT 0;
    DECLARE v_related_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_relation_rows TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_lane_examined INT UNSIGNED DEFAULT 0;
    DECLARE v_waiting_examined INT UNSIGNED DEFAULT 0;
    DECLARE v_examined INT UNSIGNED DEFAULT 0;
    DECLARE v_is_looking TINYINT(1);
    DECLARE v_is_end TINYINT(1);
    DECLARE v_is_waiting_end TINYINT(1);
    DECLARE v_is_noted TINYINT(1);
    DECLARE v_is_outdated TINYINT(1);
    DECLARE v_is_full TINYINT(1);
    DECLARE v_is_uneven TINYINT(1);

    DECLARE v_noted INT UNSIGNED DEFAULT 0;
    DECLARE v_forgotten INT UNSIGNED DEFAULT 0;
    DECLARE v_reopened INT UNSIGNED DEFAULT 0;
    DECLARE v_is_ahead TINYINT(1);
    DECLARE v_is_lane_done TINYINT(1) DEFAULT 0;
    DECLARE v_shown_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_is_changed TINYINT(1) DEFAULT 0;
    DECLARE v_remaining INT UNSIGNED DEFAULT 0;
    DECLARE v_deferred INT UNSIGNED DEFAULT 0;
    DECLARE v_quarantined INT UNSIGNED DEFAULT 0;
    DECLARE v_wait_ms INT UNSIGNED DEFAULT 0;
    DECLARE v_seconds DECIMAL(12, 6) DEFAULT 0;

    CALL _check_schema('pharmacy_history');

    -- Before any table is read, and before the handler that rolls back,
    -- for the transaction that 1568 tells of is the caller's.
    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    END;

    chunk: BEGIN
        -- 1265, data truncated, is a warning by its SQLSTATE and an error under a
        -- strict sql_mode: SQLEXCEPTION does not catch it.
        DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265
        BEGIN
            GET DIAGNOSTICS v_conditions = NUMBER;
            GET DIAGNOSTICS CONDITION 1
                v_errno = MYSQL_ERRNO, v_sqlstate = RETURNED_SQLSTATE;
            GET DIAGNOSTICS CONDITION v_conditions
                v_last_errno = MYSQL_ERRNO, v_last_sqlstate = RETURNED_SQLSTATE;
            ROLLBACK AND NO CHAIN NO RELEASE;
            IF v_step IS NOT NULL THEN
                -- The error comes first, before notes; unless MySQL had just read a
                -- procedure that names utf8mb3, and warned of that.
                IF v_errno = 3778 THEN
                    SET v_errno = v_last_errno;
                    SET v_sqlstate = v_last_sqlstate;
                END IF;
                CALL _log_failure('orders', v_step, v_errno, v_sqlstate);
            END IF;
            RESIGNAL;
        END;

        START TRANSACTION;

        CALL _refuse_set_session();

        IF in_max_roots NOT BETWEEN 1 AND 10000 THEN
            CALL _raise(30002, CONCAT(
                'in_max_roots is ', in_max_roots,
                '; expected 1 to 10000, or NULL for the learned size'
            ));
        END IF;

        CALL _read_archive(
            'orders', v_reason, v_is_pass_due, v_max_size, v_target_ms, v_pace,
            v_max_root_rows
        );

        IF v_reason IS NOT NULL THEN
            ROLLBACK AND NO CHAIN NO RELEASE;
            SET v_state = 'paused';
            LEAVE chunk;
        END IF;

        SET v_step = 'read the load';
        CALL _check_load('orders', v_reason, v_wait_ms);

        IF v_reason IS NOT NULL THEN
            ROLLBACK AND NO CHAIN NO RELEASE;
            SET v_state = 'throttled';
            LEAVE chunk;
        END IF;

        IF v_is_pass_due THEN
            SET v_step = 'open a pass';
            CALL _open_pass('orders', v_opened_pass);

            IF v_opened_pass IS NOT NULL THEN
                CALL _check_orders_keys(v_key_warning);
                CALL _warn_of_keys('orders', v_key_warning);
                COMMIT AND NO CHAIN NO RELEASE;
                SET v_reason = CONCAT_WS(
                    '; ', CONCAT('opened full pass ', v_opened_pass), v_key_warning
                );
                LEAVE chunk;
            END IF;
        END IF;

        -- Of several lanes, those with nothing to do are passed by in one CALL.
        lanes: LOOP
            SET v_step = 'claim a lane';
            CALL _claim_lane(
                'orders', v_round, v_lane, v_from_key, v_end_key, v_cursor_key,
                v_waiting_key, v_is_walking, v_is_passed, v_rows, v_rows_per_root,
                v_weighings, v_key_window, v_changed_from, v_room, v_is_any_set_aside,
                v_is_look_next
            );

            IF v_lane IS NULL THEN
                LEAVE lanes;
            END IF;

            IF v_lanes = 0 THEN
                SET v_step = 'check the source';
                CALL _check_orders_source();
            END IF;
            SET v_lanes = v_lanes + 1;

            SET v_step = 'choose, copy and prove';
            -- Where they are to be weighed, more than usually fit.
            SET v_size = COALESCE(in_max_roots, LEAST(v_max_size, GREATEST(
                1, IF(v_weighings > 0, 2, 1) * v_rows DIV v_rows_per_root
            )));
            SET v_from_id
                = CAST(JSON_UNQUOTE(JSON_EXTRACT(v_from_key, '$[0]')) AS SIGNED);
            SET v_end_id
                = CAST(JSON_UNQUOTE(JSON_EXTRACT(v_end_key, '$[0]')) AS SIGNED);
            SET v_cursor_id
                = CAST(JSON_UNQUOTE(JSON_EXTRACT(v_cursor_key, '$[0]')) AS SIGNED);

            -- A walk goes on behind the cursor; a look starts a little before it, for
            -- keys are not committed in order.
            IF v_is_walking THEN
                SET v_after_id = IF(
                    v_cursor_key IS NULL, v_from_id, v_cursor_id
                );
            ELSE
                CALL _step_back_orders(
                    v_cursor_id, v_from_id, v_after_id
                );
            END IF;

            CALL _fill_orders_chunk(
                v_started_at, v_target_ms, v_lane, v_is_walking, v_is_look_next,
                v_is_any_set_aside, v_after_id, v_end_id, v_waiting_key,
                GREATEST(v_key_window, 2 * v_size), v_size,
                IF(in_max_roots IS NULL, v_rows, NULL), v_rows_per_root,
                v_weighings > 0, v_max_root_rows, v_chunk_id, v_tries, v_lost_seconds,
                v_roots, v_related_rows, v_relation_rows, v_lane_examined,
                v_waiting_examined, v_upto_id, v_upto_key, v_is_looking, v_is_end,
                v_is_waiting_end, v_is_noted, v_is_outdated, v_is_full, v_is_uneven
            );
            SET v_examined = v_examined + v_lane_examined + v_waiting_examined;

            SET v_step = 'note what waits';
            SET v_noted = 0;
            IF NOT v_is_noted THEN
                CALL _note_orders(
                    v_lane, v_chunk_id, v_after_id, v_upto_id, v_room, v_noted
                );
            END IF;
            SET v_forgotten = 0;
            SET v_reopened = 0;
            IF v_chunk_id IS NOT NULL OR v_is_outdated THEN
                CALL _forget_waiting_orders(
                    v_lane, v_chunk_id, v_is_outdated, v_waiting_key, v_upto_key,
                    v_forgotten, v_reopened
                );
            END IF;

            SET v_step = 'advance the lane';
            SET v_seconds = GREATEST(
                0, TIMESTAMPDIFF(MICROSECOND, v_started_at, UTC_TIMESTAMP(6)) / 1000000
            );
            SET v_is_lane_done
                = v_is_looking AND v_is_end AND v_is_waiting_end AND v_roots = 0;
            SET v_is_ahead
                = v_upto_id IS NOT NULL
                AND (v_cursor_id IS NULL OR v_upto_id > v_cursor_id);

            -- An idle CALL writes nothing, unless it ends a round that others began.
            SET v_is_changed
                = v_is_changed OR NOT (
                    v_is_lane_done AND v_is_passed
                    AND v_chunk_id IS NULL AND v_waiting_key IS NULL
                    AND NOT v_is_look_next
                    AND v_noted = 0 AND v_forgotten = 0 AND v_reopened = 0
                    AND NOT v_is_ahead
                );

            IF v_is_ahead THEN
                SET v_cursor_key = CAST(JSON_ARRAY(CAST(v_upto_id AS CHAR)) AS CHAR);
            END IF;

            SET v_shown_key = v_cursor_key;

            IF in_max_roots IS NULL THEN
                CALL _learn_window(
                    v_target_ms, v_seconds, v_is_full,
                    IF(v_is_looking, v_is_waiting_end, v_is_end), v_key_window
                );
                IF v_roots > 0 THEN
                    CALL _learn_size(
                        v_target_ms, v_seconds - v_lost_seconds, v_tries, v_roots,
                        v_roots + v_related_rows, v_is_full, v_is_uneven,
                        v_rows, v_rows_per_root, v_weighings
                    );
                ELSEIF v_is_full AND v_tries > 1 THEN
                    SET v_rows = GREATEST(1, v_rows DIV 2);
                END IF;
            END IF;

            IF v_chunk_id IS NOT NULL THEN
                CALL _close_chunk(
                    v_chunk_id, v_roots, v_related_rows, v_relation_rows, v_tries,
                    v_cursor_key, v_seconds, v_deferred, v_quarantined
                );
            END IF;

            -- Last: it takes the holder's name off the lane, which an interrupted CALL
            -- would go on holding.
            CALL _advance_lane(
                'orders', v_lane, v_round, v_cursor_key,
                IF(v_is_looking, IF(v_is_waiting_end, NULL, v_upto_key), v_waiting_key),
                v_is_walking AND v_is_end,
                v_is_looking AND v_is_waiting_end,
                v_is_lane_done,
                v_noted = v_room,
                NOT v_is_walking AND NOT v_is_looking,
                v_rows, v_rows_per_root, v_weighings, v_key_window, v_changed_from,
                IF(v_is_walking, v_lane_examined, 0),
                CAST(v_noted AS SIGNED)
                - CAST(v_forgotten AS SIGNED),
                v_roots, v_related_rows
            );

            IF
                NOT v_is_lane_done OR v_chunk_id IS NOT NULL
                OR v_seconds * 1000 > v_target_ms
            THEN
                LEAVE lanes;
            END IF;
        END LOOP lanes;

        CALL _count_lanes_left(
            'orders', v_round, v_lanes_in_pass, v_lanes_in_round, v_all_lanes,
            v_is_stale
        );

        -- That lanes were looked at counts, where other CALLs come to the others: or
        -- the
        -- next one would look there again.
        SET v_is_changed = v_is_changed OR v_lanes BETWEEN 1 AND v_all_lanes - 1;

        IF v_lanes_in_pass + v_lanes_in_round > 0 THEN
            -- Busy is also who found nothing while others walk all that is left.
            SET v_state = IF(
                v_lane IS NULL
                OR (v_is_lane_done AND v_is_passed AND v_lanes_in_round = 0),
                'busy',
                'copied'
            );
        ELSEIF v_is_lane_done THEN
            CALL _count_deferred('orders', v_remaining, v_wait_ms);
            -- Not idle before all was looked at once more.
            SET v_is_changed = v_is_changed OR v_is_stale;
            SET v_state = CASE
                WHEN v_remaining > 0 THEN 'settled'
                WHEN v_is_stale THEN 'copied'
                ELSE 'idle'
            END;
        END IF;

        IF v_state = 'idle' THEN
            CALL _describe_idle('orders', 0, v_reason);
        ELSEIF v_state = 'settled' THEN
            SET v_reason = CONCAT(
                v_remaining, ' deferred: writers were changing them'
            );
        END IF;

        -- A chunk and its rest, together, are all of the time.
        IF v_state = 'copied' THEN
            SET v_wait_ms = 1000 * v_seconds * (100 - v_pace) / v_pace;
        END IF;

        -- Nothing is read from here on: under autocommit=0 that would open another
        -- transaction.
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
        v_state AS state,
        v_roots AS roots,
        v_related_rows AS related_rows,
        v_examined AS examined,
        v_deferred AS deferred,
        v_quarantined AS quarantined,
        v_shown_key AS `cursor`,
        v_seconds AS seconds,
        IF(v_state IN ('copied', 'settled', 'throttled'), v_wait_ms, 0) AS next_wait_ms,
        v_reason AS reason;
END;
