"""What docs/operate.md says of backups and copies, by the server's own dump."""

from __future__ import annotations

import json
import subprocess
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import alembic.command
import pymysql
import pytest
from typer.testing import CliRunner, Result

from bygones.cli.command import app
from bygones.cli.grants import Account, caller_of, owner_of
from bygones.migrations.restored import RestoredError
from bygones.runner.connection import SETTING, parse_url
from bygones.sandbox.public import PUBLIC
from bygones.sandbox.shop import (
    PASSWORD,
    PROJECT,
    Shop,
    close_shop,
    configuration,
    create_accounts,
    shop_on,
    upgrade,
    url_for,
)
from tests.support.lending import OpenShop, opened, session
from tests.support.procedures import copy_all, edit_procedure, query, until, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server
    from tests.support.procedures import Connection

BACKUP = ("--single-transaction", "--routines", "--events", "--triggers")
# On a server that has transactions of its own.
COPY = "--set-gtid-purged=OFF"
DOCS = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
HOLDS = "SELECT COUNT(*) FROM `{}`.{}"


@pytest.fixture(scope="module")
def production(server: Server, names: Iterator[str]) -> Iterator[OpenShop]:
    """An installation to dump, of which all is copied."""
    with opened(server, next(names), finished=5) as shop:
        copy_all(shop.admin)
        yield shop


@pytest.fixture(scope="module")
def source_dump(server: Server, production: OpenShop) -> bytes:
    return dump(server, "--single-transaction", production.source)


@pytest.fixture(scope="module")
def history_dump(server: Server, production: OpenShop) -> bytes:
    return dump(server, *BACKUP, production.history)


def program(server: Server, name: str) -> list[str]:
    """Return the command line of a client program, up to its own options."""
    client = server.client or []
    at = next((n for n, part in enumerate(client) if part.endswith("/mysql")), None)
    if at is None or not Path(client[at]).with_name("mysqldump").exists():
        pytest.skip("no mysqldump of this server's family is there")
    database = parse_url(url_for(server.url, "mysql"))
    where = (
        [f"--socket={database.unix_socket}"]
        if database.unix_socket
        else [f"--host={database.host}", f"--port={database.port}"]
    )
    said = [*client[:at], str(Path(client[at]).with_name(name)), "--no-defaults"]
    return [*said, *where, f"--user={database.user}", f"--password={database.password}"]


def dump(server: Server, *arguments: str) -> bytes:
    return run([*program(server, "mysqldump"), COPY, *arguments])


def load(server: Server, schema: str, text: bytes) -> None:
    run([*program(server, "mysql"), schema], text)


def run(command: list[str], text: bytes = b"") -> bytes:
    done = subprocess.run(command, input=text, capture_output=True, check=False)  # noqa: S603 - the server's own programs
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@contextmanager
def restored(
    server: Server, name: str, owner: Account, source: bytes, history: bytes | None
) -> Iterator[OpenShop]:
    """Restore dumps under a name, and have its accounts, as README says."""
    shop = shop_on(server, name)
    shop = replace(shop, owner_url=url_for(server.url, name, owner.user))
    caller = Account(user=f"{name}_caller")
    try:
        with closing(session(shop, None)) as admin:
            query(admin, f"CREATE SCHEMA {name}")
            for account in (owner, caller):
                query(
                    admin,
                    f"CREATE USER IF NOT EXISTS {account} IDENTIFIED BY '{PASSWORD}'",
                )
            roles = (owner_of(name, owner), caller_of(name, caller))
            for statement in (each for role in roles for each in role.statements):
                query(admin, statement)
        load(server, name, source)
        with closing(session(shop, name)) as admin:
            if history is not None:
                query(admin, f"CREATE SCHEMA {shop.history} COLLATE utf8mb4_bin")
                load(server, shop.history, history)
                query(admin, f"USE {shop.history}")
            yield OpenShop(**asdict(shop), admin=admin)
    finally:
        close_shop(server, shop)


def bygones(url: str, *arguments: str) -> Result:
    env = {SETTING: url, "COLUMNS": "300"}
    return CliRunner().invoke(app, arguments, env=env)


