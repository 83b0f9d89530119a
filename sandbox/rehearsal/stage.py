"""What a rehearsal takes place on: a server, and names there that nobody else has."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.cli.grants import Account
from bygones.compiler.names import quote
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.families import FAMILIES
from bygones.sandbox.shop import (
    LOADER,
    PASSWORD,
    close_shop,
    create_accounts,
    shop_on,
    url_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.sandbox.narrator import Narrator
    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop

    Connection = pymysql.Connection[Cursor]

# A statement fills a table with millions of rows; and a session waits for others.
SECONDS = 3600

LOADING = (
    "SELECT, INSERT, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW,"
    " CREATE TEMPORARY TABLES"
)
# For restrict_fk_on_non_standard_key; what a dump sets is never run.
SETTING = "SESSION_VARIABLES_ADMIN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A server with an empty schema and its accounts, and who tells what happens."""

    server: Server
    shop: Shop
    narrator: Narrator
    # Of the account that the dump's text is run by, and may do no more than it needs.
    url: str

    @property
    def title(self) -> str:
        """Name the server."""
        return f"{FAMILIES[self.server.family].title} {self.server.version}"

    @contextmanager
    def session(
        self, schema: str | None = None, url: str | None = None
    ) -> Iterator[Connection]:
        """Open a session in which predicates mean what procedures mean.

        It may fill the schema of the dump, and nothing else, unless by another URL.
        """
        connection = connect(parse_url(url or self.url), schema=schema, seconds=SECONDS)
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET SESSION wait_timeout = {SECONDS}")
            yield connection
        finally:
            connection.close()


@contextmanager
def stage_on(server: Server, narrator: Narrator) -> Iterator[Stage]:
    """Prepare a stage, and clear it afterwards; the server may be others' too.

    Only what is said here is said by a superuser.
    """
    shop = shop_on(server, f"rehearsal_{os.getpid()}")
    loader = f"{shop.source}_{LOADER}"
    try:
        admin = connect(parse_url(shop.url), schema=None, seconds=SECONDS)
        with closing(admin), admin.cursor() as cursor:
            schema = quote(shop.source)
            cursor.execute(f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
            create_accounts(admin, shop)
            account = Account(user=loader)
            cursor.execute(f"CREATE USER {account} IDENTIFIED BY '{PASSWORD}'")
            pattern = schema.replace("_", r"\_")
            cursor.execute(f"GRANT {LOADING} ON {pattern}.* TO {account}")
            cursor.execute(f"/*!80400 GRANT {SETTING} ON *.* TO {account} */")
        url = url_for(server.url, shop.source, loader)
        yield Stage(server=server, shop=shop, narrator=narrator, url=url)
    finally:
        close_shop(server, shop)


def counted(count: int, what: str) -> str:
    """Say how many there are of something."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
