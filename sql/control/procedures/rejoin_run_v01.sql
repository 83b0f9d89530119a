CREATE PROCEDURE pharmacy_history.rejoin_run (
    IN in_run_id BIGINT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY DEFINER
COMMENT 'Tell a run that it goes on over this connection.'
rejoin_run: BEGIN
    -- Description
    --   For a runner that lost its connection and made a new one: chunks are known as
    --   a run's by the connection that copied them.
    --
    -- Parameters
    --   in_run_id  From open_run.
    --
    -- Returns
    --   One row: run_id.
    --
    -- Errors
    --   30005  No run has this id.
    --
    -- Example
    --   CALL rejoin_run(17);
    CALL _check_run(in_run_id);

    UPDATE run AS r
    SET r.connection_id = CONNECTION_ID()
    WHERE r.id = in_run_id;

    SELECT in_run_id AS run_id;
END;
