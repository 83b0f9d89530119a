"""Read the event that a schedule sends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from bygones.runner.errors import ConfigurationError

if TYPE_CHECKING:
    from bygones.runner.calls import Kind

EXAMPLE = (
    '{} or {"archive": "orders"} or {"secret": "shop/caller", "max_seconds": 20} '
    'or {"archive": "orders", "max_roots": 500} or {"verify": "orders"}'
)
KEYS = {"archive", "doctor", "max_roots", "max_seconds", "secret", "verify"}
# As long as a run needs to copy one chunk and to close.
LEAST_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Say what to do with which archive, all if None, and how large a CALL is.

    Without a secret the account is the settings', without seconds all time is taken.
    """

    archive: str | None = None
    max_roots: int | None = None
    max_seconds: float = math.inf
    secret: str | None = None
    is_doctor: bool = False
    kind: Kind = "copy"


def parse(event: object) -> Request:
    """Check an event; a misspelt key must not mean "all archives"."""
    if not isinstance(event, dict):
        raise _wrong("it is no JSON object")
    for key in event.keys() - KEYS:
        raise _wrong(f'"{key}" is no key of it')
    if {"archive", "verify"} <= event.keys():
        raise _wrong('it has both "archive", to copy, and "verify"')
    kind: Kind = "verify" if "verify" in event else "copy"
    named = "verify" if kind == "verify" else "archive"
    archive, secret = event.get(named), event.get("secret")
    max_roots, max_seconds = event.get("max_roots"), event.get("max_seconds")
    if not isinstance(archive, str | None) or archive == "":
        raise _wrong(f'"{named}" must be a name')
    if not isinstance(secret, str | None) or secret == "":
        raise _wrong('"secret" must be the name or the ARN of a secret')
    if max_roots is not None and (type(max_roots) is not int or max_roots < 1):
        raise _wrong('"max_roots" must be a whole number from 1')
    if max_seconds is not None and not _are_seconds(max_seconds):
        raise _wrong(f'"max_seconds" must be a number from {LEAST_SECONDS}')
    if "doctor" in event and event["doctor"] is not True:
        raise _wrong('"doctor" can only be true')
    if "doctor" in event and event.keys() - {"doctor", "secret"}:
        raise _wrong('beside "doctor" only "secret" has a meaning')
    return Request(
        is_doctor="doctor" in event,
        archive=archive,
        kind=kind,
        max_roots=max_roots,
        max_seconds=math.inf if max_seconds is None else max_seconds,
        secret=secret,
    )


def _are_seconds(value: object) -> TypeGuard[float]:
    return type(value) in {int, float} and value >= LEAST_SECONDS  # type: ignore[operator]


def _wrong(problem: str) -> ConfigurationError:
    return ConfigurationError(f"The event is wrong: {problem}; it can be {EXAMPLE}")
