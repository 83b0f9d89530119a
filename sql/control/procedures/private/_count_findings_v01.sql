CREATE PROCEDURE pharmacy_history._count_findings (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_pass INT UNSIGNED,
    IN in_seen_at DATETIME(6),
    OUT out_missing INT UNSIGNED,
    OUT out_incomplete INT UNSIGNED,
    OUT out_different INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Count what a CALL found, and keep of a pass 10,000 findings at most.'
BEGIN
    -- All are counted. Past 10,000 nobody reads on, and an UPDATE of every order at
    -- the source would make as many findings.
    DECLARE v_noted INT UNSIGNED;
    DECLARE v_surplus INT UNSIGNED;

    -- A root is counted once, and as incomplete where it is both.
    SELECT
        COALESCE(SUM(r.findings), 0),
        COUNT(CASE WHEN r.missing > 0 THEN 1 END),
        COUNT(CASE WHEN r.incomplete > 0 THEN 1 END),
        COUNT(CASE WHEN r.seen > 0 AND r.missing + r.incomplete = 0 THEN 1 END)
    INTO v_noted, out_missing, out_incomplete, out_different
    FROM (
        SELECT
            COUNT(*) AS findings,
            SUM(f.seen_at = in_seen_at) AS seen,
            SUM(f.seen_at = in_seen_at AND f.kind = 'missing') AS missing,
            SUM(f.seen_at = in_seen_at AND f.kind = 'incomplete') AS incomplete
        FROM finding AS f
        WHERE f.archive = in_archive AND f.pass = in_pass
        GROUP BY f.root_key
    ) AS r;

    IF v_noted > 10000 THEN
        SET v_surplus = v_noted - 10000;

        DELETE FROM finding
        WHERE archive = in_archive AND pass = in_pass AND seen_at = in_seen_at
        ORDER BY root_key DESC
        LIMIT v_surplus;
    END IF;
END;
