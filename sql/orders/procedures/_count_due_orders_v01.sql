CREATE PROCEDURE pharmacy_history._count_due_orders (
    IN in_lane INT UNSIGNED, IN in_past DECIMAL (20, 0), IN in_till DECIMAL (20, 0),
    OUT out_examined INT UNSIGNED, OUT out_due INT UNSIGNED
)
READS SQL DATA SQL SECURITY INVOKER
COMMENT 'Count the roots that wait in a range, and those of them that are due.'
BEGIN
    -- Most are as they were, and that is all there is to do about them. Due are
    -- those that are finished, that are gone from the source or in history, in
    -- whatever way they came there, or were reopened since they were set aside.
    SELECT
        COUNT(*),
        COUNT(CASE
            -- Not IS NULL, which is true of the date 0000-00-00 too.
            WHEN s.id <=> NULL THEN 1
            WHEN
                (s.status IN ('uncollected', 'cancelled', 'dispensed'))
                AND (
                    w.reason <> 'quarantined'
                    OR EXISTS (
                        SELECT 1 FROM orders_history AS h
                        WHERE h.id = s.id
                    )
                )
                THEN 1
            WHEN
                w.failed_at IS NOT NULL
                AND (s.status IN ('uncollected', 'cancelled', 'dispensed')) IS NOT TRUE
                THEN 1
        END)
    INTO out_examined, out_due
    FROM waiting_root AS w FORCE INDEX (PRIMARY)
    LEFT JOIN pharmacy.orders AS s
        ON s.id = CAST(w.root_number AS SIGNED)
    WHERE
        w.archive = 'orders' AND w.lane = in_lane
        AND (in_past IS NULL OR w.root_number > in_past)
        AND (in_till IS NULL OR w.root_number <= in_till);
END;
