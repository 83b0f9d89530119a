CREATE EVENT IF NOT EXISTS pharmacy_history.copy_orders_event
ON SCHEDULE EVERY 1 MINUTE
ON COMPLETION PRESERVE
DISABLE
COMMENT 'Copy until nothing is left to copy, for 50 s; ENABLE it if nobody else does.'
DO
BEGIN
    DECLARE v_ends_at DATETIME(6) DEFAULT UTC_TIMESTAMP(6) + INTERVAL 50 SECOND;
    DECLARE v_called_at DATETIME(6);
    DECLARE v_before, v_after DECIMAL(40, 0);

    -- As in a session of the runner, whatever the server's own settings are.
    SET
        /*M!100600 max_statement_time = 0, max_error_count = 64,
        system_versioning_asof = DEFAULT, */
        autocommit = 1, completion_type = 'NO_CHAIN', sql_big_selects = 1,
        sort_buffer_size = 262144, optimizer_search_depth = 62, time_zone = '+00:00',
        lock_wait_timeout = 5, innodb_lock_wait_timeout = 5;

    -- An event sees no CALL's answer: it goes on while lanes do. One that starts beside
    -- another finds them taken, or takes one that is free.
    REPEAT
        SELECT SUM(l.examined + l.chunks)
        INTO v_before
        FROM lane AS l
        WHERE l.archive = 'orders';

        SET v_called_at = UTC_TIMESTAMP(6);
        CALL copy_orders_chunk(NULL);

        SELECT SUM(l.examined + l.chunks)
        INTO v_after
        FROM lane AS l
        WHERE l.archive = 'orders';

        -- As pace says.
        DO SLEEP((
            SELECT
                TIMESTAMPDIFF(MICROSECOND, v_called_at, UTC_TIMESTAMP(6)) / 1000000
                * (100 - a.pace) / a.pace
            FROM archive AS a
            WHERE a.name = 'orders'
        ));
    UNTIL v_after = v_before OR UTC_TIMESTAMP(6) > v_ends_at END REPEAT;
END;
