"""TPC-H: what others made to measure databases arrives as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.aggregates.tpch import TPCH, load
from tests.support.procedures import value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.aggregates.archiving import Archived
    from tests.support.aggregates.foreign import Foreign


# At 0.1 there are 72,884 finished orders and 1,379,866 rows of history.
@pytest.mark.soak
@pytest.mark.parametrize("scale", [0.01, 0.1])
def test_the_finished_orders_of_tpch_arrive_and_are_identical(
    open_archived: Callable[[Foreign], Archived], scale: float
) -> None:
    archived = open_archived(TPCH)
    load(archived.admin, archived.source, scale)
    archived.generate()

    writer = archived.copy_under_fire()

    assert writer.errors == []
    (verdict,) = archived.verdicts()
    assert verdict.complete, verdict
    assert verdict.finished >= 700_000 * scale
    assert verdict.rows >= 13_000_000 * scale
    for trap, expected in TPCH.traps.items():
        assert value(archived.admin, trap) == expected, trap
