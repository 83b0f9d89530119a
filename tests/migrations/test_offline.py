"""The script that a DBA applies by hand does what the online run does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.shop import downgrade
from tests.migrations.commands import alembic, apply, script
from tests.migrations.snapshot import checksums, rows, snapshot
from tests.procedures import copy_chunk

if TYPE_CHECKING:
    from sandbox.server import Server
    from tests.conftest import OpenShop


def test_the_script_installs_the_same(server: Server, shop: OpenShop) -> None:
    online = snapshot(shop.admin, shop.history)
    upwards = script(shop, "upgrade", "head")
    downgrade(shop, "base")
    rows(shop.admin, f"DROP SCHEMA `{shop.history}`")

    applied = apply(server, shop, upwards)

    assert applied.returncode == 0, applied.stderr
    assert snapshot(shop.admin, shop.history) == online
    assert "0002 (head)" in alembic(shop.owner_url, "current").stdout


def test_the_script_leads_down_again(server: Server, shop: OpenShop) -> None:
    downwards = script(shop, "downgrade", "head:base")

    applied = apply(server, shop, downwards)

    assert applied.returncode == 0, applied.stderr
    offline = snapshot(shop.admin, shop.history)
    downgrade(shop, "base")
    assert offline == snapshot(shop.admin, shop.history)
    assert alembic(shop.owner_url, "current").stdout == ""


def test_the_script_too_refuses_to_drop_copied_orders(
    server: Server, shop: OpenShop
) -> None:
    downwards = script(shop, "downgrade", "head:base")
    copy_chunk(shop.admin, 7)
    before = snapshot(shop.admin, shop.history), checksums(shop.admin, shop.history)

    refused = apply(server, shop, downwards)

    assert refused.returncode != 0
    assert "30011" in refused.stderr
    assert "orders_history holds 7 roots" in refused.stderr
    rows(shop.admin, "DROP PROCEDURE _run_once")  # the next script would
    assert before == (
        snapshot(shop.admin, shop.history),
        checksums(shop.admin, shop.history),
    )


def test_writing_the_script_needs_no_server() -> None:
    nowhere = "mysql://nobody@127.0.0.1:1/shop"

    done = alembic(nowhere, "upgrade", "head", "--sql")

    assert done.returncode == 0
    assert "CREATE SCHEMA IF NOT EXISTS `shop_history`" in done.stdout
    assert "'nobody'" not in done.stdout
