CREATE PROCEDURE pharmacy_history._refuse_set_clock ()
NO SQL
SQL SECURITY INVOKER
COMMENT 'Raise 30014: the session has a clock of its own, by SET timestamp.'
BEGIN
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
