"""Give tests foreign schemas with bygones installed for them."""

from __future__ import annotations

import itertools
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from bygones.runner.connection import connect, parse_url
from bygones.sandbox.shop import Shop, close_shop
from tests.support.aggregates.archiving import Archived, make_project
from tests.support.aggregates.foreign import SQL_MODE, open_foreign
from tests.support.aggregates.running import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.sandbox.server import Server
    from tests.support.aggregates.foreign import Foreign

_numbers = itertools.count(1)


@pytest.fixture
def open_archived(
    server: Server, tmp_path: Path
) -> Iterator[Callable[[Foreign], Archived]]:
    """Create a foreign schema, and a project that says what of it is archived."""
    opened: list[Shop] = []
    connections: list[pymysql.Connection[Cursor]] = []

    def make(foreign: Foreign) -> Archived:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
        shop = open_foreign(server, foreign, f"agg_{worker}_{next(_numbers)}")
        opened.append(shop)
        connection = connect(parse_url(shop.url), schema=shop.source, seconds=120)
        connections.append(connection)
        with connection.cursor() as cursor:
            # Idle while all is copied, which takes a while where there is much.
            cursor.execute(
                "SET SESSION sql_mode = %s, wait_timeout = 28800", (SQL_MODE,)
            )
        return Archived(
            **asdict(shop),
            foreign=foreign,
            project=make_project(tmp_path, foreign),
            admin=connection,
        )

    yield make
    for connection in connections:
        connection.close()
    for shop in opened:
        close_shop(server, shop)


@pytest.fixture(scope="module")
def bench(server: Server) -> Iterator[Bench]:
    """A place for cases, one after another."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    bench = Bench(server, f"any_{worker}")
    yield bench
    bench.close()
