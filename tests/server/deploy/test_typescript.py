"""The handler for teams whose Lambdas are TypeScript, as npm builds it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from bygones.sandbox.shop import PROJECT
from tests.support.certificates import make_certificates, shown
from tests.support.kills.history import assert_complete, count
from tests.support.procedures import query
from tests.support.wire import by_tcp

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import OpenShop
    from tests.support.certificates import Certificates

FOLDER = PROJECT / "deploy" / "typescript"
FILES = ("handler.ts", "package.json", "package-lock.json", "tsconfig.json")
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH")
CALL = """
import { handler } from "./dist/handler.js";
const context = { getRemainingTimeInMillis: () => Number(process.env.REMAINING) };
console.log(JSON.stringify(await handler({}, context)));
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it in a folder of its own, from what its lock file names."""
    if shutil.which("npm") is None:
        pytest.skip("npm isn't installed here")
    folder = tmp_path_factory.mktemp("typescript")
    for name in FILES:
        shutil.copy(FOLDER / name, folder)
    done = npm(folder, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    if done.returncode and any(word in done.stderr for word in NO_NETWORK):
        pytest.skip("npm reaches no registry from here")
    assert done.returncode == 0, done.stderr
    done = npm(folder, "run", "build")
    assert done.returncode == 0, done.stdout
    (folder / "call.mjs").write_text(CALL)
    return folder


def npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - of our own folder
        ["npm", *arguments],  # noqa: S607 - the npm on PATH
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )


def call(
    built: Path, url: str, ca: Path, *, remaining_ms: int = 30_000
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "call.mjs"],  # noqa: S607 - the node on PATH
        cwd=built,
        env=os.environ
        | {
            "DATABASE_URL": url,
            "DATABASE_CA": ca.read_text(),
            "REMAINING": str(remaining_ms),
        },
        check=False,
        capture_output=True,
        text=True,
    )


def replied(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert isinstance(reply, dict)
    return reply


def test_it_copies_everything_over_verified_tls(
    built: Path, tls_shop: OpenShop, certificates: Certificates
) -> None:
    with by_tcp(tls_shop.caller_url) as url:
        done = call(built, f"{url}_history", certificates.ca)

    assert replied(done) == {"roots": 40, "state": "idle"}
    assert_complete(tls_shop.admin, tls_shop)


def test_it_ends_when_little_time_is_left_and_the_next_goes_on(
    built: Path, tls_shop: OpenShop, certificates: Certificates
) -> None:
    with by_tcp(tls_shop.caller_url) as url:
        where = f"{url}_history"
        first = replied(call(built, where, certificates.ca, remaining_ms=100))
        second = replied(call(built, where, certificates.ca))

    assert (first["state"], second["state"]) == ("copied", "idle")
    assert first["roots"] + second["roots"] == 40


def test_it_ends_where_a_rest_does_not_fit(
    built: Path, tls_shop: OpenShop, certificates: Certificates
) -> None:
    query(tls_shop.admin, "UPDATE archive SET pace = 10, max_size = 5")
    with by_tcp(tls_shop.caller_url) as url:
        reply = replied(
            call(built, f"{url}_history", certificates.ca, remaining_ms=5001)
        )

    assert reply == {"roots": 5, "state": "copied"}


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("localhost", "HANDSHAKE_SSL_ERROR"),
        ("other.example", "does not match certificate"),
    ],
)
def test_it_refuses_another_ca_and_a_certificate_for_another_host(
    built: Path, tls_shop: OpenShop, tmp_path: Path, host: str, problem: str
) -> None:
    theirs = make_certificates(tmp_path / "theirs", host=host)
    other = make_certificates(tmp_path / "other", host=host)
    ca = other.ca if host == "localhost" else theirs.ca

    with shown(tls_shop.admin, theirs), by_tcp(tls_shop.caller_url) as url:
        done = call(built, f"{url}_history", ca)

    assert done.returncode != 0
    assert problem in done.stderr
    assert count(tls_shop.admin, "orders_history") == 0


def test_it_is_ten_lines_or_so() -> None:
    text = (FOLDER / "handler.ts").read_text()
    code = [line for line in text.splitlines() if line.strip("/* })\n")]

    assert len(code) <= 13
    assert max(map(len, text.splitlines())) <= 100
