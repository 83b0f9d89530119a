"""Concurrent upgrades wait for each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from bygones.migrations import session
from bygones.sandbox.sample import ARCHIVES_ORDERS
from bygones.sandbox.shop import upgrade
from tests.support.migrations.commands import result, start_alembic
from tests.support.migrations.snapshot import rows, snapshot
from tests.support.procedures import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OpenShop

WAITING_FOR_THE_LOCK = (
    "SELECT 1 FROM information_schema.processlist"
    " WHERE user = %s AND state = 'User lock'"
)


def test_three_upgrades_at_once_all_succeed(
    make_shop: Callable[..., OpenShop],
) -> None:
    alone = make_shop(finished=1)
    shop = make_shop(finished=1, installed=False)

    upgrades = [start_alembic(shop.owner_url, "upgrade", "head") for _ in range(3)]
    done = [result(process) for process in upgrades]

    assert [process.returncode for process in done] == [0, 0, 0]
    assert "".join(process.stderr for process in done).count("-> bygones_0001") == 1
    versions = f"SELECT version_num FROM `{shop.history}`.alembic_version"
    assert rows(shop.admin, versions) == [(ARCHIVES_ORDERS,)]
    assert repr(snapshot(shop.admin, shop.history)) == repr(
        snapshot(alone.admin, alone.history)
    ).replace(alone.source, shop.source)


def test_an_upgrade_goes_on_when_the_one_before_it_has_ended(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=1, installed=False)
    rows(shop.admin, "SELECT GET_LOCK(%s, 0)", shop.history)
    second = start_alembic(shop.owner_url, "upgrade", "head")
    until(
        lambda: rows(shop.admin, WAITING_FOR_THE_LOCK, f"{shop.source}_owner"),
        "the upgrade waits for the lock",
    )
    untouched = rows(shop.admin, f"SHOW SCHEMAS LIKE '{shop.history}'")

    rows(shop.admin, "SELECT RELEASE_LOCK(%s)", shop.history)

    assert result(second).returncode == 0
    assert untouched == []


def test_an_upgrade_that_waited_in_vain_names_who_holds_the_lock(
    make_shop: Callable[..., OpenShop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "UPGRADE_LOCK_SECONDS", 0)
    shop = make_shop(finished=1, installed=False)
    ((holder,),) = rows(shop.admin, "SELECT CONNECTION_ID()")
    rows(shop.admin, "SELECT GET_LOCK(%s, 0)", shop.history)

    with pytest.raises(MigrationError) as caught:
        upgrade(shop)

    assert re.fullmatch(
        f"another upgrade, connection {holder}, has held the lock '{shop.history}' "
        "for 0 s; let it end, or KILL it, then upgrade again",
        str(caught.value),
    )
    assert rows(shop.admin, f"SHOW SCHEMAS LIKE '{shop.history}'") == []
