CREATE OR REPLACE SQL SECURITY INVOKER VIEW pharmacy_history.waiting AS
SELECT
    w.archive,
    w.lane,
    IF(
        w.root_text = '',
        CONVERT(CONCAT('["', w.root_number, '"]') USING utf8mb4) COLLATE utf8mb4_bin,
        w.root_text
    ) AS root_key,
    w.reason,
    w.attempts,
    w.noted_at,
    w.failed_step,
    w.errno,
    w.sqlstate_code,
    w.message,
    w.failed_at
FROM pharmacy_history.waiting_root AS w;
