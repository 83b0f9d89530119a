import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest
from sqlalchemy import make_url

from bygones.sandbox import cache
from bygones.sandbox.containers import engine_answers
from bygones.sandbox.families import FAMILIES
from bygones.sandbox.guardian import Keeper
from bygones.sandbox.packages import unpacked
from bygones.sandbox.program import Program
from bygones.sandbox.server import SandboxError, Server, find_server
from tests.support.procedures import until

needs_packages = pytest.mark.skipif(
    "BYGONES_TEST_URL" in os.environ or engine_answers(),
    reason="a URL or a Docker engine decides here, not the packages",
)

USER = """
import os, signal, sys
from bygones.sandbox.server import find_server

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
with find_server("mariadb") as server:
    if "fork" in sys.argv and os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
    print(server.url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def mariadb() -> Iterator[Server]:
    with find_server("mariadb") as server:
        yield server


def socket_in(url: str) -> Path:
    return Path(str(make_url(url).query["unix_socket"]))


def process_in(folder: Path) -> Path:
    return Path("/proc", (folder / "data/pid").read_text().strip())


def query(server: Server, sql: str) -> tuple[tuple[Any, ...], ...]:
    with (
        pymysql.connect(
            unix_socket=str(socket_in(server.url)), user="root", autocommit=True
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
        return cursor.fetchall()


@needs_packages
@pytest.mark.parametrize("family", ["mysql", "mariadb", "mariadb-11.8"])
def test_starts_a_server_of_the_family_whose_crash_keeps_what_was_committed(
    family: str,
) -> None:
    with find_server(family) as server:
        ((version,),) = query(server, "SELECT VERSION()")

        assert server.version == version
        kind, _, release = family.partition("-")
        assert server.family == kind
        assert ("MariaDB" in version) is (kind == "mariadb")
        # Ubuntu has one release of each.
        assert version.startswith(release) or "ubuntu" in version
        assert "packages" in server.origin
        assert word_said_by(server) == "naïve"

        query(server, "CREATE TABLE mysql.kept (id INT PRIMARY KEY) ENGINE = InnoDB")
        query(server, "INSERT INTO mysql.kept VALUES (7)")
        process = process_in(socket_in(server.url).parent)
        server.crash()
        assert not process.exists()
        server.start()

        assert query(server, "SELECT id FROM mysql.kept") == ((7,),)


def word_said_by(server: Server) -> str:
    """Ask the server by its own client."""
    assert server.client
    arguments = ["--batch", "--user=root", f"--socket={socket_in(server.url)}"]
    done = subprocess.run(  # noqa: S603 - the client in question
        [*server.client, *arguments, "--execute=SELECT 'naïve' AS word"],
        check=True,
        capture_output=True,
        text=True,
    )
    heading, word = done.stdout.splitlines()
    assert heading == "word"
    return word


@needs_packages
def test_says_in_one_line_what_was_chosen_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BYGONES_TEST_SERVER", "mariadb")

    with find_server() as server:
        assert server.family == "mariadb"
        assert capfd.readouterr().err == f"sandbox: {server.origin}\n"


@needs_packages
def test_a_second_start_needs_no_apt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    unpacked(FAMILIES["mariadb"])
    monkeypatch.setenv("PATH", str(tmp_path))

    with find_server("mariadb") as server:
        assert query(server, "SELECT 1") == ((1,),)


@needs_packages
def test_without_apt_and_cache_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cache, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SandboxError, match=r"no apt-get.*BYGONES_TEST_URL"):
        find_server("mysql").__enter__()


@needs_packages
@pytest.mark.parametrize(
    ("ending", "forks"), [(signal.SIGKILL, "fork"), (signal.SIGINT, "")]
)
def test_the_server_goes_with_its_user(ending: signal.Signals, forks: str) -> None:
    with subprocess.Popen(  # noqa: S603 - the script above
        [sys.executable, "-c", USER, forks],
        env={**os.environ, "PYTHONPATH": str(cache.CACHE.parent)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as user:
        assert user.stdout
        folder = socket_in(user.stdout.readline().strip()).parent
        process = process_in(folder)
        assert process.exists()

        os.kill(user.pid, ending)

        until(lambda: not process.exists(), "the server is gone")
        until(lambda: not folder.exists(), "its folder is gone")


@needs_packages
def test_starting_a_running_server_is_refused(mariadb: Server) -> None:
    with pytest.raises(SandboxError, match="is running"):
        mariadb.start()

    assert query(mariadb, "SELECT 1") == ((1,),)


@needs_packages
def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    family = dataclasses.replace(FAMILIES["mariadb"], options=("--no-such-option",))
    keeper = Keeper(Program(family=family, root=unpacked(family)), tmp_path)

    with pytest.raises(SandboxError, match="no-such-option"):
        keeper.start()
    keeper.stop()


@needs_packages
def test_a_url_is_used_as_it_is(
    mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYGONES_TEST_URL", mariadb.url)

    with find_server() as server:
        assert server.url == mariadb.url
        assert (server.family, server.version) == ("mariadb", mariadb.version)
        with pytest.raises(SandboxError, match="BYGONES_TEST_URL"):
            server.crash()
    assert query(mariadb, "SELECT 1") == ((1,),)


@needs_packages
def test_a_url_of_the_other_family_is_refused(
    mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BYGONES_TEST_URL", mariadb.url)

    with pytest.raises(SandboxError, match="MySQL was asked for"):
        find_server("mysql").__enter__()


def test_a_url_without_a_server_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYGONES_TEST_URL", "mysql://root@127.0.0.1:1/")

    with pytest.raises(SandboxError, match="No answer from"):
        find_server().__enter__()


def test_an_unknown_family_is_an_error() -> None:
    with pytest.raises(SandboxError, match=r"'oracle'.*mysql, mariadb, mariadb-11.8"):
        find_server("oracle").__enter__()
