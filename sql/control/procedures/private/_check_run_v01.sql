CREATE PROCEDURE pharmacy_history._check_run (
    IN in_run_id BIGINT UNSIGNED
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Refuse the id of a run that does not exist.'
BEGIN
    DECLARE v_known BIGINT UNSIGNED;

    SELECT r.id
    INTO v_known
    FROM run AS r
    WHERE r.id = in_run_id;

    IF v_known IS NULL THEN
        CALL _raise(30005, CONCAT(
            'no run has the id ', COALESCE(in_run_id, 'NULL'), '; open_run gives one'
        ));
    END IF;
END;
