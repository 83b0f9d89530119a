CREATE FUNCTION pharmacy_history._canary (
    in_read_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    in_wrote_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    in_held_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
RETURNS VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Copy one row, let a writer change it and another, then copy the other.'
BEGIN
    DECLARE v_began_at DATETIME(6) DEFAULT SYSDATE(6);
    DECLARE v_cycles SMALLINT UNSIGNED DEFAULT 0;
    DECLARE v_did_writer_come TINYINT(1);
    DECLARE v_was_locked TINYINT(1);

    INSERT INTO canary_copy (part, changes)
    SELECT 'root', c.changes FROM canary_root AS c WHERE c.id = 1;

    -- Whoever holds a lock says by it how far it has come. 5 s, and counted: whether
    -- the clock moves is one of the questions.
    DO GET_LOCK(in_read_lock, 0);
    REPEAT
        DO SLEEP(0.01);
        SET v_cycles = v_cycles + 1;
    UNTIL IS_USED_LOCK(in_wrote_lock) IS NOT NULL OR v_cycles >= 500 END REPEAT;

    SET v_did_writer_come = IS_USED_LOCK(in_wrote_lock) IS NOT NULL;
    SET v_was_locked = IS_USED_LOCK(in_held_lock) IS NOT NULL;

    INSERT INTO canary_copy (part, changes)
    SELECT 'relation', c.changes FROM canary_relation AS c WHERE c.id = 1;

    DO RELEASE_LOCK(in_read_lock);

    RETURN CONCAT_WS(',', v_did_writer_come, v_was_locked, SYSDATE(6) > v_began_at);
END;
