CREATE PROCEDURE pharmacy_history._note_orders (
    IN in_lane INT UNSIGNED,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    IN in_room INT UNSIGNED,
    OUT out_noted INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Note every root of a range of keys that is not in history as waiting.'
BEGIN
    -- Whatever became of a root since the chunk was chosen, it is in history or here.
    -- One that is finished by now was not when the chunk was copied: a writer was
    -- changing it.
    INSERT INTO waiting (
        archive, lane, root_key, reason, attempts, noted_at, chunk_id
    )
    -- STRAIGHT_JOIN: most roots are in history, and that is cheaper to see.
    SELECT STRAIGHT_JOIN
        'orders',
        in_lane,
        CAST(JSON_ARRAY(CAST(s.id AS CHAR)) AS CHAR),
        IF(
            s.status IN ('uncollected', 'cancelled', 'dispensed'),
            'deferred',
            'unfinished'
        ),
        0,
        UTC_TIMESTAMP(6),
        in_chunk_id
    FROM pharmacy.orders AS s
    LEFT JOIN orders_history AS h ON h.id = s.id
    LEFT JOIN waiting AS w
        ON
            w.archive = 'orders'
            AND w.lane = in_lane
            AND w.root_key = CAST(JSON_ARRAY(CAST(s.id AS CHAR)) AS CHAR)
    WHERE
        (in_after_id IS NULL OR s.id > in_after_id)
        AND s.id <= in_upto_id
        AND h.history_version IS NULL
        AND w.root_key IS NULL
    LIMIT in_room;

    SET out_noted = ROW_COUNT();
END;
