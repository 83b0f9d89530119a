CREATE PROCEDURE pharmacy_history._advance_verification (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_pass INT UNSIGNED,
    IN in_is_end TINYINT(1),
    INOUT io_step VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_cursor_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_roots INT UNSIGNED,
    IN in_related_rows INT UNSIGNED,
    IN in_missing INT UNSIGNED,
    IN in_incomplete INT UNSIGNED,
    IN in_different INT UNSIGNED,
    IN in_orphaned INT UNSIGNED
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Write how far a verification came: history, source, ending, ended.'
BEGIN
    DECLARE v_is_end TINYINT(1) DEFAULT in_is_end;

    -- All chunks of history were compared: then the source's keys are scanned.
    IF io_step = 'history' AND v_is_end THEN
        SET io_step = 'source';
    -- All keys were scanned: then what was not found again is forgotten.
    ELSEIF io_step = 'source' AND v_is_end THEN
        SET io_step = 'ending';
    ELSE
        SET v_is_end = 0;
    END IF;

    -- All of it is forgotten: the verification has ended.
    IF io_step = 'ending' THEN
        CALL _end_verification(in_archive, in_pass, v_is_end);
        IF v_is_end THEN
            SET io_step = 'ended';
        END IF;
    END IF;

    -- The holder's name goes, in the transaction that ends now.
    UPDATE verification AS v
    SET
        v.step = io_step,
        v.cursor_key = IF(v_is_end, NULL, in_cursor_key),
        v.ended_at = IF(io_step = 'ended', UTC_TIMESTAMP(6), v.ended_at),
        v.roots = v.roots + in_roots,
        v.related_rows = v.related_rows + in_related_rows,
        v.missing = v.missing + in_missing,
        v.incomplete = v.incomplete + in_incomplete,
        v.different = v.different + in_different,
        v.orphaned = v.orphaned + in_orphaned,
        v.called_at = UTC_TIMESTAMP(6),
        v.connection_id = CONNECTION_ID(),
        v.holder_id = NULL,
        v.held_at = NULL
    WHERE v.archive = in_archive;
END;
