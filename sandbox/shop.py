"""Set up a shop on a server: the pharmacy, its accounts, and bygones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import alembic.command

from bygones.cli.grants import Account, caller_of, operator_of, owner_of
from bygones.compiler.names import quote as quoted
from bygones.compiler.project import Project
from bygones.migrations.configuration import read_configuration
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.pharmacy import create_pharmacy
from bygones.sandbox.sample import SAMPLE

if TYPE_CHECKING:
    import pymysql
    from alembic.config import Config
    from pymysql.cursors import Cursor

    from bygones.sandbox.server import Server

PROJECT = Path(__file__).resolve().parents[1]

# A rehearsal's own account: it has no right outside the source.
LOADER = "loader"

# For an account on a server that nobody else can reach.
PASSWORD = "sandbox"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Tell where a shop is, and as whom to reach it."""

    source: str
    url: str
    owner_url: str
    caller_url: str

    @property
    def history(self) -> str:
        """The schema that bygones owns."""
        return f"{self.source}_history"

    def connect(self, url: str | None = None) -> pymysql.Connection[Cursor]:
        """Open a session in the history schema, as superuser or by one of the URLs."""
        return connect(parse_url(url or self.url), schema=self.history, seconds=120)


def open_shop(
    server: Server, *, source: str = "pharmacy", finished: int = 1615
) -> Shop:
    """Create the pharmacy and its accounts; bygones is not installed yet."""
    shop = shop_on(server, source)
    connection = connect(parse_url(shop.url), schema=None, seconds=600)
    try:
        create_pharmacy(connection, source, finished=finished)
        create_accounts(connection, shop)
    finally:
        connection.close()
    return shop


def shop_on(server: Server, source: str) -> Shop:
    """Tell where a shop of this name is on a server, whether it's open or not."""
    return Shop(
        source=source,
        url=url_for(server.url, source),
        owner_url=url_for(server.url, source, f"{source}_owner"),
        caller_url=url_for(server.url, source, f"{source}_caller"),
    )


def upgrade(shop: Shop, revision: str = "head", project: Path = SAMPLE.root) -> None:
    """Install bygones, as the owner."""
    alembic.command.upgrade(configuration(shop, project), revision)


def downgrade(shop: Shop, revision: str, project: Path = SAMPLE.root) -> None:
    """Take bygones back, as the owner."""
    alembic.command.downgrade(configuration(shop, project), revision)


def configuration(shop: Shop, project: Path = SAMPLE.root) -> Config:
    """Return what the command `alembic` would read, for this shop's owner.

    Without a folder with archives, SQL and revisions of its own, the shop has those
    of the sample.
    """
    return read_configuration(
        Project(project), attributes={"database_url": shop.owner_url}
    )


def close_shop(server: Server, shop: Shop) -> None:
    """Remove the shop, its history and its accounts."""
    connection = connect(
        parse_url(url_for(server.url, "mysql")), schema=None, seconds=60
    )
    try:
        with connection.cursor() as cursor:
            for schema in (shop.source, shop.history):
                cursor.execute(f"DROP SCHEMA IF EXISTS {quoted(schema)}")
            for account in ("owner", "caller", "operator", LOADER):
                user = quoted(f"{shop.source}_{account}")
                cursor.execute(f"DROP USER IF EXISTS {user}@`%`")
    finally:
        connection.close()


def create_operator(server: Server, shop: Shop) -> str:
    """Create the operator, give it and the owner what is optional; return its URL.

    Of two statements the second is MariaDB's.
    """
    user = f"{shop.source}_operator"
    operator = operator_of(shop.source, Account(user=user))
    owner = owner_of(shop.source, Account(user=f"{shop.source}_owner"))
    of_family = -1 if server.family == "mariadb" else 0
    connection = connect(parse_url(shop.url), schema=None, seconds=60)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE USER {operator.account} IDENTIFIED BY '{PASSWORD}'")
            for statement in operator.statements:
                cursor.execute(statement)
            for grant in (*owner.optional, *operator.optional):
                cursor.execute(grant.statements[of_family])
    finally:
        connection.close()
    return url_for(server.url, shop.source, user)


def create_accounts(connection: pymysql.Connection[Cursor], shop: Shop) -> None:
    """Create the owner and the caller, with what `bygones grants` prints for them."""
    roles = (
        owner_of(shop.source, Account(user=f"{shop.source}_owner")),
        caller_of(shop.source, Account(user=f"{shop.source}_caller")),
    )
    with connection.cursor() as cursor:
        for role in roles:
            cursor.execute(f"CREATE USER {role.account} IDENTIFIED BY '{PASSWORD}'")
            for statement in role.statements:
                cursor.execute(statement)


def url_for(server_url: str, schema: str, user: str | None = None) -> str:
    """Complete a server's URL by a schema and, in the superuser's place, a user."""
    parts = urlsplit(server_url)
    where = parts.netloc.rpartition("@")[2]
    netloc = parts.netloc if user is None else f"{quote(user)}:{PASSWORD}@{where}"
    return parts._replace(netloc=netloc, path=f"/{quote(schema)}").geturl()
