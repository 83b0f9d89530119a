"""Choose the real server that tests, demo and benchmarks run on, and give it away.

A URL in BYGONES_TEST_URL comes first, then a container where a Docker engine answers,
then the distribution's packages, unpacked into `.sandbox/` without root. To get newer
packages, remove that folder.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import OperationalError

from bygones.sandbox.cache import cached
from bygones.sandbox.containers import contained, engine_answers, image
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import Family, family_called, family_of
from bygones.sandbox.guarded import Guarded, guarded
from bygones.sandbox.packages import unpacked
from bygones.sandbox.program import Program

__all__ = ["SandboxError", "Server", "find_server"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Tell what one needs to know to use a server."""

    url: str
    family: str
    version: str
    origin: str
    client: list[str] | None
    guarded: Guarded | None = None

    def crash(self) -> None:
        """Kill the server process; what was committed is there after `start`."""
        self._own().crash()

    def start(self) -> None:
        """Start the server again after a crash; return when it answers."""
        self._own().start()

    def _own(self) -> Guarded:
        if not self.guarded:
            raise SandboxError(
                "Only a server from unpacked packages can be crashed and started; "
                f"this one is another: {self.origin}"
            )
        return self.guarded


@contextmanager
def find_server(family: str | None = None) -> Iterator[Server]:
    """Give a server of the family, or of $BYGONES_TEST_SERVER; end it afterwards."""
    wanted = family_called(family or os.environ.get("BYGONES_TEST_SERVER", "mysql"))
    if url := os.environ.get("BYGONES_TEST_URL"):
        server = _described(url, _announced("the server at BYGONES_TEST_URL"))
        if family and server.family != wanted.kind:
            raise SandboxError(
                f"{wanted.title} was asked for, but the server at BYGONES_TEST_URL "
                f"is {server.version}."
            )
        yield server
    elif engine_answers():
        origin = f"{image(wanted)} in a container: a Docker engine answers"
        with contained(wanted) as url:
            yield _described(url, _announced(origin))
    else:
        origin = (
            f"{wanted.title} from the distribution's packages in .sandbox/: "
            "BYGONES_TEST_URL is not set and no Docker engine answers"
        )
        _announced(origin)
        unpacked(wanted)
        with guarded(wanted) as own:
            url = f"mysql://root@localhost/?unix_socket={own.start()}"
            yield _described(url, origin, own, wanted)


def _announced(origin: str) -> str:
    sys.stderr.write(f"sandbox: {origin}\n")
    return origin


def _described(
    url: str, origin: str, own: Guarded | None = None, wanted: Family | None = None
) -> Server:
    address = make_url(url).set(drivername="mysql+pymysql")
    # The driver has no such setting.
    engine = create_engine(address.difference_update_query(["tls"]), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            version = connection.exec_driver_sql("SELECT VERSION()").scalar_one()
    except OperationalError as error:
        raise SandboxError(f"No answer from {origin}: {error.orig}") from error
    family = family_of(version)
    return Server(
        url=url,
        family=family.name,
        version=version,
        origin=origin,
        client=_client(wanted or family),
        guarded=own,
    )


def _client(family: Family) -> list[str] | None:
    """Return the unpacked client, or one on PATH, or nothing."""
    if folder := cached(family.name):
        return Program(family=family, root=folder).client()
    found = shutil.which(family.client.rpartition("/")[2])
    if not found:
        return None
    # On Debian the `mysql` on PATH is MariaDB's.
    said = subprocess.run(  # noqa: S603 - the client that PATH names
        [found, "--version"], check=False, capture_output=True, text=True
    ).stdout
    return [found, "--no-defaults"] if family_of(said) is family else None
