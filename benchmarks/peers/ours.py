"""bygones: CALL copy_orders_chunk(NULL) by the runner's own loop, until it's idle.

History is `<source>_history`, where bygones is installed; the URL is the caller's, who
may EXECUTE and nothing else.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

from benchmarks.peers.command import SECONDS, parser, run
from bygones.runner.connection import Database, connect, parse_url
from bygones.runner.loop import Loop
from bygones.runner.procedures import Procedures

ARCHIVE = "orders"


def copy(database: Database, workers: int) -> None:
    """Copy all finished orders by so many workers."""
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(lambda _: work(database, workers), range(workers)):
            pass


def work(database: Database, workers: int) -> None:
    """Copy what the other workers leave, a chunk a CALL."""
    with closing(
        Procedures(lambda: connect(database, schema=database.history, seconds=SECONDS))
    ) as procedures:
        summary = Loop(calls=procedures).run(ARCHIVE)
    # One who finds that the others hold all lanes that are left is done.
    done = {"idle"} if workers == 1 else {"idle", "busy"}
    if summary.reason not in done:
        raise SystemExit(f"bygones ended by {summary.reason}: {summary.detail}")


if __name__ == "__main__":
    options = parser(__doc__)
    options.add_argument("--workers", type=int, default=1, help="as many as lanes")
    given = options.parse_args()
    named = replace(parse_url(given.url), source=given.source)
    if given.history != named.history:
        raise SystemExit(f"bygones copies into {named.history}, its own schema.")
    run(lambda: copy(named, given.workers))
