"""Measure CALLs that have nothing to do."""

from __future__ import annotations

import time
from contextlib import closing
from statistics import median
from typing import TYPE_CHECKING

from bygones.runner.connection import connect, parse_url
from bygones.runner.procedures import Procedures
from bygones.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from benchmarks.places import Place

CALLS = 100


def idle_call_seconds(place: Place) -> float:
    """Return the median of many CALLs on one connection that copied nothing.

    Where many orders wait a look takes several CALLs, and the last one says `idle`.
    """
    caller = parse_url(place.shop.caller_url)
    seconds = []
    with closing(
        Procedures(lambda: connect(caller, schema=caller.history, seconds=600))
    ) as procedures:
        for _ in range(CALLS):
            began = time.perf_counter()
            chunk = procedures.copy_chunk("orders", None)
            seconds.append(time.perf_counter() - began)
            if chunk.roots or chunk.state not in ("copied", "idle"):
                raise SandboxError(
                    f"A CALL with nothing to do was expected: {chunk.state}, "
                    f"{chunk.roots:,} roots, {chunk.reason}."
                )
    return median(seconds)
