"""What can go wrong, split by what the caller does about it.

BygonesError
├── RetryError            repeat the CALL in this run: deadlock, lock wait
├── LostConnectionError   outcome unknown: reconnect, look, go on
├── TryLaterError         end the run, the next one may do better: failover, deploy
└── StopError             a person is needed: rights, drift, a bug
    └── ConfigurationError    a setting or an event that can't be understood
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pymysql

    from bygones.runner.calls import Summary

OURS = range(30001, 30100)  # signalled by bygones' procedures, written for people
CLIENT = range(2000, 3000)  # raised by the driver on this side, before any data

# By the class of their SQLSTATE: 40 is a transaction that the server rolled back (a
# deadlock, or a cluster's certification), 08 a connection that it can't serve now.
ROLLED_BACK, NO_CONNECTION = "40", "08"
RETRY = {
    1020,  # a row has changed since the snapshot: MariaDB's innodb_snapshot_isolation
    1180,  # the storage engine failed to commit: as another member's transaction did
    1205,  # lock wait timeout
    1213,  # deadlock
    1412,  # the table's definition changed after the transaction began
    3572,  # NOWAIT met a lock
}
LOST = {
    1053,  # server shutdown in progress
    1927,  # MariaDB: connection was killed
    2006,  # server has gone away
    2013,  # lost connection during query, or read_timeout
    2055,  # lost connection, with the system's error
    3169,  # session was killed
    4031,  # wait_timeout ended the session
}
LATER = {
    1015,  # innodb_read_only, seen by DML
    1040,  # too many connections
    1047,  # Galera: the node has no quorum, or is joining
    1135,  # no thread for one more session
    1203,  # too many connections of this user
    1223,  # a read lock of the whole server: a backup
    1226,  # a resource limit of this user
    1290,  # read_only or super_read_only: the old writer after a failover
    1305,  # procedure missing: a deploy is under way
    1317,  # somebody killed the query
    1792,  # read-only transaction
    1836,  # innodb_read_only, seen by DDL
    1969,  # MariaDB: max_statement_time
    2002,  # can't connect, by socket
    2003,  # can't connect
    2005,  # unknown host
    3024,  # MySQL: max_execution_time
    3032,  # offline mode
    3100,  # Group Replication: a plugin stopped the COMMIT, as at a change of primary
    3168,  # the server isn't available
    *(
        3796,
        3797,
        3798,
    ),  # Group Replication: the member isn't ONLINE, or waits too long
}
# Of class 08, but no repeating helps.
STAYS = {
    1184,  # init_connect fails for this account
    1251,  # the account's password is kept in a form that the driver doesn't know
}
# No probe of this very server has found that chunks are read at one instant there.
NOT_PROBED = 30021
# What procedures answer that came out of a dump: of another schema, of a definer that
# isn't there or may nothing, or none at all.
RESTORED = {30020, 1305, 1370, 1449}
# Names and rights, never a row's values. Every other text stays out of logs:
# "Duplicate entry 'Ada Lovelace' for key ..." is a patient's data.
SAFE_TEXT = (
    RETRY
    | LOST
    | LATER
    | {
        *(1044, 1045, 1049, 1129, 1130, 1142, 1146, 1227, 1370, 1449, 1698),
        *(1820, 1862, 3118, 4151),  # an account that is locked, a password too old
        *(1021, 1030, 1037, 1041, 1114),  # a disk or a memory that is full
        1104,  # max_join_size
        *(1153, 1301),  # packets that are too large
    }
)
HINTS = {
    **dict.fromkeys(
        (1040, 1203, 1226),
        "the server's limit of connections is reached; the next run tries again",
    ),
    **dict.fromkeys(
        (1015, 1290, 1792, 1836),
        "if that stays, the URL leads to a server that isn't the writer",
    ),
    **dict.fromkeys(
        (1047, 3100, 3168, 3796),
        "if that stays, look at the cluster: this member takes no writes",
    ),
    1044: "`bygones grants` prints what this account needs",
    1104: "the server forbids large joins to this account: SET GLOBAL max_join_size "
    "= DEFAULT, or let init_connect leave it alone",
    1142: "`bygones grants` prints what may be missing",
    1184: "mend the server's init_connect, which fails for this account",
    1205: "somebody holds a lock that the CALL needs: an ALTER of a source table, or a "
    "session that was left in a transaction; SHOW PROCESSLIST tells who",
    1449: "the account that installed bygones must exist: create it again, or run "
    "alembic upgrade head as the one that is to own it now",
    2026: "let the server offer TLS; tls=off in the URL does without, in clear text",
    1045: "check the user and password in BYGONES_DATABASE_URL or in the secret, or "
    "for a replica in BYGONES_REPLICA_URLS",
    1049: "install bygones there: alembic upgrade head",
    1227: "`bygones grants` prints what may be missing",
    1305: "wait for the deploy to end, or install bygones: alembic upgrade head",
    1370: "`bygones grants` prints what this account needs; if the denied one is "
    "another, they are its procedures: run alembic upgrade head as the one that is to "
    "own them",
}


class BygonesError(Exception):
    """Say what failed in words that may be logged, with the server's numbers."""

    def __init__(
        self, message: str, *, errno: int | None = None, sqlstate: str | None = None
    ) -> None:
        """Keep the numbers; the rest is filled in by the loop."""
        super().__init__(message)
        self.errno = errno
        self.sqlstate = sqlstate
        self.archive: str | None = None
        self.run_id: int | None = None
        self.chunk: int | None = None
        self.summary: Summary | None = None

    def __str__(self) -> str:
        """Put what there is of errno, SQLSTATE, archive and chunk last."""
        known = {
            "errno": self.errno,
            "SQLSTATE": self.sqlstate,
            "archive": self.archive,
            "chunk": self.chunk,
        }
        facts = ", ".join(f"{name} {value}" for name, value in known.items() if value)
        return f"{self.args[0]} ({facts})" if facts else str(self.args[0])


