"""The script that a DBA applies by hand does what the online run does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bygones.sandbox.sample import ARCHIVES_ORDERS
from bygones.sandbox.shop import downgrade
from tests.server.migrations.test_servers import setting
from tests.support.migrations.commands import alembic, apply, script
from tests.support.migrations.snapshot import checksums, names, rows, snapshot
from tests.support.procedures import copy_all, copy_chunk, probe_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.migrations.shaping import Changing

# A statement for the client: between its delimiters, or up to a semicolon.
STATEMENT = re.compile(
    r"DELIMITER \$\$\n.*?\n\$\$\nDELIMITER ;\n|(?:(?!DELIMITER|--).)+?;\n",
    re.DOTALL,
)


def cut(sql: str, places: int) -> list[str]:
    """Cut a script short at so many places, with as many statements between them."""
    ends = [found.end() for found in STATEMENT.finditer(sql)]
    return [sql[: ends[len(ends) * n // (places + 1)]] for n in range(1, places + 1)]


def test_the_script_installs_the_same(server: Server, shop: OpenShop) -> None:
    online = snapshot(shop.admin, shop.history)
    upwards = script(shop, "upgrade", "head")
    downgrade(shop, "base")
    rows(shop.admin, f"DROP SCHEMA `{shop.history}`")

    applied = apply(server, shop, upwards)

    assert applied.returncode == 0, applied.stderr
    assert snapshot(shop.admin, shop.history) == online
    assert f"{ARCHIVES_ORDERS} (head)" in alembic(shop.owner_url, "current").stdout


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


def test_a_script_that_failed_anywhere_can_be_applied_again(
    server: Server, shop: OpenShop
) -> None:
    online = snapshot(shop.admin, shop.history)
    upwards, downwards = (
        script(shop, *way) for way in (("upgrade", "head"), ("downgrade", "head:base"))
    )

    for sql in (*cut(downwards, 6), downwards, downwards):
        assert apply(server, shop, sql).returncode == 0
    downgraded = list(snapshot(shop.admin, shop.history))
    for sql in (*cut(upwards, 6), upwards, upwards):
        applied = apply(server, shop, sql)
        assert applied.returncode == 0, applied.stderr

    assert downgraded == ["TABLE alembic_version", "rows of alembic_version"]
    assert snapshot(shop.admin, shop.history) == online
    probe_server(shop)
    copy_all(shop.admin)
    refused = apply(server, shop, upwards)
    there = f"leads from base to {ARCHIVES_ORDERS}, and {ARCHIVES_ORDERS} is installed"
    assert f"{there}\n" in refused.stderr


def test_a_script_that_changes_history_can_be_applied_again(
    server: Server, changing: Changing
) -> None:
    changing.open_shop()
    for choice, amount in (("'a','b','c'", "12,4"), ("'a','b','c','d'", "14,6")):
        changing.source(
            f"ALTER TABLE sales MODIFY choice ENUM({choice}) NULL,"
            f" MODIFY amount DECIMAL({amount}) NULL, ADD COLUMN c{amount[:2]} INT"
        )
        changing.revise_and_upgrade()
    online = snapshot(changing.admin, changing.team.shop.history)
    changing.team.downgrade("0001")
    (first, second) = (
        changing.script("upgrade", f"0001:{to}") for to in ("0002", "head")
    )
    shop = changing.team.shop

    for sql in (*cut(first, 8), first):
        applied = apply(server, shop, sql)
        assert applied.returncode == 0, applied.stderr
    again = apply(server, shop, second)
    rest = changing.script("upgrade", "0002:head")
    for sql in (*cut(rest, 8), rest):
        applied = apply(server, shop, sql)
        assert applied.returncode == 0, applied.stderr

    assert (
        "this script leads from 0001 to 0003, and 0002 is installed: alembic upgrade "
        "0002:0003 --sql writes the rest" in again.stderr
    )
    assert snapshot(changing.admin, shop.history) == online
    changing.copy()


def test_a_script_over_an_empty_archive_goes_through_revisions_again(
    server: Server, changing: Changing
) -> None:
    changing.open_shop()
    for values in ("'a','b','c'", "'a','b','c','d'"):
        changing.source(f"ALTER TABLE sales MODIFY choice ENUM({values}) NULL")
        changing.revise_and_upgrade()
    shop = changing.team.shop
    online = snapshot(changing.admin, shop.history)
    upwards = changing.script("upgrade", "base:head")
    rows(changing.admin, f"DROP SCHEMA `{shop.history}`")

    for sql in (*cut(upwards, 9)[4:], upwards):
        applied = apply(server, shop, sql)
        assert applied.returncode == 0, applied.stderr

    offline = snapshot(changing.admin, shop.history)
    for taken in (online, offline):
        del taken["rows of lane"]  # nothing was copied there
    assert offline == online


def test_the_script_asks_for_functions_before_anything_is_installed(
    server: Server, make_shop: Callable[..., OpenShop]
) -> None:
    shop = make_shop(finished=1, installed=False)
    upwards = script(shop, "upgrade", "head")

    with setting(shop, "log_bin_trust_function_creators", "0"):
        refused = apply(server, shop, upwards)
    there = names(shop.admin, "TABLE", shop.history)
    applied = apply(server, shop, upwards)

    assert "ERROR 1418" in refused.stderr or "ERROR 1419" in refused.stderr
    assert "parameter group" in upwards
    assert there == ["alembic_version"]
    assert applied.returncode == 0, applied.stderr
