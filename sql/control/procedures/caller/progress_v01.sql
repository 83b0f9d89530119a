CREATE PROCEDURE pharmacy_history.progress ()
READS SQL DATA
SQL SECURITY DEFINER
COMMENT 'Show how far each archive is, what waits and why, and who paused it.

Description
  The view of the same name, for callers that hold EXECUTE alone, and who holds
  lanes. Reads control tables only, never the source: the numbers are as of the
  last CALL.

Returns
  One row an archive:
  archive          Its name in archives.toml.
  state            paused; scanning (a full pass is under way); rechecking (it
                   has come to the last key, and rechecks what waits); passed (the
                   full pass ended, tail and rechecks go on).
  pass             The number of this full pass.
  roots            Roots copied, ever.
  related_rows     Rows of relations copied with them, ever.
  examined         Root keys examined in this pass.
  unfinished       Roots that were not finished when they were examined last.
  quarantined      Roots that can''t be copied; `waiting` says why.
  is_capped        1: too many roots are unfinished to note each (waiting_cap),
                   so each recheck is a scan of everything.
  lanes            Ranges of keys that are worked on at the same time.
  cursor           The greatest root key examined, as JSON; of several lanes,
                   see `lane`.
  last_chunk_at    When the last chunk started, UTC.
  pass_started_at  When this full pass started, UTC.
  pass_ended_at    When it ended, UTC; NULL while it goes on.
  findings         Roots that verification found missing, incomplete or
                   different: see `finding`.
  verified_at      When the last verification ended, UTC; NULL before the first.
  held_by          The connections that hold a lane, and the longest for how
                   long: a chunk takes less than a second. NULL if none does, and
                   in a transaction of the caller''s, which must not be ended.
  paused_at, paused_by, pause_reason
                   NULL while it is not paused.
  key_warning      What spoke, when this pass was opened, for keys that came
                   twice: after TRUNCATE, or a restore. NULL: nothing did.
  not_watched      Signs of load that no limit is set on, so that no chunk waits
                   for them; see tune_archive.
  last_error       The error of the last CALL that copied or failed; NULL if it
                   copied.

Errors
  30020  This is a copy of an installation, under another name.

Example
  CALL progress();
'
progress: BEGIN
    DECLARE v_holders TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

    CALL _check_schema('pharmacy_history');

    -- Whoever holds a lane writes its name there and takes it off before COMMIT: only a
    -- dirty read shows it. The numbers below are those that are committed.
    BEGIN
        DECLARE EXIT HANDLER FOR 1568 SET v_holders = NULL;

        SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED;
        START TRANSACTION READ ONLY;

        SELECT JSON_OBJECTAGG(k.archive, k.holders)
        INTO v_holders
        FROM (
            SELECT
                l.archive,
                CONCAT(
                    'connection ', MIN(l.holder_id),
                    IF(
                        COUNT(l.holder_id) > 1,
                        CONCAT(
                            ' to ', MAX(l.holder_id), ', ', COUNT(l.holder_id), ' in all'
                        ),
                        ''
                    ),
                    ' for ',
                    GREATEST(
                        0, TIMESTAMPDIFF(SECOND, MIN(l.held_at), UTC_TIMESTAMP(6))
                    ),
                    ' s'
                ) AS holders
            FROM lane AS l
            WHERE l.holder_id IS NOT NULL
            GROUP BY l.archive
        ) AS k;

        COMMIT AND NO CHAIN NO RELEASE;
    END;

    SELECT
        p.archive,
        p.state,
        p.pass,
        p.roots,
        p.related_rows,
        p.examined,
        p.unfinished,
        p.quarantined,
        p.is_capped,
        p.lanes,
        p.`cursor`,
        p.last_chunk_at,
        p.pass_started_at,
        p.pass_ended_at,
        p.findings,
        p.verified_at,
        JSON_UNQUOTE(
            JSON_EXTRACT(v_holders, CONCAT('$."', p.archive, '"'))
        ) AS held_by,
        p.paused_at,
        p.paused_by,
        p.pause_reason,
        p.key_warning,
        p.not_watched,
        p.last_error
    FROM progress AS p
    ORDER BY p.archive;
END;
