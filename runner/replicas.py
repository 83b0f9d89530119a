"""Look how far the replicas are behind; what can't be told counts as too far."""

from __future__ import annotations

import threading
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import pymysql
from pymysql.cursors import DictCursor

from bygones.runner.connection import connect, replicas_from
from bygones.runner.errors import (
    BygonesError,
    LostConnectionError,
    StopError,
    from_driver,
)
from bygones.runner.loop import LOOK_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pymysql.cursors import Cursor

    from bygones.runner.connection import Database

# A replica that takes longer to answer counts as unreachable.
ANSWER_SECONDS = 2.0

# All channels, or connections as MariaDB says, of a replica with several sources.
MYSQL = ("SHOW REPLICA STATUS", "Seconds_Behind_Source")
MARIADB = ("SHOW ALL SLAVES STATUS", "Seconds_Behind_Master")


@contextmanager
def replicas_of(
    environment: Mapping[str, str],
) -> Iterator[Callable[[int], str | None] | None]:
    """Give what tells which replicas are behind; None where none is named."""
    databases = replicas_from(environment)
    if databases:
        with closing(Replicas(databases)) as replicas:
            yield replicas.behind
    else:
        yield None


class Replicas:
    """Know how far behind each replica was, a second ago at most."""

    def __init__(
        self,
        databases: Sequence[Database],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Connect to none yet; workers in several threads may share it."""
        self._replicas = [_Replica(database) for database in databases]
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at: float | None = None
        self._lags: dict[str, int | str] = {}

    def behind(self, seconds: int) -> str | None:
        """Tell which replicas are further behind, or why one can't be told of."""
        with self._lock:
            now = self._clock()
            if self._looked_at is None or now - self._looked_at >= LOOK_SECONDS:
                self._lags = {each.name: each.lag() for each in self._replicas}
                self._looked_at = now
            problems = [
                f"replica {name} {lag}"
                if isinstance(lag, str)
                else f"replica {name} is {lag} s behind,"
                f" max_replica_lag_seconds {seconds}"
                for name, lag in self._lags.items()
                if isinstance(lag, str) or lag > seconds
            ]
        return "; ".join(problems) or None

    def close(self) -> None:
        """End the sessions that there are."""
        for replica in self._replicas:
            replica.close()


class _Replica:
    """Hold a session on one replica; after an error the next look opens another."""

    def __init__(self, database: Database) -> None:
        self.name = database.address
        self._database = database
        self._connection: pymysql.Connection[Cursor] | None = None

    def lag(self) -> int | str:
        """Return the seconds, or what is wrong; raise what only a person can mend."""
        try:
            return self._read()
        except StopError:
            raise
        except LostConnectionError:
            self.close()  # by wait_timeout, or it was restarted: once more
        except BygonesError as error:
            return f"can't be read: {error}"
        try:
            return self._read()
        except StopError:
            raise
        except BygonesError as error:
            self.close()
            return f"can't be read: {error}"

    def close(self) -> None:
        """End the session, if there is one."""
        if self._connection is not None:
            with suppress(pymysql.Error, OSError):
                self._connection.close()
            self._connection = None

    def _read(self) -> int | str:
        if self._connection is None:
            self._connection = connect(
                self._database, schema=None, seconds=ANSWER_SECONDS
            )
        version = self._connection.get_server_info()  # type: ignore[no-untyped-call] # the driver's
        statement, column = MARIADB if "MariaDB" in version else MYSQL
        try:
            with self._connection.cursor(DictCursor) as cursor:
                cursor.execute(statement)
                rows = cursor.fetchall()
        except (pymysql.Error, OSError) as error:
            raise from_driver(error, f"{statement} on {self.name}") from None
        if not rows:
            return "is no replica of anything"
        lags = [row[column] for row in rows]
        if None in lags:
            return "doesn't replicate: how far it is behind is NULL"
        return max(int(lag) for lag in lags)
