"""A server that tests may kill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.server import find_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    """A server of these tests' own: the others' sessions would die with theirs."""
    with find_server() as server:
        if server.guarded is None:
            pytest.skip(f"this server can't be killed: {server.origin}")
        yield server
