CREATE PROCEDURE pharmacy_history._register_archive (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_pass_seconds INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Give an archive its row and first lane, unless it has them, and its passes.'
BEGIN
    DECLARE v_threads_running BIGINT;
    DECLARE v_row_lock_waits BIGINT;
    DECLARE v_history_list_length BIGINT;

    -- By the account whose rights a chunk has: what it can't read is not watched, from
    -- the start, and whoever installs is told.
    CALL _read_load(1, v_threads_running, v_row_lock_waits, v_history_list_length);

    INSERT INTO archive (
        name, pass_started_at, pass_seconds,
        max_threads_running, max_row_lock_waits, max_history_list_length
    )
    VALUES (
        in_archive, UTC_TIMESTAMP(6), in_pass_seconds,
        IF(v_threads_running >= 0, DEFAULT(max_threads_running), NULL),
        IF(v_row_lock_waits >= 0, DEFAULT(max_row_lock_waits), NULL),
        IF(v_history_list_length >= 0, DEFAULT(max_history_list_length), NULL)
    )
    ON DUPLICATE KEY UPDATE pass_seconds = in_pass_seconds;

    INSERT INTO lane (archive, number)
    SELECT a.name, a.last_lane + 1
    FROM archive AS a
    WHERE
        a.name = in_archive
        AND NOT EXISTS (SELECT 1 FROM lane AS l WHERE l.archive = a.name);

    UPDATE archive AS a
    SET a.last_lane = a.last_lane + ROW_COUNT()
    WHERE a.name = in_archive;

    INSERT INTO verification (archive)
    VALUES (in_archive)
    ON DUPLICATE KEY UPDATE archive = in_archive;

    SELECT
        in_archive AS archive,
        NULLIF(CONCAT_WS(
            ', ',
            IF(COALESCE(v_threads_running, -1) < 0, 'Threads_running', NULL),
            IF(
                COALESCE(v_row_lock_waits, -1) < 0,
                'Innodb_row_lock_current_waits',
                NULL
            ),
            IF(
                COALESCE(v_history_list_length, -1) < 0,
                'Innodb_history_list_length',
                NULL
            )
        ), '') AS not_readable;
END;
