CREATE PROCEDURE pharmacy_history._refuse_open_transaction ()
NO SQL
SQL SECURITY INVOKER
COMMENT 'Raise 30001: the caller is in a transaction, which stays as it is.'
BEGIN
    -- An interrupted CALL (KILL QUERY, Ctrl-C, a full disk) leaves its transaction open
    -- on MySQL: no handler runs for such errors there. It holds a lane, and all or none
    -- of a chunk.
    CALL _raise(30001, CONCAT(
        'a transaction is open in this session; if a CALL was interrupted here,',
        ' ROLLBACK: it holds a lane, and what it copied comes again'
    ));
END;
