CREATE PROCEDURE pharmacy_history._uninstall_orders ()
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Take the archive orders off the control tables; refuse while it holds history.'
BEGIN
    DECLARE v_orders BIGINT UNSIGNED;

    SELECT COUNT(h.id)
    INTO v_orders
    FROM orders_history AS h;

    IF v_orders > 0 THEN
        CALL _raise(30011, CONCAT(
            'orders_history holds ', v_orders,
            ' orders; dropping it would lose them: move it elsewhere first'
        ));
    END IF;

    CALL _unregister_archive('orders');
END;
