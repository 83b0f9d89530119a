"""The connection that a Lambda keeps between invocations."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from bygones.runner.credentials import Login
from bygones.runner.errors import StopError
from bygones.runner.warm import warm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OpenShop


@pytest.fixture(autouse=True)
def _nothing_kept(shop: OpenShop) -> Iterator[None]:
    yield
    with suppress(StopError), warm(Login(url=shop.caller_url), lambda: 30.0):
        raise StopError("after an error nothing is kept")


def session_lent(shop: OpenShop, *, seconds: float) -> int:
    """Return the server's id of the session that is lent."""
    with (
        warm(Login(url=shop.caller_url), lambda: seconds),
        shop.admin.cursor() as cursor,
    ):
        cursor.execute(
            "SELECT MAX(id) FROM information_schema.processlist WHERE user = %s",
            (f"{shop.source}_caller",),
        )
        (row,) = cursor.fetchall()
    return int(row[0])


def test_lends_the_kept_session_where_its_timeout_fits(shop: OpenShop) -> None:
    first = session_lent(shop, seconds=30.0)

    assert session_lent(shop, seconds=29.5) == first


@pytest.mark.parametrize("seconds", [5.0, 300.0])
def test_opens_another_where_the_timeout_does_not_fit(
    shop: OpenShop, seconds: float
) -> None:
    first = session_lent(shop, seconds=30.0)

    assert session_lent(shop, seconds=seconds) != first


def test_opens_another_where_a_reconnect_late_in_a_run_shortened_the_timeout(
    shop: OpenShop,
) -> None:
    times = iter([30.0, 3.0])
    with warm(Login(url=shop.caller_url), lambda: next(times)) as procedures:
        procedures.reconnect()
        procedures.progress()

    with warm(Login(url=shop.caller_url), lambda: 30.0) as later:
        assert later is not procedures


def test_opens_another_where_the_kept_session_has_died(shop: OpenShop) -> None:
    first = session_lent(shop, seconds=30.0)
    with shop.admin.cursor() as cursor:
        cursor.execute(f"KILL {first}")

    with warm(Login(url=shop.caller_url), lambda: 30.0) as procedures:
        assert len(procedures.progress()) == 1


def test_keeps_nothing_after_an_error(shop: OpenShop) -> None:
    with (
        pytest.raises(StopError),
        warm(Login(url=shop.caller_url), lambda: 30.0) as procedures,
    ):
        raise StopError("drift")

    with warm(Login(url=shop.caller_url), lambda: 30.0) as later:
        assert later is not procedures


def test_gives_no_kept_session_to_another_database(shop: OpenShop) -> None:
    with warm(Login(url=shop.caller_url), lambda: 30.0) as procedures:
        pass

    with warm(Login(url=shop.url), lambda: 30.0) as other:
        assert other is not procedures
