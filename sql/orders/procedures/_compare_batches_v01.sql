CREATE PROCEDURE pharmacy_history._compare_batches (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_difference VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare the batches of a chunk with the source; NULL if they are equal.'
BEGIN
    -- Three counts agree where there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    DECLARE v_in_history BIGINT UNSIGNED;
    DECLARE v_in_source BIGINT UNSIGNED;
    DECLARE v_equal BIGINT UNSIGNED;

    SELECT COUNT(*)
    INTO v_in_history
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN batches_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
    WHERE h.history_chunk = in_chunk_id;

    SELECT
        COUNT(*),
        COUNT(CASE WHEN
            c.history_version IS NOT NULL
            AND c.lot COLLATE utf8mb4_bin <=> s.lot
            AND LENGTH(c.lot) <=> LENGTH(s.lot)
            AND c.units <=> s.units
            AND c.expires_on <=> s.expires_on
            AND c.seal <=> s.seal
        THEN 1 END)
    INTO v_in_source, v_equal
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.order_items AS order_items
        ON order_items.order_id = h.id
    STRAIGHT_JOIN pharmacy.batches AS s ON s.order_item_id = order_items.id
    LEFT JOIN batches_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
            AND c.order_item_id = s.order_item_id
            AND c.lot = s.lot
    WHERE h.history_chunk = in_chunk_id;

    IF v_in_history <> v_in_source OR v_in_source <> v_equal THEN
        SET out_difference = 'batches: more rows than the source has';

        -- Names, and never values: those are a patient's.
        SELECT LEFT(CONCAT(
            'batches of ', CAST(JSON_ARRAY(CAST(h.id AS CHAR)) AS CHAR), ': ',
            IF(
                c.history_version IS NULL,
                'a row too few or too many',
                CONCAT_WS(
                    ', ',
                    IF(NOT (
                        c.lot COLLATE utf8mb4_bin <=> s.lot
                        AND LENGTH(c.lot) <=> LENGTH(s.lot)
                    ), 'lot', NULL),
                    IF(NOT (
                        c.units <=> s.units
                    ), 'units', NULL),
                    IF(NOT (
                        c.expires_on <=> s.expires_on
                    ), 'expires_on', NULL),
                    IF(NOT (
                        c.seal <=> s.seal
                    ), 'seal', NULL)
                )
            )
        ), 128)
        INTO out_difference
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.order_items AS order_items
            ON order_items.order_id = h.id
        STRAIGHT_JOIN pharmacy.batches AS s ON s.order_item_id = order_items.id
        LEFT JOIN batches_history AS c
            ON
                c.history_root_id = h.id
                AND c.history_version = h.history_version
                AND c.order_item_id = s.order_item_id
                AND c.lot = s.lot
        WHERE h.history_chunk = in_chunk_id
            AND (
                c.history_version IS NOT NULL
                AND c.lot COLLATE utf8mb4_bin <=> s.lot
                AND LENGTH(c.lot) <=> LENGTH(s.lot)
                AND c.units <=> s.units
                AND c.expires_on <=> s.expires_on
                AND c.seal <=> s.seal
            ) IS NOT TRUE
        LIMIT 1;
    END IF;
END;
