"""Give the one server that everybody is measured on, and say what it is."""

from __future__ import annotations

import os
import platform
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql

from bygones.runner.connection import connect, parse_url
from bygones.runner.errors import BygonesError
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.server import find_server
from bygones.sandbox.shop import url_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.cursors import Cursor

    from bygones.sandbox.server import Server

SECONDS = 12 * 3600.0
MOST_SECONDS_TO_SETTLE = 120
INTERRUPTED = 130  # as the shell has it: 128 + SIGINT
FEW_PAGES = 100
FEW_UNDO_LOGS = 1_000

# What a report states; the binary log and durability stay as they are shipped.
_STATED = (
    "version",
    "innodb_buffer_pool_size",
    "innodb_redo_log_capacity",
    "log_bin",
    "sync_binlog",
    "innodb_flush_log_at_trx_commit",
    "innodb_doublewrite",
    "binlog_format",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A server, and a superuser's session on it."""

    server: Server
    admin: pymysql.Connection[Cursor] = field(repr=False)

    def describe(self) -> dict[str, str | int]:
        """Say what was measured on."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        facts: dict[str, str | int] = {
            "server": self.server.origin.partition(":")[0],
            "cores": os.cpu_count() or 0,
            "memory_bytes": memory,
            "processor": _processor(),
            "python": platform.python_version(),
        }
        return facts | {name: self.variable(name) for name in _STATED}

    def variable(self, name: str) -> str | int:
        """Read a system variable."""
        [(value,)] = self.rows(f"SELECT @@GLOBAL.{name}")
        return value if isinstance(value, int) else str(value)

    def rows(self, sql: str, *arguments: object) -> list[tuple[object, ...]]:
        """Run a statement as the superuser."""
        with self.admin.cursor() as cursor:
            cursor.execute(sql, arguments or None)
            return list(cursor.fetchall())

    def cpu_seconds(self) -> float:
        """Return what the server's process has used so far; 0 if it isn't ours.

        Less noisy than the clock where others work on the machine as well.
        """
        if not self.server.guarded:
            return 0
        process = Path(str(self.variable("pid_file"))).read_text().strip()
        # The program's name, in parentheses, may hold blanks.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        user, system = fields[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def settle(self) -> None:
        """Let the server finish what the last one left to it.

        Changed pages are written, undo logs purged, and binary logs thrown away: each
        contestant begins with a server that has nothing else to do.
        """
        self.rows("SET GLOBAL innodb_max_dirty_pages_pct = 0")
        deadline = time.monotonic() + MOST_SECONDS_TO_SETTLE
        while self._is_busy() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.rows("SET GLOBAL innodb_max_dirty_pages_pct = DEFAULT")
        if self.server.guarded:
            self.rows("FLUSH BINARY LOGS")
            self.rows("PURGE BINARY LOGS BEFORE NOW()")

    def _is_busy(self) -> bool:
        [(_, pages)] = self.rows("SHOW STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")
        [(undo,)] = self.rows(
            "SELECT COUNT FROM information_schema.innodb_metrics"
            " WHERE name = 'trx_rseg_history_len'"
        )
        return int(str(pages)) > FEW_PAGES or int(str(undo)) > FEW_UNDO_LOGS


@contextmanager
def machine(*, pool_mb: int, redo_mb: int) -> Iterator[Machine]:
    """Give a throwaway MySQL of that size, or the one at BYGONES_TEST_URL as it is.

    What fails on it is told in a line, and ends the program.
    """
    try:
        with find_server("mysql") as server:
            database = parse_url(url_for(server.url, "mysql"))
            with closing(connect(database, schema=None, seconds=SECONDS)) as admin:
                made = Machine(server=server, admin=admin)
                made.rows(f"SET SESSION wait_timeout = {SECONDS:.0f}")
                if "BYGONES_TEST_URL" not in os.environ:
                    _resize(made, pool_mb, redo_mb)
                yield made
    except (SandboxError, BygonesError, pymysql.Error) as error:
        raise SystemExit(str(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def tell(sentence: str) -> None:
    """Say on stderr how far it is."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {sentence}\n")
    sys.stderr.flush()


def _resize(machine: Machine, pool_mb: int, redo_mb: int) -> None:
    machine.rows(f"SET GLOBAL innodb_buffer_pool_size = {pool_mb * 1024**2}")
    machine.rows(f"SET GLOBAL innodb_redo_log_capacity = {redo_mb * 1024**2}")
    machine.rows("SET GLOBAL local_infile = ON")  # for pt-archiver's --bulk-insert
    deadline = time.monotonic() + MOST_SECONDS_TO_SETTLE
    while _is_resizing(machine) and time.monotonic() < deadline:
        time.sleep(0.1)


def _is_resizing(machine: Machine) -> bool:
    rows = machine.rows("SHOW STATUS LIKE 'Innodb_%_resize_status'")
    states = {str(name): str(state) for name, state in rows}
    pool = states.get("Innodb_buffer_pool_resize_status", "")
    redo = states.get("Innodb_redo_log_resize_status", "OK")
    return (pool != "" and not pool.startswith("Completed")) or redo != "OK"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
