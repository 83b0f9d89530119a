CREATE FUNCTION pharmacy_history._copy_orders_at_once (
    in_lane INT UNSIGNED, in_chunk_id BIGINT UNSIGNED,
    in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    in_alone DECIMAL (20, 0), in_size INT UNSIGNED, in_key_window INT UNSIGNED,
    in_max_rows INT UNSIGNED, in_limit_ms INT UNSIGNED, in_is_compared TINYINT(1)
)
RETURNS LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Copy a chunk: all that is read here is read at one instant.'
BEGIN
    -- Called by INSERT ... SELECT alone, under READ COMMITTED: then the statements of a
    -- function read by the view of the statement that calls it, and lock no row of the
    -- source. An error undoes all of it.
    -- NOW() stands still in a function; SYSDATE moves. The wait for metadata is over.
    DECLARE v_deadline_at DATETIME(6)
        DEFAULT SYSDATE(6) + INTERVAL 1000 * in_limit_ms MICROSECOND;
    DECLARE v_step, v_differing VARCHAR(64)
        CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_errno INT UNSIGNED;
    DECLARE v_told VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_first_id, v_last_id, v_after_id, v_upto_id BIGINT;
    DECLARE v_past DECIMAL (20, 0);
    DECLARE v_till DECIMAL (20, 0) DEFAULT in_alone;
    DECLARE v_is_end, v_is_capped TINYINT(1) DEFAULT 0;
    DECLARE v_roots, v_related_rows, v_examined INT UNSIGNED DEFAULT 0;
    DECLARE v_room INT;
    DECLARE v_counts TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_noted INT DEFAULT 0;
    DECLARE v_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    -- 1265 is a warning by its SQLSTATE: SQLEXCEPTION does not catch it.
    DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265
    BEGIN
        GET DIAGNOSTICS CONDITION 1 v_errno = MYSQL_ERRNO;
        -- How many roots there were, or how many would have been in time. Read beside a
        -- table, which empties MariaDB's list of notes: in a full one an error that is
        -- raised again would be lost.
        SELECT v_roots INTO v_told FROM archive WHERE name = 'orders';
        IF v_errno = 30023 THEN
            CALL _fit_orders(in_chunk_id, v_roots, in_max_rows DIV 4, v_told);
        END IF;
        RESIGNAL SET TABLE_NAME = v_step, COLUMN_NAME = v_told;
    END;

    SET v_step = 'see the view';
    SELECT MAX(s.id)
    INTO v_first_id
    FROM pharmacy.orders AS s;

    SET v_step = 'choose';
    IF in_form = 'alone' THEN
        SELECT MAX(w.root_number)
        INTO v_past
        FROM waiting_root AS w
        WHERE
            w.archive = 'orders' AND w.lane = in_lane
            AND w.root_number < in_alone;
    ELSEIF in_form = 'recheck' THEN
        CALL _choose_waiting_orders(in_lane, in_size, in_key_window, v_past, v_till);
        SET v_is_end = v_till IS NULL;
    ELSE
        CALL _bound_orders(
            in_lane, in_form, in_key_window, v_after_id, v_upto_id, v_examined, v_is_end
        );
        IF in_form = 'careful' THEN
            CALL _choose_new_orders(
                in_lane, v_after_id, in_size, v_upto_id, v_examined, v_is_end
            );
        END IF;
    END IF;

    SET v_step = 'copy orders';
    IF in_form IN ('recheck', 'alone') THEN
        CALL _copy_waiting_orders(in_lane, in_chunk_id, v_past, v_till, v_roots);
    ELSEIF in_form = 'careful' THEN
        CALL _copy_new_orders(in_lane, in_chunk_id, v_after_id, v_upto_id, v_roots);
    ELSE
        CALL _copy_orders(
            in_chunk_id, v_after_id, in_size, v_upto_id, v_roots, v_is_end
        );
    END IF;

    IF v_roots > 0 THEN
        -- One root alone may have more rows than are expected of a chunk.
        SELECT IF(v_roots = 1, a.max_root_rows, in_max_rows - v_roots)
        INTO v_room
        FROM archive AS a
        WHERE a.name = 'orders';
        SET v_related_rows = v_room;

        SET v_step = 'copy order_items';
        CALL _copy_order_items(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy batches';
        CALL _copy_batches(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy payments';
        CALL _copy_payments(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy deliveries';
        CALL _copy_deliveries(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy order_events';
        CALL _copy_order_events(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy notes';
        CALL _copy_notes(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy order_labels';
        CALL _copy_order_labels(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy labels';
        CALL _copy_labels(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy customers';
        CALL _copy_customers(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy prescribers';
        CALL _copy_prescribers(in_chunk_id, v_roots, v_deadline_at, v_room, v_counts);
        SET v_step = 'copy products';
        CALL _copy_products(in_chunk_id, v_roots, NULL, v_room, v_counts);
        SET v_related_rows = v_related_rows - v_room;
    END IF;

    IF in_is_compared AND v_roots > 0 THEN
        SET v_step = 'compare';
        CALL _compare_orders_chunk(in_chunk_id, 1, 0, UTC_TIMESTAMP(6), v_differing);
        IF v_differing IS NOT NULL THEN
            CALL _raise_difference('orders', v_differing);
        END IF;
    END IF;

    SET v_step = 'note what waits';
    CALL _update_waiting_orders(
        in_lane, in_chunk_id, in_form, v_after_id, v_upto_id, v_past, v_till, v_roots,
        v_examined, v_noted, v_is_capped
    );

    SET v_step = 'see the view';
    SELECT MAX(s.id)
    INTO v_last_id
    FROM pharmacy.orders AS s;

    IF NOT v_last_id <=> v_first_id THEN
        CALL _raise(30022, 'two statements of a function read two views');
    END IF;

    SET v_step = 'advance the lane';
    CALL _advance_in_orders(
        in_lane, in_form, v_upto_id, CONCAT('["', v_till, '"]'), v_is_end, v_examined,
        v_noted, v_is_capped, v_roots, v_related_rows, v_cursor_key
    );

    RETURN JSON_OBJECT(
        'roots', v_roots, 'related_rows', v_related_rows, 'examined', v_examined,
        'cursor', v_cursor_key,
        'relations', CONCAT('{', COALESCE(v_counts, ''), '}')
    );
END;
