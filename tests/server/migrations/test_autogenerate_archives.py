"""Archives come and go, several in a project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from tests.support.migrations.commands import alembic
from tests.support.migrations.snapshot import checksums, names, snapshot
from tests.support.migrations.teams import ORDERS, PAYMENTS, downgrade_of, upgrade_of
from tests.support.procedures import copy_chunk, query, value

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.migrations.teams import Team

NOTHING = 'source = "pharmacy"\n'
ODD = "it's 100% \\\\odd"


def test_the_sample_is_what_alembic_would_write(shop: OpenShop) -> None:
    done = alembic(shop.owner_url, "check")

    assert done.returncode == 0, done.stdout
    assert done.stdout == "No new upgrade operations detected.\n"


def test_a_difference_ends_the_check_with_its_name(shop: OpenShop) -> None:
    query(shop.admin, "DROP PROCEDURE close_run")

    done = alembic(shop.owner_url, "check")

    assert done.returncode == 255
    assert done.stdout == (
        "1 procedure is missing: close_run\n"
        "FAILED: a revision is due: alembic revision --autogenerate, read it, alembic "
        "upgrade head\n"
    )
    assert "Traceback" not in done.stderr
    assert "ERROR" not in done.stderr


def test_an_archive_that_goes_is_refused_while_it_holds_history(team: Team) -> None:
    team.install()
    copy_chunk(team.shop.admin, 2)
    before = snapshot(team.shop.admin, team.shop.history)
    rows = checksums(team.shop.admin, team.shop.history)
    team.declare(NOTHING)

    assert team.check() == [("no longer declared", "archive", "orders")]
    team.revise("no more orders")
    with pytest.raises(MigrationError, match="orders_history holds 2") as caught:
        team.upgrade()

    assert "errno 30011" in str(caught.value)
    assert snapshot(team.shop.admin, team.shop.history) == before
    assert checksums(team.shop.admin, team.shop.history) == rows


def test_an_archive_without_history_goes_and_comes_back(team: Team) -> None:
    team.install(NOTHING)
    without = snapshot(team.shop.admin, team.shop.history)
    team.declare(ORDERS)
    assert team.check() == [("new", "archive", "orders")]
    new = team.revise()
    team.upgrade()
    before = snapshot(team.shop.admin, team.shop.history)
    files = team.sql()
    team.declare(NOTHING)

    gone = team.revise("no more orders")
    team.upgrade()

    assert upgrade_of(gone) == downgrade_of(new)
    assert downgrade_of(gone) == upgrade_of(new)
    assert snapshot(team.shop.admin, team.shop.history) == {
        **without,
        "rows of alembic_version": ["('0002',)"],
    }
    assert team.check() == []
    team.downgrade("-1")
    assert snapshot(team.shop.admin, team.shop.history) == before
    team.upgrade()
    team.declare(ORDERS)
    assert upgrade_of(team.revise()) == upgrade_of(new)
    assert team.sql() == files


def test_one_archive_makes_room_for_another_of_the_same_table(team: Team) -> None:
    team.install()
    team.declare(ORDERS.replace("archive.orders", "archive.sales"))

    revision = team.revise()
    team.upgrade()

    lines = upgrade_of(revision)
    assert lines.index('op.unregister_archive("orders")') < lines.index(
        'op.install_table("orders_history", version=2)'
    )
    assert 'op.create_procedure("_copy_order_items", version=2)' in lines
    assert "sales/tables/orders_history_v02.sql" in team.sql()
    assert team.check() == []
    query(team.shop.admin, "CALL copy_sales_chunk(NULL)")
    query(team.shop.admin, "DELETE FROM chunk")
    assert value(team.shop.admin, "SELECT COUNT(*) FROM orders_history") == 4


def test_archives_of_one_file_change_apart_from_each_other(team: Team) -> None:
    team.install(ORDERS + PAYMENTS)
    others = {
        path: text for path, text in team.sql().items() if path.startswith("payments/")
    }
    team.declare(ORDERS.replace("'dispensed'", "'cancelled'") + PAYMENTS)

    lines = upgrade_of(team.revise())
    team.upgrade()

    assert not [line for line in lines if "payments" in line]
    assert {**team.sql(), **others} == team.sql()
    assert "payments/procedures/copy_payments_chunk_v01.sql" in others
    assert team.check() == []


def test_history_of_one_archive_does_not_become_anothers(team: Team) -> None:
    team.install(ORDERS)
    relation = "order_items = {}\n"
    team.declare(
        ORDERS.replace(relation, "") + PAYMENTS + "[archive.payments.relations]\n"
        "order_items = { parent = false,"
        ' on = "order_items.order_id = payments.order_id" }\n'
    )

    with pytest.raises(MigrationError) as caught:
        team.check()

    assert str(caught.value) == (
        "archive.payments: the table order_items_history holds the history of the "
        "archive orders; choose another name"
    )


def test_an_archive_may_have_any_name(team: Team) -> None:
    team.install(ORDERS.replace("[archive.orders", f'[archive."{ODD}"'))
    name = ODD.replace("\\\\", "\\")

    assert f"{name}/tables/orders_history_v01.sql" in team.sql()
    assert team.check() == []
    assert query(team.shop.admin, "SELECT name FROM archive") == [{"name": name}]
    chunks = [query(team.shop.admin, f"CALL `copy_{name}_chunk`(NULL)") for _ in "12"]
    assert [row["state"] for (row,) in chunks] == ["copied", "idle"]
    for table in ("orders_history", "order_items_history"):
        query(team.shop.admin, f"DROP TRIGGER {table}_before_delete")
        query(team.shop.admin, f"DELETE FROM {table}")
    team.downgrade("base")
    assert names(team.shop.admin, "TABLE", team.shop.history) == ["alembic_version"]
