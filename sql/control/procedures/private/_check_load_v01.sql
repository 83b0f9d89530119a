CREATE PROCEDURE pharmacy_history._check_load (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_reason VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_wait_ms INT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Say which limits of load are passed, NULL if none, and when to ask again.'
BEGIN
    DECLARE v_max_threads_running INT UNSIGNED;
    DECLARE v_max_row_lock_waits INT UNSIGNED;
    DECLARE v_max_history_list_length INT UNSIGNED;
    DECLARE v_threads_running BIGINT;
    DECLARE v_row_lock_waits BIGINT;
    DECLARE v_history_list_length BIGINT;
    DECLARE v_unread VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    SELECT a.max_threads_running, a.max_row_lock_waits, a.max_history_list_length
    INTO v_max_threads_running, v_max_row_lock_waits, v_max_history_list_length
    FROM archive AS a
    WHERE a.name = in_archive;

    CALL _read_load(
        v_max_history_list_length IS NOT NULL,
        v_threads_running, v_row_lock_waits, v_history_list_length
    );

    -- A negative counter is a bug of the server's: treat it as unreadable.
    SET v_unread = CASE
        WHEN v_max_threads_running IS NOT NULL AND COALESCE(v_threads_running, -1) < 0
            THEN 'Threads_running'
        WHEN v_max_row_lock_waits IS NOT NULL AND COALESCE(v_row_lock_waits, -1) < 0
            THEN 'Innodb_row_lock_current_waits'
        WHEN
            v_max_history_list_length IS NOT NULL
            AND COALESCE(v_history_list_length, -1) < 0
            THEN 'Innodb_history_list_length'
    END;

    IF v_unread IS NOT NULL THEN
        CALL _raise(30015, CONCAT(
            v_unread, ' can''t be read, but a limit is set on it; grant access, or',
            ' set the limit to NULL (docs/errors.md)'
        ));
    END IF;

    SET out_reason = NULLIF(CONCAT_WS(
        '; ',
        IF(
            v_threads_running > v_max_threads_running,
            CONCAT(
                'Threads_running is ', v_threads_running,
                ', max_threads_running ', v_max_threads_running
            ),
            NULL
        ),
        IF(
            v_row_lock_waits > v_max_row_lock_waits,
            CONCAT(
                'Innodb_row_lock_current_waits is ', v_row_lock_waits,
                ', max_row_lock_waits ', v_max_row_lock_waits
            ),
            NULL
        ),
        IF(
            v_history_list_length > v_max_history_list_length,
            CONCAT(
                'Innodb_history_list_length is ', v_history_list_length,
                ', max_history_list_length ', v_max_history_list_length
            ),
            NULL
        )
    ), '');
    SET out_wait_ms = 1000;
END;
