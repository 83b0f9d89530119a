CREATE PROCEDURE pharmacy_history._try_orders (
    IN in_target_ms INT UNSIGNED,
    IN in_lane INT UNSIGNED,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_try INT UNSIGNED,
    IN in_is_any_set_aside TINYINT(1),
    IN in_is_looking TINYINT(1),
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    IN in_after_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_verdict VARCHAR(6) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_roots INT UNSIGNED,
    OUT out_related_rows INT UNSIGNED,
    OUT out_relation_rows TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_torn INT UNSIGNED,
    OUT out_torn_keys LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_step VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_errno INT UNSIGNED,
    OUT out_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin,
    OUT out_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy a chunk and prove it: it is proven, torn, late (too slow), or failed.'
BEGIN
    -- Past three times what a chunk aims at, a smaller one is tried.
    DECLARE v_deadline_at DATETIME(6)
        DEFAULT UTC_TIMESTAMP(6) + INTERVAL 3000 * in_target_ms MICROSECOND;
    DECLARE v_is_proven TINYINT(1);
    DECLARE v_step VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_is_of_a_value TINYINT(1);
    DECLARE v_order_items_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_batches_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_payments_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_deliveries_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_order_events_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_notes_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_order_labels_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_labels_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_customers_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_prescribers_rows INT UNSIGNED DEFAULT 0;
    DECLARE v_products_rows INT UNSIGNED DEFAULT 0;

    -- What a row's own values cause is told to whoever tries less; all else is not
    -- ours.
    DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265
    BEGIN
        -- The first: after it come warnings about what it did not come to. Only notes
        -- of
        -- values that history cuts short come before it.
        GET DIAGNOSTICS CONDITION 1
            out_errno = MYSQL_ERRNO,
            out_sqlstate = RETURNED_SQLSTATE,
            out_message = MESSAGE_TEXT;
        CALL _is_of_a_value(out_errno, out_sqlstate, v_is_of_a_value);
        IF NOT v_is_of_a_value THEN
            RESIGNAL;
        END IF;
        SET out_verdict = 'failed';
        SET out_step = v_step;
    END;

    SET out_verdict = 'late';
    SET out_torn = 0;

    SET v_step = 'copy orders';

    one_try: BEGIN
        IF in_is_looking THEN
            CALL _copy_waiting_orders(
                in_lane, in_chunk_id, in_try, in_after_key, in_upto_key, out_roots
            );
        ELSE
            CALL _copy_orders(
                in_lane, in_is_any_set_aside, in_chunk_id, in_after_id, in_upto_id,
                out_roots
            );
        END IF;

        -- Owned relations first, parents last: a parent belongs to many roots and can
        -- change at any time, so its copy is kept close to the proof.
        SET v_step = 'copy order_items';
        CALL _copy_order_items(in_chunk_id, v_order_items_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy batches';
        CALL _copy_batches(in_chunk_id, v_batches_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy payments';
        CALL _copy_payments(in_chunk_id, v_payments_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy deliveries';
        CALL _copy_deliveries(in_chunk_id, v_deliveries_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy order_events';
        CALL _copy_order_events(in_chunk_id, v_order_events_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy notes';
        CALL _copy_notes(in_chunk_id, v_notes_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy order_labels';
        CALL _copy_order_labels(in_chunk_id, v_order_labels_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy labels';
        CALL _copy_labels(in_chunk_id, v_labels_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy customers';
        CALL _copy_customers(in_chunk_id, v_customers_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy prescribers';
        CALL _copy_prescribers(in_chunk_id, v_prescribers_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'copy products';
        CALL _copy_products(in_chunk_id, v_products_rows);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_roots > 1 THEN
            LEAVE one_try;
        END IF;

        SET v_step = 'prove';
        CALL _prove_orders(
            in_chunk_id, out_roots, v_order_items_rows, v_batches_rows, v_payments_rows,
            v_deliveries_rows, v_order_events_rows, v_notes_rows, v_order_labels_rows,
            v_is_proven
        );

        IF v_is_proven THEN
            SET out_verdict = 'proven';
        ELSE
            SET out_verdict = 'torn';
            CALL _find_torn_orders(
                in_chunk_id, in_try >= 5, out_torn, out_torn_keys
            );
        END IF;

        SET out_related_rows
            = v_order_items_rows
            + v_batches_rows
            + v_payments_rows
            + v_deliveries_rows
            + v_order_events_rows
            + v_notes_rows
            + v_order_labels_rows
            + v_labels_rows
            + v_customers_rows
            + v_prescribers_rows
            + v_products_rows;
        SET out_relation_rows = JSON_OBJECT(
            'order_items', v_order_items_rows,
            'batches', v_batches_rows,
            'payments', v_payments_rows,
            'deliveries', v_deliveries_rows,
            'order_events', v_order_events_rows,
            'notes', v_notes_rows,
            'order_labels', v_order_labels_rows,
            'labels', v_labels_rows,
            'customers', v_customers_rows,
            'prescribers', v_prescribers_rows,
            'products', v_products_rows
        );
    END one_try;
END;
