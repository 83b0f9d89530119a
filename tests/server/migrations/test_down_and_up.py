"""Down is the way back: nothing is left, and nothing is lost."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import alembic.command
import pytest

from bygones.compiler.errors import MigrationError
from bygones.sandbox.sample import ARCHIVES_ORDERS
from bygones.sandbox.shop import configuration, downgrade, upgrade
from tests.server.migrations.test_servers import setting
from tests.support.migrations import commands
from tests.support.migrations.commands import apply, failure, result, start_alembic
from tests.support.migrations.snapshot import checksums, names, rows, snapshot
from tests.support.migrations.teams import NOTES, ORDERS, downgrade_of
from tests.support.procedures import COPY, copy_all, copy_chunk, held_call, until, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.migrations.teams import Team

MORE_ORDERS = ORDERS.replace("= 'dispensed'", "IN ('dispensed', 'cancelled')")

# What innodb_trx says is as of its last reading but one, for who reads it in a loop.
WAITING_FOR_THE_LANE = (
    "SELECT 1 FROM information_schema.processlist"
    " WHERE user = %s AND info LIKE 'DELETE FROM lane %%'"
)


# Comes with bygones, before the archives of any project.
FIRST = "bygones_0001"


def test_down_and_up_again_leaves_the_same_database(shop: OpenShop) -> None:
    before = snapshot(shop.admin, shop.history)

    downgrade(shop, "base")
    upgrade(shop)

    assert snapshot(shop.admin, shop.history) == before


def test_every_step_leads_back_to_where_it_came_from(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=1, installed=False)
    upgrade(shop, FIRST)
    downgrade(shop, "base")

    for revision in (FIRST, ARCHIVES_ORDERS):
        before = snapshot(shop.admin, shop.history)
        upgrade(shop, revision)
        above = snapshot(shop.admin, shop.history)
        downgrade(shop, "-1")
        assert snapshot(shop.admin, shop.history) == before
        upgrade(shop, "+1")
        assert snapshot(shop.admin, shop.history) == above


def test_after_the_last_step_down_only_the_version_table_is_there(
    shop: OpenShop,
) -> None:
    source = snapshot(shop.admin, shop.source), checksums(shop.admin, shop.source)

    downgrade(shop, "base")

    left = {
        kind: names(shop.admin, kind, shop.history)
        for kind in ("TABLE", "VIEW", "FUNCTION", "PROCEDURE", "TRIGGER")
    }
    assert left == {
        "TABLE": ["alembic_version"],
        "VIEW": [],
        "FUNCTION": [],
        "PROCEDURE": [],
        "TRIGGER": [],
    }
    versions = f"SELECT * FROM `{shop.history}`.alembic_version"
    assert rows(shop.admin, versions) == []
    assert source == (
        snapshot(shop.admin, shop.source),
        checksums(shop.admin, shop.source),
    )


@pytest.mark.parametrize("revision", ["base", FIRST, "-1"])
def test_a_downgrade_over_copied_orders_refuses_and_changes_nothing(
    shop: OpenShop, revision: str
) -> None:
    copy_chunk(shop.admin, 7)
    before = snapshot(shop.admin, shop.history), checksums(shop.admin, shop.history)

    with pytest.raises(MigrationError, match="orders_history holds 7 roots") as caught:
        downgrade(shop, revision)

    assert "errno 30011" in str(caught.value)
    assert before == (
        snapshot(shop.admin, shop.history),
        checksums(shop.admin, shop.history),
    )
    copy_all(shop.admin)
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 40


def test_the_command_says_in_one_line_why_a_downgrade_refuses(shop: OpenShop) -> None:
    copy_chunk(shop.admin, 7)

    said = failure(commands.alembic(shop.owner_url, "downgrade", "base"))

    assert said == (
        "FAILED: orders_history holds 7 roots; dropping it would lose them: move it "
        "elsewhere first (errno 30011, in answer to: CALL "
        f"`{shop.history}`.`_uninstall_orders`())"
    )


def test_a_downgrade_sees_the_orders_of_a_chunk_that_is_being_copied(
    shop: OpenShop,
) -> None:
    held = held_call(
        shop,
        COPY,
        before="SET v_step = 'advance the lane';",
        connection=shop.connect(shop.caller_url),
        sql="CALL copy_orders_chunk(7)",
    )

    with held as chunk:
        going_down = start_alembic(shop.owner_url, "downgrade", "base")
        until(
            lambda: rows(shop.admin, WAITING_FOR_THE_LANE, f"{shop.source}_owner"),
            "the downgrade waits for the chunk",
        )

    assert "orders_history holds 7 roots" in failure(result(going_down))
    assert chunk.row()["roots"] == 7
    assert names(shop.admin, "TABLE", shop.history).count("orders_history") == 1


def test_a_downgrade_refuses_before_its_first_step_what_a_later_one_would_lose(
    team: Team,
) -> None:
    team.install()
    for declaration in (ORDERS + NOTES, MORE_ORDERS + NOTES):
        team.declare(declaration)
        team.revise()
        team.upgrade()
    copy_all(team.shop.admin)
    before = snapshot(team.shop.admin, team.shop.history)
    history = team.shop.history

    with pytest.raises(MigrationError) as caught:
        team.downgrade("0001")

    assert str(caught.value) == (
        "notes_history holds rows that would be lost: move them elsewhere first (errno "
        f"30011); that is by the step down from 0002, so none was taken: {history} is "
        "still at 0003, and alembic downgrade 0002 is as far as it goes"
    )
    assert snapshot(team.shop.admin, history) == before
    team.downgrade("0002")
    assert rows(team.shop.admin, "SELECT * FROM alembic_version") == [("0002",)]


def test_a_failure_says_where_one_is_after_some_steps(team: Team) -> None:
    team.install()
    for declaration in (ORDERS + NOTES, ORDERS + NOTES + "payments = {}\n"):
        team.upgrade()
        team.declare(declaration)
        team.revise()
    team.downgrade("0001")
    rows(team.shop.admin, "CREATE VIEW payments_history AS SELECT 1 AS id")

    with pytest.raises(MigrationError, match="errno 1347") as caught:
        team.upgrade()

    where = f"; {team.shop.history} is at revision 0002 now: mend that, and upgrade"
    assert where in str(caught.value)
    rows(team.shop.admin, "DROP VIEW payments_history")
    team.upgrade()
    assert team.check() == []


def test_a_way_down_that_brings_a_function_back_is_refused_before_its_first_step(
    team: Team,
) -> None:
    team.install()
    installed = snapshot(team.shop.admin, team.shop.history)
    team.declare(ORDERS + NOTES)
    revision = team.revise()
    team.upgrade()
    above = snapshot(team.shop.admin, team.shop.history)

    with (
        setting(team.shop, "log_bin_trust_function_creators", "0"),
        pytest.raises(MigrationError, match="log_bin_trust_function_creators = 1"),
    ):
        team.downgrade("-1")
    refused = snapshot(team.shop.admin, team.shop.history)
    team.downgrade("-1")

    assert f'op.create_function("{COPY}", version=1)' in downgrade_of(revision)
    assert refused == above
    assert snapshot(team.shop.admin, team.shop.history) == installed


def test_a_script_down_that_brings_a_function_back_asks_for_it_first(
    server: Server, team: Team
) -> None:
    team.install()
    team.declare(ORDERS + NOTES)
    team.revise()
    team.upgrade()
    above = snapshot(team.shop.admin, team.shop.history)
    config = configuration(team.shop, team.project.root)
    config.output_buffer = io.StringIO()
    alembic.command.downgrade(config, "0002:0001", sql=True)
    downwards = config.output_buffer.getvalue()

    with setting(team.shop, "log_bin_trust_function_creators", "0"):
        refused = apply(server, team.shop, downwards)
    left = snapshot(team.shop.admin, team.shop.history)
    applied = apply(server, team.shop, downwards)

    assert re.search(r"^ERROR 141[89] ", refused.stderr, re.MULTILINE), refused.stderr
    assert left == above
    assert applied.returncode == 0, applied.stderr
    assert rows(
        team.shop.admin,
        f"SELECT version_num FROM `{team.shop.history}`.alembic_version",
    ) == [("0001",)]


def test_what_changes_no_function_and_no_trigger_needs_no_setting(team: Team) -> None:
    team.install()
    installed = snapshot(team.shop.admin, team.shop.history)
    team.declare(MORE_ORDERS)
    team.revise()

    with setting(team.shop, "log_bin_trust_function_creators", "0"):
        team.upgrade()
        found = team.check()
        team.downgrade("-1")

    assert found == []
    assert snapshot(team.shop.admin, team.shop.history) == installed


def test_what_is_lacking_is_not_brought_back_by_halves(shop: OpenShop) -> None:
    before = snapshot(shop.admin, shop.history)
    for lost in (
        *("PROCEDURE progress", f"FUNCTION {COPY}"),
        "TRIGGER orders_history_before_update",
    ):
        rows(shop.admin, f"DROP {lost}")
    left = snapshot(shop.admin, shop.history)

    with (
        setting(shop, "log_bin_trust_function_creators", "0"),
        pytest.raises(MigrationError, match="log_bin_trust_function_creators = 1"),
    ):
        upgrade(shop)
    refused = snapshot(shop.admin, shop.history)
    upgrade(shop)

    assert refused == left
    assert snapshot(shop.admin, shop.history) == before
