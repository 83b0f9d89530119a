CREATE PROCEDURE pharmacy_history.rejoin_run (
    IN in_run_id BIGINT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY DEFINER
COMMENT 'Tell a run that it goes on over this connection, and read its limit of lag.

Description
  For a runner that lost its connection and made a new one: chunks are known as
  a run''s by the connection that copied them. And for one that waits, or is about
  to ask replicas: nobody takes it for lost, and it learns how far behind
  they may be.

Parameters
  in_run_id  From open_run.

Returns
  One row: run_id, and max_replica_lag_seconds of its archive; NULL: not watched.

Errors
  30001  A transaction is open in this session; it stays as it is.
  30005  No run has this id.
  30020  This is a copy of an installation, under another name.

Example
  CALL rejoin_run(17);
'
rejoin_run: BEGIN
    DECLARE v_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_max_replica_lag_seconds BIGINT;

    CALL _check_schema('pharmacy_history');

    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    END;

    BEGIN
        DECLARE EXIT HANDLER FOR SQLEXCEPTION
        BEGIN
            ROLLBACK AND NO CHAIN NO RELEASE;
            RESIGNAL;
        END;

        START TRANSACTION;

        CALL _check_run(in_run_id);

        UPDATE run AS r
        SET r.connection_id = CONNECTION_ID(), r.seen_at = UTC_TIMESTAMP(6)
        WHERE r.id = in_run_id;

        SELECT r.archive
        INTO v_archive
        FROM run AS r
        WHERE r.id = in_run_id;

        CALL _read_setting(
            v_archive, 'max_replica_lag_seconds', v_max_replica_lag_seconds
        );

        COMMIT AND NO CHAIN NO RELEASE;
    END;

    SELECT
        in_run_id AS run_id,
        v_max_replica_lag_seconds AS max_replica_lag_seconds;
END;
