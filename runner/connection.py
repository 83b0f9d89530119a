"""Read the one setting and connect: the only place that knows how."""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import pymysql

from bygones.runner import log
from bygones.runner.errors import ConfigurationError, from_driver

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymysql.cursors import Cursor

SETTING = "BYGONES_DATABASE_URL"
REPLICAS = "BYGONES_REPLICA_URLS"
EXAMPLE = "mysql://user:password@host:3306/shop?ssl_ca=/etc/ssl/rds.pem"
OPTIONS = {"ssl_ca", "tls", "unix_socket"}
# Where `make package CA=...` puts the certificates that servers are verified by, unless
# a URL names others; without either they are the system's.
BUNDLED_CA = Path(__file__).resolve().parent.parent / "ca.pem"
MAX_SOURCE_LENGTH = 64 - len("_history")

# A server that doesn't answer SYN by then won't: the next run tries again.
CONNECT_SECONDS = 5.0
# Longer than the minute between two invocations, so that the connection stays warm;
# short, because a frozen Lambda's session never sends its goodbye.
WAIT_SECONDS = 120
# How long a chunk waits for somebody's ALTER of a source table, and a migration for a
# chunk: many times a chunk, where the server's default is a year.
METADATA_LOCK_SECONDS = 5
# Row locks are only waited for on bygones' own rows, which are held for milliseconds.
ROW_LOCK_SECONDS = 5
# TIMESTAMP columns are copied and compared as text and time: one zone for everybody,
# without the hour that happens twice a year.
TIME_ZONE = "+00:00"

# Strict, and faithful to zero dates and to the id 0.
SQL_MODE = "STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"

# Where a session is pinned, before anybody reads anything in it: by SET GLOBAL, in
# my.cnf or by init_connect a server can be set to other values, and each of these
# would break something. docs/settings.md has what, and a test tries them.
# Of what may be set for a reason: read_only and the like stay as they are. A limit of
# time doesn't, for it would end one and the same chunk, or an upgrade half-way, again
# and again; chunks are bounded by target_ms, and pause_archive stops them.
# Each may be set by any account, and needs a value: DEFAULT is what the server was set
# to, of all but system_versioning_asof.
PINNED = {
    "wait_timeout": WAIT_SECONDS,
    "lock_wait_timeout": METADATA_LOCK_SECONDS,
    "innodb_lock_wait_timeout": ROW_LOCK_SECONDS,
    "time_zone": f"'{TIME_ZONE}'",
    # Said aloud: the driver trusts the server's greeting, which doesn't tell.
    "autocommit": 1,
    "completion_type": "'NO_CHAIN'",
    "sql_mode": f"'{SQL_MODE}'",
    "sql_select_limit": 2**64 - 1,
    "sql_big_selects": 1,
    "sort_buffer_size": 256 * 1024,
    # At 1 MySQL reads information_schema, as each CALL does, for seconds.
    "optimizer_search_depth": 62,
    # With 0 MySQL keeps the CHECKs of a table without quotes.
    "sql_quote_show_create": 1,
}

