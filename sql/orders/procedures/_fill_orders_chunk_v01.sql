CREATE PROCEDURE pharmacy_history._fill_orders_chunk (
    IN in_lane INT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_max_roots INT, IN in_started_at DATETIME(6), OUT out_chunk_id BIGINT UNSIGNED,
    OUT out_roots INT UNSIGNED, OUT out_related_rows INT UNSIGNED,
    OUT out_examined INT UNSIGNED, OUT out_quarantined INT UNSIGNED,
    OUT out_seconds DECIMAL(12, 6)
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy a chunk of a lane; a smaller one if it is too slow, or if a root fails.'
BEGIN
    DECLARE v_chunk_id BIGINT UNSIGNED;
    DECLARE v_pass, v_size, v_key_window, v_max_rows, v_target_ms, v_limit_ms,
        v_first_failed, v_conditions, v_errno, v_last_errno INT UNSIGNED;
    DECLARE v_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
        DEFAULT in_form;
    DECLARE v_alone DECIMAL (20, 0);
    DECLARE v_is_compared TINYINT(1);
    DECLARE v_tries INT UNSIGNED DEFAULT 0;
    DECLARE v_is_nobodys TINYINT(1) DEFAULT 0;
    DECLARE v_next VARCHAR(4) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_began_at DATETIME(6) DEFAULT SYSDATE(6);
    DECLARE v_tried_at DATETIME(6);
    DECLARE v_verdict VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_sqlstate, v_last_sqlstate CHAR(5)
        CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_step, v_told, v_last_step, v_last_told VARCHAR(64)
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_message, v_last_message VARCHAR(512)
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    SELECT 0, 0, 0, 0
    INTO out_roots, out_related_rows, out_examined, out_quarantined;

    CALL _plan_chunk(
        'orders', in_lane, in_max_roots, v_chunk_id, v_pass, v_size, v_key_window,
        v_max_rows, v_target_ms, v_limit_ms, v_is_compared
    );

    tries: LOOP
        SET v_tries = v_tries + 1;
        SET v_tried_at = SYSDATE(6);

        one_try: BEGIN
            -- The function names its step where an error names its table, and tells how
            -- many roots it had, or how many fit, where it names a column.
            DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265
            BEGIN
                -- MySQL tells it last, after its notes, and MariaDB first.
                GET DIAGNOSTICS v_conditions = NUMBER;
                GET DIAGNOSTICS CONDITION 1
                    v_errno = MYSQL_ERRNO, v_sqlstate = RETURNED_SQLSTATE,
                    v_step = TABLE_NAME, v_told = COLUMN_NAME,
                    v_message = MESSAGE_TEXT;
                GET DIAGNOSTICS CONDITION v_conditions
                    v_last_errno = MYSQL_ERRNO, v_last_sqlstate = RETURNED_SQLSTATE,
                    v_last_step = TABLE_NAME, v_last_told = COLUMN_NAME,
                    v_last_message = MESSAGE_TEXT;
                IF v_last_step <> '' THEN
                    SET v_errno = v_last_errno;
                    SET v_sqlstate = v_last_sqlstate;
                    SET v_step = v_last_step;
                    SET v_told = v_last_told;
                    SET v_message = v_last_message;
                END IF;
                CALL _judge_error(v_errno, v_sqlstate, v_step, v_form, v_verdict);
                IF v_verdict IS NULL OR (v_verdict = 'failed' AND v_is_nobodys) THEN
                    -- Named again: MariaDB forgets the name on the way.
                    RESIGNAL SET TABLE_NAME = v_step;
                END IF;
            END;

            -- One row and no table: the function is called once, and by a statement
            -- that locks nothing that it reads.
            INSERT INTO chunk (
                id, archive, lane, pass, shape, roots, related_rows, relation_rows,
                examined, quarantined, tries, cursor_key, started_at, seconds,
                called_by, connection_id, is_compared
            )
            SELECT
                v_chunk_id, 'orders', in_lane, v_pass, 1,
                JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.roots')),
                JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.related_rows')),
                JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.relations')),
                JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.examined')),
                out_quarantined, v_tries,
                NULLIF(JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.cursor')), 'null'),
                in_started_at,
                GREATEST(
                    0, TIMESTAMPDIFF(MICROSECOND, v_began_at, SYSDATE(6)) / 1000000
                ),
                USER(), CONNECTION_ID(), v_is_compared
            FROM (
                SELECT _copy_orders_at_once(
                    in_lane, v_chunk_id, v_form, v_alone, v_size, v_key_window,
                    v_max_rows, v_limit_ms, v_is_compared
                ) AS counts
            ) AS d;

            IF ROW_COUNT() <> 1 THEN
                CALL _raise(30026, 'a chunk''s statement wrote no row of its own');
            END IF;
            SET v_verdict = 'copied';
        END one_try;

        IF v_verdict = 'copied' THEN
            LEAVE tries;
        END IF;

        IF v_form = 'alone' THEN
            CALL _quarantine_root(
                'orders', in_lane, v_alone, '', v_step, v_errno,
                v_sqlstate, v_message
            );
            SET out_quarantined = out_quarantined + 1;
        END IF;

        CALL _plan_retry(
            v_verdict, in_form, v_tries, v_told, v_began_at, v_target_ms,
            out_quarantined, v_form, v_size, v_first_failed, v_next
        );

        IF v_next = 'end' THEN
            LEAVE tries;
        ELSEIF v_next = 'name' THEN
            CALL _name_first_orders(in_lane, v_form, v_key_window, v_alone);
            -- Where no root is to blame, the error is the caller's, once it comes
            -- again.
            SET v_is_nobodys = v_alone IS NULL;
            SET v_form = IF(v_is_nobodys, v_form, 'alone');
        END IF;
    END LOOP tries;

    SET out_seconds
        = GREATEST(0, TIMESTAMPDIFF(MICROSECOND, v_tried_at, SYSDATE(6)) / 1000000);

    IF v_verdict = 'copied' THEN
        CALL _conclude_chunk(
            'orders', v_chunk_id, out_chunk_id, out_roots, out_related_rows,
            out_examined
        );
    END IF;
END;
