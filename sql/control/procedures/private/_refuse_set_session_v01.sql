CREATE PROCEDURE pharmacy_history._refuse_set_session ()
NO SQL
SQL SECURITY INVOKER
COMMENT 'Raise 30014 or 30019: the session overrides the clock or suppresses errors.'
BEGIN
    -- On MariaDB any user may SET max_error_count: at 0 no handler can tell one error
    -- from another, and the server's words would reach the caller, values and all.
    IF @@max_error_count = 0 THEN
        CALL _raise(
            30019,
            'max_error_count is 0 in this session; SET it to 64, then CALL again'
        );
    END IF;

    -- Any user may SET timestamp, which all but SYSDATE follows: what is at rest for
    -- so many days, when a pass is due, how long a chunk takes. A minute: whoever is
    -- stalled between the two readings is not refused. On MariaDB any user may also
    -- have versioned tables read as they were once.
    IF
        ABS(TIMESTAMPDIFF(SECOND, NOW(6), SYSDATE(6))) > 60
        /*M!100600 OR @@system_versioning_asof <> 'DEFAULT' */
    THEN
        CALL _raise(30014, CONCAT(
            'timestamp is set in this session, or on MariaDB system_versioning_asof;',
            ' SET each to DEFAULT, then CALL again'
        ));
    END IF;
END;
