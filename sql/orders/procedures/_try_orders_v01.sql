CREATE PROCEDURE pharmacy_history._try_orders (
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
    OUT out_orders INT UNSIGNED,
    OUT out_related_rows INT UNSIGNED,
    OUT out_relation_rows TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_torn INT UNSIGNED,
    OUT out_torn_keys LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy a chunk and prove it. The verdict: proven, torn, or late (too slow).'
BEGIN
    -- A chunk aims at 200 ms; past three times that, a smaller one is tried.
    DECLARE v_deadline_at DATETIME(6)
        DEFAULT UTC_TIMESTAMP(6) + INTERVAL 600000 MICROSECOND;
    DECLARE v_is_proven TINYINT(1);
    DECLARE v_order_items INT UNSIGNED DEFAULT 0;
    DECLARE v_batches INT UNSIGNED DEFAULT 0;
    DECLARE v_notes INT UNSIGNED DEFAULT 0;
    DECLARE v_customers INT UNSIGNED DEFAULT 0;
    DECLARE v_products INT UNSIGNED DEFAULT 0;

    SET out_verdict = 'late';
    SET out_torn = 0;

    one_try: BEGIN
        IF in_is_looking THEN
            CALL _copy_waiting_orders(
                in_lane, in_chunk_id, in_try, in_after_key, in_upto_key, out_orders
            );
        ELSE
            CALL _copy_orders(
                in_lane, in_is_any_set_aside, in_chunk_id, in_after_id, in_upto_id,
                out_orders
            );
        END IF;

        -- Owned relations first, parents last: a customer or a product belongs to many
        -- orders and can change at any time, so its copy is kept close to the proof.
        CALL _copy_order_items(in_chunk_id, v_order_items);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_orders > 1 THEN
            LEAVE one_try;
        END IF;

        CALL _copy_batches(in_chunk_id, v_batches);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_orders > 1 THEN
            LEAVE one_try;
        END IF;

        CALL _copy_notes(in_chunk_id, v_notes);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_orders > 1 THEN
            LEAVE one_try;
        END IF;

        CALL _copy_customers(in_chunk_id, v_customers);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_orders > 1 THEN
            LEAVE one_try;
        END IF;

        CALL _copy_products(in_chunk_id, v_products);
        IF UTC_TIMESTAMP(6) > v_deadline_at AND out_orders > 1 THEN
            LEAVE one_try;
        END IF;

        CALL _prove_orders(
            in_chunk_id, out_orders,
            v_order_items, v_batches, v_notes, v_customers, v_products,
            v_is_proven
        );

        IF v_is_proven THEN
            SET out_verdict = 'proven';
        ELSE
            SET out_verdict = 'torn';
            CALL _find_torn_orders(in_chunk_id, in_try >= 5, out_torn, out_torn_keys);
        END IF;

        SET out_related_rows
            = v_order_items + v_batches + v_notes + v_customers + v_products;
        SET out_relation_rows = JSON_OBJECT(
            'order_items', v_order_items,
            'batches', v_batches,
            'notes', v_notes,
            'customers', v_customers,
            'products', v_products
        );
    END one_try;
END;
