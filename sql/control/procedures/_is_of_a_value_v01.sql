CREATE PROCEDURE pharmacy_history._is_of_a_value (
    IN in_errno INT UNSIGNED,
    IN in_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin,
    OUT out_is_of_a_value TINYINT(1)
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Tell whether a row''s own values can cause an error of a copy.'
BEGIN
    -- Everything else is nobody's row's fault: rights, space, locks, packets, a server
    -- that became read-only, a query that was killed.
    SET out_is_of_a_value = COALESCE(
        -- Data exceptions, and constraints of history that somebody added.
        LEFT(in_sqlstate, 2) IN ('22', '23')
        -- Cut short; not of the column's type or character set; MySQL's CHECK.
        OR in_errno IN (1265, 1366, 3819)
        -- A trigger that somebody added; ours refuse whoever changes history.
        OR (in_sqlstate = '45000' AND in_errno NOT BETWEEN 30001 AND 30099),
        0
    );
END;
