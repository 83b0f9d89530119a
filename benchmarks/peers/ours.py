"""bygones: CALL copy_orders_chunk(NULL) by the runner's own loop, until it's idle.

History is `<source>_history`, where bygones is installed; the URL is the caller's, who
may EXECUTE and nothing else.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from benchmarks.peers.command import SECONDS, parser, run
from runner.connection import Database, connect, parse_url
from runner.loop import Loop
from runner.procedures import Procedures

ARCHIVE = "orders"


def copy(database: Database) -> None:
    """Copy all finished orders, a chunk a CALL."""
    with closing(
        Procedures(lambda: connect(database, schema=database.history, seconds=SECONDS))
    ) as procedures:
        summary = Loop(calls=procedures).run(ARCHIVE)
    if summary.reason != "idle":
        raise SystemExit(f"bygones ended by {summary.reason}: {summary.detail}")


if __name__ == "__main__":
    given = parser(__doc__).parse_args()
    named = replace(parse_url(given.url), source=given.source)
    if given.history != named.history:
        raise SystemExit(f"bygones copies into {named.history}, its own schema.")
    run(lambda: copy(named))
