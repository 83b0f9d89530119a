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
    DECLARE v_verdict VARCHAR(6) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
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

        SAVEPOINT before_copy;

        CALL _try_orders(
            in_target_ms, in_lane, out_chunk_id, out_tries, v_is_any_set_aside,
            out_is_looking, in_after_id, out_upto_id, in_after_key, out_upto_key,
            v_verdict, out_roots, out_related_rows, out_relation_rows, v_torn,
            v_torn_keys
        );

        IF v_verdict = 'proven' THEN
            LEAVE copy_and_prove;
        END IF;

        ROLLBACK TO SAVEPOINT before_copy;

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

        SET out_roots = 0;
        SET out_related_rows = 0;
        SET out_relation_rows = NULL;
        SET out_lost_seconds = out_lost_seconds + GREATEST(
            0, TIMESTAMPDIFF(MICROSECOND, v_tried_at, UTC_TIMESTAMP(6)) / 1000000
        );

        IF out_tries >= 5 AND v_verdict = 'torn' THEN
            LEAVE copy_and_prove;
        END IF;
    END LOOP copy_and_prove;
END;
