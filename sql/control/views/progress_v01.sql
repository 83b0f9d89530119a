CREATE OR REPLACE SQL SECURITY INVOKER VIEW pharmacy_history.progress AS
SELECT
    a.name AS archive,
    CASE
        WHEN a.paused_at IS NOT NULL THEN 'paused'
        WHEN MAX(l.phase = 'scan') THEN 'scanning'
        WHEN MAX(l.phase = 'closing') THEN 'rechecking'
        ELSE 'passed'
    END AS state,
    a.pass,
    SUM(l.roots) AS roots,
    SUM(l.related_rows) AS related_rows,
    SUM(l.examined) AS examined,
    (
        SELECT COUNT(*) FROM pharmacy_history.waiting_root AS w
        WHERE w.archive = a.name AND w.reason = 'unfinished'
    ) AS unfinished,
    (
        SELECT COUNT(*) FROM pharmacy_history.waiting_root AS w
        WHERE w.archive = a.name AND w.reason = 'quarantined'
    ) AS quarantined,
    MAX(l.is_capped) AS is_capped,
    COUNT(l.number) AS lanes,
    -- Of several, no one is the greatest: keys are compared as what they are.
    CASE WHEN COUNT(l.number) = 1 THEN MAX(l.cursor_key) END AS `cursor`,
    (
        SELECT MAX(c.started_at) FROM pharmacy_history.chunk AS c
        WHERE c.archive = a.name
    ) AS last_chunk_at,
    a.pass_started_at,
    CASE
        WHEN MIN(l.phase IN ('tail', 'recheck')) THEN MAX(l.passed_at)
    END AS pass_ended_at,
    (
        SELECT COUNT(DISTINCT f.root_key) FROM pharmacy_history.finding AS f
        WHERE f.archive = a.name
    ) AS findings,
    (
        SELECT v.ended_at FROM pharmacy_history.verification AS v
        WHERE v.archive = a.name
    ) AS verified_at,
    a.paused_at,
    a.paused_by,
    a.pause_reason,
    a.key_warning,
    NULLIF(CONCAT_WS(
        ', ',
        IF(a.max_threads_running IS NULL, 'Threads_running', NULL),
        IF(a.max_row_lock_waits IS NULL, 'Innodb_row_lock_current_waits', NULL),
        IF(a.max_history_list_length IS NULL, 'Innodb_history_list_length', NULL)
    ), '') AS not_watched,
    -- Until a chunk is copied.
    (
        SELECT CONCAT(
            'error ', f.errno, ' (', f.sqlstate_code, ') at ', f.failed_at,
            ' UTC, to ', f.step
        )
        FROM pharmacy_history.failure AS f
        WHERE
            f.archive = a.name
            AND f.failed_at > (
                SELECT COALESCE(MAX(c.started_at), '1000-01-01')
                FROM pharmacy_history.chunk AS c
                WHERE c.archive = a.name
            )
        ORDER BY f.failed_at DESC
        LIMIT 1
    ) AS last_error
FROM pharmacy_history.archive AS a
INNER JOIN pharmacy_history.lane AS l ON l.archive = a.name
GROUP BY
    a.name, a.pass, a.pass_started_at, a.paused_at, a.paused_by, a.pause_reason,
    a.key_warning, a.max_threads_running, a.max_row_lock_waits,
    a.max_history_list_length;
