CREATE PROCEDURE pharmacy_history._find_new_orders (
    IN in_lane INT UNSIGNED, IN in_is_tail TINYINT(1), IN in_after_id BIGINT,
    IN in_upto_id BIGINT, IN in_is_capped TINYINT(1), OUT out_new INT UNSIGNED
)
READS SQL DATA SQL SECURITY INVOKER
COMMENT 'Tell whether a range of keys has a root that is not in history and not waiting.'
find_new: BEGIN
    DECLARE v_is_known TINYINT(1);

    -- As many as are in history or wait, and of equal sums: nothing is new. Where the
    -- source lost a root, the sums differ, and each key is searched. A full pass always
    -- does that.
    IF in_is_tail THEN
        SELECT SUM(k.roots) = 0 AND SUM(k.digits) = 0
        INTO v_is_known
        FROM (
            SELECT COUNT(*) AS roots, COALESCE(SUM(CRC32(s.id + 0)), 0) AS digits
            FROM pharmacy.orders AS s FORCE INDEX (PRIMARY)
            WHERE
                (in_after_id IS NULL OR s.id > in_after_id)
                AND s.id <= in_upto_id
            UNION ALL
            SELECT -COUNT(*), -COALESCE(SUM(CRC32(h.id + 0)), 0)
            FROM orders_history AS h FORCE INDEX (PRIMARY)
            WHERE
                (in_after_id IS NULL OR h.id > in_after_id)
                AND (in_upto_id IS NULL OR h.id <= in_upto_id)
                AND h.history_version = 1
            UNION ALL
            SELECT -COUNT(*), -COALESCE(SUM(CRC32(w.root_number)), 0)
            FROM waiting_root AS w FORCE INDEX (PRIMARY)
            WHERE
                w.archive = 'orders' AND w.lane = in_lane
                AND (in_after_id IS NULL OR w.root_number > in_after_id)
                AND (in_upto_id IS NULL OR w.root_number <= in_upto_id)
        ) AS k;

        IF v_is_known THEN
            SET out_new = 0;
            LEAVE find_new;
        END IF;
    END IF;

    SELECT COUNT(*)
    INTO out_new
    FROM (
        SELECT STRAIGHT_JOIN s.id
        FROM pharmacy.orders AS s FORCE INDEX (PRIMARY)
        LEFT JOIN orders_history AS h ON h.id = s.id
        LEFT JOIN waiting_root AS w
            ON w.archive = 'orders' AND w.lane = in_lane
                AND w.root_number = s.id AND w.root_text = ''
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= in_upto_id
            AND h.history_version IS NULL
            AND w.lane IS NULL
            -- Past the cap, what is unfinished isn't noted.
            AND (NOT in_is_capped
                OR (s.status IN ('uncollected', 'cancelled', 'dispensed')))
        LIMIT 1
    ) AS k;
END;
