"""Reach a server by TCP that listens on a socket alone."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bygones.runner.connection import parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 65536


@contextmanager
def by_tcp(url: str, *, host: str = "localhost", options: str = "") -> Iterator[str]:
    """Give the URL of the same database by TCP, while somebody carries the bytes."""
    path = parse_url(url).unix_socket
    assert path
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=_accept, args=(listener, path), daemon=True).start()
        parts = urlsplit(url)
        account = parts.netloc.rpartition("@")[0]
        netloc = f"{account}@{host}:{port}"
        yield parts._replace(netloc=netloc, query=options).geturl()
        # A listener that another thread waits for isn't closed by closing it.
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, path: str) -> None:
    with suppress(OSError):
        while True:
            near, _ = listener.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(path)
            for pair in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=pair, daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with closing(target), suppress(OSError):
        while data := source.recv(SIZE):
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)
