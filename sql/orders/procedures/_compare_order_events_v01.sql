CREATE PROCEDURE pharmacy_history._compare_order_events (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_difference VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare the order_events of a chunk with the source; NULL if they are equal.'
BEGIN
    -- Three counts agree where there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    DECLARE v_in_history BIGINT UNSIGNED;
    DECLARE v_in_source BIGINT UNSIGNED;
    DECLARE v_equal BIGINT UNSIGNED;

    SELECT COUNT(*)
    INTO v_in_history
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN order_events_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
    WHERE h.history_chunk = in_chunk_id;

    SELECT
        COUNT(*),
        COUNT(CASE WHEN
            c.history_version IS NOT NULL
            AND c.order_id <=> s.order_id
            AND c.event COLLATE utf8mb4_bin <=> s.event
            AND LENGTH(c.event) <=> LENGTH(s.event)
            AND c.happened_at <=> s.happened_at
        THEN 1 END)
    INTO v_in_source, v_equal
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.order_events AS s ON s.order_id = h.id
    LEFT JOIN order_events_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
            AND c.id = s.id
    WHERE h.history_chunk = in_chunk_id;

    IF v_in_history <> v_in_source OR v_in_source <> v_equal THEN
        SET out_difference = 'order_events: more rows than the source has';

        -- Names, and never values: those are a patient's.
        SELECT LEFT(CONCAT(
            'order_events of ', CAST(JSON_ARRAY(CAST(h.id AS CHAR)) AS CHAR), ': ',
            IF(
                c.history_version IS NULL,
                'a row too few or too many',
                CONCAT_WS(
                    ', ',
                    IF(NOT (
                        c.order_id <=> s.order_id
                    ), 'order_id', NULL),
                    IF(NOT (
                        c.event COLLATE utf8mb4_bin <=> s.event
                        AND LENGTH(c.event) <=> LENGTH(s.event)
                    ), 'event', NULL),
                    IF(NOT (
                        c.happened_at <=> s.happened_at
                    ), 'happened_at', NULL)
                )
            )
        ), 128)
        INTO out_difference
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.order_events AS s ON s.order_id = h.id
        LEFT JOIN order_events_history AS c
            ON
                c.history_root_id = h.id
                AND c.history_version = h.history_version
                AND c.id = s.id
        WHERE h.history_chunk = in_chunk_id
            AND (
                c.history_version IS NOT NULL
                AND c.order_id <=> s.order_id
                AND c.event COLLATE utf8mb4_bin <=> s.event
                AND LENGTH(c.event) <=> LENGTH(s.event)
                AND c.happened_at <=> s.happened_at
            ) IS NOT TRUE
        LIMIT 1;
    END IF;
END;
