CREATE PROCEDURE pharmacy_history._compare_customers (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_difference VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare the customers of a chunk with the source; NULL if they are equal.'
BEGIN
    -- Three counts agree where there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    DECLARE v_in_history BIGINT UNSIGNED;
    DECLARE v_in_source BIGINT UNSIGNED;
    DECLARE v_equal BIGINT UNSIGNED;

    SELECT COUNT(*)
    INTO v_in_history
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN customers_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
    WHERE h.history_chunk = in_chunk_id;

    SELECT
        COUNT(*),
        COUNT(CASE WHEN
            c.history_version IS NOT NULL
            AND c.name COLLATE utf8mb4_bin <=> s.name
            AND LENGTH(c.name) <=> LENGTH(s.name)
            AND c.city COLLATE latin1_bin <=> s.city
            AND LENGTH(c.city) <=> LENGTH(s.city)
            AND c.born_on <=> s.born_on
            AND CAST(c.consents AS UNSIGNED) <=> CAST(s.consents AS UNSIGNED)
            AND c.preferences <=> s.preferences
            AND CAST(c.preferences AS CHAR)
                <=> CAST(CAST(s.preferences AS CHAR) AS BINARY)
            AND UNIX_TIMESTAMP(c.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
        THEN 1 END)
    INTO v_in_source, v_equal
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.orders AS r ON r.id = h.id
    STRAIGHT_JOIN pharmacy.customers AS s ON s.id = r.customer_id
    LEFT JOIN customers_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
            AND c.id = s.id
    WHERE h.history_chunk = in_chunk_id;

    IF v_in_history <> v_in_source OR v_in_source <> v_equal THEN
        SET out_difference = 'customers: more rows than the source has';

        -- Names, and never values: those are a patient's.
        SELECT LEFT(CONCAT(
            'customers of ', CAST(JSON_ARRAY(CAST(h.id AS CHAR)) AS CHAR), ': ',
            IF(
                c.history_version IS NULL,
                'a row too few or too many',
                CONCAT_WS(
                    ', ',
                    IF(NOT (
                        c.name COLLATE utf8mb4_bin <=> s.name
                        AND LENGTH(c.name) <=> LENGTH(s.name)
                    ), 'name', NULL),
                    IF(NOT (
                        c.city COLLATE latin1_bin <=> s.city
                        AND LENGTH(c.city) <=> LENGTH(s.city)
                    ), 'city', NULL),
                    IF(NOT (
                        c.born_on <=> s.born_on
                    ), 'born_on', NULL),
                    IF(NOT (
                        CAST(c.consents AS UNSIGNED) <=> CAST(s.consents AS UNSIGNED)
                    ), 'consents', NULL),
                    IF(NOT (
                        c.preferences <=> s.preferences
                        AND CAST(c.preferences AS CHAR)
                            <=> CAST(CAST(s.preferences AS CHAR) AS BINARY)
                    ), 'preferences', NULL),
                    IF(NOT (
                        UNIX_TIMESTAMP(c.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
                    ), 'changed_at', NULL)
                )
            )
        ), 128)
        INTO out_difference
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r ON r.id = h.id
        STRAIGHT_JOIN pharmacy.customers AS s ON s.id = r.customer_id
        LEFT JOIN customers_history AS c
            ON
                c.history_root_id = h.id
                AND c.history_version = h.history_version
                AND c.id = s.id
        WHERE h.history_chunk = in_chunk_id
            AND (
                c.history_version IS NOT NULL
                AND c.name COLLATE utf8mb4_bin <=> s.name
                AND LENGTH(c.name) <=> LENGTH(s.name)
                AND c.city COLLATE latin1_bin <=> s.city
                AND LENGTH(c.city) <=> LENGTH(s.city)
                AND c.born_on <=> s.born_on
                AND CAST(c.consents AS UNSIGNED) <=> CAST(s.consents AS UNSIGNED)
                AND c.preferences <=> s.preferences
                AND CAST(c.preferences AS CHAR)
                    <=> CAST(CAST(s.preferences AS CHAR) AS BINARY)
                AND UNIX_TIMESTAMP(c.changed_at) <=> UNIX_TIMESTAMP(s.changed_at)
            ) IS NOT TRUE
        LIMIT 1;
    END IF;
END;
