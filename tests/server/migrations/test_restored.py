"""What a dump leaves out comes back by an upgrade, as the installed revision says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bygones.cli.grants import Account, owner_of
from bygones.migrations.restored import RestoredError
from bygones.sandbox.shop import PASSWORD, url_for
from tests.server.migrations.test_autogenerate_by_hand import NOTHING
from tests.support.migrations.snapshot import names, snapshot
from tests.support.procedures import copy_all, query

if TYPE_CHECKING:
    from bygones.sandbox.server import Server
    from tests.support.migrations.teams import Team


@pytest.mark.core
def test_procedures_come_back_and_tables_that_changed_since_stay_as_they_are(
    team: Team,
) -> None:
    team.install()
    admin, history = team.shop.admin, team.shop.history
    orders = f"{team.shop.source}.orders"
    # Gone through again from the first revision on, the middle one would round.
    for type_ in ("DECIMAL(12, 3)", "DECIMAL(14, 5)"):
        query(admin, "SET sql_mode = ''")  # the pharmacy has zero dates
        query(admin, f"ALTER TABLE {orders} MODIFY discount {type_} NOT NULL")
        team.revise()
        team.upgrade()
    query(admin, f"UPDATE {orders} SET discount = 1.23456")
    copy_all(admin)
    before = snapshot(admin, history)

    for name in names(admin, "PROCEDURE", history):
        query(admin, f"DROP PROCEDURE `{name}`")
    with pytest.raises(RestoredError, match="no procedure that this account can see"):
        team.check()
    with pytest.raises(RestoredError):
        team.revise()
    team.upgrade()

    assert snapshot(admin, history) == before
    assert team.check() == []


@pytest.mark.core
def test_who_cannot_see_what_procedures_say_owns_them_after_an_upgrade(
    team: Team, server: Server
) -> None:
    team.install(NOTHING)
    admin, source = team.shop.admin, team.shop.source
    account = Account(user=f"{source}_new")
    query(admin, f"CREATE USER {account} IDENTIFIED BY '{PASSWORD}'")
    try:
        for statement in owner_of(source, account).statements:
            query(admin, statement)
        url = url_for(server.url, source, account.user)
        new = replace(team, shop=replace(team.shop, owner_url=url))
        with pytest.raises(RestoredError, match=f"installed them, {source}_owner@%"):
            new.check()

        new.upgrade()

        assert new.check() == []
        assert query(
            admin,
            "SELECT DISTINCT definer AS d FROM information_schema.routines"
            " WHERE routine_schema = %s",
            team.shop.history,
        ) == [{"d": f"{account.user}@%"}]
    finally:
        query(admin, f"DROP USER {account}")
