"""Keep one connection between the invocations of a Lambda."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bygones.runner.errors import BygonesError
from bygones.runner.procedures import Procedures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.runner.credentials import Login

# The read timeout ends a silent connection this long before the deadline, so that the
# error can still be reported.
REPORT_SECONDS = 1.0
# However little time there is, a timeout must be positive.
LEAST_SECONDS = 0.1
# Invocations of one schedule have the same time, give or take the start.
TOLERATED_SECONDS = 2.0


class _Session:
    """Hold a connection and the read timeout it was opened with."""

    def __init__(self, login: Login, remaining: Callable[[], float]) -> None:
        self.login = login
        self.remaining = remaining
        self.read_seconds = 0.0
        self.procedures = Procedures(self._connect)

    def _connect(self) -> pymysql.Connection[Cursor]:
        self.read_seconds = self._seconds_now()
        return self.login.connect(seconds=self.read_seconds)

    def _seconds_now(self) -> float:
        return max(LEAST_SECONDS, self.remaining() - REPORT_SECONDS)

    def is_usable_for(self, login: Login) -> bool:
        """Tell whether the session lives and its timeout fits; end what it left."""
        difference = abs(self.read_seconds - self._seconds_now())
        if login != self.login or difference > TOLERATED_SECONDS:
            return False
        try:
            self.procedures.rollback()
        except BygonesError:  # wait_timeout or a failover ended it: a new one will do
            return False
        return True


_kept: list[_Session] = []


@contextmanager
def warm(login: Login, remaining: Callable[[], float]) -> Iterator[Procedures]:
    """Lend the kept connection or a new one; after an error none is kept.

    The driver takes its read timeout when it connects, so a kept connection is lent
    only where that fits the time there is now.
    """
    session = _kept.pop() if _kept else None
    if session is not None:
        session.remaining = remaining
        if not session.is_usable_for(login):
            session.procedures.close()
            session = None
    session = session or _Session(login, remaining)
    try:
        yield session.procedures
    except BaseException:
        session.procedures.close()
        raise
    _kept.append(session)
