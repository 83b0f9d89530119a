"""What an upgrade does about settings of the server."""

from __future__ import annotations

import logging
import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import alembic.command
import pymysql
import pytest

from migrations.errors import MigrationError
from sandbox.shop import configuration, upgrade
from tests.migrations.snapshot import names, rows, snapshot
from tests.procedures import HISTORY, copy_all, query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import OpenShop

TRIGGERS = [f"{t}_before_{e}" for t in HISTORY for e in ("delete", "update")]


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


def test_triggers_that_the_server_refuses_are_left_out_and_told_once(
    make_shop: Callable[..., OpenShop], caplog: pytest.LogCaptureFixture
) -> None:
    shop = make_shop(installed=False)
    upgrade(shop, "0001")

    with setting(shop, "log_bin_trust_function_creators", "0"):
        upgrade(shop)
        alembic.command.check(configuration(shop))

    said = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(TRIGGERS) == 24
    warned = [message for message in said if "trigger" in message]
    assert warned[0] == (
        "left out 24 triggers, such as batches_history_before_delete: the server "
        "answers 1419, so only missing privileges protect history; to have them, SET "
        "GLOBAL log_bin_trust_function_creators = 1, then alembic upgrade head"
    )
    (checked,) = warned[1:]
    assert checked == (
        "24 triggers aren't there, for the server would answer 1419: only missing "
        "privileges protect history; to have them, SET GLOBAL "
        "log_bin_trust_function_creators = 1, then alembic upgrade head"
    )
    assert names(shop.admin, "TRIGGER", shop.history) == []
    rows(shop.admin, f"USE `{shop.history}`")
    assert copy_all(shop.admin)[-1]["state"] == "idle"


@pytest.mark.parametrize(
    "statement",
    ["UPDATE orders_history SET remark = NULL", "DELETE FROM orders_history"],
)
def test_without_triggers_privileges_protect_history_from_its_owner(
    make_shop: Callable[..., OpenShop], statement: str
) -> None:
    shop = make_shop(installed=False)
    upgrade(shop, "0001")
    with setting(shop, "log_bin_trust_function_creators", "0"):
        upgrade(shop)

    with (
        closing(shop.connect(shop.owner_url)) as owner,
        pytest.raises(pymysql.err.OperationalError) as caught,
    ):
        query(owner, statement)

    assert caught.value.args[0] == 1142


def test_triggers_that_were_left_out_can_be_had_later_without_losing_history(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop, expected = make_shop(installed=False), make_shop()
    upgrade(shop, "0001")
    with setting(shop, "log_bin_trust_function_creators", "0"):
        upgrade(shop)
    rows(shop.admin, f"USE `{shop.history}`")
    copy_all(shop.admin)
    copy_all(expected.admin)

    upgrade(shop)

    assert names(shop.admin, "TRIGGER", shop.history) == TRIGGERS
    assert repr(snapshot(shop.admin, shop.history)) == repr(
        snapshot(expected.admin, expected.history)
    ).replace(expected.source, shop.source)


def test_a_server_that_takes_no_function_is_refused_before_anything_is_created(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=1, installed=False)

    with (
        setting(shop, "log_bin_trust_function_creators", "0"),
        pytest.raises(MigrationError, match="log_bin_trust_function_creators = 1, in"),
    ):
        upgrade(shop)
    there = names(shop.admin, "TABLE", shop.history)
    upgrade(shop)

    assert there == []
    assert names(shop.admin, "FUNCTION", shop.history) == ["_canary"]


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
