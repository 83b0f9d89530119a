CREATE PROCEDURE pharmacy_history._compare_prescribers (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_difference VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare the prescribers of a chunk with the source; NULL if they are equal.'
BEGIN
    -- Three counts agree where there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    DECLARE v_in_history BIGINT UNSIGNED;
    DECLARE v_in_source BIGINT UNSIGNED;
    DECLARE v_equal BIGINT UNSIGNED;

    SELECT COUNT(*)
    INTO v_in_history
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN prescribers_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
    WHERE h.history_chunk = in_chunk_id;

    SELECT
        COUNT(*),
        COUNT(CASE WHEN
            c.history_version IS NOT NULL
            AND c.licence COLLATE latin1_bin <=> s.licence
            AND LENGTH(c.licence) <=> LENGTH(s.licence)
            AND c.name COLLATE utf8mb4_bin <=> s.name
            AND LENGTH(c.name) <=> LENGTH(s.name)
        THEN 1 END)
    INTO v_in_source, v_equal
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.orders AS r ON r.id = h.id
    STRAIGHT_JOIN pharmacy.prescribers AS s ON s.id = r.prescriber_id
    LEFT JOIN prescribers_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
            AND c.id = s.id
    WHERE h.history_chunk = in_chunk_id;

    IF v_in_history <> v_in_source OR v_in_source <> v_equal THEN
        SET out_difference = 'prescribers: more rows than the source has';

        -- Names, and never values: those are a patient's.
        SELECT LEFT(CONCAT(
            'prescribers of ', CAST(JSON_ARRAY(CAST(h.id AS CHAR)) AS CHAR), ': ',
            IF(
                c.history_version IS NULL,
                'a row too few or too many',
                CONCAT_WS(
                    ', ',
                    IF(NOT (
                        c.licence COLLATE latin1_bin <=> s.licence
                        AND LENGTH(c.licence) <=> LENGTH(s.licence)
                    ), 'licence', NULL),
                    IF(NOT (
                        c.name COLLATE utf8mb4_bin <=> s.name
                        AND LENGTH(c.name) <=> LENGTH(s.name)
                    ), 'name', NULL)
                )
            )
        ), 128)
        INTO out_difference
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r ON r.id = h.id
        STRAIGHT_JOIN pharmacy.prescribers AS s ON s.id = r.prescriber_id
        LEFT JOIN prescribers_history AS c
            ON
                c.history_root_id = h.id
                AND c.history_version = h.history_version
                AND c.id = s.id
        WHERE h.history_chunk = in_chunk_id
            AND (
                c.history_version IS NOT NULL
                AND c.licence COLLATE latin1_bin <=> s.licence
                AND LENGTH(c.licence) <=> LENGTH(s.licence)
                AND c.name COLLATE utf8mb4_bin <=> s.name
                AND LENGTH(c.name) <=> LENGTH(s.name)
            ) IS NOT TRUE
        LIMIT 1;
    END IF;
END;
