"""What ends a run that is no fault of its own: a reason, and whether to try again."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pymysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from bygones.cli.command import app
from bygones.runner.connection import SETTING, connect, parse_url
from bygones.runner.errors import BygonesError, StopError, TryLaterError
from bygones.runner.loop import Loop
from bygones.runner.procedures import Procedures
from tests.support.kills.history import assert_complete
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from pathlib import Path

    from bygones.runner.calls import Answer
    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop

PERSON_NEEDED, TRY_LATER = 1, 75


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfortune:
    """What a superuser does between two CALLs, and what the run then ends with."""

    does: str
    undoes: str
    errno: int
    kind: type[BygonesError]
    says: str
    # Where it has another number on MariaDB; 0 where there is no such thing.
    on_mariadb: int | None = None
    # It meets whoever connects; the run had lost its session.
    at_connecting: bool = False


MISFORTUNES = {
    "the server becomes read-only": Misfortune(
        does="SET GLOBAL read_only = 1",
        undoes="SET GLOBAL read_only = 0",
        errno=1290,
        kind=TryLaterError,
        says="the URL leads to a server that isn't the writer",
    ),
    "the server goes offline": Misfortune(
        does="SET GLOBAL offline_mode = 1",
        undoes="SET GLOBAL offline_mode = 0",
        errno=3032,
        kind=TryLaterError,
        says="offline mode",
        on_mariadb=0,
        at_connecting=True,
    ),
    "EXECUTE is revoked": Misfortune(
        does="REVOKE EXECUTE ON `{history}`.* FROM `{s}_caller`@`%`",
        undoes="GRANT EXECUTE ON `{history}`.* TO `{s}_caller`@`%`",
        errno=1044,
        kind=StopError,
        says="`bygones grants` prints what this account needs",
        at_connecting=True,  # a session goes by what it was granted when it began
    ),
    "the owner may read the source no more": Misfortune(
        does="REVOKE SELECT ON `{source}`.* FROM `{s}_owner`@`%`",
        undoes="GRANT SELECT ON `{source}`.* TO `{s}_owner`@`%`",
        errno=1142,
        kind=StopError,
        says="`bygones grants` prints what may be missing",
    ),
    "a deploy has dropped the procedure": Misfortune(
        does="DROP PROCEDURE copy_orders_chunk",
        undoes="",
        errno=1305,
        kind=TryLaterError,
        says="wait for the deploy to end",
    ),
    "a deploy has dropped a part of it": Misfortune(
        does="DROP PROCEDURE _note_orders",
        undoes="",
        errno=1305,
        kind=TryLaterError,
        says="wait for the deploy to end",
    ),
    "the account is locked": Misfortune(
        does="ALTER USER `{s}_caller`@`%` ACCOUNT LOCK",
        undoes="ALTER USER `{s}_caller`@`%` ACCOUNT UNLOCK",
        errno=3118,
        kind=StopError,
        says="locked",
        on_mariadb=4151,
        at_connecting=True,
    ),
    "the password is another": Misfortune(
        does="ALTER USER `{s}_caller`@`%` IDENTIFIED BY 'another'",
        undoes="ALTER USER `{s}_caller`@`%` IDENTIFIED BY 'sandbox'",
        errno=1045,
        kind=StopError,
        says="check the user and password in BYGONES_DATABASE_URL",
        at_connecting=True,
    ),
    "others take all sessions of the account": Misfortune(
        does="ALTER USER `{s}_caller`@`%` WITH MAX_USER_CONNECTIONS 1",
        undoes="ALTER USER `{s}_caller`@`%` WITH MAX_USER_CONNECTIONS 0",
        errno=1226,
        kind=TryLaterError,
        says="the next run tries again",
        at_connecting=True,
    ),
}


@pytest.mark.core
@pytest.mark.parametrize("name", MISFORTUNES)
def test_a_run_that_is_struck_ends_with_its_reason_and_the_next_one_goes_on(
    shop: OpenShop, server: Server, name: str
) -> None:
    misfortune = MISFORTUNES[name]
    errno = misfortune.errno
    if server.family == "mariadb" and misfortune.on_mariadb is not None:
        errno = misfortune.on_mariadb
    if not errno:
        pytest.skip(f"{server.family} has no such mode")

    with ExitStack() as ending:

        def strike(_: Answer) -> None:
            if not struck:
                struck.append(True)
                do(shop, misfortune.does)
                ending.callback(do, shop, misfortune.undoes)
                if misfortune.at_connecting:
                    take_its_session(shop, ending)

        struck: list[bool] = []
        calls = Procedures(lambda: session(shop))
        ending.callback(calls.close)
        loop = Loop(calls=calls, max_roots=10, on_chunk=strike, sleep=lambda _: None)
        with pytest.raises(BygonesError) as caught:
            loop.run("orders")
        result = CliRunner().invoke(app, ["run"], env={SETTING: shop.caller_url})

    assert type(caught.value) is misfortune.kind
    assert caught.value.errno == errno
    assert misfortune.says in str(caught.value)
    assert misfortune.says in result.stderr
    assert result.exit_code == (
        PERSON_NEEDED if misfortune.kind is StopError else TRY_LATER
    )
    summary = caught.value.summary
    assert summary is not None
    assert summary.roots == 10
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 10


def test_after_a_misfortune_the_next_run_completes_the_archive(
    shop: OpenShop,
) -> None:
    do(shop, MISFORTUNES["EXECUTE is revoked"].does)
    first = CliRunner().invoke(app, ["run"], env={SETTING: shop.caller_url})
    do(shop, MISFORTUNES["EXECUTE is revoked"].undoes)
    second = CliRunner().invoke(app, ["run"], env={SETTING: shop.caller_url})

    assert (first.exit_code, second.exit_code) == (PERSON_NEEDED, 0)
    assert_complete(shop.admin, shop)


def session(shop: OpenShop) -> pymysql.Connection[pymysql.cursors.Cursor]:
    return connect(parse_url(shop.caller_url), schema=shop.history, seconds=30)


def do(shop: OpenShop, sql: str) -> None:
    """Run a superuser's statement; its patterns of schemas are those of the grants."""
    source, history = (name.replace("_", "\\_") for name in (shop.source, shop.history))
    if sql:
        query(shop.admin, sql.format(s=shop.source, source=source, history=history))


