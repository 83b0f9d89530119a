CREATE PROCEDURE pharmacy_history._forget_waiting_orders (
    IN in_lane INT UNSIGNED,
    IN in_chunk_id BIGINT UNSIGNED,
    IN in_is_outdated TINYINT(1),
    IN in_after_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_upto_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_forgotten INT
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Let go of waiting roots that are copied or gone, and of outdated reasons.'
BEGIN
    -- Marked first, for a DELETE or an UPDATE that reads the source would lock its
    -- rows: only INSERT ... SELECT does not. The new reason is a constant, for MariaDB
    -- does not take it from the SELECT.
    --
    -- What this chunk copied:
    INSERT INTO waiting (archive, lane, root_key, reason, noted_at)
    SELECT
        k.archive, k.lane, k.root_key, 'gone', k.noted_at
    FROM (
        SELECT w.archive, w.lane, w.root_key, w.noted_at
        FROM orders_history AS h
        FORCE INDEX (orders_history_chunk_ix)
        STRAIGHT_JOIN waiting AS w
            ON
                w.archive = 'orders'
                AND w.lane = in_lane
                AND w.root_key = CAST(JSON_ARRAY(CAST(h.id AS CHAR)) AS CHAR)
        WHERE h.history_chunk = in_chunk_id
    ) AS k
    ON DUPLICATE KEY UPDATE reason = 'gone';

    IF in_is_outdated THEN
        -- What is no longer in the source, or was copied in another way:
        INSERT INTO waiting (archive, lane, root_key, reason, noted_at)
        SELECT
            k.archive, k.lane, k.root_key, 'gone', k.noted_at
        FROM (
            SELECT w.archive, w.lane, w.root_key, w.noted_at
            FROM waiting AS w
            LEFT JOIN pharmacy.orders AS s
                ON s.id = CAST(SUBSTR(w.root_key, 3, LENGTH(w.root_key) - 4) AS SIGNED)
            LEFT JOIN orders_history AS h ON h.id = s.id
            WHERE
                w.archive = 'orders'
                AND w.lane = in_lane
                AND w.root_key > COALESCE(in_after_key, '')
                AND w.root_key <= in_upto_key
                -- Not IS NULL, which is true of the date 0000-00-00 too.
                AND (s.id <=> NULL OR h.history_version IS NOT NULL)
        ) AS k
        ON DUPLICATE KEY UPDATE reason = 'gone';

        -- Quarantined while it was finished, and reopened since.
        INSERT INTO waiting (archive, lane, root_key, reason, noted_at)
        SELECT
            k.archive, k.lane, k.root_key, 'unfinished', k.noted_at
        FROM (
            SELECT w.archive, w.lane, w.root_key, w.noted_at
            FROM waiting AS w
            INNER JOIN pharmacy.orders AS s
                ON s.id = CAST(SUBSTR(w.root_key, 3, LENGTH(w.root_key) - 4) AS SIGNED)
            WHERE
                w.archive = 'orders'
                AND w.lane = in_lane
                AND w.root_key > COALESCE(in_after_key, '')
                AND w.root_key <= in_upto_key
                AND w.failed_at IS NOT NULL
                AND w.reason <> 'gone'
                AND (s.status IN ('uncollected', 'cancelled', 'dispensed')) IS NOT TRUE
        ) AS k
        ON DUPLICATE KEY UPDATE
            reason = 'unfinished', failed_step = NULL, errno = NULL,
            sqlstate_code = NULL, message = NULL, failed_at = NULL;
    END IF;

    DELETE FROM waiting
    WHERE archive = 'orders' AND lane = in_lane AND reason = 'gone';

    SET out_forgotten = ROW_COUNT();
END;
