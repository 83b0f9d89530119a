"""The Lambda's package: the same every time, and all that a Lambda needs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from bygones.cli.package import ZIP, build
from bygones.runner.errors import ConfigurationError
from bygones.sandbox.lambda_runtime import LambdaRuntime
from bygones.sandbox.shop import PROJECT
from tests.support.certificates import make_certificates, without_tls
from tests.support.kills.history import assert_complete, count
from tests.support.kills.lambdas import message_of, report_of
from tests.support.procedures import query
from tests.support.wire import by_tcp

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.certificates import Certificates

HOST = "localhost"
MOST_BYTES = 1_000_000


def test_the_same_input_makes_the_same_zip(tmp_path: Path) -> None:
    first = build(tmp_path / "first")
    os.utime(PROJECT / "runner" / "handler.py")  # a fresh clone has other times
    second = build(tmp_path / "second")

    assert hash_of(first) == hash_of(second)
    assert first.stat().st_size < MOST_BYTES


def hash_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_it_holds_the_runner_the_driver_and_its_licence_and_nothing_else(
    tmp_path: Path,
) -> None:
    with zipfile.ZipFile(build(tmp_path)) as package:
        names = package.namelist()
        modes = {entry.external_attr >> 16 for entry in package.infolist()}

    folder = tmp_path / "lambda"
    unzipped = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        *("bygones", "pymysql", "runner")
    }
    assert {Path(name).suffix for name in names} == {".py", ""}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any("__pycache__" in name for name in names)
    assert {name.split("/")[1] for name in names if name.startswith("bygones/")} == {
        *("__init__.py", "runner")
    }
    assert (names, unzipped, modes) == (sorted(names), set(names), {0o100644})


def test_what_was_in_the_folder_before_is_gone(tmp_path: Path) -> None:
    build(tmp_path)
    left = tmp_path / "lambda" / "left.py"
    left.touch()

    build(tmp_path)

    assert not left.exists()


def test_certificates_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "html").write_text("<html>404</html>")

    for ca in ("html", "missing"):
        with pytest.raises(ConfigurationError, match="holds no certificates"):
            build(tmp_path / "dist", ca=tmp_path / ca)

    assert not (tmp_path / "dist").exists()


def test_make_package_says_what_it_made(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [Path(sys.executable).with_name("bygones"), "package", "--into", tmp_path],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )

    assert f"sha256 {hash_of(tmp_path / ZIP)}" in done.stdout


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a Python with awslambdaric installed, and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, symlinks=True)
    [site] = folder.glob("lib/python*/site-packages")
    for name in ("awslambdaric", "simplejson", "snapshot-restore-py"):
        for file in importlib.metadata.files(name) or ():
            if ".." not in file.parts:
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), site / file)
    return folder / "bin" / "python"


@pytest.fixture
def run(
    tmp_path: Path, bare: Path, certificates: Certificates
) -> Callable[..., LambdaRuntime]:
    """Unpack the zip into an empty folder, and run it there alone."""

    def run(url: str, *, ca: Path | None = certificates.ca) -> LambdaRuntime:
        with zipfile.ZipFile(build(tmp_path, ca=ca)) as package:
            package.extractall(tmp_path / "task")
        # -I leaves PYTHONPATH and the working folder out; Lambda has the task's on
        # the path.
        [site] = bare.parents[1].glob("lib/python*/site-packages")
        (site / "task.pth").write_text(str(tmp_path / "task"))
        return LambdaRuntime(
            "runner.handler.handler",
            code=tmp_path / "task",
            env={"BYGONES_DATABASE_URL": url},
            interpreter=(str(bare), "-I"),
        )

    return run


Run = Callable[..., LambdaRuntime]


def test_unpacked_it_copies_alone_over_tls_verified_by_the_packed_certificates(
    tls_shop: OpenShop, run: Run
) -> None:
    with by_tcp(tls_shop.caller_url) as url, run(url) as runtime:
        report = report_of(runtime.invoke({}))
        ciphers = ciphers_of(tls_shop)
        warm = report_of(runtime.invoke({}))

    assert (report["roots"], warm["roots"]) == (40, 0)
    assert all(ciphers)
    assert_complete(tls_shop.admin, tls_shop)


def ciphers_of(shop: OpenShop) -> list[str]:
    """Return by what the caller's sessions are encrypted."""
    rows = query(
        shop.admin,
        "SELECT s.variable_value AS cipher"
        " FROM performance_schema.status_by_thread AS s"
        " JOIN performance_schema.threads AS t USING (thread_id)"
        " WHERE s.variable_name = 'Ssl_cipher' AND t.processlist_user = %s",
        f"{shop.source}_caller",
    )
    assert rows
    return [row["cipher"] for row in rows]


def test_a_url_can_name_other_certificates(
    tls_shop: OpenShop, run: Run, tmp_path: Path, certificates: Certificates
) -> None:
    other = make_certificates(tmp_path / "other", host=HOST)
    named = f"ssl_ca={quote(str(certificates.ca))}"

    with (
        by_tcp(tls_shop.caller_url, options=named) as url,
        run(url, ca=other.ca) as runtime,
    ):
        report = report_of(runtime.invoke({}))

    assert report["roots"] == 40


def test_a_certificate_of_another_ca_is_refused(
    tls_shop: OpenShop, run: Run, tmp_path: Path
) -> None:
    other = make_certificates(tmp_path / "other", host=HOST)

    with by_tcp(tls_shop.caller_url) as url, run(url, ca=other.ca) as runtime:
        message = message_of(runtime.invoke({}))

    assert message.startswith("StopError: ")
    assert "certificate verify failed" in message
    assert count(tls_shop.admin, "orders_history") == 0


def test_without_any_certificates_those_of_the_system_count(
    tls_shop: OpenShop, run: Run
) -> None:
    with by_tcp(tls_shop.caller_url) as url, run(url, ca=None) as runtime:
        message = message_of(runtime.invoke({}))

    assert message.startswith("StopError: ")
    assert "certificate verify failed" in message


def test_a_certificate_for_another_host_is_refused(
    tls_shop: OpenShop, run: Run
) -> None:
    with by_tcp(tls_shop.caller_url, host="127.0.0.1") as url, run(url) as runtime:
        message = message_of(runtime.invoke({}))

    assert message.startswith("StopError: ")
    assert "certificate is not valid for '127.0.0.1'" in message
    assert count(tls_shop.admin, "orders_history") == 0


def test_a_server_that_offers_no_tls_is_refused(tls_shop: OpenShop, run: Run) -> None:
    with (
        without_tls(tls_shop.admin),
        by_tcp(tls_shop.caller_url) as url,
        run(url) as runtime,
    ):
        message = message_of(runtime.invoke({}))

    assert message.startswith("StopError: ")
    assert "let the server offer TLS" in message
    assert count(tls_shop.admin, "orders_history") == 0


def test_doing_without_tls_is_said_in_the_log_each_time(
    tls_shop: OpenShop, run: Run
) -> None:
    with (
        by_tcp(tls_shop.caller_url) as encrypted,
        run(encrypted) as runtime,
    ):
        runtime.invoke({})
        quiet = runtime.logs
    with by_tcp(tls_shop.caller_url, options="tls=off") as url, run(url) as runtime:
        report_of(runtime.invoke({}))

        assert "tls_is_off" in runtime.logs
    assert "tls_is_off" not in quiet
