CREATE PROCEDURE pharmacy_history._find_missing_orders (
    IN in_pass INT UNSIGNED, IN in_seen_at DATETIME(6), IN in_max_keys INT,
    INOUT io_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_is_end TINYINT(1),
    OUT out_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Note finished roots of a window of keys that are nowhere, as suspects.'
find_missing: BEGIN
    DECLARE v_copied_pass, v_key_window, v_target_ms, v_examined, v_room
        INT UNSIGNED;
    DECLARE v_after_id BIGINT
        DEFAULT CAST(JSON_UNQUOTE(JSON_EXTRACT(io_cursor_key, '$[0]')) AS SIGNED);
    DECLARE v_upto_id BIGINT;

    CALL _read_ended_pass('orders', v_copied_pass);

    -- Before the first pass of copying has ended, most is nowhere as yet.
    IF v_copied_pass = 0 THEN
        SET out_is_end = 1;
        SET out_reason
            = 'missing ones were not searched for: no full pass of copying has ended';
        LEAVE find_missing;
    END IF;

    SELECT v.key_window, a.target_ms
    INTO v_key_window, v_target_ms
    FROM verification AS v
    INNER JOIN archive AS a ON a.name = v.archive
    WHERE v.archive = 'orders';

    CALL _scan_orders(
        v_after_id, NULL, COALESCE(in_max_keys, v_key_window), v_upto_id, v_examined,
        out_is_end
    );

    -- 100,000: what is behind them is found when these are copied, or missing.
    SELECT IF(COUNT(*) < 100000, 100000 - COUNT(*), 0)
    INTO v_room
    FROM suspect AS x
    WHERE x.archive = 'orders' AND x.pass = in_pass;

    -- One read view tells which pass of copying is the last one, which one has ended,
    -- and that the root is finished and nowhere.
    INSERT INTO suspect (
        archive, root_key, copy_pass, ended_pass, pass, noted_at, seen_at
    )
    SELECT
        'orders', d.root_key, d.copy_pass, d.ended_pass, in_pass,
        in_seen_at AS noted_at, in_seen_at AS seen_at
    FROM (
        SELECT STRAIGHT_JOIN
            CAST(JSON_ARRAY(CAST(s.id AS CHAR)) AS CHAR) AS root_key,
            (SELECT a.pass FROM archive AS a WHERE a.name = 'orders') AS copy_pass,
            -- While waiting is not complete, a root may have been passed by unnoted.
            (
                SELECT IF(
                    MAX(l.is_capped), 0, MAX(a.pass) - MAX(l.phase IN ('scan',
                        'closing'))
                )
                FROM archive AS a
                INNER JOIN lane AS l ON l.archive = a.name
                WHERE a.name = 'orders'
            ) AS ended_pass
        FROM pharmacy.orders AS s
        LEFT JOIN orders_history AS h ON h.id = s.id
        WHERE
            (v_after_id IS NULL OR s.id > v_after_id)
            AND s.id <= v_upto_id
            AND s.status IN ('uncollected', 'cancelled', 'dispensed')
            AND h.history_version IS NULL
            AND (
                SELECT COUNT(*)
                FROM lane AS l
                STRAIGHT_JOIN waiting_root AS w
                    ON w.archive = l.archive AND w.lane = l.number
                        AND w.root_number = s.id AND w.root_text = ''
                WHERE l.archive = 'orders'
            ) = 0
        LIMIT v_room
    ) AS d
    ON DUPLICATE KEY UPDATE
        ended_pass = d.ended_pass, pass = in_pass, seen_at = in_seen_at;

    CALL _confirm_suspects('orders', in_pass, in_seen_at);

    IF v_examined > 0 THEN
        SET io_cursor_key = CAST(JSON_ARRAY(CAST(v_upto_id AS CHAR)) AS CHAR);
    END IF;

    IF in_max_keys IS NULL THEN
        CALL _learn_window(
            v_target_ms,
            GREATEST(
                0, TIMESTAMPDIFF(MICROSECOND, in_seen_at, UTC_TIMESTAMP(6)) / 1000000
            ),
            0, out_is_end, v_key_window
        );

        UPDATE verification AS v
        SET v.key_window = v_key_window
        WHERE v.archive = 'orders';
    END IF;
END;
