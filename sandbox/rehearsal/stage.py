"""What a rehearsal takes place on: a server, and names there that nobody else has."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrations.names import quote
from runner.connection import connect, parse_url
from sandbox.families import FAMILIES
from sandbox.shop import close_shop, create_accounts, shop_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pymysql
    from pymysql.cursors import Cursor

    from sandbox.narrator import Narrator
    from sandbox.server import Server
    from sandbox.shop import Shop

    Connection = pymysql.Connection[Cursor]

# A statement fills a table with millions of rows; and a session waits for others.
SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A server with an empty schema and its accounts, and who tells what happens."""

    server: Server
    shop: Shop
    narrator: Narrator

    @property
    def title(self) -> str:
        """Name the server."""
        return f"{FAMILIES[self.server.family].title} {self.server.version}"

    @contextmanager
    def session(self, schema: str | None = None) -> Iterator[Connection]:
        """Open a superuser's session, in which predicates mean what procedures mean."""
        connection = connect(parse_url(self.shop.url), schema=schema, seconds=SECONDS)
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET SESSION wait_timeout = {SECONDS}")
            yield connection
        finally:
            connection.close()


@contextmanager
def stage_on(server: Server, narrator: Narrator) -> Iterator[Stage]:
    """Prepare a stage, and clear it afterwards; the server may be others' too."""
    shop = shop_on(server, f"rehearsal_{os.getpid()}")
    stage = Stage(server=server, shop=shop, narrator=narrator)
    try:
        with stage.session() as admin:
            with admin.cursor() as cursor:
                schema = quote(shop.source)
                cursor.execute(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
            create_accounts(admin, shop)
        yield stage
    finally:
        close_shop(server, shop)


def counted(count: int, what: str) -> str:
    """Say how many there are of something."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
