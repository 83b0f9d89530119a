"""Name the log's events and write them for people and for machines at once."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bygones.runner.archives import Report
    from bygones.runner.calls import Answer
    from bygones.runner.errors import BygonesError

CHUNK_COPIED = "chunk_copied"
CHUNK_VERIFIED = "chunk_verified"
CALL_FAILED = "call_failed"
EXAMINED = "examined"
INVOCATION_ENDED = "invocation_ended"
INVOCATION_FAILED = "invocation_failed"
PASSWORD_REFUSED = "password_refused"  # noqa: S105 - an event's name
TLS_IS_OFF = "tls_is_off"

log = logging.getLogger("bygones")
_said: set[str] = set()
# Python's root logger starts at WARNING; Lambda sets it when a level was configured.
if "AWS_LAMBDA_LOG_LEVEL" not in os.environ:
    log.setLevel(logging.INFO)


def chunk_copied(chunk: Answer) -> None:
    """Write the line of one CALL that returned, whatever its state."""
    _write(logging.INFO, CHUNK_COPIED, _numbered(chunk))


def chunk_verified(chunk: Answer) -> None:
    """Write the line of one CALL that verified, whatever its state."""
    _write(logging.INFO, CHUNK_VERIFIED, _numbered(chunk))


def call_failed(error: BygonesError) -> None:
    """Write the line of a CALL that is tried again, or that ended its run."""
    _write(logging.WARNING, CALL_FAILED, _fields(error))


def invocation_ended(report: Report) -> None:
    """Write the line of an invocation without an error."""
    _write(logging.INFO, INVOCATION_ENDED, report.as_dict())


def examined(report: Mapping[str, object]) -> None:
    """Write the line of what the doctor said."""
    _write(logging.INFO, EXAMINED, dict(report))


def invocation_failed(error: BygonesError) -> None:
    """Write the line of an invocation that ends with this error."""
    _write(logging.ERROR, INVOCATION_FAILED, _fields(error))


def password_refused(secret_id: str) -> None:
    """Write the line of a secret that is fetched again: it was changed meanwhile."""
    said = f"The password in the secret {secret_id} was refused: fetching it once more"
    _tell(PASSWORD_REFUSED, {"secret": secret_id}, said)


def tls_is_off(address: str) -> None:
    """Write the line of a connection that somebody chose to leave unencrypted."""
    said = f"TLS is off for {address}, as the URL says"
    _tell(TLS_IS_OFF, {"address": address}, said)


def _tell(event: str, fields: dict[str, object], said: str) -> None:
    """Write an event of a Lambda, or say it once to the person who ran a command."""
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        _write(logging.WARNING, event, fields)
    elif said not in _said:
        _said.add(said)
        log.warning(said, extra={"event": event, **fields})


def _numbered(chunk: Answer) -> dict[str, object]:
    fields = asdict(chunk)
    numbers = {"run": fields.pop("run_id"), "chunk": fields.pop("number")}
    return numbers | fields


def _fields(error: BygonesError) -> dict[str, object]:
    return {
        "archive": error.archive,
        "run": error.run_id,
        "chunk": error.chunk,
        "error": str(error),
        "kind": type(error).__name__,
        "errno": error.errno,
        "sqlstate": error.sqlstate,
    }


def _write(level: int, event: str, fields: dict[str, object]) -> None:
    # In the JSON format Lambda makes fields of `extra`, in the text format it drops it.
    extra = {"event": event, **fields}
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        log.log(level, event, extra=extra)
    else:
        text = json.dumps(fields, default=str, ensure_ascii=False)
        log.log(level, "%s %s", event, text, extra=extra)
