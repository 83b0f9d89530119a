CREATE PROCEDURE pharmacy_history._check_schema (
    IN in_schema VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Raise 30020 in another schema than that which the SQL was written for.'
BEGIN
    -- Routines name the source. Restored under another name, they would go on reading
    -- the source of the schema that they were dumped from, and copy it into this one.
    -- In a routine DATABASE() is its own schema, whoever calls it from wherever; and in
    -- lower case where the server keeps or compares names so.
    IF
        IF(@@lower_case_table_names = 0, in_schema, LOWER(in_schema))
        <> IF(@@lower_case_table_names = 0, DATABASE(), LOWER(DATABASE()))
    THEN
        CALL _raise(30020, CONCAT(
            'this is a copy: run alembic upgrade head, as its owner (docs/errors.md);',
            ' its SQL is of ', in_schema, ', not of ', DATABASE()
        ));
    END IF;
END;