def finish_one(shop: OpenShop, *, reference: str) -> None:
    """Have one finished order more in the source, under a key that is new there."""
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders"
        " (id, customer_id, status, reference, placed_at)"
        f" SELECT 900001, MIN(id), 'dispensed', %s, NOW() FROM {shop.source}.customers",
        reference,
    )


def refusal(connection: Connection, statement: str) -> tuple[int, str]:
    with pytest.raises(pymysql.Error) as caught:
        query(connection, statement)
    return caught.value.args[0], caught.value.args[1]


def sums(shop: OpenShop) -> list[dict[str, object]]:
    """Read what tells whether a row of bygones was written."""
    tables = query(
        shop.admin,
        "SELECT table_name AS name FROM information_schema.tables"
        " WHERE table_schema = %s AND table_type = 'BASE TABLE' ORDER BY 1",
        shop.history,
    )
    names = ", ".join(f"`{row['name']}`" for row in tables)
    return query(shop.admin, f"CHECKSUM TABLE {names}")


def doctor(url: str) -> dict[str, str]:
    """Return what the doctor says of the installation."""
    done = bygones(url, "doctor", "--json")
    checks = json.loads(done.stdout)["checks"]
    assert not [each for each in checks if each["name"] == "event"]
    [check] = [each for each in checks if each["name"] == "installed"]
    assert (check["verdict"] == "stop") == (done.exit_code == 1)
    return {**check}


def owner_of_(shop: Shop) -> Account:
    return Account(user=f"{shop.source}_owner")


def test_a_copy_under_another_name_refuses_until_it_is_installed_there(
    server: Server, production: OpenShop, source_dump: bytes, history_dump: bytes
) -> None:
    # The same owner, to whom production's source is open: nothing else would stop it.
    name, owner = f"{production.source}_b", owner_of_(production)
    with restored(server, name, owner, source_dump, history_dump) as copy:
        finish_one(production, reference="production")
        finish_one(copy, reference="staging")
        before = sums(copy)
        for procedure in PUBLIC.values():
            errno, text = refusal(copy.admin, procedure.call())
            assert errno == 30020, procedure.name
            assert "this is a copy: run alembic upgrade head, as its owner" in text
            assert f"its SQL is of {production.history}, not" in text
        assert (
            refusal(copy.admin, "CALL _check_orders_source(NULL, @is_noted)")[0]
            == 30020
        )
        the_event_runs(copy)
        ran = bygones(copy.caller_url, "run")
        told = {url: doctor(url) for url in (copy.caller_url, copy.owner_url)}
        with pytest.raises(RestoredError, match="restored under another name"):
            alembic.command.check(configuration(copy))

        assert sums(copy) == before
        assert (ran.exit_code, "30020" in ran.stderr) == (1, True)
        for check in told.values():
            assert (check["verdict"], "is a copy" in check["found"]) == ("stop", True)
            assert "alembic upgrade head" in check["todo"]

        upgrade(copy)
        ran = bygones(copy.caller_url, "run", "--json")

        assert (ran.exit_code, json.loads(ran.stdout)["runs"][0]["roots"]) == (0, 1)
        reference = "SELECT reference FROM orders_history WHERE id = 900001"
        assert value(copy.admin, reference) == "staging"
        assert doctor(copy.owner_url)["verdict"] == "OK"
        assert query(production.admin, reference) == []
        query(
            production.admin,
            f"DELETE FROM {production.source}.orders WHERE id = 900001",
        )


def the_event_runs(copy: OpenShop) -> None:
    """Enable the event as a dump would, and see it run once."""
    admin = copy.admin
    [before] = query(admin, "SELECT @@GLOBAL.event_scheduler AS v")
    query(admin, "SET GLOBAL event_scheduler = ON")
    query(admin, "ALTER EVENT copy_orders_event ON SCHEDULE EVERY 1 SECOND ENABLE")
    until(
        lambda: value(
            admin,
            "SELECT last_executed IS NOT NULL FROM information_schema.events"
            " WHERE event_schema = %s",
            copy.history,
        ),
        "the event has run",
    )
    query(admin, "SET GLOBAL event_scheduler = %s", before["v"])
    query(admin, "ALTER EVENT copy_orders_event ON SCHEDULE EVERY 1 MINUTE DISABLE")


