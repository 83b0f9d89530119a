"""Measure CALLs that have nothing to do."""

from __future__ import annotations

import time
from contextlib import closing
from statistics import median
from typing import TYPE_CHECKING

from runner.connection import connect, parse_url
from runner.procedures import Procedures

if TYPE_CHECKING:
    from benchmarks.places import Place

CALLS = 100


def idle_call_seconds(place: Place) -> float:
    """Return the median of many idle CALLs on one connection."""
    caller = parse_url(place.shop.caller_url)
    seconds = []
    with closing(
        Procedures(lambda: connect(caller, schema=caller.history, seconds=600))
    ) as procedures:
        for _ in range(CALLS):
            began = time.perf_counter()
            chunk = procedures.copy_chunk("orders", None)
            seconds.append(time.perf_counter() - began)
            if chunk.state != "idle":
                raise SystemExit(f"An idle CALL was expected, it {chunk.state}.")
    return median(seconds)
