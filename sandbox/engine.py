"""Start a Docker engine from the distribution's packages, where none runs.

On a socket of its own in a folder of its own, so that nothing but what is told of it
finds it, and nothing is left of it.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bygones.sandbox.errors import SandboxError
from bygones.sandbox.packages import run

_PACKAGE = "docker.io"
_PROGRAM = "dockerd"
_SECONDS_TO_START = 60


@contextmanager
def engine() -> Iterator[str]:
    """Give the address of an engine, for DOCKER_HOST; it ends afterwards."""
    if os.geteuid() != 0:
        raise SandboxError(
            "No Docker engine answers, and only root can install and start one: "
            "start one, or run this as root."
        )
    if not shutil.which(_PROGRAM):
        run("apt-get", "update")
        run("apt-get", "install", "--yes", "--no-install-recommends", _PACKAGE)
    with tempfile.TemporaryDirectory(prefix="bygones-") as name:
        folder = Path(name)
        address = f"unix://{folder}/socket"
        with (folder / "log").open("wb") as log:
            daemon = subprocess.Popen(  # noqa: S603 - the engine's own program
                [
                    _PROGRAM,
                    f"--host={address}",
                    f"--data-root={folder}/data",
                    f"--exec-root={folder}/exec",
                    f"--pidfile={folder}/pid",
                ],
                stdout=log,
                stderr=log,
            )
        try:
            _wait(daemon, folder)
            yield address
        finally:
            daemon.terminate()
            daemon.wait()


def _wait(daemon: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while not (folder / "socket").exists() or "API listen" not in _log(folder):
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise SandboxError(f"The Docker engine did not start:\n{_log(folder)}")
        time.sleep(0.1)


def _log(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-2000:]
