CREATE PROCEDURE pharmacy_history._compare_labels (
    IN in_chunk_id BIGINT UNSIGNED,
    OUT out_difference VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare the labels of a chunk with the source; NULL if they are equal.'
BEGIN
    -- Three counts agree where there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    DECLARE v_in_history BIGINT UNSIGNED;
    DECLARE v_in_source BIGINT UNSIGNED;
    DECLARE v_equal BIGINT UNSIGNED;

    SELECT COUNT(*)
    INTO v_in_history
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN labels_history AS c
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
        THEN 1 END)
    INTO v_in_source, v_equal
    FROM (
        -- Several order_labels can lead to one row: it is kept once.
        SELECT DISTINCT
            h.id AS history_root_id,
            h.history_version,
            order_labels.label_id
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.order_labels AS order_labels
            ON order_labels.order_id = h.id
        WHERE h.history_chunk = in_chunk_id
    ) AS k
    STRAIGHT_JOIN pharmacy.labels AS s ON s.id = k.label_id
    LEFT JOIN labels_history AS c
        ON
            c.history_root_id = k.history_root_id
            AND c.history_version = k.history_version
            AND c.id = s.id;

    IF v_in_history <> v_in_source OR v_in_source <> v_equal THEN
        SET out_difference = 'labels: more rows than the source has';

        -- Names, and never values: those are a patient's.
        SELECT LEFT(CONCAT(
            'labels of ', CAST(JSON_ARRAY(CAST(k.history_root_id AS CHAR)) AS CHAR),
                ': ',
            IF(
                c.history_version IS NULL,
                'a row too few or too many',
                CONCAT_WS(
                    ', ',
                    IF(NOT (
                        c.name COLLATE utf8mb4_bin <=> s.name
                        AND LENGTH(c.name) <=> LENGTH(s.name)
                    ), 'name', NULL)
                )
            )
        ), 128)
        INTO out_difference
        FROM (
            -- Several order_labels can lead to one row: it is kept once.
            SELECT DISTINCT
                h.id AS history_root_id,
                h.history_version,
                order_labels.label_id
            FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
            STRAIGHT_JOIN pharmacy.order_labels AS order_labels
                ON order_labels.order_id = h.id
            WHERE h.history_chunk = in_chunk_id
        ) AS k
        STRAIGHT_JOIN pharmacy.labels AS s ON s.id = k.label_id
        LEFT JOIN labels_history AS c
            ON
                c.history_root_id = k.history_root_id
                AND c.history_version = k.history_version
                AND c.id = s.id
        WHERE (
                c.history_version IS NOT NULL
                AND c.name COLLATE utf8mb4_bin <=> s.name
                AND LENGTH(c.name) <=> LENGTH(s.name)
            ) IS NOT TRUE
        LIMIT 1;
    END IF;
END;