def take_its_session(shop: OpenShop, ending: ExitStack) -> None:
    """End the session of the run, and let another have what it had."""
    for row in query(
        shop.admin,
        "SELECT id FROM information_schema.processlist WHERE user = %s",
        f"{shop.source}_caller",
    ):
        with suppress(pymysql.Error):
            query(shop.admin, f"KILL {row['id']}")
    with suppress(BygonesError):
        other = session(shop)
        ending.callback(other.close)


@pytest.mark.core
def test_a_server_with_as_many_sessions_as_may_be_is_tried_later(
    shop: OpenShop,
) -> None:
    before = value(shop.admin, "SELECT @@max_connections")
    query(shop.admin, "SET GLOBAL max_connections = 10")

    with ExitStack() as ending:
        ending.callback(query, shop.admin, f"SET GLOBAL max_connections = {before}")
        with pytest.raises(TryLaterError) as caught:
            take_all(shop, ending)

    assert caught.value.errno == 1040
    assert "the next run tries again" in str(caught.value)


def take_all(shop: OpenShop, ending: ExitStack) -> None:
    for _ in range(15):
        ending.callback(session(shop).close)


@pytest.mark.core
def test_a_certificate_of_another_authority_needs_a_person(
    shop: OpenShop, tmp_path: Path
) -> None:
    authority = tmp_path / "another.pem"
    authority.write_bytes(another_authority())
    database = replace(parse_url(shop.caller_url), ssl_ca=str(authority), tls=True)

    with pytest.raises(StopError) as caught:
        connect(database, schema=shop.history, seconds=5)

    # MariaDB has no certificate here at all.
    assert "certificate verify failed" in str(caught.value) or (
        "SSL is required but the server doesn't support it" in str(caught.value)
    )


def another_authority() -> bytes:
    """Make a certificate that signed nobody's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "another")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
