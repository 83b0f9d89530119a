CREATE PROCEDURE pharmacy_history._fence_orders ()
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Hold all definitions still, to the end of the transaction.'
BEGIN
    -- Reading no row of a table takes its metadata lock to the end of the transaction:
    -- an ALTER waits for this chunk, and none can come between the check and the copy.
    DECLARE v_rows INT UNSIGNED;
    DECLARE v_message VARCHAR(512) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    DECLARE EXIT HANDLER FOR 1146
    BEGIN
        GET DIAGNOSTICS CONDITION 1 v_message = MESSAGE_TEXT;
        CALL _raise(30006, CONCAT('archive orders lost a table: ', v_message));
    END;

    SELECT COUNT(f.fence)
    INTO v_rows
    FROM (
        (SELECT 1 AS fence FROM pharmacy.orders LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.order_items LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.batches LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.payments LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.deliveries LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.order_events LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.notes LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.order_labels LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.labels LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.customers LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.prescribers LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM pharmacy.products LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM orders_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM order_items_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM batches_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM payments_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM deliveries_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM order_events_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM notes_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM order_labels_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM labels_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM customers_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM prescribers_history LIMIT 0)
        UNION ALL
        (SELECT 1 AS fence FROM products_history LIMIT 0)
    ) AS f;
END;
