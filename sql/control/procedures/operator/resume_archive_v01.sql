CREATE PROCEDURE pharmacy_history.resume_archive (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Let a paused archive go on.

Description
  The next CALL goes on where the last chunk ended. Resuming an archive that is
  not paused changes nothing. Works with the caller''s own rights: EXECUTE alone
  is not enough (1142).

Parameters
  in_archive  Its name in archives.toml.

Returns
  One row: archive, and paused_at, paused_by, pause_reason, which are NULL now.

Errors
  30001  A transaction is open in this session.
  30003  No archive has this name.
  30020  This is a copy of an installation, under another name.

Example
  CALL resume_archive(''orders'');
'
resume_archive: BEGIN
    CALL _check_schema('pharmacy_history');
    CALL _set_pause(in_archive, NULL);
END;
