CREATE PROCEDURE pharmacy_history._fill_orders_chunk (
    IN in_lane INT UNSIGNED,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_max_roots INT,
    IN in_started_at DATETIME(6),
    OUT out_chunk_id BIGINT UNSIGNED,
    OUT out_roots INT UNSIGNED,
    OUT out_related_rows INT UNSIGNED,
    OUT out_examined INT UNSIGNED,
    OUT out_quarantined INT UNSIGNED,
    OUT out_seconds DECIMAL(12, 6)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy a chunk of a lane; a smaller one if it is too slow, or if a root fails.'
BEGIN
    DECLARE v_chunk_id BIGINT UNSIGNED;
    DECLARE v_pass INT UNSIGNED;
    DECLARE v_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT in_form;
    DECLARE v_alone DECIMAL (20, 0);
    DECLARE v_size INT UNSIGNED;
    DECLARE v_key_window INT UNSIGNED;
    DECLARE v_max_rows INT UNSIGNED;
    DECLARE v_target_ms INT UNSIGNED;
    DECLARE v_limit_ms INT UNSIGNED;
    DECLARE v_is_compared TINYINT(1);
    DECLARE v_tries INT UNSIGNED DEFAULT 0;
    DECLARE v_is_nobodys TINYINT(1) DEFAULT 0;
    DECLARE v_had INT UNSIGNED;
    DECLARE v_first_failed INT UNSIGNED;
    DECLARE v_began_at DATETIME(6) DEFAULT SYSDATE(6);
    DECLARE v_tried_at DATETIME(6);
    DECLARE v_verdict VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_conditions INT UNSIGNED;
    DECLARE v_errno INT UNSIGNED;
    DECLARE v_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_step VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_told VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_last_errno INT UNSIGNED;
    DECLARE v_last_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_last_step VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_last_told VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_last_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    SET out_roots = 0;
    SET out_related_rows = 0;
    SET out_examined = 0;
    SET out_quarantined = 0;

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
                v_chunk_id,
                'orders',
                in_lane,
                v_pass,
                1,
                JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.roots')),
                JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.related_rows')),
                JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.relations')),
                JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.examined')),
                out_quarantined,
                v_tries,
                NULLIF(JSON_UNQUOTE(JSON_EXTRACT(d.counts, '$.cursor')), 'null'),
                in_started_at,
                GREATEST(
                    0, TIMESTAMPDIFF(MICROSECOND, v_began_at, SYSDATE(6)) / 1000000
                ),
                USER(),
                CONNECTION_ID(),
                v_is_compared
            FROM (
                SELECT _copy_orders_at_once(
                    in_lane, v_chunk_id, v_form, v_alone, v_size, v_key_window,
                    v_max_rows, v_limit_ms, v_is_compared
                ) AS counts
            ) AS d;

            IF ROW_COUNT() = 1 THEN
                SET v_verdict = 'copied';
            ELSE
                CALL _raise(
                    30026, 'a chunk''s statement wrote no row of its own'
                );
            END IF;
        END one_try;

        -- A number, and compared as one.
        SET v_had = CAST(COALESCE(NULLIF(v_told, ''), '0') AS UNSIGNED);

        IF v_verdict = 'copied' THEN
            LEAVE tries;
        END IF;

        IF v_verdict = 'known' THEN
            SET v_form = 'careful';
        ELSEIF v_verdict = 'late' THEN
            -- Too late twice: one by one.
            SET v_size = IF(v_tries > 1, 1, LEAST(v_had, v_size));
        ELSEIF v_form = 'alone' THEN
            CALL _quarantine_root(
                'orders', in_lane, v_alone, '', v_step, v_errno,
                v_sqlstate, v_message
            );
            SET out_quarantined = out_quarantined + 1;
            IF
                SYSDATE(6) NOT BETWEEN v_began_at
                AND v_began_at + INTERVAL 1000 * v_target_ms MICROSECOND
            THEN
                LEAVE tries;
            END IF;
            -- The first one may be the only one; after a second, more are expected.
            SET v_form = IF(in_form = 'scan', 'careful', in_form);
            SET v_size = IF(
                out_quarantined = 1,
                GREATEST(1, COALESCE(v_first_failed, 1) DIV 2),
                1
            );
        ELSEIF v_size = 1 OR v_had = 1 THEN
            -- Tried again by its own key before it is quarantined.
            CALL _name_first_orders(
                in_lane, v_form, v_key_window, v_alone
            );
            -- Where no root is to blame, the error is the caller's, once it comes
            -- again.
            SET v_is_nobodys = v_alone IS NULL;
            SET v_form = IF(v_is_nobodys, v_form, 'alone');
        ELSE
            -- What fails is looked for by halves, and one by one when time is up: each
            -- CALL copies a root, or sets one aside.
            SET v_size = IF(v_had > 0, LEAST(v_had, v_size), v_size);
            SET v_first_failed = COALESCE(v_first_failed, v_size);
            SET v_size = IF(
                SYSDATE(6) > v_began_at + INTERVAL 3000 * v_target_ms MICROSECOND,
                1, (v_size + 1) DIV 2
            );
        END IF;
    END LOOP tries;

    SET out_seconds
        = GREATEST(0, TIMESTAMPDIFF(MICROSECOND, v_tried_at, SYSDATE(6)) / 1000000);

    IF v_verdict = 'copied' THEN
        SELECT c.roots, c.related_rows, c.examined
        INTO out_roots, out_related_rows, out_examined
        FROM chunk AS c
        WHERE c.archive = 'orders' AND c.id = v_chunk_id;

        -- A window without a root to copy is no chunk.
        IF out_roots = 0 THEN
            DELETE FROM chunk WHERE archive = 'orders' AND id = v_chunk_id;
        ELSE
            SET out_chunk_id = v_chunk_id;
        END IF;
    END IF;
END;
