"""The server's own scheduler copies, once somebody lets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from migrations.event import event_of
from runner.command import app
from tests.kills.history import assert_complete, count
from tests.migrations.commands import apply
from tests.procedures import query, until, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.server import Server
    from tests.conftest import OpenShop

STATE = """
SELECT status FROM information_schema.events
WHERE event_schema = %s AND event_name = 'copy_orders_event'
"""


@pytest.fixture
def scheduled(server: Server, shop: OpenShop) -> Iterator[OpenShop]:
    """Install the event as the owner, and have the server's scheduler run."""
    [before] = query(shop.admin, "SELECT @@GLOBAL.event_scheduler AS v")
    history = shop.history.replace("_", r"\_")
    owner = f"'{shop.source}_owner'@'%'"
    query(shop.admin, f"GRANT EVENT ON `{history}`.* TO {owner}")
    query(shop.admin, "SET GLOBAL event_scheduler = ON")
    done = apply(server, shop, event_of(shop.source, "orders"))
    assert done.returncode == 0, done.stderr
    yield shop
    query(shop.admin, "DROP EVENT IF EXISTS copy_orders_event")
    query(shop.admin, "SET GLOBAL event_scheduler = %s", before["v"])
    query(shop.admin, f"REVOKE EVENT ON `{history}`.* FROM {owner}")


def test_it_is_installed_disabled_and_copies_nothing(scheduled: OpenShop) -> None:
    definer = value(
        scheduled.admin,
        "SELECT definer FROM information_schema.events WHERE event_schema = %s",
        scheduled.history,
    )
    assert definer == f"{scheduled.source}_owner@%"
    assert value(scheduled.admin, STATE, scheduled.history) == "DISABLED"
    assert count(scheduled.admin, "chunk") == 0


def test_enabled_it_copies_everything_with_the_owners_rights(
    scheduled: OpenShop,
) -> None:
    admin = scheduled.admin

    query(admin, "ALTER EVENT copy_orders_event ON SCHEDULE EVERY 1 SECOND ENABLE")
    until(lambda: count(admin, "orders_history") == 40, "the event has copied")
    query(admin, "ALTER EVENT copy_orders_event DISABLE")
    until(
        lambda: (
            not value(
                admin,
                "SELECT COUNT(*) FROM information_schema.processlist"
                " WHERE db = %s AND id <> CONNECTION_ID() AND user = %s",
                *(scheduled.history, f"{scheduled.source}_owner"),
            )
        ),
        "the event has ended",
    )

    called_by = value(admin, "SELECT DISTINCT called_by FROM chunk")
    assert called_by == "event_scheduler@localhost"
    assert_complete(admin, scheduled)


def test_to_install_it_again_leaves_it_as_it_is(
    server: Server, scheduled: OpenShop
) -> None:
    query(scheduled.admin, "ALTER EVENT copy_orders_event ENABLE")

    done = apply(server, scheduled, event_of(scheduled.source, "orders"))

    assert done.returncode == 0, done.stderr
    assert value(scheduled.admin, STATE, scheduled.history) == "ENABLED"


def test_the_command_prints_it_with_quoted_names() -> None:
    url = {"BYGONES_DATABASE_URL": "mysql://nobody@nowhere/my%60shop"}

    printed = CliRunner().invoke(app, ["event", "o'rders"], env=url).stdout

    assert (
        "CREATE EVENT IF NOT EXISTS `my``shop_history`.`copy_o'rders_event`" in printed
    )
    assert "l.archive = 'o''rders'" in printed
