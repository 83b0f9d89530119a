"""Speak the Lambda Runtime API to one process: the event out, the reply in."""

from __future__ import annotations

import json
import sys
import uuid
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bygones.sandbox.lambda_runtime.invocation import Kind, Pending

FUNCTION_NAME = "bygones"
FUNCTION_ARN = f"arn:aws:lambda:eu-central-1:123456789012:function:{FUNCTION_NAME}"


class Environment(Protocol):
    """What is behind the API: one process, and the invocation in flight."""

    def next(self) -> Pending | None:
        """Block until there's an event; None if none will come."""

    def end(self, kind: Kind, body: object) -> None:
        """Note how the invocation in flight ended."""

    def kill(self, cause: tuple[Kind, object]) -> None:
        """End the process."""


class Server(ThreadingHTTPServer):
    """Answer one environment's process, a thread a request."""

    daemon_threads = True
    block_on_close = False  # a thread may be blocked in `next` for good
    environment: Environment

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a connection that ended because the process was killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type] # the library's


class Requests(BaseHTTPRequestHandler):
    """Speak the Runtime API."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # a reply in one packet: the runtime's start is measured by it
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer `next`: the event, or 410 when none will come."""
        pending = self.server.environment.next()
        if pending is None:
            self._reply(HTTPStatus.GONE, b"", {})
            return
        deadline = pending.deliver()
        headers = {
            "Lambda-Runtime-Aws-Request-Id": pending.request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": f"Root=1-{uuid.uuid4().hex}",
        }
        self._reply(HTTPStatus.OK, pending.body, headers)

    def do_POST(self) -> None:
        """Take a response, an error, or the error of a module that can't be loaded."""
        body = json.loads(self._body() or b"null")
        if self.path.endswith("/init/error"):
            self.server.environment.kill(("error", body))  # it would only exit
        else:
            kind: Kind = "response" if self.path.endswith("/response") else "error"
            self.server.environment.end(kind, body)
        self._reply(HTTPStatus.ACCEPTED, b'{"status": "OK"}', {})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _reply(
        self, status: HTTPStatus, body: bytes, headers: Mapping[str, str]
    ) -> None:
        with suppress(OSError):  # the process was killed while it waited
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing: the logs are the function's."""