class RetryError(BygonesError):
    """Repeat the CALL after a ROLLBACK: it lost to another session."""


class LostConnectionError(BygonesError):
    """Reconnect and go on: the CALL may have committed."""


class TryLaterError(BygonesError):
    """End the run: the server can't take a CALL now."""


class StopError(BygonesError):
    """End the run and tell a person: repeating gives the same error."""


class ConfigurationError(StopError):
    """Tell which setting or argument is wrong, and show a right one."""


def from_driver(
    error: pymysql.Error | OSError,
    doing: str,
    *,
    connecting: bool = False,
    hint: str = "",
) -> BygonesError:
    """Turn the driver's error into one of ours, without a row's values in it.

    While connecting no row was read, and all is shown. A hint that whoever connects
    knows goes before that of the number.
    """
    errno, text = _numbers(error)
    sqlstate = getattr(error, "sqlstate", None)
    is_shown = connecting or may_be_shown(errno, sqlstate)
    message = f"{doing} failed: {_shown(errno, text, is_shown=is_shown)}"
    if hint := hint or HINTS.get(errno or 0, ""):
        message += f"; {hint}"
    kind = _kind(errno, sqlstate, error, connecting=connecting)
    return kind(message, errno=errno, sqlstate=sqlstate)


def may_be_shown(errno: int | None, sqlstate: str | None = None) -> bool:
    """Tell whether the server's text to this number holds no row's values."""
    return errno is not None and (
        errno in SAFE_TEXT
        or errno in OURS
        or errno in CLIENT
        or _class(sqlstate) in {ROLLED_BACK, NO_CONNECTION}
    )


def _class(sqlstate: str | None) -> str:
    return (sqlstate or "")[:2]


def _numbers(error: Exception) -> tuple[int | None, str]:
    if len(error.args) > 1 and isinstance(error.args[0], int):
        return error.args[0] or None, str(error.args[1])
    return None, ""


def _shown(errno: int | None, text: str, *, is_shown: bool) -> str:
    if errno is None:
        return "the connection is closed or out of step"
    if is_shown:
        return text
    return "the server's text is left out, it may hold a row's values"


def _kind(
    errno: int | None, sqlstate: str | None, error: Exception, *, connecting: bool
) -> type[BygonesError]:
    cause = getattr(error, "original_exception", None)
    if isinstance(cause, ssl.SSLCertVerificationError) or errno in STAYS:
        return StopError
    if errno is None or errno in LOST:
        return TryLaterError if connecting else LostConnectionError
    if errno in RETRY or _class(sqlstate) == ROLLED_BACK:
        return RetryError
    if errno in LATER or _class(sqlstate) == NO_CONNECTION:
        return TryLaterError
    return StopError
