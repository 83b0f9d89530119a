"""Run the server in a container, where a Docker engine answers."""

import gc
import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import (  # type: ignore[import-untyped]  # has no types
    DockerException,
)
from testcontainers.community.mysql import MySqlContainer
from testcontainers.core.docker_client import DockerClient

from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import Family

_PORT = 3306
_SECONDS_TO_ANSWER = 5


def engine_answers() -> bool:
    """Ask the engine itself: a `docker` on PATH says nothing about one."""
    with warnings.catch_warnings():
        # Without an engine, Docker's client forgets to close its socket.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            return bool(DockerClient(timeout=_SECONDS_TO_ANSWER).client.ping())
        except (DockerException, OSError):
            return False
        finally:
            gc.collect()


def image(family: Family) -> str:
    """Return the image to run."""
    return os.environ.get("BYGONES_TEST_IMAGE") or family.image


@contextmanager
def contained(family: Family) -> Iterator[str]:
    """Run a container and give the superuser's URL; the container goes afterwards."""
    password = secrets.token_hex()
    container = MySqlContainer(image(family), username="root", password=password)
    container.with_command(" ".join(family.options))
    if container.get_docker_client().host() == "localhost":
        # Only this machine may connect. Docker's client takes the pair; the type
        # that testcontainers declares is narrower.
        container.ports[str(_PORT)] = ("127.0.0.1", None)  # type: ignore[assignment]
    try:
        _start(container)
        host = container.get_container_host_ip()
        port = container.get_exposed_port(_PORT)
        # Its certificate is one that the server made for itself.
        yield f"mysql://root:{password}@{host}:{port}/?tls=off"
    finally:
        container.stop()


def _start(container: MySqlContainer) -> None:
    try:
        container.start()
    except (DockerException, OSError) as error:
        raise SandboxError(f"{container.image} did not start: {error}") from error
