CREATE PROCEDURE pharmacy_history._weigh_orders (
    IN in_lane INT UNSIGNED,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_try INT UNSIGNED,
    IN in_is_any_set_aside TINYINT(1),
    IN in_is_looking TINYINT(1),
    IN in_after_id BIGINT,
    IN in_upto_id BIGINT,
    IN in_after_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_is_counting TINYINT(1),
    IN in_rows_per_root DECIMAL(12, 2),
    IN in_rows INT UNSIGNED,
    INOUT io_roots INT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Find how many of the roots that were chosen fit into a chunk.'
BEGIN
    DECLARE v_piece INT UNSIGNED DEFAULT 16;
    DECLARE v_roots INT UNSIGNED;

    -- In growing pieces, so that no more is weighed than four times what fits.
    REPEAT
        SET v_piece = LEAST(4 * v_piece, io_roots);

        IF in_is_looking THEN
            SELECT COUNT(*)
            INTO v_roots
            FROM (
                SELECT
                    SUM(k.weight) OVER up_to_here AS weight
                FROM (
                    SELECT
                        w.root_key,
                        CASE
                            WHEN in_is_counting
                                THEN
                                    3
                                    + 2 * (
                                        SELECT COUNT(*)
                                        FROM pharmacy.order_items AS r
                                        WHERE r.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.order_items AS r1
                                        STRAIGHT_JOIN pharmacy.batches AS r
                                            ON r.order_item_id = r1.id
                                        WHERE r1.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.payments AS r
                                        WHERE r.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.deliveries AS r
                                        WHERE r.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.order_events AS r
                                        WHERE r.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.notes AS r
                                        WHERE r.subject_id = s.id
                                              AND r.subject_type = 'order'
                                    )
                                    + 2 * (
                                        SELECT COUNT(*)
                                        FROM pharmacy.order_labels AS r
                                        WHERE r.order_id = s.id
                                    )
                            ELSE in_rows_per_root
                        END AS weight
                    FROM waiting AS w
                    STRAIGHT_JOIN pharmacy.orders AS s
                        ON s.id = CAST(SUBSTR(w.root_key, 3,
                            LENGTH(w.root_key) - 4) AS SIGNED)
                    WHERE
                        w.archive = 'orders'
                        AND w.lane = in_lane
                        AND w.root_key > COALESCE(in_after_key, '')
                        AND w.root_key <= in_upto_key
                        AND s.status IN ('uncollected', 'cancelled', 'dispensed')
                        AND NOT EXISTS (
                            SELECT 1 FROM orders_history AS h
                            WHERE h.id = s.id
                        )
                        AND w.reason <> 'quarantined'
                        AND (in_try = 1 OR w.chunk_id IS NULL
                            OR w.chunk_id <> in_chunk_id)
                    ORDER BY w.root_key
                    LIMIT v_piece
                ) AS k
                WINDOW up_to_here AS (ORDER BY k.root_key ROWS UNBOUNDED PRECEDING)
            ) AS u
            WHERE
                (in_rows IS NULL OR u.weight <= in_rows);
        ELSE
            SELECT COUNT(*)
            INTO v_roots
            FROM (
                SELECT
                    SUM(k.weight) OVER up_to_here AS weight
                FROM (
                    SELECT STRAIGHT_JOIN
                        s.id,
                        CASE
                            WHEN in_is_counting
                                THEN
                                    3
                                    + 2 * (
                                        SELECT COUNT(*)
                                        FROM pharmacy.order_items AS r
                                        WHERE r.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.order_items AS r1
                                        STRAIGHT_JOIN pharmacy.batches AS r
                                            ON r.order_item_id = r1.id
                                        WHERE r1.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.payments AS r
                                        WHERE r.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.deliveries AS r
                                        WHERE r.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.order_events AS r
                                        WHERE r.order_id = s.id
                                    )
                                    + (
                                        SELECT COUNT(*)
                                        FROM pharmacy.notes AS r
                                        WHERE r.subject_id = s.id
                                              AND r.subject_type = 'order'
                                    )
                                    + 2 * (
                                        SELECT COUNT(*)
                                        FROM pharmacy.order_labels AS r
                                        WHERE r.order_id = s.id
                                    )
                            ELSE in_rows_per_root
                        END AS weight
                    FROM pharmacy.orders AS s
                    LEFT JOIN orders_history AS h ON h.id = s.id
                    LEFT JOIN waiting AS w
                        ON
                            in_is_any_set_aside = 1
                            AND w.archive = 'orders'
                            AND w.lane = in_lane
                            AND w.root_key = CAST(JSON_ARRAY(CAST(s.id AS CHAR)) AS
                                CHAR)
                            AND w.reason <> 'unfinished'
                    WHERE
                        (in_after_id IS NULL OR s.id > in_after_id)
                        AND s.id <= in_upto_id
                        AND s.status IN ('uncollected', 'cancelled', 'dispensed')
                        AND h.history_version IS NULL
                        AND w.root_key IS NULL
                    ORDER BY s.id
                    LIMIT v_piece
                ) AS k
                WINDOW up_to_here AS (ORDER BY k.id ROWS UNBOUNDED PRECEDING)
            ) AS u
            WHERE
                (in_rows IS NULL OR u.weight <= in_rows);
        END IF;
    UNTIL v_roots < v_piece OR v_piece = io_roots END REPEAT;

    SET io_roots = LEAST(v_roots, io_roots);
END;
