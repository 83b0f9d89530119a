"""Write an event of MySQL's own scheduler that copies: disabled, until it's wanted."""

from __future__ import annotations

from migrations.names import Schemas, literal, quote

# Who installs it becomes its definer, and it runs with the definer's rights.
TEXT = """\
-- Copies {archive} by the server's own scheduler, where nothing else can. As the owner,
-- who needs EVENT on the history schema: GRANT EVENT ON {pattern}.* TO ...;
--   ALTER EVENT {event} ENABLE;     starts it (and SET GLOBAL event_scheduler = ON,
--                                   where that's off, as it is on MariaDB)
--   ALTER EVENT {event} DISABLE;    stops it
--   DROP EVENT {event};             before a downgrade that takes the archive away
DELIMITER $$
CREATE EVENT IF NOT EXISTS {event}
ON SCHEDULE EVERY 1 MINUTE
ON COMPLETION PRESERVE
DISABLE
COMMENT 'Copy until nothing is left to copy, for 50 s at most.'
DO
BEGIN
    DECLARE v_ends_at DATETIME(6) DEFAULT UTC_TIMESTAMP(6) + INTERVAL 50 SECOND;
    DECLARE v_before DECIMAL(40, 0);
    DECLARE v_after DECIMAL(40, 0);

    -- As in a session of the runner.
    SET time_zone = '+00:00', lock_wait_timeout = 5, innodb_lock_wait_timeout = 5;

    -- An event sees no CALL's answer: it goes on while lanes do. One that starts beside
    -- another finds them taken, or takes one that is free.
    REPEAT
        SELECT SUM(l.examined + l.chunks) INTO v_before
        FROM {history}.lane AS l WHERE l.archive = {name};

        CALL {copy}(NULL);

        SELECT SUM(l.examined + l.chunks) INTO v_after
        FROM {history}.lane AS l WHERE l.archive = {name};
    UNTIL v_after = v_before OR UTC_TIMESTAMP(6) > v_ends_at END REPEAT;
END$$
DELIMITER ;
"""


def event_name(archive: str) -> str:
    """Return the event's name in the history schema."""
    return f"copy_{archive}_event"


def event_of(source: str, archive: str) -> str:
    """Return a script for the `mysql` client that installs an archive's event."""
    history = quote(Schemas(source).history)
    return TEXT.format(
        archive=archive,
        pattern=history.replace("_", r"\_").replace("%", r"\%"),
        history=history,
        event=f"{history}.{quote(event_name(archive))}",
        copy=f"{history}.{quote(f'copy_{archive}_chunk')}",
        name=literal(archive),
    )