# One statement, because init_command takes one.
SESSION = (
    f"SET SESSION {', '.join(f'{name} = {value}' for name, value in PINNED.items())}"
    " /*!80000 , max_execution_time = 0 */"
    # With sql_if_exists MariaDB fails to CREATE ... IF NOT EXISTS what there is (1050).
    " /*M!100600 , max_statement_time = 0, max_error_count = 64, sql_if_exists = 0,"
    " system_versioning_asof = DEFAULT */"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """Name a server, an account and the source schema; history follows from it."""

    source: str
    host: str = "localhost"
    port: int = 3306
    user: str = ""
    password: str = field(default="", repr=False)
    ssl_ca: str | None = None
    tls: bool = True
    unix_socket: str | None = None

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is used: a socket reaches this machine alone."""
        return self.tls and not (self.unix_socket and self.ssl_ca is None)

    @property
    def history(self) -> str:
        """The schema that bygones owns."""
        return f"{self.source}_history"

    @property
    def address(self) -> str:
        """Where the server is, for messages."""
        return self.unix_socket or f"{self.host}:{self.port}"


def database_from(environment: Mapping[str, str]) -> Database:
    """Read the setting BYGONES_DATABASE_URL."""
    if not environment.get(SETTING):
        raise ConfigurationError(f"{SETTING} isn't set; an example: {EXAMPLE}")
    return parse_url(environment[SETTING])


def replicas_from(environment: Mapping[str, str]) -> tuple[Database, ...]:
    """Read the setting BYGONES_REPLICA_URLS: URLs of the same form, with commas."""
    urls = [url.strip() for url in environment.get(REPLICAS, "").split(",")]
    try:
        return tuple(parse_url(url) for url in urls if url)
    except ConfigurationError as error:
        raise ConfigurationError(f"{REPLICAS}: {error}; a comma is %2C") from None


def parse_url(url: str) -> Database:
    """Read mysql://user:password@host:port/shop?ssl_ca=...&tls=off&unix_socket=....

    Parts of the URL are never repeated in a message: where a password holds an
    unescaped "/" or "@", any part of the URL may be a part of the password. Blanks and
    newlines around it are none of it.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise _wrong("the host or the port can't be read") from None
    if parts.scheme.startswith("mysql+"):
        raise _wrong('a driver is named before "://"; write "mysql://"')
    if parts.scheme != "mysql":
        raise _wrong('it doesn\'t begin with "mysql://"')
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    for key in query.keys() - OPTIONS:
        shown = f'"{key}"' if re.fullmatch("[a-z_]{1,20}", key) else "a part after ?"
        raise _wrong(f"{shown} isn't a setting, only ssl_ca, tls and unix_socket are")
    if query.get("tls", "off") != "off":
        raise _wrong("tls can only be off; without it TLS is used and verified")
    if "tls" in query and query.get("ssl_ca"):
        raise _wrong("tls=off leaves ssl_ca without a use")
    return Database(
        source=_source(parts),
        host=parts.hostname or "localhost",
        port=port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ssl_ca=query.get("ssl_ca") or None,
        tls="tls" not in query,
        unix_socket=query.get("unix_socket") or None,
    )


def connect(
    database: Database, *, schema: str | None, seconds: float, program: str = "bygones"
) -> pymysql.Connection[Cursor]:
    """Open a session that waits for no answer longer than so many seconds."""
    doing = f"Connecting to {database.address}"
    if not database.tls and not database.unix_socket:
        log.tls_is_off(database.address)
    try:
        return pymysql.connect(
            host=database.host,
            port=database.port,
            unix_socket=database.unix_socket,
            user=database.user,
            # As bytes: the driver would encode text as latin1, the server wants UTF-8.
            password=database.password.encode(),
            database=schema,
            charset="utf8mb4",
            autocommit=True,  # the procedures own their transactions
            init_command=SESSION,
            program_name=program,
            # All three: a server that accepts and stays silent isn't caught by the
            # first one alone.
            connect_timeout=min(CONNECT_SECONDS, seconds),
            read_timeout=seconds,
            write_timeout=seconds,
            # A context of our own verifies certificate and name; the driver's options
            # don't, and without any it would use TLS unverified.
            ssl=_verifying(database.ssl_ca) if database.is_encrypted else None,
            ssl_disabled=not database.is_encrypted,
        )
    except pymysql.Error as error:
        hint = _hint(getattr(error, "original_exception", None), database)
        raise from_driver(error, doing, connecting=True, hint=hint) from error
    except UnicodeError:  # of the look-up of a host such as db..example
        raise ConfigurationError(
            f"{doing} failed: no host can have this name; an example: {EXAMPLE}"
        ) from None
    except RuntimeError:
        raise ConfigurationError(
            f"{doing} failed: with tls=off the password can't be sent here; leave that "
            f"out of the URL, and name the server's CA if it needs one: {EXAMPLE}"
        ) from None


def _hint(cause: object, database: Database) -> str:
    """Say what to write otherwise where the name or the certificate is to blame."""
    if isinstance(cause, socket.gaierror):
        return f"is the host's name right? {database.host!r} isn't known here"
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return ""
    if "mismatch" in cause.verify_message:
        hint = "connect by a name that is in the server's certificate"
    else:
        hint = "name the CA that signed the server's certificate by ?ssl_ca=FILE"
    if _is_here(database.host):
        hint += ", or, as the server is on this machine, go without TLS by ?tls=off"
    return hint


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _source(parts: SplitResult) -> str:
    source = unquote(parts.path.removeprefix("/"))
    if not source:
        raise _wrong("it names no schema after the host")
    if "/" in source or "@" in source:
        raise _wrong("more than a schema follows the host")
    if len(source) > MAX_SOURCE_LENGTH:
        raise _wrong(f"the schema's name is over {MAX_SOURCE_LENGTH} characters")
    return source


def _wrong(problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"The database URL is wrong: {problem}; an example: {EXAMPLE} "
        "(write @ / ? # in a password as %40 %2F %3F %23)"
    )


def _verifying(ssl_ca: str | None) -> ssl.SSLContext:
    bundled = str(BUNDLED_CA) if BUNDLED_CA.exists() else None
    try:
        context = ssl.create_default_context(cafile=ssl_ca or bundled)
    except OSError as error:
        raise ConfigurationError(
            f"ssl_ca names {ssl_ca}, which can't be used: {error.strerror or error}"
        ) from error
    # From Python 3.13 on, a certificate without an authority key identifier would be
    # refused; CAs of databases don't all write one. Chain, dates and name are verified.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
