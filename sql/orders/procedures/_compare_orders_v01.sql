CREATE PROCEDURE pharmacy_history._compare_orders (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_difference VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare the orders of a chunk with the source; NULL if they are equal.'
BEGIN
    -- Three counts agree where there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    DECLARE v_in_history BIGINT UNSIGNED;
    DECLARE v_in_source BIGINT UNSIGNED;
    DECLARE v_equal BIGINT UNSIGNED;

    SELECT
        COUNT(*),
        COUNT(s.id),
        COUNT(CASE WHEN
            s.id IS NOT NULL
            AND h.customer_id <=> s.customer_id
            AND h.prescriber_id <=> s.prescriber_id
            AND CAST(h.status AS UNSIGNED) <=> CAST(s.status AS UNSIGNED)
            AND h.reference COLLATE latin1_bin <=> s.reference
            AND LENGTH(h.reference) <=> LENGTH(s.reference)
            AND h.remark COLLATE utf8mb4_bin <=> s.remark
            AND LENGTH(h.remark) <=> LENGTH(s.remark)
            AND h.details <=> s.details
            AND CAST(h.details AS CHAR) <=> CAST(CAST(s.details AS CHAR) AS BINARY)
            AND h.discount <=> s.discount
            AND h.placed_at <=> s.placed_at
            AND h.collect_by <=> s.collect_by
            AND h.closed_at <=> s.closed_at
            AND UNIX_TIMESTAMP(h.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
        THEN 1 END)
    INTO v_in_history, v_in_source, v_equal
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    LEFT JOIN pharmacy.orders AS s ON s.id = h.id
    WHERE h.history_chunk = in_chunk_id;

    IF v_in_history <> v_in_source OR v_in_source <> v_equal THEN
        SET out_difference = 'orders: more rows than the source has';

        -- Names, and never values: those are a patient's.
        SELECT LEFT(CONCAT(
            'orders of ', CAST(JSON_ARRAY(CAST(h.id AS CHAR)) AS CHAR), ': ',
            IF(
                h.history_version IS NULL OR s.id <=> NULL,
                'a row too few or too many',
                CONCAT_WS(
                    ', ',
                    IF(NOT (
                        h.customer_id <=> s.customer_id
                    ), 'customer_id', NULL),
                    IF(NOT (
                        h.prescriber_id <=> s.prescriber_id
                    ), 'prescriber_id', NULL),
                    IF(NOT (
                        CAST(h.status AS UNSIGNED) <=> CAST(s.status AS UNSIGNED)
                    ), 'status', NULL),
                    IF(NOT (
                        h.reference COLLATE latin1_bin <=> s.reference
                        AND LENGTH(h.reference) <=> LENGTH(s.reference)
                    ), 'reference', NULL),
                    IF(NOT (
                        h.remark COLLATE utf8mb4_bin <=> s.remark
                        AND LENGTH(h.remark) <=> LENGTH(s.remark)
                    ), 'remark', NULL),
                    IF(NOT (
                        h.details <=> s.details
                        AND CAST(h.details AS CHAR)
                            <=> CAST(CAST(s.details AS CHAR) AS BINARY)
                    ), 'details', NULL),
                    IF(NOT (
                        h.discount <=> s.discount
                    ), 'discount', NULL),
                    IF(NOT (
                        h.placed_at <=> s.placed_at
                    ), 'placed_at', NULL),
                    IF(NOT (
                        h.collect_by <=> s.collect_by
                    ), 'collect_by', NULL),
                    IF(NOT (
                        h.closed_at <=> s.closed_at
                    ), 'closed_at', NULL),
                    IF(NOT (
                        UNIX_TIMESTAMP(h.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
                    ), 'changed_at', NULL)
                )
            )
        ), 128)
        INTO out_difference
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        LEFT JOIN pharmacy.orders AS s ON s.id = h.id
        WHERE h.history_chunk = in_chunk_id
            AND (
                h.customer_id <=> s.customer_id
                AND h.prescriber_id <=> s.prescriber_id
                AND CAST(h.status AS UNSIGNED) <=> CAST(s.status AS UNSIGNED)
                AND h.reference COLLATE latin1_bin <=> s.reference
                AND LENGTH(h.reference) <=> LENGTH(s.reference)
                AND h.remark COLLATE utf8mb4_bin <=> s.remark
                AND LENGTH(h.remark) <=> LENGTH(s.remark)
                AND h.details <=> s.details
                AND CAST(h.details AS CHAR) <=> CAST(CAST(s.details AS CHAR) AS BINARY)
                AND h.discount <=> s.discount
                AND h.placed_at <=> s.placed_at
                AND h.collect_by <=> s.collect_by
                AND h.closed_at <=> s.closed_at
                AND UNIX_TIMESTAMP(h.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
            ) IS NOT TRUE
        LIMIT 1;
    END IF;
END;
