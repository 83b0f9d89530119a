CREATE PROCEDURE pharmacy_history._compare_labels (
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_shape INT UNSIGNED,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6),
    INOUT io_rows INT UNSIGNED,
    INOUT io_differing VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Compare the labels of a chunk with the source; note the roots that differ.'
BEGIN
    -- Three counts agree where there is no difference: the rows in history, those that
    -- the source has for these roots, and those of them that equal in every column.
    DECLARE v_in_history INT UNSIGNED;
    DECLARE v_in_source INT UNSIGNED;
    DECLARE v_equal INT UNSIGNED;

    SELECT COUNT(*)
    INTO v_in_history
    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
    STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
        ON r.id = h.id
    STRAIGHT_JOIN labels_history AS c
        ON
            c.history_root_id = h.id
            AND c.history_version = h.history_version
    WHERE h.history_chunk = in_chunk_id;

    SELECT
        COUNT(*),
        COUNT(CASE
            WHEN in_pass > 0 THEN c.history_version
            WHEN
                c.history_version IS NOT NULL
                AND c.name COLLATE utf8mb4_bin <=> s.name
                AND LENGTH(c.name) <=> LENGTH(s.name)
                THEN 1
        END)
    INTO v_in_source, v_equal
    FROM (
        -- Several order_labels can lead to one row: it is archived once.
        SELECT DISTINCT
            h.id AS history_root_id,
            h.history_version,
            order_labels.label_id
        FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
            ON r.id = h.id
        STRAIGHT_JOIN order_labels_history AS order_labels
            ON
                order_labels.history_root_id = h.id
                AND order_labels.history_version = h.history_version
        WHERE h.history_chunk = in_chunk_id
    ) AS k
    STRAIGHT_JOIN pharmacy.labels AS s ON s.id = k.label_id
    LEFT JOIN labels_history AS c
        ON
            c.history_root_id = k.history_root_id
            AND c.history_version = k.history_version
            AND c.id = s.id;

    -- Later, the source may have it no more; what it has must be in history.
    SET v_in_history = IF(in_pass = 0, v_in_history, v_in_source);

    SET io_rows = io_rows + v_in_history;
    IF v_in_history <> v_in_source OR v_in_source <> v_equal THEN
        SET io_differing = COALESCE(io_differing, 'labels');

        -- Names, and never values: those are a patient's.
        INSERT INTO finding (
            archive, root_key, place, relation, kind, too_few, too_many, column_names,
            chunk_id, pass, found_at, seen_at
        )
        SELECT
            'orders', d.root_key, 8, 'labels',
            IF(d.too_few > 0, 'incomplete', 'different'),
            d.too_few, d.too_many, d.column_names, in_chunk_id, in_pass,
            in_seen_at AS found_at, in_seen_at AS seen_at
        FROM (
            SELECT
                CAST(JSON_ARRAY(CAST(k.history_root_id AS CHAR)) AS CHAR) AS root_key,
                SUM(k.in_source) - SUM(k.matched) AS too_few,
                SUM(k.in_history) - SUM(k.matched) AS too_many,
                MAKE_SET(
                    BIT_OR(k.differs_1),
                    'name'
                ) AS column_names
            FROM (
                SELECT
                    k.history_root_id AS history_root_id,
                    c.history_version IS NOT NULL AS in_history,
                    1 AS in_source,
                    c.history_version IS NOT NULL AS matched,
                    IF(
                        in_pass > 0 OR c.history_version IS NULL, 0,
                        IF(
                            c.name COLLATE utf8mb4_bin <=> s.name
                            AND LENGTH(c.name) <=> LENGTH(s.name)
                        , 0, 1)
                    ) AS differs_1
                FROM (
                    -- Several order_labels can lead to one row: it is archived once.
                    SELECT DISTINCT
                        h.id AS history_root_id,
                        h.history_version,
                        order_labels.label_id
                    FROM orders_history AS h FORCE INDEX (orders_history_chunk_ix)
                    STRAIGHT_JOIN pharmacy.orders AS r FORCE INDEX (PRIMARY)
                        ON r.id = h.id
                    STRAIGHT_JOIN order_labels_history AS order_labels
                        ON
                            order_labels.history_root_id = h.id
                            AND order_labels.history_version = h.history_version
                    WHERE h.history_chunk = in_chunk_id
                ) AS k
                STRAIGHT_JOIN pharmacy.labels AS s ON s.id = k.label_id
                LEFT JOIN labels_history AS c
                    ON
                        c.history_root_id = k.history_root_id
                        AND c.history_version = k.history_version
                        AND c.id = s.id
            ) AS k
            GROUP BY k.history_root_id
            HAVING
                SUM(k.in_source) <> SUM(k.matched)
                OR SUM(k.in_history) <> SUM(k.matched)
                OR BIT_OR(k.differs_1) <> 0
        ) AS d
        ON DUPLICATE KEY UPDATE
            relation = 'labels',
            kind = IF(d.too_few > 0, 'incomplete', 'different'),
            too_few = d.too_few, too_many = d.too_many, column_names = d.column_names,
            chunk_id = in_chunk_id, pass = in_pass, seen_at = in_seen_at;
    END IF;
END;
