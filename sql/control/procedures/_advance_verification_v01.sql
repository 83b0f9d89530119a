CREATE PROCEDURE pharmacy_history._advance_verification (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_step VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_rows INT UNSIGNED,
    IN in_rows_per_root DECIMAL(12, 2),
    IN in_key_window INT UNSIGNED,
    IN in_roots INT UNSIGNED,
    IN in_related_rows INT UNSIGNED,
    IN in_missing INT UNSIGNED,
    IN in_incomplete INT UNSIGNED,
    IN in_different INT UNSIGNED,
    IN in_sourceless INT UNSIGNED,
    OUT out_findings INT UNSIGNED,
    OUT out_summary VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Write how far a verification came, and sum up one that has ended.'
BEGIN
    -- The holder's name goes, in the transaction that ends now.
    UPDATE verification AS v
    SET
        v.step = in_step,
        v.cursor_key = in_cursor_key,
        v.ended_at = IF(in_step = 'ended', UTC_TIMESTAMP(6), v.ended_at),
        v.roots = v.roots + in_roots,
        v.related_rows = v.related_rows + in_related_rows,
        v.missing = v.missing + in_missing,
        v.incomplete = v.incomplete + in_incomplete,
        v.different = v.different + in_different,
        v.sourceless = v.sourceless + in_sourceless,
        v.size = in_rows,
        v.rows_per_root = in_rows_per_root,
        v.key_window = in_key_window,
        v.called_at = UTC_TIMESTAMP(6),
        v.connection_id = CONNECTION_ID(),
        v.holder_id = NULL,
        v.held_at = NULL
    WHERE v.archive = in_archive;

    SELECT COUNT(*)
    INTO out_findings
    FROM finding AS f
    WHERE f.archive = in_archive;

    IF in_step = 'ended' THEN
        SELECT
            CONCAT(
                'verification ', v.pass, ' ended: ', v.roots, ' roots, ',
                v.missing, ' missing, ', v.incomplete, ' incomplete, ',
                v.different, ' different, ', v.sourceless, ' no longer in the source'
            )
        INTO out_summary
        FROM verification AS v
        WHERE v.archive = in_archive;
    END IF;
END;
