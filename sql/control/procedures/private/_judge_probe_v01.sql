CREATE PROCEDURE pharmacy_history._judge_probe (
    OUT out_verdict VARCHAR(12) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    OUT out_reason VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
READS SQL DATA
SQL SECURITY INVOKER
COMMENT 'Say what a probe has learned, of what it copied and of what there is now.'
BEGIN
    DECLARE v_did_writer_come TINYINT(1);
    DECLARE v_was_locked TINYINT(1);
    DECLARE v_does_clock_move TINYINT(1);
    DECLARE v_root_copied INT UNSIGNED;
    DECLARE v_relation_copied INT UNSIGNED;
    DECLARE v_least_now INT UNSIGNED;

    SELECT
        p.did_writer_come,
        p.was_locked,
        p.does_clock_move
    INTO v_did_writer_come, v_was_locked, v_does_clock_move
    FROM probe AS p
    WHERE p.id = 1;

    SELECT
        MAX(CASE c.part WHEN 'root' THEN c.changes END),
        MAX(CASE c.part WHEN 'relation' THEN c.changes END)
    INTO v_root_copied, v_relation_copied
    FROM canary_copy AS c;

    SELECT LEAST(r.changes, l.changes)
    INTO v_least_now
    FROM canary_root AS r
    INNER JOIN canary_relation AS l ON l.id = r.id
    WHERE r.id = 1;

    -- Unless a fresh read shows what the writer committed, that both copies are of one
    -- instant says nothing: there was but one.
    SET out_reason = NULL;
    SET out_verdict = 'inconclusive';
    IF NOT v_did_writer_come THEN
        SET out_reason = 'no writer came within 5 s: CALL probe_writer() meanwhile';
    ELSEIF v_was_locked THEN
        SET out_verdict = 'not shared';
        SET out_reason = 'a row that was read could not be changed: it was locked';
    ELSEIF COALESCE(v_relation_copied <= v_root_copied, TRUE)
        AND COALESCE(v_least_now <= v_root_copied, TRUE)
    THEN
        SET out_reason = 'what the writer committed is not to be seen';
    ELSEIF v_relation_copied <> v_root_copied THEN
        SET out_verdict = 'not shared';
        SET out_reason = 'the statements of a function saw two instants';
    ELSEIF NOT v_does_clock_move THEN
        SET out_verdict = 'not shared';
        SET out_reason = 'SYSDATE stands still in a function: unset sysdate-is-now';
    ELSE
        SET out_verdict = 'shared';
    END IF;
END;
