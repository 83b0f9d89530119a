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

    SELECT COALESCE(
        (SELECT 1 FROM pharmacy.orders LIMIT 0),
        (SELECT 1 FROM pharmacy.order_items LIMIT 0),
        (SELECT 1 FROM pharmacy.batches LIMIT 0),
        (SELECT 1 FROM pharmacy.payments LIMIT 0),
        (SELECT 1 FROM pharmacy.deliveries LIMIT 0),
        (SELECT 1 FROM pharmacy.order_events LIMIT 0),
        (SELECT 1 FROM pharmacy.notes LIMIT 0),
        (SELECT 1 FROM pharmacy.order_labels LIMIT 0),
        (SELECT 1 FROM pharmacy.labels LIMIT 0),
        (SELECT 1 FROM pharmacy.customers LIMIT 0),
        (SELECT 1 FROM pharmacy.prescribers LIMIT 0),
        (SELECT 1 FROM pharmacy.products LIMIT 0),
        (SELECT 1 FROM orders_history LIMIT 0),
        (SELECT 1 FROM order_items_history LIMIT 0),
        (SELECT 1 FROM batches_history LIMIT 0),
        (SELECT 1 FROM payments_history LIMIT 0),
        (SELECT 1 FROM deliveries_history LIMIT 0),
        (SELECT 1 FROM order_events_history LIMIT 0),
        (SELECT 1 FROM notes_history LIMIT 0),
        (SELECT 1 FROM order_labels_history LIMIT 0),
        (SELECT 1 FROM labels_history LIMIT 0),
        (SELECT 1 FROM customers_history LIMIT 0),
        (SELECT 1 FROM prescribers_history LIMIT 0),
        (SELECT 1 FROM products_history LIMIT 0)
    )
    INTO v_rows;
END;
