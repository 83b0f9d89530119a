CREATE PROCEDURE pharmacy_history._fill_orders_chunk (
    IN in_started_at DATETIME(6),
    IN in_target_ms INT UNSIGNED,
    IN in_lane INT UNSIGNED,
    IN in_is_walking TINYINT(1),
    IN in_is_look_next TINYINT(1),
    IN in_is_any_set_aside TINYINT(1),
    IN in_after_id BIGINT,
    IN in_end_id BIGINT,
    IN in_after_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_key_window INT UNSIGNED,
    IN in_size INT UNSIGNED,
    IN in_rows INT UNSIGNED,
    IN in_rows_per_root DECIMAL(12, 2),
    IN in_is_weighing TINYINT(1),
    IN in_max_root_rows INT UNSIGNED,
    OUT out_chunk_id BIGINT UNSIGNED,
    OUT out_tries INT UNSIGNED,
    OUT out_lost_seconds DECIMAL(12, 6),
    OUT out_roots INT UNSIGNED,
    OUT out_related_rows INT UNSIGNED,
    OUT out_relation_rows TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_examined INT UNSIGNED,
    OUT out_waiting_examined INT UNSIGNED,
    OUT out_upto_id BIGINT,
    OUT out_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_is_looking TINYINT(1),
    OUT out_is_end TINYINT(1),
    OUT out_is_waiting_end TINYINT(1),
    OUT out_is_noted TINYINT(1),
    OUT out_is_outdated TINYINT(1),
    OUT out_is_full TINYINT(1),
    OUT out_is_uneven TINYINT(1)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Choose a chunk of a lane, copy it and prove it; a smaller one until it passes.'
BEGIN
    -- in_rows is NULL where the caller asked for a number of roots: then they aren't
    -- weighed, unless that number was far too slow.
    DECLARE v_size INT UNSIGNED DEFAULT in_size;
    DECLARE v_rows INT UNSIGNED DEFAULT in_rows;
    DECLARE v_chosen INT UNSIGNED;
    DECLARE v_is_any_set_aside TINYINT(1) DEFAULT in_is_any_set_aside;
    DECLARE v_is_weighing TINYINT(1) DEFAULT in_is_weighing;
    DECLARE v_sampled DECIMAL(12, 2);
    DECLARE v_tried_at DATETIME(6);
    DECLARE v_taken INT UNSIGNED;
    DECLARE v_fits INT UNSIGNED;
    DECLARE v_first_failed INT UNSIGNED;
    DECLARE v_quarantined INT UNSIGNED DEFAULT 0;
    DECLARE v_alone_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_step VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_errno INT UNSIGNED;
    DECLARE v_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin;
    DECLARE v_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_verdict VARCHAR(11) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_torn INT UNSIGNED;
    DECLARE v_torn_keys LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    SET out_tries = 0;
    SET out_lost_seconds = 0;
    SET out_related_rows = 0;
    SET out_waiting_examined = 0;
    SET out_is_waiting_end = 0;
    SET out_is_outdated = 0;
    SET out_is_uneven = 0;

    copy_and_prove: LOOP
        SET v_tried_at = UTC_TIMESTAMP(6);
        SET out_tries = out_tries + 1;

        -- Chosen again where they weigh too much.
        SET v_chosen = 0;
        choose: LOOP
            SET out_upto_key = NULL;

            CALL _choose_orders(
                in_lane, v_is_any_set_aside, in_after_id, in_end_id, v_size,
                in_key_window, out_upto_id, out_examined, out_roots, out_is_end,
                out_is_noted
            );

            -- Between walks, look at what waits when nothing is new, and every other
            -- time although something is: new roots must not starve those that wait.
            SET out_is_end = out_is_end AND (in_is_walking OR out_roots = 0);
            SET out_is_looking
                = NOT in_is_walking AND (out_is_end OR in_is_look_next);
            IF out_is_looking THEN
                -- What is new and not copied now is left to the next CALL.
                IF NOT out_is_end THEN
                    SET out_upto_id = NULL;
                END IF;
                CALL _choose_waiting_orders(
                    in_lane, out_chunk_id, out_tries, in_after_key, v_size,
                    in_key_window, out_upto_key, out_waiting_examined, out_roots,
                    out_is_waiting_end, out_is_outdated
                );
            END IF;

            IF out_tries = 1 AND v_chosen = 0 THEN
                SET out_is_full = out_roots >= in_size;

                -- A run of heavier roots has begun: better counted than too late.
                IF
                    in_rows IS NOT NULL AND out_roots > 1
                    AND NOT v_is_weighing AND NOT out_is_looking
                THEN
                    CALL _sample_orders(
                        in_after_id, out_upto_id, v_sampled
                    );
                    SET v_is_weighing
                        = v_sampled > 2 * in_rows_per_root
                        AND out_roots * v_sampled > in_rows;
                END IF;
            END IF;

            IF v_chosen > 0 OR out_roots <= 1 OR NOT v_is_weighing THEN
                LEAVE choose;
            END IF;

            SET v_chosen = out_roots;
            CALL _weigh_orders(
                in_lane, out_chunk_id, out_tries, v_is_any_set_aside, out_is_looking,
                in_after_id, out_upto_id, in_after_key, out_upto_key, v_is_weighing,
                in_rows_per_root, v_rows, out_roots
            );

            SET out_roots = GREATEST(1, out_roots);

            IF out_roots = v_chosen THEN
                LEAVE choose;
            END IF;

            -- Less than half of what usually fits: a giant is among them, or comes
            -- next.
            SET out_is_full = 1;
            SET out_is_uneven
                = out_is_uneven
                OR 2 * out_roots * in_rows_per_root < COALESCE(v_rows, 0);
            SET v_size = out_roots;
        END LOOP choose;

        IF out_roots = 0 THEN
            LEAVE copy_and_prove;
        END IF;

        IF out_chunk_id IS NULL THEN
            CALL _open_chunk(
                'orders', in_lane, 1, in_started_at, out_chunk_id
            );
        END IF;

        -- An order that goes alone has been weighed, or is by now.
        SET v_taken = out_roots;
        SET v_fits = 1;
        IF v_taken = 1 THEN
            CALL _weigh_orders(
                in_lane, out_chunk_id, out_tries, v_is_any_set_aside, out_is_looking,
                in_after_id, out_upto_id, in_after_key, out_upto_key, 1, 1,
                in_max_root_rows, v_fits
            );
        END IF;

        IF v_fits = 0 THEN
            SET v_verdict = 'large';
        ELSE
            SAVEPOINT before_copy;

            CALL _try_orders(
                in_target_ms, in_lane, out_chunk_id, out_tries, v_is_any_set_aside,
                out_is_looking, in_after_id, out_upto_id, in_after_key, out_upto_key,
                v_verdict, out_roots, out_related_rows, out_relation_rows, v_torn,
                v_torn_keys, v_step, v_errno, v_sqlstate, v_message
            );

            IF v_verdict = 'proven' THEN
                LEAVE copy_and_prove;
            END IF;

            ROLLBACK TO SAVEPOINT before_copy;
        END IF;

        IF v_verdict IN ('failed', 'large') THEN
            SET out_roots = v_taken;
            SET v_first_failed = COALESCE(v_first_failed, v_taken);
        END IF;

        -- Tried again, by its own key, before it is quarantined: a root that failed
        -- alone
        -- (a chunk of size 1 ends at it), and one that is torn for the fifth time.
        SET v_alone_key = NULL;
        IF v_verdict IN ('failed', 'large') AND v_size = 1 THEN
            SET v_alone_key = IF(
                out_is_looking,
                out_upto_key,
                CAST(JSON_ARRAY(CAST(out_upto_id AS CHAR)) AS CHAR)
            );
        ELSEIF v_verdict = 'torn' AND v_taken = 1 THEN
            SELECT MAX(w.root_key)
            INTO v_alone_key
            FROM waiting AS w
            WHERE
                w.archive = 'orders'
                AND w.lane = in_lane
                AND w.root_key = JSON_UNQUOTE(JSON_EXTRACT(v_torn_keys, '$[0]'))
                AND w.attempts >= 4;
        END IF;

        IF v_alone_key IS NOT NULL THEN
            CALL _isolate_orders(
                in_target_ms, in_max_root_rows, in_lane, out_chunk_id, v_alone_key,
                v_verdict, out_roots, out_related_rows, out_relation_rows, v_torn,
                v_torn_keys
            );

            IF v_verdict = 'proven' THEN
                LEAVE copy_and_prove;
            END IF;

            SET v_is_any_set_aside = 1;
        END IF;

        -- A few torn roots are set aside. Many at once are the mark of one busy
        -- parent: a smaller chunk passes, until the last try sets all aside.
        IF
            v_verdict = 'torn'
            AND (out_tries >= 5 OR v_torn <= GREATEST(1, out_roots DIV 10))
        THEN
            CALL _defer_roots('orders', in_lane, out_chunk_id, v_torn_keys);
            SET v_is_any_set_aside = 1;
        END IF;

        -- Too slow: a giant may be among them, which weighing tells. Too slow twice:
        -- one by one.
        SET v_size = (out_roots + 1) DIV 2;
        IF v_verdict = 'late' THEN
            SET out_is_uneven = 1;
            SET v_is_weighing = 1;
            SET v_rows = COALESCE(
                v_rows DIV 2, CAST(GREATEST(1, in_rows_per_root * v_size) AS UNSIGNED)
            );
            IF out_tries > 1 THEN
                SET v_size = 1;
            END IF;
        END IF;

        -- What fails is looked for by halves, and one by one when time is up: each CALL
        -- copies a root, or sets one aside.
        IF
            v_verdict = 'failed'
            AND TIMESTAMPDIFF(MICROSECOND, in_started_at, UTC_TIMESTAMP(6))
            > 3000 * in_target_ms
        THEN
            SET v_size = 1;
        END IF;

        -- The first one may be the only one; after a second, more are expected.
        IF v_verdict = 'quarantined' THEN
            SET v_quarantined = v_quarantined + 1;
            SET v_size = IF(
                v_quarantined = 1, GREATEST(1, COALESCE(v_first_failed, 1) DIV 2), 1
            );
        END IF;

        SET out_roots = 0;
        SET out_related_rows = 0;
        SET out_relation_rows = NULL;
        SET out_lost_seconds = out_lost_seconds + GREATEST(
            0, TIMESTAMPDIFF(MICROSECOND, v_tried_at, UTC_TIMESTAMP(6)) / 1000000
        );

        IF
            (out_tries >= 5 AND v_verdict = 'torn')
            OR (
                v_verdict = 'quarantined'
                AND TIMESTAMPDIFF(MICROSECOND, in_started_at, UTC_TIMESTAMP(6))
                NOT BETWEEN 0 AND 1000 * in_target_ms
            )
        THEN
            LEAVE copy_and_prove;
        END IF;
    END LOOP copy_and_prove;
END;
