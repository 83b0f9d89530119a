CREATE PROCEDURE pharmacy_history._uninstall_orders ()
MODIFIES SQL DATA SQL SECURITY INVOKER
COMMENT 'Take the archive off the control tables; refuse while it holds history.'
BEGIN
    DECLARE v_roots BIGINT UNSIGNED DEFAULT 0;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        ROLLBACK AND NO CHAIN NO RELEASE;
        RESIGNAL;
    END;

    START TRANSACTION;

    -- Before counting: it waits for the chunk that is being copied, and a later CALL
    -- finds no archive.
    CALL _unregister_archive('orders');

    BEGIN
        -- An earlier downgrade found it empty, and failed after dropping it.
        DECLARE CONTINUE HANDLER FOR 1146 SET v_roots = 0;

        SELECT COUNT(*)
        INTO v_roots
        FROM orders_history AS h;
    END;

    IF v_roots > 0 THEN
        CALL _raise(30011, CONCAT(
            'orders_history holds ', v_roots,
            ' roots; dropping it would lose them: move it elsewhere first'
        ));
    END IF;

    COMMIT AND NO CHAIN NO RELEASE;
END;
