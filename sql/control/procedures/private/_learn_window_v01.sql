CREATE PROCEDURE pharmacy_history._learn_window (
    IN in_target_ms INT UNSIGNED,
    IN in_seconds DECIMAL(12, 6),
    IN in_is_full TINYINT(1),
    IN in_is_end TINYINT(1),
    INOUT io_key_window INT UNSIGNED
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Learn from a chunk how many keys the next one may examine.'
BEGIN
    -- Where few roots are finished a CALL ends with its window, and may go further
    -- while there is time. 2000: twice what the tail steps back.
    IF in_is_full OR 1000 * in_seconds > in_target_ms THEN
        SET io_key_window = GREATEST(2000, io_key_window DIV 2);
    ELSEIF NOT in_is_end AND 2000 * in_seconds < in_target_ms THEN
        SET io_key_window = LEAST(100000, 2 * io_key_window);
    END IF;
END;
