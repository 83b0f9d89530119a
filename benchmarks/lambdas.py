"""Measure what only a deployed Lambda shows."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from bygones.sandbox.errors import SandboxError
from bygones.sandbox.invocations import deployed

if TYPE_CHECKING:
    from benchmarks.places import Place

COLD_STARTS = 3


def cold_start_seconds(place: Place) -> float:
    """Time an idle invocation from its process' start to its reply, each one cold.

    That is the runtime's own start, the handler's imports, the connection and three
    CALLs: more than what is asked, which is the first.
    """
    seconds = []
    with deployed(place.shop, lambda _: None) as function:
        for _ in range(COLD_STARTS):
            began = time.perf_counter()
            invocation = function.runtime.invoke({})
            seconds.append(time.perf_counter() - began)
            if invocation.kind != "response":
                raise SandboxError(f"The invocation ended by {invocation.kind}.")
            function.runtime.kill()
    return median(seconds)
