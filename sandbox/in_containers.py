"""Run the core of the tests in containers: `make test-containers`.

Where no Docker engine answers, one is installed and started, which needs root; the
image is built from the distribution's packages, so that no registry is needed. The
result is kept in tests/soak/.
"""

import datetime as dt
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docker import (  # type: ignore[import-untyped]  # has no types
    DockerClient,
    from_env,
)

from bygones.sandbox.containers import engine_answers
from bygones.sandbox.engine import engine
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import family_called
from bygones.sandbox.images import build

_PROJECT = Path(__file__).resolve().parents[1]
_RESULTS = _PROJECT / "tests" / "soak"


def main() -> int:
    """Run pytest's core tests with what is given on the command line."""
    family = family_called(os.environ.get("BYGONES_TEST_SERVER", "mysql"))
    try:
        with _engine() as client:
            version = client.version()["Version"]
            image = build(client, family)
            sys.stderr.write(f"tests: {image} on Docker engine {version}\n")
            with tempfile.TemporaryDirectory(prefix="bygones-") as folder:
                results = Path(folder) / "results.xml"
                code = _test(image, results)
                if len(sys.argv) == 1 and results.is_file():
                    _keep(family.name, version, results)
            return code
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 1


@contextmanager
def _engine() -> Iterator[DockerClient]:
    if engine_answers():
        yield from_env()
        return
    with engine() as address:
        os.environ["DOCKER_HOST"] = address
        # Its image is in a registry; containers are ended by whoever started them.
        os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
        # Its ports are this machine's, also if that is a container itself.
        os.environ["TESTCONTAINERS_CONNECTION_MODE"] = "docker_host"
        yield from_env()


def _test(image: str, results: Path) -> int:
    command = [sys.executable, "-m", "pytest", "-n", "auto", "-m", "core"]
    done = subprocess.run(  # noqa: S603 - our own tests
        [*command, f"--junit-xml={results}", *sys.argv[1:]],
        cwd=_PROJECT,
        env=os.environ | {"BYGONES_TEST_IMAGE": image},
        check=False,
    )
    return done.returncode


def _keep(family: str, version: str, results: Path) -> None:
    suite = ET.parse(results).getroot().find("testsuite")  # noqa: S314 - pytest's own
    if suite is None:
        return
    failed = sum(int(suite.get(kind, 0)) for kind in ("failures", "errors"))
    skipped = int(suite.get("skipped", 0))
    passed = int(suite.get("tests", 0)) - failed - skipped
    (_RESULTS / f"containers-{family}.md").write_text(
        f"`make test-containers` on {family} through MySqlContainer, Docker engine "
        f"{version}, {dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC: {passed} passed, "
        f"{failed} failed, {skipped} skipped.\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    sys.exit(main())
