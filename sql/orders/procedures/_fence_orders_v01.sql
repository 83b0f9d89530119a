CREATE PROCEDURE pharmacy_history._fence_orders ()
READS SQL DATA SQL SECURITY INVOKER
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

    SELECT COALESCE(
        (SELECT 1 FROM pharmacy.orders CROSS JOIN orders_history LIMIT 0),
        (SELECT 1 FROM pharmacy.order_items CROSS JOIN order_items_history LIMIT 0),
        (SELECT 1 FROM pharmacy.batches CROSS JOIN batches_history LIMIT 0),
        (SELECT 1 FROM pharmacy.payments CROSS JOIN payments_history LIMIT 0),
        (SELECT 1 FROM pharmacy.deliveries CROSS JOIN deliveries_history LIMIT 0),
        (SELECT 1 FROM pharmacy.order_events CROSS JOIN order_events_history LIMIT 0),
        (SELECT 1 FROM pharmacy.notes CROSS JOIN notes_history LIMIT 0),
        (SELECT 1 FROM pharmacy.order_labels CROSS JOIN order_labels_history LIMIT 0),
        (SELECT 1 FROM pharmacy.labels CROSS JOIN labels_history LIMIT 0),
        (SELECT 1 FROM pharmacy.customers CROSS JOIN customers_history LIMIT 0),
        (SELECT 1 FROM pharmacy.prescribers CROSS JOIN prescribers_history LIMIT 0),
        (SELECT 1 FROM pharmacy.products CROSS JOIN products_history LIMIT 0)
    )
    INTO v_rows;
END;
