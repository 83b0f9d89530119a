"""Any schema can be the source, whatever its name."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.oracle import compare
from bygones.sandbox.shop import close_shop, downgrade, open_shop, upgrade
from tests.support.migrations.commands import apply, script
from tests.support.migrations.snapshot import names, rows, snapshot
from tests.support.procedures import copy_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop


@pytest.fixture(params=["my shop-1", "Order", "100% größe.x"])
def shop(server: Server, request: pytest.FixtureRequest) -> Iterator[Shop]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    shop = open_shop(server, source=f"{request.param}{worker}", finished=40)
    yield shop
    close_shop(server, shop)


def test_orders_of_any_source_are_copied(shop: Shop) -> None:
    upgrade(shop)

    with closing(shop.connect(shop.caller_url)) as caller:
        copied = copy_all(caller)
    with closing(shop.connect()) as admin:
        verdict = compare(admin, shop.source, shop.history)

    assert sum(row["roots"] for row in copied) == 40
    assert (verdict.missing, verdict.different, verdict.surplus) == (0, 0, 0)


def test_any_source_can_be_left_again(shop: Shop) -> None:
    upgrade(shop)

    downgrade(shop, "base")

    with closing(shop.connect()) as admin:
        assert names(admin, "TABLE", shop.history) == ["alembic_version"]
        assert names(admin, "PROCEDURE", shop.history) == []


def test_the_script_for_any_source_installs_the_same(
    server: Server, shop: Shop
) -> None:
    upgrade(shop)
    with closing(shop.connect()) as admin:
        online = snapshot(admin, shop.history)
        rows(admin, f"DROP SCHEMA `{shop.history}`")

    applied = apply(server, shop, script(shop, "upgrade", "head"))

    assert applied.returncode == 0, applied.stderr
    with closing(shop.connect()) as admin:
        assert snapshot(admin, shop.history) == online
