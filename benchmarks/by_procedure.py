"""Say where a chunk's time goes: the server's CPU by procedure, and beside the copy.

python -m benchmarks.by_procedure --orders 20000
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks import places
from benchmarks.machine import SECONDS, machine
from bygones.runner.connection import connect, parse_url
from bygones.runner.loop import Loop
from bygones.runner.procedures import Procedures

if TYPE_CHECKING:
    from benchmarks.places import Place
    from bygones.runner.calls import Answer

PICOSECONDS = 1_000_000  # in a microsecond
CONSUMERS = (
    "events_statements_cpu",
    "events_statements_current",
    "events_statements_history_long",
)
# A CALL holds what it calls, and so does the statement that calls the function: that is
# counted where it happens.
EVENTS = """\
SELECT object_name, SUM(cpu_time)
FROM performance_schema.events_statements_history_long
WHERE object_schema = %s AND event_name LIKE 'statement/sp/%%'
AND COALESCE(sql_text, '') NOT LIKE 'CALL %%'
AND COALESCE(sql_text, '') NOT LIKE 'INSERT INTO chunk %%'
GROUP BY object_name"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Microseconds of the server's CPU, by procedure, and how many roots they were."""

    microseconds: dict[str, float]
    roots: int

    @property
    def copies(self) -> float:
        """What all copies took."""
        return sum(
            microseconds
            for procedure, microseconds in self.microseconds.items()
            if procedure.startswith("_copy_") and not procedure.endswith("_at_once")
        )

    def lines(self) -> list[str]:
        """Write a table, the dearest first."""
        heads = f"{'procedure':32}{'µs a root':>12}{'of the copy':>13}"
        dearest = sorted(self.microseconds.items(), key=lambda each: -each[1])
        return [heads] + [
            f"{procedure:32}{spent / self.roots:12.1f}{spent / self.copies:13.3f}"
            for procedure, spent in dearest
        ]


def profile(place: Place) -> Profile:
    """Let bygones copy everything, and read after each CALL what it took."""
    rows = place.machine.rows
    marks = ", ".join(["%s"] * len(CONSUMERS))
    rows(
        "UPDATE performance_schema.setup_consumers SET enabled = 'YES'"
        f" WHERE name IN ({marks})",
        *CONSUMERS,
    )
    spent: Counter[str] = Counter()

    def forget() -> None:
        rows("TRUNCATE performance_schema.events_statements_history_long")

    def read(_: Answer) -> None:
        for procedure, picoseconds in rows(EVENTS, place.shop.history):
            spent[str(procedure)] += int(str(picoseconds))
        forget()

    caller = parse_url(place.shop.caller_url)
    with closing(
        Procedures(lambda: connect(caller, schema=caller.history, seconds=SECONDS))
    ) as procedures:
        forget()
        summary = Loop(calls=procedures, on_chunk=read).run("orders")
    return Profile(
        microseconds={each: value / PICOSECONDS for each, value in spent.items()},
        roots=summary.roots,
    )


def main(
    *,
    orders: Annotated[int, typer.Option(help="Finished orders.")] = 20_000,
    pool_mb: Annotated[int, typer.Option(help="Buffer pool; holds all.")] = 1024,
    redo_mb: Annotated[int, typer.Option(help="Redo log.")] = 1024,
) -> None:
    """Say where a chunk's time goes, by procedure."""
    logging.disable(logging.INFO)  # Alembic's
    with (
        machine(pool_mb=pool_mb, redo_mb=redo_mb) as here,
        places.pharmacy(here, orders) as place,
    ):
        lines = profile(place).lines()
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    typer.run(main)
