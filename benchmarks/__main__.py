"""Measure everybody on one server, and write the report: `make bench`.

What was measured is kept after each step, in results/; of a run that was interrupted,
`python -m benchmarks.report` makes a report.
"""

from __future__ import annotations

import logging
import shlex
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks import places
from benchmarks.beside import beside
from benchmarks.contest import contest
from benchmarks.contestants import Contestant, chosen
from benchmarks.data import lean
from benchmarks.hot import copy_beside_a_hot_parent
from benchmarks.idle import idle_call_seconds
from benchmarks.lambdas import cold_start_seconds
from benchmarks.machine import Machine, machine
from benchmarks.report import FOLDER, write_report
from benchmarks.results import IDLE, Results

if TYPE_CHECKING:
    from benchmarks.places import Place

# Of so many orders one round takes long enough, and noise is small beside it.
MANY_ROOTS = 500_000
FEW_ROOTS = 5_000
HOT_ROOTS = 10_000
# Whom a live workload meets, at three rates, each beside a measurement alone.
LIVE_ROUNDS = 3
LIVE = {"ours", "ours_kind", "big_insert", "pt_archiver"}
# Whom the lean shops are for: they ask how long chunks take.
LEAN = {"ours", "big_insert"}


app = typer.Typer(pretty_exceptions_enable=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One run: who, how often, and where results are kept."""

    machine: Machine
    contestants: tuple[Contestant, ...]
    rounds: int
    results: Results = field(repr=False)
    path: Path

    def measure(self, place: Place, names: set[str] | None = None) -> None:
        """Let them copy a place in turn, and bygones be looked at afterwards."""
        rounds = self.rounds if place.roots < MANY_ROOTS else 1
        invited = [each for each in self._among(names) if not each.is_live_only]
        for copied in contest(
            place, invited, rounds, after_ours=self._find_work_in_ours
        ):
            self.results.copies.append(copied)
            self.results.save(self.path)

    def measure_live(self, place: Place, seconds: float) -> None:
        """Let them copy a place beside a live workload."""
        rounds = min(self.rounds, LIVE_ROUNDS)
        for live in beside(place, self._among(LIVE), rounds, seconds):
            self.results.lives.append(live)
            self.results.save(self.path)

    def measure_hot(self, place: Place) -> None:
        """Copy a place while what all of its orders point at changes."""
        self.results.facts |= copy_beside_a_hot_parent(place)
        self.results.save(self.path)

    def _among(self, names: set[str] | None) -> list[Contestant]:
        return [
            each for each in self.contestants if names is None or each.name in names
        ]

    def _find_work_in_ours(self, place: Place) -> None:
        if place.data == "pharmacy":
            facts = self.results.facts
            facts[f"{IDLE}{place.title}"] = idle_call_seconds(place)
            # The reply is that of a look, which is no part of a cold start.
            if place.roots < FEW_ROOTS:
                facts["cold_start_seconds"] = cold_start_seconds(place)


@app.command()
def bench(  # noqa: PLR0913 - an option each
    *,
    orders: Annotated[
        str | None,
        typer.Option(help="Finished orders of the pharmacies. [1615,160000]"),
    ] = None,
    tpch: Annotated[str | None, typer.Option(help="Scales of TPC-H. [0.1]")] = None,
    lean_orders: Annotated[
        int, typer.Option(help="Finished orders of the lean shops; 0 for none.")
    ] = 160_000,
    live_orders: Annotated[
        int, typer.Option(help="Of the pharmacy with a live workload; 0 for none.")
    ] = 40_000,
    live_seconds: Annotated[
        float, typer.Option(help="How long it is watched alone.")
    ] = 20,
    rounds: Annotated[int, typer.Option(min=1, help="One, of many orders.")] = 3,
    only: Annotated[
        str | None, typer.Option(help="Contestants, as ours,big_insert.")
    ] = None,
    pool_mb: Annotated[int, typer.Option(help="Buffer pool; holds all of it.")] = 4096,
    redo_mb: Annotated[int, typer.Option(help="Redo log.")] = 1024,
    folder: Annotated[Path, typer.Option(help="Where the report goes.")] = FOLDER,
    long: Annotated[
        bool,
        typer.Option("--long", help="1,000,000 orders and TPC-H's 1, and no others."),
    ] = False,
) -> None:
    """Measure bygones beside what people use today, and write the report."""
    logging.disable(logging.INFO)  # Alembic's, of every installation
    contestants = chosen(only)
    few = ("1000000", "1") if long else ("1615,160000", "0.1")
    orders, tpch = (
        usual if given is None else given
        for given, usual in zip((orders, tpch), few, strict=True)
    )
    sizes = [int(size) for size in orders.split(",") if size]
    scales = [float(scale) for scale in tpch.split(",") if scale]
    if long:
        live_orders = lean_orders = 0
        pool_mb = max(pool_mb, 10_240)
    with machine(pool_mb=pool_mb, redo_mb=redo_mb) as here:
        run = Bench(
            machine=here,
            contestants=contestants,
            rounds=rounds,
            results=started(here, "make bench"),
            path=folder / "results" / ("bench-long.json" if long else "bench.json"),
        )
        for size in dict.fromkeys([*sizes, *([live_orders] if live_orders else [])]):
            with places.pharmacy(here, size) as place:
                run.measure(place, None if size in sizes else LIVE)
                if size == live_orders:
                    run.measure_live(place, live_seconds)
        if not long:
            with places.pharmacy(here, HOT_ROOTS) as place:
                run.measure_hot(place)
        for scale in scales:
            with places.tpc_h(here, scale) as place:
                run.measure(place)
        if lean_orders:
            for kind in (lean.EVEN, lean.SHARED, lean.SKEWED):
                with places.lean_shop(here, lean_orders, kind=kind) as place:
                    run.measure(place, LEAN)
    write_report(folder)


def started(here: Machine, target: str) -> Results:
    """Begin results: what was typed, when, on what."""
    arguments = shlex.join(sys.argv[1:])
    return Results(
        command=f'{target} ARGS="{arguments}"' if arguments else target,
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        machine=here.describe(),
    )


if __name__ == "__main__":
    app()
