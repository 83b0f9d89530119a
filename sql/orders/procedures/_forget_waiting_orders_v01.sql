CREATE PROCEDURE pharmacy_history._forget_waiting_orders (
    IN in_lane INT UNSIGNED, IN in_after DECIMAL (20, 0), IN in_upto DECIMAL (20, 0),
    OUT out_examined INT UNSIGNED, OUT out_forgotten INT
)
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Let go of waiting roots that are copied or gone, and of outdated reasons.'
BEGIN
    SELECT COUNT(*)
    INTO out_examined
    FROM waiting_root AS w FORCE INDEX (PRIMARY)
    WHERE
        w.archive = 'orders' AND w.lane = in_lane
        AND (in_after IS NULL OR w.root_number > in_after)
        AND (in_upto IS NULL OR w.root_number <= in_upto);

    -- Marked first, for a DELETE or an UPDATE that reads the source would lock its
    -- rows: only INSERT ... SELECT does not. The new reason is a constant, for MariaDB
    -- does not take it from the SELECT.
    --
    -- What this chunk copied, what was copied in another way, and what is no longer in
    -- the source:
    INSERT INTO waiting_root (archive, lane, root_number, root_text, reason, noted_at)
    SELECT
        k.archive, k.lane, k.root_number, k.root_text, 'gone', k.noted_at
    FROM (
        SELECT w.archive, w.lane, w.root_number, w.root_text, w.noted_at
        FROM waiting_root AS w FORCE INDEX (PRIMARY)
        LEFT JOIN pharmacy.orders AS s
            ON s.id = CAST(w.root_number AS SIGNED)
        LEFT JOIN orders_history AS h ON h.id = s.id
        WHERE
            w.archive = 'orders' AND w.lane = in_lane
            AND (in_after IS NULL OR w.root_number > in_after)
            AND (in_upto IS NULL OR w.root_number <= in_upto)
            -- Not IS NULL, which is true of the date 0000-00-00 too.
            AND (s.id <=> NULL OR h.history_version IS NOT NULL)
    ) AS k
    ON DUPLICATE KEY UPDATE reason = 'gone';

    -- Quarantined while it was finished, and reopened since.
    INSERT INTO waiting_root (archive, lane, root_number, root_text, reason, noted_at)
    SELECT
        k.archive, k.lane, k.root_number, k.root_text, 'unfinished', k.noted_at
    FROM (
        SELECT w.archive, w.lane, w.root_number, w.root_text, w.noted_at
        FROM waiting_root AS w FORCE INDEX (PRIMARY)
        STRAIGHT_JOIN pharmacy.orders AS s
            ON s.id = CAST(w.root_number AS SIGNED)
        WHERE
            w.archive = 'orders' AND w.lane = in_lane
            AND (in_after IS NULL OR w.root_number > in_after)
            AND (in_upto IS NULL OR w.root_number <= in_upto)
            AND w.failed_at IS NOT NULL
            AND w.reason <> 'gone'
            AND (s.status IN ('uncollected', 'cancelled', 'dispensed')) IS NOT TRUE
    ) AS k
    ON DUPLICATE KEY UPDATE
        reason = 'unfinished', failed_step = NULL, errno = NULL,
        sqlstate_code = NULL, message = NULL, failed_at = NULL;

    DELETE FROM waiting_root
    WHERE archive = 'orders' AND lane = in_lane AND reason = 'gone';

    SET out_forgotten = ROW_COUNT();
END;
