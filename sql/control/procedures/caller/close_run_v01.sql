CREATE PROCEDURE pharmacy_history.close_run (
    IN in_run_id BIGINT UNSIGNED,
    IN in_reason VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_calls INT UNSIGNED,
    IN in_roots BIGINT UNSIGNED,
    IN in_related_rows BIGINT UNSIGNED,
    IN in_seconds DECIMAL(12, 6),
    IN in_detail VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY DEFINER
COMMENT 'Close a run with what it did and why it ended.

Description
  A run that found nothing to do, right after another such run of the same
  archive, is counted in that one''s row: a schedule that fires every minute
  does not fill the table.

Parameters
  in_run_id        From open_run.
  in_reason        idle, busy, paused, throttled, deadline,
                   max_chunks, interrupted or error.
  in_calls         CALLs of the chunks'' procedure that answered.
  in_roots         Roots copied, or verified.
  in_related_rows  Rows of relations copied with them, or compared.
  in_seconds       Sum of what those CALLs took.
  in_detail        For people: which limit was passed, who paused; or NULL.

Returns
  One row: run_id, of the row that counts this run.

Errors
  30001  A transaction is open in this session; it stays as it is.
  30005  No run has this id.
  30020  This is a copy of an installation, under another name.

Example
  CALL close_run(17, ''idle'', 4, 1615, 9044, 0.81, NULL);
'
close_run: BEGIN
    DECLARE v_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_kind VARCHAR(6) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
    DECLARE v_previous_id BIGINT UNSIGNED;
    DECLARE v_counting_id BIGINT UNSIGNED DEFAULT in_run_id;

    CALL _check_schema('pharmacy_history');

    BEGIN
        DECLARE EXIT HANDLER FOR 1568 CALL _refuse_open_transaction();

        -- With gap locks, two runs that open at once could deadlock.
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

        IF in_reason = 'idle' AND in_roots = 0 THEN
            SELECT r.archive, r.kind
            INTO v_archive, v_kind
            FROM run AS r
            WHERE r.id = in_run_id;

            SELECT MAX(r.id)
            INTO v_previous_id
            FROM run AS r
            WHERE r.archive = v_archive AND r.kind = v_kind AND r.id < in_run_id;

            SELECT COALESCE(MAX(r.id), in_run_id)
            INTO v_counting_id
            FROM run AS r
            WHERE r.id = v_previous_id AND r.reason = 'idle' AND r.roots = 0;
        END IF;

        UPDATE run AS r
        SET
            r.closed_at = UTC_TIMESTAMP(6),
            r.reason = in_reason,
            r.detail = in_detail,
            r.runs = r.runs + (v_counting_id <> in_run_id),
            r.calls = r.calls + in_calls,
            r.roots = r.roots + in_roots,
            r.related_rows = r.related_rows + in_related_rows,
            r.seconds = r.seconds + in_seconds
        WHERE r.id = v_counting_id;

        IF v_counting_id <> in_run_id THEN
            DELETE FROM run
            WHERE id = in_run_id;
        END IF;

        COMMIT AND NO CHAIN NO RELEASE;
    END;

    SELECT v_counting_id AS run_id;
END;
