"""Measure what it costs to find the few orders that finished since."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.machine import SECONDS
from bygones.runner.connection import connect, parse_url
from bygones.runner.loop import Loop
from bygones.runner.procedures import Procedures

if TYPE_CHECKING:
    from benchmarks.places import Place
    from bygones.runner.calls import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A run until nothing was left: how long, in how many CALLs, what it copied.

    The last root is in history after `found_seconds`; the rest is what it takes to see
    that nothing else finished meanwhile.
    """

    seconds: float
    found_seconds: float
    calls: int
    longest_call: float
    roots: int


def run_to_idle(place: Place) -> Look:
    """CALL until bygones is idle, as the runner does."""
    caller = parse_url(place.shop.caller_url)
    ends: list[float] = []

    found = 0.0

    def note(answer: Answer) -> None:
        nonlocal found
        ends.append(time.perf_counter())
        if answer.roots:
            found = ends[-1] - began

    with closing(
        Procedures(lambda: connect(caller, schema=caller.history, seconds=SECONDS))
    ) as procedures:
        began = time.perf_counter()
        summary = Loop(calls=procedures, on_chunk=note).run("orders")
        seconds = time.perf_counter() - began
    steps = [end - start for start, end in zip([began, *ends], ends, strict=False)]
    return Look(
        seconds=seconds,
        found_seconds=found,
        calls=summary.calls,
        longest_call=max(steps),
        roots=summary.roots,
    )


def finish_orders(place: Place, one_in: int) -> int:
    """Finish some of a lean shop's open orders, spread over all of them."""
    with place.machine.admin.cursor() as cursor:
        return cursor.execute(
            f"UPDATE `{place.shop.source}`.orders SET status = 'done'"
            " WHERE status = 'open' AND id MOD %s = 1",
            (100 * one_in,),
        )


def make_pass_due(place: Place) -> None:
    """Let the next CALL open a full pass."""
    place.machine.rows(
        f"UPDATE `{place.shop.history}`.archive"
        " SET pass_started_at = pass_started_at - INTERVAL 2 DAY"
    )
