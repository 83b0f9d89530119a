"""Ten seconds of hostile writers: none of them suffers, nothing is torn or lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.procedures import copy_chunk, query, value
from tests.sql.storm import TORN, Storm

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OpenShop
    from tests.procedures import Connection

SECONDS = 10
SEED = 20260101


@pytest.mark.core
def test_a_storm_of_writers_is_not_hurt_and_tears_and_loses_nothing(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=1615)
    storm = Storm(shop, SEED)
    caller = shop.connect(shop.caller_url)

    storm.rage()
    end = time.monotonic() + SECONDS
    arrived, finished = one_pass(shop, caller)
    passes = 1
    while time.monotonic() < end:
        if passes < 4:
            begin_pass(shop, caller)
            one_pass(shop, caller)
            passes += 1
        else:
            copy_chunk(caller)
    storm.calm()
    begin_pass(shop, caller)
    one_pass(shop, caller)
    passes += 1
    caller.close()

    assert [error.args[0] for error in storm.errors] == []
    assert min(storm.written.values()) > 10
    assert len(storm.written) == 9
    assert arrived >= 0.95 * finished
    assert passes <= 5
    assert query(shop.admin, TORN) == []
    assert not_in_history(shop) == 0


def begin_pass(shop: OpenShop, caller: Connection) -> None:
    query(shop.admin, "UPDATE archive SET pass_started_at = '2000-01-01'")
    while "opened" not in (copy_chunk(caller)["reason"] or ""):
        pass


def one_pass(shop: OpenShop, caller: Connection) -> tuple[int, int]:
    """CALL to the end of a pass; of the orders finished then, count the arrived."""
    while True:
        copy_chunk(caller)
        if query(shop.admin, "SELECT 1 FROM lane WHERE passed_at IS NOT NULL"):
            break
    finished = value(
        shop.admin,
        f"SELECT COUNT(*) FROM {shop.source}.orders "
        "WHERE status IN ('uncollected', 'cancelled', 'dispensed')",
    )
    return finished - not_in_history(shop), finished


def not_in_history(shop: OpenShop) -> int:
    return int(
        value(
            shop.admin,
            f"SELECT COUNT(*) FROM {shop.source}.orders AS o "
            "WHERE status IN ('uncollected', 'cancelled', 'dispensed') "
            "AND NOT EXISTS (SELECT 1 FROM orders_history AS h WHERE h.id = o.id)",
        )
    )
