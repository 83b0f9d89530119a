CREATE PROCEDURE pharmacy_history._refuse_open_transaction ()
NO SQL
SQL SECURITY INVOKER
COMMENT 'Raise 30001: the caller is in a transaction, which stays as it is.'
BEGIN
    -- An interrupted CALL (KILL QUERY, Ctrl-C) leaves its transaction open on MySQL:
    -- there no handler runs for 1317.
    CALL _raise(30001, CONCAT(
        'a transaction is open in this session, its own or that of an interrupted',
        ' CALL: COMMIT or ROLLBACK, then CALL again'
    ));
END;
