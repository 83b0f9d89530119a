CREATE PROCEDURE pharmacy_history.probe_writer ()
MODIFIES SQL DATA
SQL SECURITY DEFINER
COMMENT 'Probe the server, as the writer: change rows while probe_reader reads.

Description
  The other half of probe_reader, for a client of its own: CALL both within
  5 s, in any order. Waits until the reader has copied one row of its own
  tables, changes that row and another, and commits.

Returns
  One row: state.
  written  Both rows were changed.
  held     A row that the reader had read could not be changed: it was locked.
  alone    No reader came within 5 s, or another writer is at it.

Errors
  30001  A transaction is open in this session; it stays as it is.
  30020  This is a copy of an installation, under another name.

Example
  CALL probe_writer();
'
probe_writer: BEGIN
    DECLARE v_reader_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_writer_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_read_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_wrote_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_held_lock VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_state VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'alone';
    DECLARE v_cycles SMALLINT UNSIGNED DEFAULT 0;
    DECLARE v_root_id TINYINT UNSIGNED;
    DECLARE v_relation_id TINYINT UNSIGNED;

    CALL _check_schema('pharmacy_history');

    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    END;

    CALL _name_probe_locks(
        v_reader_lock, v_writer_lock, v_read_lock, v_wrote_lock, v_held_lock
    );

    IF COALESCE(GET_LOCK(v_writer_lock, 5), 0) <> 1 THEN
        SELECT v_state AS state;
        LEAVE probe_writer;
    END IF;

    BEGIN
        DECLARE EXIT HANDLER FOR SQLEXCEPTION
        BEGIN
            ROLLBACK AND NO CHAIN NO RELEASE;
            DO RELEASE_LOCK(v_held_lock);
            DO RELEASE_LOCK(v_wrote_lock);
            DO RELEASE_LOCK(v_writer_lock);
            RESIGNAL;
        END;

        WHILE IS_USED_LOCK(v_read_lock) IS NULL AND v_cycles < 500 DO
            DO SLEEP(0.01);
            SET v_cycles = v_cycles + 1;
        END WHILE;

        IF IS_USED_LOCK(v_read_lock) IS NOT NULL THEN
            START TRANSACTION;

            -- Doesn't wait for a lock of the reader's, which may wait for this.
            SELECT c.id
            INTO v_root_id
            FROM canary_root AS c
            WHERE c.id = 1
            FOR UPDATE SKIP LOCKED;

            SELECT c.id
            INTO v_relation_id
            FROM canary_relation AS c
            WHERE c.id = 1
            FOR UPDATE SKIP LOCKED;

            IF v_root_id IS NULL OR v_relation_id IS NULL THEN
                SET v_state = 'held';
                DO GET_LOCK(v_held_lock, 0);
            ELSE
                SET v_state = 'written';

                UPDATE canary_root
                SET changes = changes + 1
                WHERE id = 1;

                UPDATE canary_relation
                SET changes = changes + 1
                WHERE id = 1;
            END IF;

            COMMIT AND NO CHAIN NO RELEASE;

            DO GET_LOCK(v_wrote_lock, 0);
            SET v_cycles = 0;

            WHILE IS_USED_LOCK(v_read_lock) IS NOT NULL AND v_cycles < 500 DO
                DO SLEEP(0.01);
                SET v_cycles = v_cycles + 1;
            END WHILE;
        END IF;

        DO RELEASE_LOCK(v_held_lock);
        DO RELEASE_LOCK(v_wrote_lock);
        DO RELEASE_LOCK(v_writer_lock);
    END;

    SELECT v_state AS state;
END;
