"""Any schema and any rows: what is finished arrives, or is refused in words."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, event, given, reject, seed, settings

from tests.support.aggregates.drawn.cases import cases
from tests.support.aggregates.running import Bench, Case, UndrawableError

EXAMPLES = 3
# The same ones every time, and in the long form some hundred others.
SEEDS = (1,)
FIRST = int(os.environ.get("BYGONES_SOAK_SEED", "1000"))
SOAKED = range(FIRST, FIRST + 50)


@pytest.mark.parametrize(
    "number", [*SEEDS, *(pytest.param(n, marks=pytest.mark.soak) for n in SOAKED)]
)
def test_whatever_is_declared_arrives_or_is_refused(bench: Bench, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        # A case takes seconds: whoever looks into one makes it smaller by hand.
        phases=(Phase.generate,),
        print_blob=False,
    )
    @given(cases(is_mariadb=bench.server.family == "mariadb"))
    def run(case: Case) -> None:
        try:
            event(bench.run(case))
        except UndrawableError as error:
            bench.outcomes[f"undrawable {error}"] += 1
            reject()

    run()
