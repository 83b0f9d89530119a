"""What `bygones grants` prints is enough for the whole path, and for nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import alembic.command
import pymysql
import pytest
from typer.testing import CliRunner, Result

from bygones.cli.command import app
from bygones.cli.grants import Account, parse_account
from bygones.runner.connection import SETTING
from bygones.runner.errors import ConfigurationError
from bygones.sandbox.public import PUBLIC, names_for
from bygones.sandbox.shop import PASSWORD, Shop, configuration, upgrade, url_for
from tests.server.migrations.test_installed import MANUAL
from tests.support.procedures import connection_id, query, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

ROLES = ("owner", "caller", "operator")

PRINTED = """\
-- The owner runs alembic, and what is scheduled runs with its rights: it has to last.

-- Reads what is copied, and how it is defined.
GRANT SELECT ON `my\\_100\\%\\\\``shop`.* TO `bygones_owner`@`%`;
-- Installs, and adds to history; nobody may UPDATE or DELETE there. Functions and
-- triggers need log_bin_trust_function_creators = 1 as well, where the binary log is
-- on.
GRANT SELECT, INSERT, EXECUTE, CREATE, ALTER, DROP, INDEX, CREATE VIEW, SHOW VIEW,\
 CREATE ROUTINE, ALTER ROUTINE, TRIGGER ON `my\\_100\\%\\\\``shop\\_history`.*\
 TO `bygones_owner`@`%`;
-- Installs an event for the server's own scheduler, disabled. Without this the upgrade
-- leaves it out and says so.
GRANT EVENT ON `my\\_100\\%\\\\``shop\\_history`.* TO `bygones_owner`@`%`;
-- Writes down what it does and what waits. CREATE lets it be granted before the tables
-- are there.
GRANT CREATE, UPDATE, DELETE ON `my_100%\\``shop_history`.alembic_version\
 TO `bygones_owner`@`%`;
"""


def bygones(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env={SETTING: url})


def grants(source: str, *arguments: str) -> str:
    """Return what is printed; only the schema of the URL counts."""
    url = url_for("mysql://nobody:nothing@nowhere.example", source)
    result = bygones(url, "grants", *arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def statements(printed: str) -> list[str]:
    """Return the lines that aren't comments: each is a statement."""
    lines = [line for line in printed.splitlines() if line and line[:2] != "--"]
    assert all(line.startswith("GRANT ") and line.endswith(";") for line in lines)
    return lines


def refusal(connection: Connection, statement: str) -> int | None:
    try:
        query(connection, statement)
    except pymysql.Error as error:
        return int(error.args[0])
    return None


def is_denied(connection: Connection, procedure: str) -> bool:
    return refusal(connection, PUBLIC[procedure].call()) in {1142, 1370}


@pytest.fixture
def granted(
    make_shop: Callable[..., OpenShop], server: Server
) -> Iterator[tuple[OpenShop, dict[str, str]]]:
    """Give a shop, and the URLs of new accounts that were granted what is printed."""
    shop = make_shop(finished=3, installed=False)
    accounts = {role: f"{shop.source}-{role}" for role in ROLES}
    for user in accounts.values():
        query(shop.admin, f"CREATE USER `{user}`@`%` IDENTIFIED BY '{PASSWORD}'")
    options = [f"--{role}={user}@%" for role, user in accounts.items()]
    for statement in statements(grants(shop.source, *options)):
        query(shop.admin, statement)
    urls = {
        role: url_for(server.url, shop.source, user) for role, user in accounts.items()
    }
    yield shop, urls
    for user in accounts.values():
        query(shop.admin, f"DROP USER `{user}`@`%`")


@pytest.fixture
def similar(granted: tuple[OpenShop, dict[str, str]]) -> Iterator[str]:
    """A schema whose name the history schema's would match if _ stood for anything."""
    shop, _ = granted
    name = f"{shop.source}Xhistory"
    query(shop.admin, f"CREATE SCHEMA `{name}`")
    query(shop.admin, f"CREATE TABLE `{name}`.archive (id INT)")
    query(shop.admin, f"CREATE PROCEDURE `{name}`.p () DO 1")
    yield name
    query(shop.admin, f"DROP SCHEMA `{name}`")


