CREATE PROCEDURE pharmacy_history._end_verification (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_pass INT UNSIGNED,
    OUT out_is_ended TINYINT(1)
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Forget what this pass did not find any more; ended when all of it is gone.'
BEGIN
    DECLARE v_forgotten INT UNSIGNED;

    -- 10,000 at a time, so that the CALL is bounded.
    DELETE FROM finding
    WHERE archive = in_archive AND pass < in_pass
    LIMIT 10000;
    SET v_forgotten = ROW_COUNT();

    DELETE FROM suspect
    WHERE archive = in_archive AND pass < in_pass
    LIMIT 10000;
    SET v_forgotten = GREATEST(v_forgotten, ROW_COUNT());

    DELETE FROM verified
    WHERE archive = in_archive AND pass < in_pass
    LIMIT 10000;
    SET v_forgotten = GREATEST(v_forgotten, ROW_COUNT());

    SET out_is_ended = v_forgotten < 10000;
END;
