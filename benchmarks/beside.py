"""Measure what a live workload notices of whoever copies beside it."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from statistics import median
from typing import IO, TYPE_CHECKING, cast

from benchmarks.contest import clear, counts, lay_out, percentile
from benchmarks.contestants import ended
from benchmarks.machine import tell
from benchmarks.results import Live
from bygones.sandbox.shop import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.contestants import Contestant
    from benchmarks.places import Place

# Of what the server can do.
SHARES = (0.15, 0.3, 0.5)
WARM_UP_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What one run of the live workload said."""

    seconds: float
    milliseconds: list[float]
    errors: dict[str, int]


def beside(
    place: Place, contestants: Sequence[Contestant], rounds: int, seconds: float
) -> Iterator[Live]:
    """Give how long transactions took alone, and beside each contestant, in turn."""
    unpaced = _open(place, 0)
    time.sleep(seconds)
    waits = _close(unpaced)
    capacity = len(waits.milliseconds) / waits.seconds
    tell(f"{place.title}: the server can do {capacity:.0f} live transactions a second")
    for number, share in itertools.product(range(rounds), SHARES):
        watch = Watch(place=place, capacity=capacity, rate=capacity * share)
        for contestant in contestants:
            if contestant.takes_part(place):
                # Each beside a measurement of its own: the machine has neighbours.
                alone = watch.alone(number + 1, seconds)
                yield alone
                beside = watch.beside(contestant, number + 1)
                yield replace(beside, p99_alone_ms=alone.p99_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Watch the live workload of one shop, at one rate."""

    place: Place
    rate: float
    capacity: float

    def alone(self, number: int, seconds: float) -> Live:
        """Watch it for so long while nobody copies."""
        self.place.machine.settle()
        office = _open(self.place, self.rate)
        time.sleep(seconds)
        return self._told(number, _close(office))

    def beside(self, contestant: Contestant, number: int) -> Live:
        """Watch it while a contestant copies everything."""
        lay_out(self.place, contestant)
        office = _open(self.place, self.rate)
        outcome = ended(contestant.start(self.place))
        waits = _close(office)
        found, expected = counts(self.place, contestant)
        live = self._told(
            number,
            waits,
            contestant=contestant,
            seconds=outcome.seconds,
            is_complete=found == expected,
        )
        clear(self.place, contestant)
        return live

    def _told(
        self,
        number: int,
        waits: Waits,
        *,
        contestant: Contestant | None = None,
        seconds: float | None = None,
        is_complete: bool = True,
    ) -> Live:
        live = Live(
            place=self.place.title,
            round=number,
            beside=contestant.name if contestant else None,
            rate=self.rate,
            capacity=self.capacity,
            transactions=len(waits.milliseconds),
            median_ms=median(waits.milliseconds),
            p99_ms=percentile(waits.milliseconds, 99),
            longest_ms=max(waits.milliseconds),
            errors=waits.errors,
            copy_seconds=seconds,
            is_complete=is_complete,
        )
        tell(
            f"{live.place}: live workload at {live.share:.0%}"
            f" beside {live.beside or 'nobody'}, round {number}:"
            f" p99 {live.p99_ms:.1f} ms, errors {live.errors or 'none'}"
            f"{'' if is_complete else ', NOT COMPLETE'}"
        )
        return live


def _open(place: Place, rate: float) -> subprocess.Popen[str]:
    """Start the workload; it counts from when it has warmed up."""
    office = subprocess.Popen(  # noqa: S603 - our own module
        [
            sys.executable,
            "-m",
            "benchmarks.live",
            f"--url={place.shop.url}",
            f"--rate={rate}",
        ],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(WARM_UP_SECONDS)
    words = cast("IO[str]", office.stdin)
    words.write("count from here\n")
    words.flush()
    return office


def _close(office: subprocess.Popen[str]) -> Waits:
    said, _ = office.communicate()
    return Waits(**json.loads(said))
