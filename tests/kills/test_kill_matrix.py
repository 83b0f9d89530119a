"""Every statement of a chunk: stop there, kill, and nothing is lost, torn or twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kills.breakpoints import can_stand_before
from tests.kills.matrix import Matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.server import Server
    from tests.conftest import OpenShop


def test_a_connection_killed_at_any_statement_of_a_chunk_loses_and_doubles_nothing(
    make_shop: Callable[..., OpenShop], server: Server
) -> None:
    matrix = Matrix(make_shop(finished=240), server)

    for scenario, numbers in matrix.scenarios():
        for number in numbers:
            matrix.kill_connection(scenario, number)

    assert [
        str(each) for each in matrix.unreached() if can_stand_before(each)
    ] == []
