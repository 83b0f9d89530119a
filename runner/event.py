"""Read the event that a schedule sends."""

from __future__ import annotations

from dataclasses import dataclass

from runner.errors import ConfigurationError

EXAMPLE = '{} or {"archive": "orders"} or {"archive": "orders", "max_roots": 500}'


@dataclass(frozen=True, slots=True)
class Request:
    """Say which archive, all if None, and the chunk's size, the learned if None."""

    archive: str | None = None
    max_roots: int | None = None


def parse(event: object) -> Request:
    """Check an event; a misspelt key must not mean "all archives"."""
    if not isinstance(event, dict):
        raise _wrong("it is no JSON object")
    for key in event.keys() - {"archive", "max_roots"}:
        raise _wrong(f'"{key}" is no key of it')
    archive, max_roots = event.get("archive"), event.get("max_roots")
    if not isinstance(archive, str | None) or archive == "":
        raise _wrong('"archive" must be a name')
    if max_roots is not None and (type(max_roots) is not int or max_roots < 1):
        raise _wrong('"max_roots" must be a whole number from 1')
    return Request(archive, max_roots)


def _wrong(problem: str) -> ConfigurationError:
    return ConfigurationError(f"The event is wrong: {problem}; it can be {EXAMPLE}")
