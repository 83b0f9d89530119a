"""What an upgrade does about settings of the server."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import alembic.command
import pymysql
import pytest

from bygones.compiler.errors import MigrationError
from bygones.sandbox.shop import configuration, upgrade
from tests.support.migrations.snapshot import names, rows
from tests.support.procedures import COPY, copy_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import OpenShop


@contextmanager
def setting(shop: OpenShop, name: str, setting: str) -> Iterator[None]:
    """Have a global setting of the server for a while; skip where it can't be had."""
    if "BYGONES_TEST_URL" in os.environ:
        pytest.skip(f"{name} is changed on servers of the tests' own alone")
    ((log_bin, before),) = rows(shop.admin, f"SELECT @@log_bin, @@global.{name}")
    if not log_bin:
        pytest.skip("without a binary log the server doesn't mind")
    try:
        rows(shop.admin, f"SET GLOBAL {name} = {setting}")
    except pymysql.Error as error:
        pytest.skip(f"the server doesn't let {name} be {setting}: {error}")
    try:
        yield
    finally:
        rows(shop.admin, f"SET GLOBAL {name} = {before!r}")


def test_a_server_that_takes_no_function_is_refused_before_anything_is_created(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=1, installed=False)

    with (
        setting(shop, "log_bin_trust_function_creators", "0"),
        pytest.raises(MigrationError) as refused,
    ):
        upgrade(shop)
    there = names(shop.admin, "TABLE", shop.history)
    upgrade(shop)

    for said in ("log_bin_trust_function_creators = 1", "Aurora", "Cloud SQL", "Azure"):
        assert said in str(refused.value)
    assert there == []
    assert names(shop.admin, "FUNCTION", shop.history) == [
        *("_canary", COPY, "_verify_orders_at_once")
    ]


def test_once_installed_nothing_needs_that_setting(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop()

    with (
        setting(shop, "log_bin_trust_function_creators", "0"),
        closing(shop.connect(shop.caller_url)) as caller,
    ):
        upgrade(shop)
        copied = copy_all(caller)

    assert copied[-1]["state"] == "idle"
    assert sum(row["roots"] for row in copied) == 40
    assert len(names(shop.admin, "TRIGGER", shop.history)) == 24


def test_a_server_that_refuses_triggers_can_be_left_again(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop()

    with setting(shop, "log_bin_trust_function_creators", "0"):
        alembic.command.downgrade(configuration(shop), "base")

    assert names(shop.admin, "TABLE", shop.history) == ["alembic_version"]


def test_a_binary_log_of_statements_is_refused_before_anything_is_done(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=1, installed=False)

    with (
        setting(shop, "binlog_format", "'STATEMENT'"),
        pytest.raises(MigrationError, match="binlog_format is STATEMENT"),
    ):
        upgrade(shop)

    assert rows(shop.admin, f"SHOW SCHEMAS LIKE '{shop.history}'") == []
