"""A verification that is killed at a statement goes on, and finds the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.kills.matrix import Matrix
from tests.support.kills.scenarios import Scenario
from tests.support.procedures import (
    Call,
    connection_id,
    copy_all,
    findings,
    query,
    until,
    value,
    verify_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection, Row

VERIFYING = Scenario(name="a verification", call="CALL verify_orders_chunk(25)")
# Differences of each kind, in orders that were copied; the last is lost.
HARM = (
    "UPDATE {s}.orders SET remark = 'another' WHERE id = 1",
    (
        "INSERT INTO {s}.payments (order_id, method, amount, paid_at)"
        " VALUES (2, 'cash', 1, '2026-01-01')"
    ),
    "DELETE FROM {s}.order_events WHERE order_id = 3",
    "DELETE FROM {s}.orders WHERE id = 5",
    "DROP TRIGGER orders_history_before_delete",
    "DELETE FROM orders_history WHERE id = 6",
)


@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.soak)])
def test_a_verification_killed_at_a_statement_goes_on_and_finds_the_same(
    make_shop: Callable[..., OpenShop], server: Server, step: int
) -> None:
    matrix = Matrix(make_shop(finished=40), server, public="verify_orders_chunk")
    copy_all(matrix.admin)
    query(matrix.admin, "SET foreign_key_checks = 0")
    for statement in HARM:
        query(matrix.admin, statement.format(s=matrix.shop.source))
    path = reached(matrix)
    expected = verified(matrix)
    assert {kind for kind, _ in expected.found.values()} == {"different", "incomplete"}
    assert (len(expected.found), expected.suspects) == (3, ['["6"]'])
    assert len(path) > 100

    for number in path[::step]:
        forget(matrix)
        kill(matrix, number)
        assert verified(matrix) == expected, matrix.named([number])


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a verification found, suspects and counted."""

    found: dict[tuple[str, ...], tuple[str, Row]]
    suspects: list[str]
    counted: list[Row]


def verified(matrix: Matrix) -> Outcome:
    """Verify to the end."""
    caller = matrix.caller(VERIFYING)
    verify_all(caller)
    caller.close()
    return Outcome(
        found=findings(matrix.admin),
        suspects=[
            row["root_key"]
            for row in query(matrix.admin, "SELECT root_key FROM suspect")
        ],
        counted=query(
            matrix.admin,
            "SELECT step, roots, related_rows, missing, incomplete, different,"
            " orphaned FROM verification",
        ),
    )


def reached(matrix: Matrix) -> list[int]:
    """Verify without a kill, and see which statements that runs."""
    caller = matrix.caller(VERIFYING)
    query(caller, "SET @stop = 0")
    verify_all(caller, 25)
    path = [int(n) for n in value(caller, "SELECT @reached").split()]
    caller.close()
    return list(dict.fromkeys(path))


def forget(matrix: Matrix) -> None:
    """Let all findings have to be found again."""
    query(matrix.admin, "DELETE FROM finding")
    query(matrix.admin, "DELETE FROM suspect")


def kill(matrix: Matrix, number: int) -> None:
    """KILL a session that stands before a statement of its verification."""
    caller = matrix.caller(VERIFYING)
    with matrix.hold():
        query(caller, f"SET @stop = {number}")
        while not stands(matrix, caller, Call(caller, VERIFYING.call)):
            pass  # it is of a later CALL
        query(matrix.admin, f"KILL {connection_id(caller)}")
        matrix.wait_for_end(caller)


def stands(matrix: Matrix, caller: Connection, call: Call) -> bool:
    """Wait until a CALL stands, or has ended."""
    until(
        lambda: matrix.is_standing(caller) or not call.thread.is_alive(),
        "a CALL stands before a statement, or ends",
    )
    assert call.error is None
    return matrix.is_standing(caller)
