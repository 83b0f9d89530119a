"""What all peers share: their arguments, a session, and the line that they print."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bygones.runner.connection import connect, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable

    import pymysql
    from pymysql.cursors import Cursor

# Peers write as fast as their server lets them: nothing waits longer than this.
SECONDS = 12 * 3600.0

# Old shops have zero dates and id 0.
SQL_MODE = "STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"
# READ COMMITTED: whoever copies live tables by hand doesn't want to lock their rows,
# and it is the faster one.
SESSION = (
    f"SET SESSION sql_mode = '{SQL_MODE}', transaction_isolation = 'READ-COMMITTED'"
)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Take where to copy from and to; the history tables are there, and empty."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--url", required=True, help="mysql://user:password@host/schema")
    made.add_argument("--source", required=True, help="the schema with the orders")
    made.add_argument("--history", required=True, help="the schema to copy into")
    made.add_argument("--data", default="pharmacy", help="pharmacy, tpch or lean")
    return made


def run(copy: Callable[[], None]) -> None:
    """Copy, connecting included, and print the seconds and the process' peak memory."""
    began = time.perf_counter()
    copy()
    seconds = time.perf_counter() - began
    said = {"seconds": seconds, "peak_bytes": peak_bytes()}
    sys.stdout.write(json.dumps(said) + "\n")


def peak_bytes() -> int:
    """Return the most memory that this process held.

    Not by getrusage, which counts what the process that started this one held as well.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def open_session(url: str) -> pymysql.Connection[Cursor]:
    """Connect as the sessions of all peers but bygones do."""
    connection = connect(parse_url(url), schema=None, seconds=SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(SESSION)
    return connection
