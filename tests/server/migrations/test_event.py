"""The server's own scheduler copies, once somebody lets it."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.support.kills.history import assert_complete, count
from tests.support.procedures import query, until, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.migrations.teams import Team

STATE = """
SELECT status FROM information_schema.events
WHERE event_schema = %s AND event_name = 'copy_orders_event'
"""
EVERY = """
SELECT interval_value FROM information_schema.events WHERE event_schema = %s
"""


@pytest.fixture
def scheduled(shop: OpenShop) -> Iterator[OpenShop]:
    """Have the server's scheduler run."""
    [before] = query(shop.admin, "SELECT @@GLOBAL.event_scheduler AS v")
    query(shop.admin, "SET GLOBAL event_scheduler = ON")
    yield shop
    query(shop.admin, "DROP EVENT IF EXISTS copy_orders_event")
    query(shop.admin, "SET GLOBAL event_scheduler = %s", before["v"])


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


def may_not_have_events(shop: OpenShop) -> None:
    history = shop.history.replace("_", r"\_")
    owner = f"'{shop.source}_owner'@'%'"
    query(shop.admin, f"REVOKE EVENT ON `{history}`.* FROM {owner}")


def test_an_account_that_may_not_have_events_installs_all_but_it_and_is_told(
    team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    may_not_have_events(team.shop)

    team.install()

    said = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    [left_out] = [message for message in said if "left out" in message]
    assert left_out.startswith(
        "left out the event copy_orders_event: this account lacks EVENT on "
        f"{team.shop.history}, "
    )
    assert query(team.shop.admin, STATE, team.shop.history) == []
    assert team.check() == []
    team.downgrade("base")


def test_it_can_be_had_later(team: Team) -> None:
    team.install()
    query(team.shop.admin, "DROP EVENT copy_orders_event")

    assert team.check() == [("missing", "event", "copy_orders_event")]
    team.revise()
    team.upgrade()

    assert value(team.shop.admin, STATE, team.shop.history) == "DISABLED"


def test_a_new_version_keeps_its_schedule_and_is_enabled_if_it_was(team: Team) -> None:
    team.install()
    admin, history = team.shop.admin, team.shop.history
    with closing(team.shop.connect(team.shop.owner_url)) as owner:
        query(owner, "ALTER EVENT copy_orders_event ON SCHEDULE EVERY 7 HOUR ENABLE")
        assert team.check() == []
        query(owner, "ALTER EVENT copy_orders_event DO SELECT 1")

    assert team.check() == [("changed by hand", "event", "copy_orders_event")]
    team.revise()
    team.upgrade()

    assert team.check() == []
    assert value(admin, STATE, history) == "ENABLED"
    assert value(admin, EVERY, history) == "7"


def test_one_that_an_administrator_altered_is_left_to_administrators(
    team: Team, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    team.install()
    query(team.shop.admin, "ALTER EVENT copy_orders_event COMMENT 'ours'")

    team.downgrade("base")

    is_left = server.family == "mysql"  # MariaDB knows no such rank
    said = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert any("an administrator has altered it" in each for each in said) == is_left
    assert bool(query(team.shop.admin, STATE, team.shop.history)) == is_left
