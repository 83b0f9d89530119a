CREATE PROCEDURE pharmacy_history._refuse_set_session ()
NO SQL
SQL SECURITY INVOKER
COMMENT 'Raise 30014 or 30019: the session has a clock of its own, or tells no errors.'
BEGIN
    -- On MariaDB any user may SET max_error_count: at 0 no handler can tell one error
    -- from another, and the server's words would reach the caller, values and all.
    IF @@max_error_count = 0 THEN
        CALL _raise(
            30019,
            'max_error_count is 0 in this session; SET it to DEFAULT, then CALL again'
        );
    END IF;

    -- Any user may SET timestamp, which all but SYSDATE follows: what is at rest for
    -- so many days, when a pass is due, how long a chunk takes. A minute: whoever is
    -- stalled between the two readings is not refused.
    IF ABS(TIMESTAMPDIFF(SECOND, NOW(6), SYSDATE(6))) > 60 THEN
        CALL _raise(
            30014,
            'timestamp is set in this session; SET timestamp = DEFAULT, then CALL again'
        );
    END IF;
END;
