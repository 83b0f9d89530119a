CREATE PROCEDURE pharmacy_history._refuse_given_numbers ()
NO SQL
SQL SECURITY INVOKER
COMMENT 'Raise 30013: the session gives the next row its number, by insert_id.'
BEGIN
    -- Any user may SET insert_id; after one high number there is none for anybody.
    IF @@insert_id <> 0 THEN
        CALL _raise(
            30013,
            'insert_id is set in this session; SET insert_id = 0, then CALL again'
        );
    END IF;
END;
