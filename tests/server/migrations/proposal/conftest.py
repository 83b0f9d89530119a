"""Give tests live schemas that nobody has declared anything of yet."""

from __future__ import annotations

import itertools
import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bygones.runner.connection import connect, parse_url
from bygones.sandbox.shop import url_for
from tests.support.migrations.proposal.sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bygones.sandbox.server import Server

_numbers = itertools.count(1)

SQL_MODE = "STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"


@pytest.fixture(scope="module")
def make_source(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Iterable[str]], Source]]:
    """Create schemas by statements; a module's tests only read them."""
    made: list[str] = []
    url = url_for(server.url, "mysql")
    with closing(connect(parse_url(url), schema=None, seconds=120)) as connection:

        def make(statements: Iterable[str]) -> Source:
            worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
            schema = f"live_{worker}_{next(_numbers)}"
            made.append(schema)
            with connection.cursor() as cursor:
                cursor.execute("SET SESSION sql_mode = %s", (SQL_MODE,))
                cursor.execute(f"CREATE SCHEMA {schema} CHARACTER SET utf8mb4")
                cursor.execute(f"USE {schema}")
                for statement in statements:
                    cursor.execute(statement)
            return Source(
                schema=schema,
                url=url_for(server.url, schema),
                admin=connection,
                folder=tmp_path_factory.mktemp("proposed"),
            )

        yield make
        with connection.cursor() as cursor:
            for schema in made:
                cursor.execute(f"DROP SCHEMA {schema}")
