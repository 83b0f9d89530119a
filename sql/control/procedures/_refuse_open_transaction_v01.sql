CREATE PROCEDURE pharmacy_history._refuse_open_transaction ()
NO SQL
SQL SECURITY INVOKER
COMMENT 'Raise 30001: the caller is in a transaction, which stays as it is.'
BEGIN
    -- An interrupted CALL (KILL QUERY, Ctrl-C, a full disk) leaves its transaction open
    -- on MySQL: no handler runs for such errors there. To commit it would be to commit
    -- half a chunk.
    CALL _raise(30001, CONCAT(
        'a transaction is open in this session; if a CALL was interrupted here,',
        ' ROLLBACK and never COMMIT: it is half a chunk'
    ));
END;
