"""Copy ten million orders with two relations, then look for a few new ones.

`make bench-10m`, apart from `make bench`: it takes about an hour. What was measured is
kept after each step.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from benchmarks import places
from benchmarks.__main__ import started
from benchmarks.contest import copy_once
from benchmarks.contestants import OURS
from benchmarks.data import lean
from benchmarks.idle import idle_call_seconds
from benchmarks.looks import Look, finish_orders, make_pass_due, run_to_idle
from benchmarks.machine import machine, tell
from benchmarks.report import FOLDER, write_report
from benchmarks.results import IDLE

# Of every so many open orders one finishes: 1,000 of the 101,011 beside ten million.
ONE_IN = 100

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def ten_million(
    orders: Annotated[int, typer.Option(help="Finished orders.")] = 10_000_000,
    pool_mb: Annotated[int, typer.Option(help="Buffer pool; holds it.")] = 12_288,
    redo_mb: Annotated[int, typer.Option(help="Redo log.")] = 2048,
    folder: Annotated[Path, typer.Option(help="Where the report goes.")] = FOLDER,
) -> None:
    """Copy very many orders, and find those that finish afterwards."""
    logging.disable(logging.INFO)  # Alembic's
    path = folder / "results" / "bench-10m.json"
    with machine(pool_mb=pool_mb, redo_mb=redo_mb) as here:
        results = started(here, "make bench-10m")
        began = time.monotonic()
        with places.lean_shop(here, orders, kind=lean.EVEN) as place:
            results.facts["fill_seconds"] = time.monotonic() - began

            results.copies.append(copy_once(place, OURS, 1))
            results.save(path)
            results.facts[f"{IDLE}{place.title}"] = idle_call_seconds(place)

            results.facts["newly_finished"] = finish_orders(place, ONE_IN)
            _note(results.facts, "look", run_to_idle(place))
            make_pass_due(place)
            _note(results.facts, "pass", run_to_idle(place))
            results.save(path)
    write_report(folder)


def _note(facts: dict[str, float], name: str, look: Look) -> None:
    tell(
        f"{name}: {look.seconds:.2f} s in {look.calls:,} CALLs of at most "
        f"{look.longest_call:.2f} s; {look.roots:,} orders, the last one after "
        f"{look.found_seconds:.2f} s"
    )
    facts |= {
        f"{name}_seconds": look.seconds,
        f"{name}_found_seconds": look.found_seconds,
        f"{name}_calls": look.calls,
        f"{name}_longest_call": look.longest_call,
        f"{name}_roots": look.roots,
    }


if __name__ == "__main__":
    app()
