"""pt-archiver: its default options with --limit 1000 --commit-each, for the root table.

It knows one table at a time, so it would run once for each. It is told not to delete;
--bulk-insert is measured too. Seconds are those of its process.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from benchmarks.data import ROOTS
from benchmarks.peers.command import SQL_MODE, open_session, parser, run
from benchmarks.percona import pt_archiver
from bygones.runner.connection import parse_url
from bygones.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.data import Roots
    from benchmarks.percona import Archiver

# History has two columns of its own, which check-columns refuses; and the last order,
# which safe-auto-increment leaves out, is one of those to copy.
OPTIONS = (
    "--limit=1000",
    "--commit-each",
    "--no-delete",
    "--no-check-columns",
    "--no-safe-auto-increment",
    "--no-version-check",
    "--charset=utf8mb4",
    f"--set-vars=sql_mode='{SQL_MODE}'".replace(",", r"\,"),
)


def prepare(url: str, roots: Roots, history: str) -> None:
    """Give history's own columns defaults, for pt-archiver leaves them out."""
    with closing(open_session(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE `{history}`.{roots.table}_history"
            " ALTER history_version SET DEFAULT 1, ALTER history_chunk SET DEFAULT 0"
        )


def copy(
    archiver: Archiver,
    dsns: tuple[str, str],
    roots: Roots,
    options: Sequence[str],
) -> None:
    """Copy the finished rows of the root table."""
    source, dest = dsns
    done = subprocess.run(  # noqa: S603 - the program that was unpacked here
        [
            *archiver.command,
            f"--source={source},t={roots.table}",
            f"--dest={dest},t={roots.table}_history",
            f"--where={roots.finished.replace('o.', '')}",
            *OPTIONS,
            *options,
        ],
        env=os.environ | archiver.environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"pt-archiver failed:\n{done.stderr[-2000:]}")


def dsn(url: str, schema: str) -> str:
    """Write a DSN as pt-archiver reads it; L lets --bulk-insert load a local file."""
    database = parse_url(url)
    parts = {
        "h": database.host,
        "P": "" if database.unix_socket else str(database.port),
        "S": database.unix_socket,
        "u": database.user,
        "p": database.password.replace(",", r"\,"),
        "D": schema,
        "L": "1",
    }
    return ",".join(f"{name}={value}" for name, value in parts.items() if value)


if __name__ == "__main__":
    arguments = parser(__doc__)
    arguments.add_argument("--bulk-insert", action="store_true")
    given = arguments.parse_args()
    prepare(given.url, ROOTS[given.data], given.history)
    try:
        program = pt_archiver()
    except SandboxError as error:
        raise SystemExit(str(error)) from None
    run(
        lambda: copy(
            program,
            (dsn(given.url, given.source), dsn(given.url, given.history)),
            ROOTS[given.data],
            ["--bulk-insert"] if given.bulk_insert else [],
        )
    )
