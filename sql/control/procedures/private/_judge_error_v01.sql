CREATE PROCEDURE pharmacy_history._judge_error (
    IN in_errno INT UNSIGNED,
    IN in_sqlstate CHAR(5) CHARACTER SET ascii COLLATE ascii_bin,
    IN in_step VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_form VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_verdict VARCHAR(8) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
NO SQL
SQL SECURITY INVOKER
COMMENT 'Say what to do about a chunk that failed; NULL: nothing, it is nobody''s row.'
BEGIN
    -- in_step is empty where the function that copies isn't what failed.
    SET out_verdict = CASE
        WHEN COALESCE(in_step, '') = '' THEN NULL
        WHEN in_errno = 30023 THEN 'late'
        WHEN in_errno = 30024 THEN 'failed'
        -- A key above the mark is in history or waiting after all.
        WHEN in_errno = 1062 AND in_form = 'scan' THEN 'known'
        -- A row's values cause data exceptions, and break constraints of history that
        -- somebody added. No other error is a row's fault: rights, space, locks,
        -- packets, a server that became read-only, a query that was killed.
        WHEN
            LEFT(in_sqlstate, 2) IN ('22', '23')
            -- Cut short; not of the column's type or character set; MySQL's CHECK.
            OR in_errno IN (1265, 1366, 3819)
            -- A trigger that somebody added; ours refuse whoever changes history.
            OR (in_sqlstate = '45000' AND in_errno NOT BETWEEN 30001 AND 30099)
            THEN 'failed'
    END;
END;
