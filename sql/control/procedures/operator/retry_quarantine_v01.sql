CREATE PROCEDURE pharmacy_history.retry_quarantine (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Let all quarantined roots of an archive be tried again.

Description
  For when the cause is mended, or max_root_rows is raised. Each quarantined root
  is tried once more, alone, by the next recheck of its lane: it is copied, or back
  in quarantine with what its try gave. Until then it counts as quarantined, and
  while it is its turn as unfinished. Every full pass does the same by itself. Works
  with the caller''s own rights: EXECUTE alone is not enough (1142).

Parameters
  in_archive  Its name in archives.toml.

Returns
  One row:
  archive      Its name.
  quarantined  How many roots are to be tried again.

Errors
  30001  A transaction is open in this session.
  30003  No archive has this name.
  30020  This is a copy of an installation, under another name.

Example
  CALL retry_quarantine(''orders'');
'
retry_quarantine: BEGIN
    DECLARE v_quarantined BIGINT UNSIGNED;

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

        CALL _check_archive(in_archive);

        UPDATE archive AS a
        SET a.quarantine_cycle = a.quarantine_cycle + 1
        WHERE a.name = in_archive;

        SELECT COUNT(*)
        INTO v_quarantined
        FROM waiting_root AS w
        WHERE w.archive = in_archive AND w.reason = 'quarantined';

        COMMIT AND NO CHAIN NO RELEASE;
    END;

    -- No table is read from here on: under autocommit=0 that would open another
    -- transaction.
    SELECT in_archive AS archive, v_quarantined AS quarantined;
END;
