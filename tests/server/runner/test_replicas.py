"""How far replicas are behind, read from a real one."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner, Result

from bygones.cli.command import app
from bygones.runner.connection import (
    REPLICAS,
    SETTING,
    connect,
    parse_url,
    replicas_from,
)
from bygones.runner.errors import ConfigurationError, StopError
from bygones.runner.replicas import Replicas
from bygones.sandbox.guarded import guarded
from tests.support.procedures import query, until, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

# How replication is set up: MySQL's words, and MariaDB's.
START = {
    "mysql": "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %s,"
    " SOURCE_USER = 'replicator', SOURCE_PASSWORD = 'sandbox',"
    " SOURCE_LOG_FILE = %s, SOURCE_LOG_POS = %s, GET_SOURCE_PUBLIC_KEY = 1",
    "mariadb": "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = %s,"
    " MASTER_USER = 'replicator', MASTER_PASSWORD = 'sandbox',"
    " MASTER_LOG_FILE = %s, MASTER_LOG_POS = %s",
}
POSITION = {"mysql": "SHOW BINARY LOG STATUS", "mariadb": "SHOW MASTER STATUS"}


def bygones(shop: OpenShop, replicas: str, *arguments: str) -> Result:
    environment = {SETTING: shop.caller_url, REPLICAS: replicas}
    return CliRunner().invoke(app, arguments, env=environment)


def lag_of(url: str, seconds: int = 1) -> str | None:
    """Look once, over a connection of its own."""
    with closing(Replicas(replicas_from({REPLICAS: url}))) as replicas:
        return replicas.behind(seconds)


@contextmanager
def reachable(path: str) -> Iterator[int]:
    """Let a server that listens at a socket's path be reached at a port of loopback."""
    listening = socket.create_server(("127.0.0.1", 0))
    ends: list[socket.socket] = [listening]

    def carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                end.close()

    def accept() -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(path)
            ends.extend((near, far))
            for pair in ((near, far), (far, near)):
                threading.Thread(target=carry, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        for end in ends:
            # Wakes up who waits in it, which close() doesn't.
            end.close() if end is not listening else end.shutdown(socket.SHUT_RDWR)
        listening.close()


@contextmanager
def replica_of(server: Server, admin: Connection) -> Iterator[tuple[str, Connection]]:
    """Start a replica of a server; give its URL, and a superuser's session."""
    if not server.guarded:
        pytest.skip(f"a replica needs the unpacked packages, not {server.origin}")
    path = urlsplit(server.url).query.removeprefix("unix_socket=")
    query(admin, "CREATE USER replicator@'%' IDENTIFIED BY 'sandbox'")
    query(admin, "GRANT REPLICATION SLAVE ON *.* TO replicator@'%'")
    (position,) = query(admin, POSITION[server.family])
    with guarded(server.guarded.family) as own, reachable(path) as port:
        url = f"mysql://root@localhost/mysql?unix_socket={own.start()}"
        with closing(connect(parse_url(url), schema=None, seconds=60)) as session:
            query(session, "SET GLOBAL server_id = 2")
            where = (port, position["File"], position["Position"])
            query(session, START[server.family], *where)
            query(session, "START REPLICA")
            yield url, session
    query(admin, "DROP USER replicator@'%'")


@pytest.mark.core
def test_a_run_waits_for_a_replica_that_is_behind_or_cannot_tell(
    server: Server, admin: Connection, make_shop: Callable[..., OpenShop]
) -> None:
    with replica_of(server, admin) as (url, replica):
        shop = make_shop(finished=20)
        query(shop.admin, "CREATE TABLE late (id INT PRIMARY KEY)")
        until(lambda: has(replica, shop.history, "late"), "the replica has caught up")
        until(lambda: lag_of(url) is None, "the replica says so")

        # An event of a hundred seconds ago, which the replica can't apply.
        query(replica, f"LOCK TABLES `{shop.history}`.late READ")
        query(shop.admin, "SET timestamp = UNIX_TIMESTAMP() - 100")
        query(shop.admin, "INSERT INTO late VALUES (1)")
        query(shop.admin, "SET timestamp = DEFAULT")
        until(lambda: lag_of(url), "the replica is behind")
        behind = bygones(shop, url, "run", "--max-seconds", "2")
        query(
            shop.admin, "CALL tune_archive('orders', 'max_replica_lag_seconds', NULL)"
        )
        unwatched = bygones(shop, url, "run", "--max-chunks", "1", "--max-roots", "5")
        query(shop.admin, "CALL tune_archive('orders', 'max_replica_lag_seconds', 1)")
        query(replica, "UNLOCK TABLES")
        until(lambda: lag_of(url) is None, "the replica has caught up again")
        copied = bygones(shop, url, "run")
        until(lambda: lag_of(url) is None, "the replica has the history")

        query(replica, "STOP REPLICA SQL_THREAD")
        stopped = bygones(shop, url, "run", "--max-seconds", "2")
        runs = query(shop.admin, "SELECT reason, detail, calls FROM run ORDER BY id")

    assert behind.exit_code == stopped.exit_code == 75
    assert "orders: throttled; calls 0, roots 0" in behind.stdout
    assert " s behind, max_replica_lag_seconds 1" in behind.stdout
    assert (unwatched.exit_code, " roots 5," in unwatched.stdout) == (0, True)
    assert (copied.exit_code, " roots 15," in copied.stdout) == (0, True)
    assert "doesn't replicate: how far it is behind is NULL" in stopped.stdout
    assert [(run["reason"], run["calls"]) for run in runs[::3]] == [
        ("throttled", 0),
        ("throttled", 0),
    ]
    assert runs[0]["detail"] in behind.stdout


def has(replica: Connection, schema: str, table: str) -> bool:
    return bool(
        value(
            replica,
            "SELECT COUNT(*) FROM information_schema.tables"
            " WHERE table_schema = %s AND table_name = %s",
            schema,
            table,
        )
    )


@pytest.mark.parametrize("there", [True, False])
def test_a_run_waits_where_a_replica_is_none_or_is_away(
    shop: OpenShop, *, there: bool
) -> None:
    if there:
        url, problem = shop.url, "is no replica of anything"
    else:
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        url, problem = f"mysql://u@127.0.0.1:{port}/shop", "can't be read"

    result = bygones(shop, url, "run", "--max-seconds", "2")
    (run,) = query(shop.admin, "SELECT * FROM run")

    assert result.exit_code == 75
    assert problem in result.stdout
    assert (run["reason"], run["calls"], problem in run["detail"]) == (
        "throttled",
        0,
        True,
    )
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 0


def test_a_replica_that_the_account_may_not_ask_needs_a_person(shop: OpenShop) -> None:
    result = bygones(shop, shop.caller_url, "run")

    assert result.exit_code == 1
    assert "errno 1227" in result.stderr
    assert "`bygones grants` prints what may be missing" in result.stderr
    with pytest.raises(StopError):
        lag_of(shop.caller_url)


def test_replicas_are_asked_once_a_second_whoever_wants_to_know(shop: OpenShop) -> None:
    now = [0.0]
    databases = replicas_from({REPLICAS: shop.url})
    with closing(Replicas(databases, clock=lambda: now[0])) as replicas:
        first = asked(shop, replicas)
        again = asked(shop, replicas)
        now[0] = 1.0
        later = asked(shop, replicas)

    assert (first, again, later) == (1, 0, 1)


def asked(shop: OpenShop, replicas: Replicas) -> int:
    """Count the times that a look asks a server how far it is behind."""

    def count() -> int:
        counted = query(shop.admin, "SHOW GLOBAL STATUS LIKE 'Com_show_%_status'")
        return sum(int(row["Value"]) for row in counted)

    before = count()
    replicas.behind(1)
    return count() - before


def test_replicas_are_named_with_commas_between_them() -> None:
    urls = "mysql://u@one/shop, mysql://u:a%2Cb@two:3307/shop,"

    first, second = replicas_from({REPLICAS: urls})

    assert (first.address, second.address) == ("one:3306", "two:3307")
    assert second.password == "a,b"  # noqa: S105 - not one
    assert replicas_from({}) == replicas_from({REPLICAS: " "}) == ()


def test_a_wrong_url_of_a_replica_is_told_apart_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        replicas_from({REPLICAS: "mysql://u:ge,heim@one/shop"})

    assert str(caught.value).startswith("BYGONES_REPLICA_URLS: The database URL")
    assert "heim" not in str(caught.value)
