CREATE PROCEDURE pharmacy_history._find_missing_orders (
    IN in_after_id BIGINT,
    IN in_keys INT UNSIGNED,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6),
    OUT out_upto_id BIGINT,
    OUT out_examined INT UNSIGNED,
    OUT out_is_end TINYINT(1)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Note finished roots of a window of keys that are nowhere, as suspects.'
BEGIN
    DECLARE v_room INT UNSIGNED;

    CALL _walk_orders(
        in_after_id, NULL, in_keys, out_upto_id, out_examined, out_is_end
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
        'orders',
        d.root_key,
        d.copy_pass,
        d.ended_pass,
        in_pass,
        in_seen_at AS noted_at,
        in_seen_at AS seen_at
    FROM (
        SELECT STRAIGHT_JOIN
            CAST(JSON_ARRAY(CAST(s.id AS CHAR)) AS CHAR) AS root_key,
            (
                SELECT a.pass FROM archive AS a WHERE a.name = 'orders'
            ) AS copy_pass,
            -- While waiting is not complete, a root may have been passed by unnoted.
            (
                SELECT
                    IF(MAX(l.is_capped), 0, MAX(a.pass) - MAX(l.passed_at IS NULL))
                FROM archive AS a
                INNER JOIN lane AS l ON l.archive = a.name
                WHERE a.name = 'orders'
            ) AS ended_pass
        FROM pharmacy.orders AS s
        LEFT JOIN orders_history AS h ON h.id = s.id
        WHERE
            (in_after_id IS NULL OR s.id > in_after_id)
            AND s.id <= out_upto_id
            AND s.status IN ('uncollected', 'cancelled', 'dispensed')
            AND h.history_version IS NULL
            AND (
                SELECT COUNT(*)
                FROM lane AS l
                STRAIGHT_JOIN waiting_root AS w
                    ON
                        w.archive = l.archive
                        AND w.lane = l.number
                        AND w.root_number = s.id
                        AND w.root_text = ''
                WHERE l.archive = 'orders'
            ) = 0
        LIMIT v_room
    ) AS d
    ON DUPLICATE KEY UPDATE
        ended_pass = d.ended_pass, pass = in_pass, seen_at = in_seen_at;

    CALL _confirm_suspects('orders', in_pass, in_seen_at);
END;
