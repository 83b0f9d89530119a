CREATE PROCEDURE pharmacy_history._check_orders_keys (
    IN in_pass INT UNSIGNED,
    OUT out_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Say what speaks for root keys that came twice: after TRUNCATE, or a restore.'
BEGIN
    -- Reads a bounded number of rows. None of it is a proof: roots may be deleted from
    -- the source, and change there after they were copied.
    DECLARE v_ignored TINYINT(1);
    DECLARE v_warning VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_archived, v_live DECIMAL(20, 0);
    DECLARE v_first, v_last, v_chunk BIGINT UNSIGNED;
    DECLARE v_place INT UNSIGNED DEFAULT 0;
    DECLARE v_roots, v_telling, v_agreeing INT UNSIGNED;

    CALL _check_orders_source(NULL, v_ignored);

    -- A counter that gives out keys which history has.
    SELECT MAX(h.id)
    INTO v_archived
    FROM orders_history AS h;

    SELECT MAX(s.id)
    INTO v_live
    FROM pharmacy.orders AS s;

    IF v_archived > COALESCE(v_live, 0) THEN
        CALL _warn_of_counter('orders', 'id', v_archived, v_warning);
    END IF;

    -- Some roots of nine places in history, as they are in the source now. Columns that
    -- tell them apart, and none of which is the same in any: they are other roots.
    SELECT MIN(h.history_chunk), MAX(h.history_chunk)
    INTO v_first, v_last
    FROM orders_history AS h;

    WHILE v_place <= 8 AND v_last IS NOT NULL AND v_warning IS NULL DO
        SET v_chunk = v_first + (v_last - v_first) * v_place DIV 8;

        SELECT
            COUNT(*),
            (2 * COUNT(DISTINCT h.customer_id) > COUNT(*))
            + (2 * COUNT(DISTINCT h.prescriber_id) > COUNT(*))
            + (2 * COUNT(DISTINCT h.reference) > COUNT(*))
            + (2 * COUNT(DISTINCT h.discount) > COUNT(*))
            + (2 * COUNT(DISTINCT h.placed_at) > COUNT(*))
            + (2 * COUNT(DISTINCT h.collect_by) > COUNT(*))
            + (2 * COUNT(DISTINCT h.closed_at) > COUNT(*))
            + (2 * COUNT(DISTINCT h.changed_at) > COUNT(*)),
            (2 * COUNT(DISTINCT h.customer_id) > COUNT(*))
            * SUM(h.customer_id <=> s.customer_id)
            + (2 * COUNT(DISTINCT h.prescriber_id) > COUNT(*))
            * SUM(h.prescriber_id <=> s.prescriber_id)
            + (2 * COUNT(DISTINCT h.reference) > COUNT(*))
            * SUM(h.reference COLLATE latin1_bin
                <=> s.reference AND LENGTH(h.reference) <=> LENGTH(s.reference))
            + (2 * COUNT(DISTINCT h.discount) > COUNT(*))
            * SUM(h.discount <=> s.discount)
            + (2 * COUNT(DISTINCT h.placed_at) > COUNT(*))
            * SUM(h.placed_at <=> s.placed_at)
            + (2 * COUNT(DISTINCT h.collect_by) > COUNT(*))
            * SUM(h.collect_by <=> s.collect_by)
            + (2 * COUNT(DISTINCT h.closed_at) > COUNT(*))
            * SUM(h.closed_at <=> s.closed_at)
            + (2 * COUNT(DISTINCT h.changed_at) > COUNT(*))
            * SUM(UNIX_TIMESTAMP(h.changed_at) <=> UNIX_TIMESTAMP(s.changed_at))
        INTO v_roots, v_telling, v_agreeing
        FROM (
            (
                SELECT h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                WHERE
                    v_place < 8 AND h.history_chunk >= v_chunk AND h.history_version = 1
                ORDER BY h.history_chunk
                LIMIT 20
            )
            UNION ALL
            (
                SELECT h.id
                FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                WHERE v_place = 8 AND h.history_version = 1
                ORDER BY h.history_chunk DESC
                LIMIT 20
            )
        ) AS k
        STRAIGHT_JOIN orders_history AS h
            ON h.history_version = 1 AND h.id = k.id
        STRAIGHT_JOIN pharmacy.orders AS s ON h.id = s.id;

        IF v_roots >= 5 AND v_telling >= 2 AND v_agreeing = 0 THEN
            SET v_warning = CONCAT(
                'the source has other roots under the keys of ', v_roots,
                ' that chunk ', v_chunk, ' or one beside it copied'
            );
        END IF;

        SET v_place = v_place + 1;
    END WHILE;

    CALL _warn_of_keys('orders', in_pass, v_warning, out_reason);
END;