def test_a_backup_is_restored_under_its_names_and_copying_goes_on(
    server: Server, production: OpenShop
) -> None:
    # As if it were another server, which has neither the schemas nor the accounts.
    schemas = (production.source, production.history)
    backup = dump(server, "--databases", *BACKUP, *schemas)
    close_shop(server, production)
    with closing(session(production, None)) as admin:
        create_accounts(admin, production)
        run(program(server, "mysql"), backup)
        query(production.admin, f"USE {production.history}")
        finish_one(production, reference="restored")

    ran = bygones(production.caller_url, "run")

    alembic.command.check(configuration(production))
    assert (ran.exit_code, "roots 1," in ran.stdout) == (0, True), ran.stderr
    assert doctor(production.owner_url)["verdict"] == "OK"
    said = " ".join(["mysqldump", *BACKUP, "--databases shop shop_history"])
    assert f"{said} > backup.sql\n" in DOCS


def test_a_staging_copy_of_the_source_alone_gets_a_history_of_its_own(
    server: Server, production: OpenShop, source_dump: bytes
) -> None:
    name = f"{production.source}_d"
    owner = Account(user=f"{name}_owner")
    with restored(server, name, owner, source_dump, None) as copy:
        upgrade(copy)
        ran = bygones(copy.caller_url, "run")

    assert (ran.exit_code, "roots 5," in ran.stdout) == (0, True), ran.stderr
    assert f"mysqldump --single-transaction {COPY} shop | mysql shop_staging" in DOCS


@pytest.mark.core
@pytest.mark.parametrize("written", ["another_history", "{}_HISTORY"])
def test_every_public_procedure_refuses_another_schema_than_its_own(
    shop: OpenShop, written: str
) -> None:
    before = sums(shop)

    for procedure in PUBLIC.values():
        edit_procedure(
            shop,
            procedure.name,
            old="_check_schema('pharmacy_history')",
            new=f"_check_schema('{written.format(shop.source)}')",
        )
        caller = shop.connect(shop.caller_url)
        errno, _ = refusal(caller, procedure.call())
        caller.close()
        assert errno == 30020, procedure.name

    assert sums(shop) == before


FAMILY = {
    "the definer isn't there": (BACKUP, "`nobody`@`%`", "1449"),
    "the definer may nothing there": (BACKUP, None, "1370"),
    "without routines": ((), None, "no procedures at all"),
}


@pytest.mark.parametrize("case", FAMILY)
def test_what_a_dump_lacks_is_told_and_an_upgrade_puts_it_right(
    server: Server, production: OpenShop, source_dump: bytes, case: str
) -> None:
    options, definer, refused = FAMILY[case]
    history = dump(server, *options, production.history)
    name = f"{production.source}_c"
    # As if it were another server, where the schemas have the same names.
    literal = f"_check_schema('{production.history}')".encode()
    history = history.replace(literal, f"_check_schema('{name}_history')".encode())
    history = history.replace(f"`{production.source}`.".encode(), f"`{name}`.".encode())
    before = f"`{production.source}_owner`@`%`"
    if definer:
        history = history.replace(before.encode(), definer.encode())
    owner = Account(user=f"{name}_owner")
    with restored(server, name, owner, source_dump, history) as copy:
        finish_one(copy, reference="restored")
        ran = bygones(copy.caller_url, "run")
        told = doctor(copy.owner_url)
        with pytest.raises(RestoredError, match="alembic upgrade head"):
            alembic.command.check(configuration(copy))

        assert (ran.exit_code, refused in ran.stderr) == (1, True), ran.stderr
        assert "alembic upgrade head" in ran.stderr
        assert (told["verdict"], "upgrade head" in told["todo"]) == ("stop", True), told

        upgrade(copy)
        alembic.command.check(configuration(copy))

        assert bygones(copy.caller_url, "run").exit_code == 0
        assert value(copy.admin, "SELECT COUNT(*) FROM orders_history") == 6
        for kind in ("routine", "trigger", "event"):
            assert query(
                copy.admin,
                f"SELECT DISTINCT definer AS d FROM information_schema.{kind}s"
                f" WHERE {kind}_schema = %s",
                copy.history,
            ) == [{"d": f"{owner.user}@%"}]
