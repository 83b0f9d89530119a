"""Invocations that can't copy: the error says why, and nothing that is secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.shop import PASSWORD
from tests.support.kills.history import assert_complete, count
from tests.support.kills.lambdas import lambda_of, message_of, report_of
from tests.support.procedures import query

if TYPE_CHECKING:
    from tests.conftest import OpenShop

GONE = "mysql://caller:geheim@localhost/shop?unix_socket=/nowhere/at/all"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"archiv": "orders"}, '"archiv" is no key of it'),
        ({"archive": "order"}, 'There is no archive "order"; there is: orders'),
        ({"max_roots": 0}, '"max_roots" must be a whole number from 1'),
        ({"max_roots": True}, '"max_roots" must be a whole number from 1'),
        ([], "it is no JSON object"),
    ],
)
def test_an_event_that_is_wrong_is_refused_by_name_and_copies_nothing(
    shop: OpenShop, event: object, words: str
) -> None:
    with lambda_of(shop) as runtime:
        message = message_of(runtime.invoke(event))

    assert message.startswith("ConfigurationError: ")
    assert words in message
    assert count(shop.admin, "orders_history") == 0


def test_more_roots_than_a_call_takes_are_refused_by_the_procedure(
    shop: OpenShop,
) -> None:
    with lambda_of(shop) as runtime:
        message = message_of(runtime.invoke({"max_roots": 10_001}))

    assert "in_max_roots is 10001; expected 1 to 10000" in message
    assert "errno 30002" in message


@pytest.mark.core
def test_a_server_that_is_gone_means_try_later(shop: OpenShop) -> None:
    with lambda_of(shop, url=GONE) as runtime:
        result = runtime.invoke({})
        said = runtime.logs + json.dumps(result.body)

    assert message_of(result).startswith(
        "TryLaterError: Connecting to /nowhere/at/all failed"
    )
    assert "geheim" not in said


@pytest.mark.core
def test_a_wrong_password_is_named_as_such_and_not_repeated(shop: OpenShop) -> None:
    url = shop.caller_url.replace(f":{PASSWORD}@", ":geheim@")

    with lambda_of(shop, url=url) as runtime:
        result = runtime.invoke({})
        said = runtime.logs + json.dumps(result.body)

    assert message_of(result).startswith("StopError: Connecting to ")
    assert f"Access denied for user '{shop.source}_caller'" in said
    assert "check the user and password in BYGONES_DATABASE_URL" in said
    assert "geheim" not in said


def test_an_account_that_may_not_execute_is_told_what_to_grant(shop: OpenShop) -> None:
    account = f"{shop.source}_caller"
    pattern = shop.history.replace("_", "\\_")
    query(shop.admin, f"REVOKE EXECUTE ON `{pattern}`.* FROM `{account}`@`%`")

    with lambda_of(shop) as runtime:
        message = message_of(runtime.invoke({}))

    assert message.startswith("StopError: ")
    assert account in message


def test_a_shop_without_bygones_is_told_to_install_it(
    shop: OpenShop,
) -> None:
    query(shop.admin, "DROP PROCEDURE progress")

    with lambda_of(shop) as runtime:
        message = message_of(runtime.invoke({}))

    assert message.startswith("TryLaterError: CALL progress failed")
    assert "install bygones: alembic upgrade head" in message


def test_after_an_error_the_same_process_copies_again(shop: OpenShop) -> None:
    with lambda_of(shop) as runtime:
        runtime.invoke({"archiv": "orders"})
        after = runtime.invoke({"archive": "orders"})

    assert after.cold_start is False
    assert report_of(after)["roots"] == 40
    assert_complete(shop.admin, shop)
