CREATE PROCEDURE pharmacy_history.pause_archive (
    IN in_archive VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    IN in_reason VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
)
MODIFIES SQL DATA
SQL SECURITY INVOKER
COMMENT 'Stop an archive before its next chunk, until resume_archive.

Description
  Every CALL that copies this archive answers `paused`, with who, when and why,
  from the next chunk on. A chunk that is being copied ends first; nothing is
  interrupted and nothing is lost. Pausing a paused archive replaces the reason.
  Works with the caller''s own rights: EXECUTE alone is not enough (1142).

Parameters
  in_archive  Its name in archives.toml.
  in_reason   Why, for whoever finds it paused.

Returns
  One row: archive, paused_at (UTC), paused_by, pause_reason.

Errors
  30001  A transaction is open in this session.
  30003  No archive has this name.
  30004  No reason is given.
  30020  This is a copy of an installation, under another name.

Example
  CALL pause_archive(''orders'', ''month-end closing'');
'
pause_archive: BEGIN
    CALL _check_schema('pharmacy_history');
    CALL _set_pause(in_archive, COALESCE(in_reason, ''));
END;
