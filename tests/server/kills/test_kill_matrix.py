"""Every statement of a chunk: stop there, kill, and nothing is lost, torn or twice."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.shop import PROJECT, close_shop, open_shop, upgrade
from tests.support.kills.matrix import Matrix
from tests.support.kills.scenarios import SCANNING
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop
    from tests.conftest import OpenShop

SOAK = PROJECT / "tests" / "soak"
LANES = 16
# More than all CALLs copy that go on after a kill.
MANY = 6400
# Of the statements that a scenario comes to first, each twelfth; all of them in `soak`.
STRIDE = 12


def matrix_on(server: Server, source: str, *, finished: int, lanes: int = 1) -> Matrix:
    shop = open_shop(server, source=source, finished=finished)
    upgrade(shop)
    if lanes > 1:
        split(shop, lanes)
    return Matrix(shop, server)


def split(shop: Shop, lanes: int) -> None:
    """Divide so few orders, where `split_orders` would find one lane enough.

    The first is as long as all others: a CALL that is alone takes that one.
    """
    admin = shop.connect()
    last = value(admin, f"SELECT MAX(id) FROM {shop.source}.orders")
    keys = [
        f'["{n * last // (2 * lanes - 2)}"]' for n in range(lanes - 1, 2 * lanes - 2)
    ]
    query(admin, "DELETE FROM lane")
    for number, bounds in enumerate(pairwise([None, *keys, None]), 1):
        query(
            admin,
            "INSERT INTO lane (archive, number, from_key, upto_key)"
            " VALUES ('orders', %s, %s, %s)",
            *(number, *bounds),
        )
    admin.close()


def test_a_connection_killed_at_a_statement_of_a_chunk_loses_and_doubles_nothing(
    make_shop: Callable[..., OpenShop], server: Server
) -> None:
    matrix = Matrix(make_shop(finished=240), server)

    for scenario, numbers in matrix.scenarios():
        for number in numbers[::STRIDE]:
            matrix.kill_connection(scenario, number)

    assert matrix.unreached() == []
    assert len(matrix.outcomes) > 25


def test_a_server_killed_while_calls_stand_at_five_statements_loses_and_doubles_nothing(
    own_server: Server,
) -> None:
    matrix = matrix_on(own_server, "five", finished=100, lanes=5)
    matrix.first_reached(SCANNING)
    numbers = [
        matrix.number_of("_fill_orders_chunk: INSERT INTO chunk"),
        matrix.number_of("_copy_batches: INSERT INTO batches_history"),
        matrix.number_of("_compare_notes: INSERT INTO difference"),
        matrix.number_of("copy_orders_chunk: COMMIT AND NO CHAIN", place=1),
        matrix.number_of("copy_orders_chunk: SELECT v_state"),
    ]

    matrix.kill_server(SCANNING, numbers)
    matrix.complete()

    assert [matrix.outcomes[number]["server"] for number in numbers] == [
        *["nothing"] * 4,
        "all",
    ]


@pytest.mark.soak
def test_kills_of_every_kind_at_every_statement_lose_and_double_nothing(
    own_server: Server,
) -> None:
    matrix = matrix_on(own_server, "one_lane", finished=MANY)
    for scenario, numbers in matrix.scenarios():
        for number in numbers:
            matrix.kill_connection(scenario, number)
            matrix.kill_query(scenario, number)
            matrix.kill_client(scenario, number)
    assert matrix.unreached() == []
    lanes = matrix_on(own_server, "many_lanes", finished=MANY, lanes=LANES)
    for scenario, numbers in lanes.scenarios():
        at_once = 1 if scenario.is_alone else LANES
        for first in range(0, len(numbers), at_once):
            lanes.kill_server(scenario, numbers[first : first + at_once])
    assert lanes.unreached() == []

    for number, outcome in lanes.outcomes.items():
        matrix.outcomes[number] |= outcome
    write_down(own_server, matrix)
    for each in (matrix, lanes):
        close_shop(own_server, each.shop)


def write_down(server: Server, matrix: Matrix) -> None:
    """Keep the table in the repository."""
    now = dt.datetime.now(dt.UTC)
    text = (
        "What stays of a chunk that is killed right before a statement, in that "
        f"scenario: all of it or nothing. On {server.family} {server.version}, "
        f"{now:%Y-%m-%d %H:%M} UTC, by `make soak`. The CALLs that came next completed "
        "the archive, and the oracle found nothing missing, torn or twice.\n\n"
        f"{matrix.table()}\n"
    )
    (SOAK / f"kills-{server.family}.md").write_text(text, encoding="utf-8")
