CREATE PROCEDURE pharmacy_history._choose_waiting_orders (
    IN in_lane INT UNSIGNED,
    IN in_after_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_size INT UNSIGNED,
    IN in_key_window INT UNSIGNED,
    OUT out_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_examined INT UNSIGNED,
    OUT out_roots INT UNSIGNED,
    OUT out_is_end TINYINT(1),
    OUT out_is_outdated TINYINT(1)
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Find how far a chunk goes among the waiting roots that are finished now.'
BEGIN
    DECLARE v_first_root_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_last_root_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_alone_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_outdated INT UNSIGNED;

    -- Most are as they were, and that is all there is to do about them. Outdated are
    -- those that are gone from the source or in history, in whatever way they came
    -- there, or were reopened since they were set aside.
    --
    -- A root that was quarantined goes alone, lest the others fail with it.
    --
    -- A key is taken out of its array, ["17"], as text: with JSON functions all of this
    -- takes a third longer.
    SELECT
        COUNT(k.root_key),
        MAX(k.root_key),
        COUNT(CASE
            WHEN
                k.is_gone
                OR k.is_kept
                OR (k.is_alone AND k.is_finished IS NOT TRUE)
                THEN 1
        END),
        COUNT(CASE WHEN k.is_free AND k.is_finished AND NOT k.is_kept THEN 1 END),
        MIN(CASE WHEN k.is_free AND k.is_finished
            AND NOT k.is_kept THEN k.root_key END),
        MAX(CASE WHEN k.is_free AND k.is_finished
            AND NOT k.is_kept THEN k.root_key END),
        MIN(CASE
            WHEN k.is_free AND k.is_finished AND NOT k.is_kept AND k.is_alone
                THEN k.root_key
        END)
    INTO
        out_examined, out_upto_key, v_outdated,
        out_roots, v_first_root_key, v_last_root_key, v_alone_key
    FROM (
        SELECT
            w.root_key,
            w.reason,
            (w.reason <> 'quarantined') AS is_free,
            w.failed_at IS NOT NULL AS is_alone,
            -- Not IS NULL, which is true of the date 0000-00-00 too.
            s.id <=> NULL AS is_gone,
            (s.status IN ('uncollected', 'cancelled', 'dispensed')) AS is_finished,
            (
                (w.reason = 'quarantined'
                    OR (s.status IN ('uncollected', 'cancelled', 'dispensed')))
                AND EXISTS (
                    SELECT 1 FROM orders_history AS h
                    WHERE h.id = s.id
                )
            ) AS is_kept
        FROM waiting AS w FORCE INDEX (PRIMARY)
        LEFT JOIN pharmacy.orders AS s
            ON s.id = CAST(SUBSTR(w.root_key, 3, LENGTH(w.root_key) - 4) AS SIGNED)
        WHERE
            w.archive = 'orders'
            AND w.lane = in_lane
            AND w.root_key > COALESCE(in_after_key, '')
        ORDER BY w.root_key
        LIMIT in_key_window
    ) AS k;

    SET out_is_end = out_examined < in_key_window;
    SET out_is_outdated = v_outdated > 0;

    -- More than fit: the first ones.
    IF out_roots > in_size THEN
        SELECT COUNT(k.root_key), MAX(k.root_key)
        INTO out_roots, v_last_root_key
        FROM (
            SELECT w.root_key
            FROM waiting AS w FORCE INDEX (PRIMARY)
            STRAIGHT_JOIN pharmacy.orders AS s
                ON s.id = CAST(SUBSTR(w.root_key, 3, LENGTH(w.root_key) - 4) AS SIGNED)
            WHERE
                w.archive = 'orders'
                AND w.lane = in_lane
                AND w.root_key > COALESCE(in_after_key, '')
                AND w.root_key <= out_upto_key
                AND s.status IN ('uncollected', 'cancelled', 'dispensed')
                AND NOT EXISTS (
                    SELECT 1 FROM orders_history AS h
                    WHERE h.id = s.id
                )
                AND w.reason <> 'quarantined'
            ORDER BY w.root_key
            LIMIT in_size
        ) AS k;

        SET v_alone_key = IF(v_alone_key <= v_last_root_key, v_alone_key, NULL);
    END IF;

    IF v_alone_key = v_first_root_key THEN
        SET v_last_root_key = v_first_root_key;
        SET out_roots = 1;
    ELSEIF v_alone_key IS NOT NULL THEN
        SELECT MAX(w.root_key)
        INTO v_last_root_key
        FROM waiting AS w
        WHERE
            w.archive = 'orders'
            AND w.lane = in_lane
            AND w.root_key < v_alone_key;
    END IF;

    IF
        v_last_root_key < out_upto_key
        AND (out_roots = in_size OR v_alone_key IS NOT NULL)
    THEN
        SET out_upto_key = v_last_root_key;
        SET out_is_end = 0;
    END IF;
END;
