CREATE PROCEDURE pharmacy_history._isolate_orders (
    IN in_target_ms INT UNSIGNED,
    IN in_max_root_rows INT UNSIGNED,
    IN in_lane INT UNSIGNED,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_root_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    INOUT io_verdict VARCHAR(11) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_roots INT UNSIGNED,
    OUT out_related_rows INT UNSIGNED,
    OUT out_relation_rows TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_torn INT UNSIGNED,
    OUT out_torn_keys LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Try one root again, by its own key alone: proven, torn, or quarantined.'
BEGIN
    -- A range of keys may hold another root by now, and history this one: both are seen
    -- by this try. In waiting nobody else writes while the lane is held.
    DECLARE v_after_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_fits INT UNSIGNED DEFAULT 1;
    DECLARE v_tries INT UNSIGNED DEFAULT 0;
    DECLARE v_is_torn TINYINT(1) DEFAULT io_verdict = 'torn';
    DECLARE v_digest VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_last_digest VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_step VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_errno INT UNSIGNED;
    DECLARE v_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    INSERT INTO waiting (archive, lane, root_key, reason, noted_at)
    VALUES ('orders', in_lane, in_root_key, 'deferred', UTC_TIMESTAMP(6))
    ON DUPLICATE KEY UPDATE reason = 'deferred', chunk_id = NULL;

    SELECT MAX(w.root_key)
    INTO v_after_key
    FROM waiting AS w
    WHERE
        w.archive = 'orders'
        AND w.lane = in_lane
        AND w.root_key < in_root_key;

    IF io_verdict = 'large' THEN
        CALL _weigh_orders(
            in_lane, in_chunk_id, 1, 1, 1, NULL, NULL, v_after_key, in_root_key, 1, 1,
            in_max_root_rows, v_fits
        );
    END IF;

    IF v_fits = 0 THEN
        SET io_verdict = 'quarantined';
        SET v_step = 'weigh';
        SET v_message = CONCAT(
            'it has more than ', in_max_root_rows,
                ' rows: tune max_root_rows, then retry'
        );
    ELSE
        one_root: LOOP
            SET v_tries = v_tries + 1;
            SET v_digest = NULL;

            SAVEPOINT before_copy;

            CALL _try_orders(
                in_target_ms, in_lane, in_chunk_id, 1, 1, 1, NULL, NULL, v_after_key,
                in_root_key, io_verdict, out_roots, out_related_rows, out_relation_rows,
                out_torn, out_torn_keys, v_step, v_errno, v_sqlstate, v_message
            );

            IF io_verdict = 'proven' THEN
                LEAVE one_root;
            END IF;

            IF io_verdict = 'torn' AND v_is_torn THEN
                CALL _digest_orders(in_chunk_id, v_digest);
            END IF;

            ROLLBACK TO SAVEPOINT before_copy;

            -- Nobody changed it between two reads, and what was copied in between still
            -- differs from it: history cannot hold it as it is.
            IF io_verdict = 'torn' AND v_digest = v_last_digest THEN
                SET v_step = 'prove';
                SET v_message = 'its copy differs, and the source does not change';
                SET io_verdict = 'quarantined';
            END IF;

            IF io_verdict = 'failed' THEN
                SET io_verdict = 'quarantined';
            END IF;

            IF io_verdict = 'quarantined' OR NOT v_is_torn OR v_tries = 2 THEN
                LEAVE one_root;
            END IF;

            SET v_last_digest = v_digest;
        END LOOP one_root;
    END IF;

    IF io_verdict = 'quarantined' THEN
        CALL _quarantine_root(
            'orders', in_lane, in_chunk_id, in_root_key,
            v_step, v_errno, v_sqlstate, v_message
        );
        SET out_torn = 0;
        SET out_roots = 0;
    END IF;
END;
