CREATE PROCEDURE pharmacy_history._read_load (
    IN in_is_history_wanted TINYINT(1),
    OUT out_threads_running BIGINT,
    OUT out_row_lock_waits BIGINT,
    OUT out_history_list_length BIGINT
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Read how busy the server is; NULL for what it does not tell this account.'
BEGIN
    -- The one place where the families differ. On MySQL anybody may read how many
    -- threads run and how many wait for a row lock; the length of the history list is
    -- for accounts with PROCESS, and is not read unless it is wanted.
    IF VERSION() NOT LIKE '%MariaDB%' THEN
        SELECT
            MAX(
                CASE s.variable_name
                    WHEN 'Threads_running' THEN CAST(s.variable_value AS SIGNED)
                END
            ),
            MAX(
                CASE s.variable_name
                    WHEN 'Innodb_row_lock_current_waits'
                        THEN CAST(s.variable_value AS SIGNED)
                END
            )
        INTO out_threads_running, out_row_lock_waits
        FROM performance_schema.global_status AS s
        WHERE s.variable_name IN ('Threads_running', 'Innodb_row_lock_current_waits');

        IF in_is_history_wanted THEN
            BEGIN
                DECLARE EXIT HANDLER FOR 1227 SET out_history_list_length = NULL;

                SELECT MAX(m.count)
                INTO out_history_list_length
                FROM information_schema.innodb_metrics AS m
                WHERE m.name = 'trx_rseg_history_len' AND m.status = 'enabled';
            END;
        END IF;
    END IF;

    -- MariaDB tells anybody all three, in a table that MySQL would not let a procedure
    -- name: to MySQL this is a comment. Its performance_schema is off unless asked for,
    -- and counts no running threads.
    /*M!100000
    SELECT
        MAX(
            CASE s.variable_name
                WHEN 'THREADS_RUNNING' THEN CAST(s.variable_value AS SIGNED)
            END
        ),
        MAX(
            CASE s.variable_name
                WHEN 'INNODB_ROW_LOCK_CURRENT_WAITS'
                    THEN CAST(s.variable_value AS SIGNED)
            END
        ),
        MAX(
            CASE s.variable_name
                WHEN 'INNODB_HISTORY_LIST_LENGTH'
                    THEN CAST(s.variable_value AS SIGNED)
            END
        )
    INTO out_threads_running, out_row_lock_waits, out_history_list_length
    FROM information_schema.global_status AS s
    WHERE s.variable_name IN (
        'THREADS_RUNNING', 'INNODB_ROW_LOCK_CURRENT_WAITS', 'INNODB_HISTORY_LIST_LENGTH'
    );
    */
END;
