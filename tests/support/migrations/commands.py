"""Run what a person runs: the command alembic, and the client on its script."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bygones.runner.connection import parse_url
from bygones.sandbox.sample import SAMPLE
from bygones.sandbox.shop import PROJECT

if TYPE_CHECKING:
    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop

CONFIGURATION = str(SAMPLE.root / "pyproject.toml")


def start_alembic(
    url: str | None, *arguments: str, configuration: str = CONFIGURATION
) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if k != "BYGONES_DATABASE_URL"}
    if url is not None:
        environment["BYGONES_DATABASE_URL"] = url
    return subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "alembic", "-c", configuration, *arguments],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def result(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for a command's end."""
    output, log = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, log)


def alembic(
    url: str | None, *arguments: str, configuration: str = CONFIGURATION
) -> subprocess.CompletedProcess[str]:
    return result(start_alembic(url, *arguments, configuration=configuration))


def failure(done: subprocess.CompletedProcess[str]) -> str:
    """Return the command's one message, with its lines joined, and nothing else."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return " ".join(done.stdout.split())


def script(shop: Shop, *arguments: str) -> str:
    """Return the script that a DBA applies by hand."""
    done = alembic(shop.owner_url, *arguments, "--sql")
    assert done.returncode == 0, done.stderr
    return done.stdout


def apply(server: Server, shop: Shop, sql: str) -> subprocess.CompletedProcess[str]:
    """Give a script to the family's own client, as the owner."""
    if server.client is None:
        pytest.skip("no client of the server's family is installed here")
    owner = parse_url(shop.owner_url)
    where = (
        [f"--socket={owner.unix_socket}"]
        if owner.unix_socket
        else [f"--host={owner.host}", f"--port={owner.port}", "--protocol=TCP"]
    )
    return subprocess.run(  # noqa: S603 - the family's client
        [*server.client, *where, f"--user={owner.user}", "--comments"],
        env={**os.environ, "MYSQL_PWD": owner.password},
        input=sql,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