@pytest.mark.core
def test_what_is_printed_is_enough_for_each_account_and_nothing_more(
    granted: tuple[OpenShop, dict[str, str]], similar: str
) -> None:
    shop, urls = granted

    installed = replace(shop, owner_url=urls["owner"])
    upgrade(installed)
    alembic.command.check(configuration(installed))
    copied = bygones(urls["caller"], "run")
    sessions = {role: Shop.connect(shop, urls[role]) for role in ROLES}
    operator = sessions["operator"]
    query(operator, "CALL pause_archive('orders', 'counting')")
    paused = bygones(urls["caller"], "run")
    query(operator, "CALL resume_archive('orders')")
    query(operator, "CALL tune_archive('orders', 'max_size', 400)")
    query(operator, "CALL tune_archive('orders', 'max_replica_lag_seconds', 2)")
    denied = {
        role: [n for n in names_for("operator") if is_denied(sessions[role], n)]
        for role in ("caller", "operator")
    }
    query(operator, "CALL resume_archive('orders')")
    resumed = bygones(urls["caller"], "run")
    seen = {
        table: value(operator, f"SELECT COUNT(*) FROM {table}")
        for table in ("archive", "chunk", "lane", "run", "lane_sample", "waiting")
    }

    assert "roots 3, " in copied.stdout
    assert (paused.exit_code, resumed.exit_code) == (75, 0)
    assert "counting" in paused.stdout
    assert (seen["archive"], seen["lane"], seen["waiting"]) == (1, 1, 0)
    for role in ("caller", "operator"):
        for name in PUBLIC:
            manual = value(sessions[role], MANUAL, shop.history, name)
            assert "\nDescription\n  " in manual
            assert "\nExample\n  CALL " in manual
    # What an operator procedure reads and writes, cli/grants.py gives to operators.
    assert denied["operator"] == []
    assert sorted(denied["caller"]) == sorted(names_for("operator"))
    for role, statement in (
        ("caller", "SELECT 1 FROM orders_history"),
        ("caller", "SELECT 1 FROM archive"),
        ("caller", f"SELECT 1 FROM `{shop.source}`.orders"),
        ("operator", "SELECT 1 FROM orders_history"),
        ("operator", f"SELECT 1 FROM `{shop.source}`.orders"),
        ("operator", "CALL split_orders(2)"),
        ("operator", "DELETE FROM archive"),
        ("operator", "UPDATE lane SET size = 1"),
        ("operator", "DELETE FROM chunk"),
        ("operator", "DROP TABLE archive"),
        ("owner", "UPDATE orders_history SET history_version = 2"),
        ("owner", "DELETE FROM orders_history"),
        ("owner", f"UPDATE `{shop.source}`.orders SET discount = 0"),
        *((role, f"SELECT 1 FROM `{similar}`.archive") for role in ROLES),
        *((role, f"CALL `{similar}`.p()") for role in ROLES),
    ):
        errno = 1370 if statement.endswith(".p()") else 1142
        assert refusal(sessions[role], statement) == errno, (role, statement)
    with pytest.raises(pymysql.Error, match="splitting is for the owner: DELETE comm"):
        query(operator, "CALL split_orders(2)")
    for session in sessions.values():
        session.close()


@pytest.mark.core
def test_what_is_optional_lets_an_operator_end_a_session_that_is_stuck(
    granted: tuple[OpenShop, dict[str, str]], server: Server
) -> None:
    shop, urls = granted
    query(shop.admin, f"CREATE SCHEMA {shop.history}")
    stuck = Shop.connect(shop, urls["caller"])
    printed = grants(shop.source, f"--operator={shop.source}-operator@%")
    theirs = [line[3:] for line in printed.splitlines() if line.startswith("-- GRANT")]
    theirs = [line for line in theirs if f"{shop.source}-operator" in line]
    other = "CONNECTION_ADMIN" if server.family == "mariadb" else "CONNECTION ADMIN"
    allowed = [line for line in theirs if other not in line]
    for statement in allowed:
        query(shop.admin, statement)
    operator = Shop.connect(shop, urls["operator"])

    seen = query(operator, "SELECT COUNT(*) FROM information_schema.innodb_trx")
    query(operator, f"KILL {connection_id(stuck)}")

    assert len(allowed) == len(theirs) - 1 == 2
    assert seen
    assert refusal(stuck, "SELECT 1") is not None
    operator.close()


def test_a_pattern_is_escaped_and_the_name_of_a_table_is_not() -> None:
    assert PRINTED in grants("my_100%\\`shop")


def test_every_account_is_named_and_can_be_another() -> None:
    printed = grants(
        "shop", "--owner", "'o`o'@10.0.0.%", "--caller", "c", "--operator", '"p"@`h`'
    )

    assert [line for line in printed.splitlines() if "CREATE USER" in line] == [
        "-- CREATE USER `o``o`@`10.0.0.%` IDENTIFIED BY '...';",
        "-- CREATE USER `c`@`%` IDENTIFIED BY '...';",
        "-- CREATE USER `p`@`h` IDENTIFIED BY '...';",
    ]
    assert {line.rpartition(" TO ")[2] for line in statements(printed)} == {
        "`o``o`@`10.0.0.%`;",
        "`c`@`%`;",
        "`p`@`h`;",
    }


def test_what_is_optional_is_printed_as_a_comment() -> None:
    printed = grants("shop")

    for statement in (
        "GRANT PROCESS ON *.* TO `bygones_owner`@`%`;",
        "GRANT PROCESS ON *.* TO `bygones_operator`@`%`;",
        "GRANT CONNECTION_ADMIN ON *.* TO `bygones_operator`@`%`;",
        "GRANT CONNECTION ADMIN ON *.* TO `bygones_operator`@`%`;",
        "GRANT REPLICATION CLIENT ON *.* TO 'bygones_watcher'@'%';",
        "GRANT SLAVE MONITOR ON *.* TO 'bygones_watcher'@'%';",
    ):
        assert f"\n-- {statement}\n" in printed
        assert statement not in statements(printed)


def test_it_says_what_no_grant_can() -> None:
    printed = " ".join(grants("shop").replace("-- ", "").split())

    assert "must not hold CREATE TEMPORARY TABLES" in printed
    assert "partial_revokes = ON" in printed
    assert "log_bin_trust_function_creators = 1" in printed


def test_an_account_is_read_as_sql_writes_it() -> None:
    assert parse_account("a.b@h") == Account(user="a.b", host="h")
    assert parse_account("'a@b'@'10.%'") == Account(user="a@b", host="10.%")


@pytest.mark.parametrize("text", ["", "@h", "a b", "a@b@c", "''@h", "'a", "'a\nb'"])
def test_what_is_no_account_is_shown_with_what_is_expected(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_account(text)

    assert str(caught.value) == (
        f"{text!r} isn't an account; expected name@host, such as 'bygones_owner'@'%'"
    )


def test_one_account_for_two_purposes_is_refused_in_one_line() -> None:
    result = bygones("mysql://u@h/shop", "grants", "--owner=a", "--caller", "'a'@'%'")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "Owner `a`@`%`, caller `a`@`%` and operator `bygones_operator`@`%` have to be "
        "three accounts: the caller may hold EXECUTE and nothing else\n"
    )
