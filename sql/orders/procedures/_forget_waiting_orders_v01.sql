CREATE PROCEDURE pharmacy_history._forget_waiting_orders (
    IN in_lane INT UNSIGNED,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_after_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_forgotten INT UNSIGNED,
    OUT out_changed INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Let go of waiting orders that are copied or gone, and of outdated reasons.'
BEGIN
    DECLARE v_copied INT UNSIGNED DEFAULT 0;

    IF in_chunk_id IS NOT NULL THEN
        DELETE w
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN waiting AS w
            ON
                w.archive = 'orders'
                AND w.lane = in_lane
                AND w.root_key = CAST(JSON_ARRAY(CAST(h.id AS CHAR)) AS CHAR)
        WHERE h.history_chunk = in_chunk_id;

        SET v_copied = ROW_COUNT();
    END IF;

    -- In two steps, for a DELETE or UPDATE that reads pharmacy.orders would lock its
    -- rows: only INSERT ... SELECT does not.
    INSERT INTO waiting (archive, lane, root_key, reason, attempts, noted_at)
    SELECT
        k.archive, k.lane, k.root_key, k.reason_now, k.attempts, k.noted_at
    FROM (
        SELECT
            w.archive,
            w.lane,
            w.root_key,
            w.attempts,
            w.noted_at,
            w.reason,
            CASE
                WHEN o.id IS NULL OR h.id IS NOT NULL THEN 'gone'
                WHEN o.status IN ('uncollected', 'cancelled', 'dispensed') THEN w.reason
                ELSE 'unfinished'
            END AS reason_now
        FROM waiting AS w
        LEFT JOIN pharmacy.orders AS o
            ON o.id = CAST(JSON_UNQUOTE(JSON_EXTRACT(w.root_key, '$[0]')) AS SIGNED)
        LEFT JOIN orders_history AS h ON h.id = o.id
        WHERE
            w.archive = 'orders'
            AND w.lane = in_lane
            AND w.root_key > COALESCE(in_after_key, '')
            AND w.root_key <= in_upto_key
            AND w.reason <> 'quarantined'
    ) AS k
    WHERE k.reason_now <> k.reason
    ON DUPLICATE KEY UPDATE reason = k.reason_now;

    SET out_changed = ROW_COUNT();

    DELETE w
    FROM waiting AS w
    WHERE
        w.archive = 'orders'
        AND w.lane = in_lane
        AND w.root_key > COALESCE(in_after_key, '')
        AND w.root_key <= in_upto_key
        AND w.reason = 'gone';

    SET out_forgotten = v_copied + ROW_COUNT();
END;
