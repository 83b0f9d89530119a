"""Stand in for a server that takes tokens: in clear text, within TLS."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.certificates import Certificates

# CONNECT_WITH_DB, PROTOCOL_41, SSL, SECURE_CONNECTION and PLUGIN_AUTH.
CAPABILITIES = 0x0008 | 0x0200 | 0x0800 | 0x8000 | 0x80000
SALT = b"12345678" + b"123456789012"
HELLO = (
    b"\x0a8.0.40\0"
    + struct.pack("<I", 7)
    + SALT[:8]
    + b"\0"
    + struct.pack("<HBHH", CAPABILITIES & 0xFFFF, 255, 2, CAPABILITIES >> 16)
    + bytes([len(SALT) + 1])
    + bytes(10)
    + SALT[8:]
    + b"\0caching_sha2_password\0"
)
ASK_IN_CLEAR = b"\xfemysql_clear_password\0" + SALT
DENIED = b"\xff" + struct.pack("<H", 1045) + b"#28000Access denied"


@contextmanager
def listening(files: Certificates) -> Iterator[tuple[int, list[str]]]:
    """Give the port, and the passwords that arrive; nobody is let in."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    passwords: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(
            target=_refuse, args=(listener, context, passwords), daemon=True
        )
        thread.start()
        yield listener.getsockname()[1], passwords
        thread.join(10)


def _refuse(
    listener: socket.socket, context: ssl.SSLContext, passwords: list[str]
) -> None:
    plain, _ = listener.accept()
    # A client that doesn't trust the certificate goes away.
    with suppress(ssl.SSLError, ConnectionError), plain:
        _send(plain, 0, HELLO)
        _read(plain)  # a wish for TLS
        with context.wrap_socket(plain, server_side=True) as encrypted:
            _read(encrypted)
            _send(encrypted, 3, ASK_IN_CLEAR)
            passwords.append(_read(encrypted).rstrip(b"\0").decode())
            _send(encrypted, 5, DENIED)


def _send(to: socket.socket, number: int, payload: bytes) -> None:
    to.sendall(struct.pack("<I", len(payload))[:3] + bytes([number]) + payload)


def _read(from_: socket.socket) -> bytes:
    head = _exactly(from_, 4)
    return _exactly(from_, int.from_bytes(head[:3], "little"))


def _exactly(from_: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = from_.recv(size - len(data))
        assert piece, "the client has gone"
        data += piece
    return data
