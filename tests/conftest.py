"""Give tests a real server, and shops on it."""

from __future__ import annotations

import datetime as dt
import gc
import itertools
import os
import shutil
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bygones.runner.connection import connect, parse_url
from bygones.sandbox.server import Server, find_server
from bygones.sandbox.shop import url_for
from tests.support.lending import Lender, OpenShop, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pymysql
    from pymysql.cursors import Cursor

__all__ = ["OpenShop"]

# The last results of the long forms, by server; and the seed of those that draw.
SOAK = Path(__file__).parent / "soak"
SEED = "BYGONES_SOAK_SEED"

# Where there is room for their data, servers keep them in memory: creating a shop's
# tables takes half the time. What a killed server had committed is there as well.
MEMORY = Path("/dev/shm")  # noqa: S108 - as a place for folders with names of their own
ROOM = 2 * 2**30  # for each worker

# What the tests ran on: said at the end, whichever worker started it.
SERVERS: pytest.StashKey[set[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--resume",
        action="store_true",
        help="with -m soak: leave out what passed before, of this seed and server",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVERS] = set()
    if config.option.markexpr == "soak" and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Passed(passed_before(config)))
    if MEMORY.exists() and shutil.disk_usage(MEMORY).free > ROOM * (
        os.cpu_count() or 1
    ):
        os.environ.setdefault("TMPDIR", str(MEMORY))


def pytest_xdist_auto_num_workers() -> int | None:
    """Take one worker where all would share a server: tests set it to this and that."""
    return 1 if "BYGONES_TEST_URL" in os.environ else None


def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ANN401, ARG001 - xdist's
    node.config.stash[SERVERS].update(
        getattr(node, "workeroutput", {}).get("server", ())
    )


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out the long forms, unless they are asked for; and what passed before."""
    if "soak" in config.option.markexpr:
        if config.option.resume:
            leave_out(config, items, passed_before(config))
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if item not in long]


def pytest_collection_finish() -> None:
    """Spare the garbage collector the tests themselves, and what they import."""
    gc.collect()
    gc.freeze()


def passed_before(config: pytest.Config) -> Path:
    """Name the file that keeps what passed, of this seed and server."""
    seed = os.environ.get(SEED, "none")
    family = os.environ.get("BYGONES_TEST_SERVER", "mysql")
    return config.rootpath / ".pytest_cache" / f"soak-{family}-{seed}"


def leave_out(config: pytest.Config, items: list[pytest.Item], path: Path) -> None:
    """Leave out the long forms that a run which was interrupted has passed."""
    passed = names_in(path)
    done = [item for item in items if item.nodeid in passed]
    config.hook.pytest_deselected(items=done)
    items[:] = [item for item in items if item not in done]


def names_in(path: Path) -> set[str]:
    return set(path.read_text("utf-8").splitlines()) if path.is_file() else set()


class Passed:
    """Writes down each long form that passes, at once: a run may be killed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.path.parent.mkdir(exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{report.nodeid}\n")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    servers: set[str] = config.stash[SERVERS]
    for name in sorted(servers):
        terminalreporter.write_line(f"server: {name}")
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if config.option.markexpr == "soak" and is_whole and not config.option.keyword:
        record_soak(terminalreporter, servers, passed_before(config))


def record_soak(
    reporter: pytest.TerminalReporter, servers: set[str], passed: Path
) -> None:
    """Keep the result of the long forms in the repository: what, when and where."""
    now = dt.datetime.now(dt.UTC)
    counts = [
        f"{len(reporter.stats[outcome])} {outcome}"
        for outcome in ("passed", "failed", "error", "skipped")
        if outcome in reporter.stats
    ]
    if reporter.config.option.resume:
        before = len(names_in(passed)) - len(reporter.stats.get("passed", ()))
        counts.append(f"{before} passed before it was resumed")
    for server in sorted(servers):
        family, version, *_ = server.replace(":", "").split()
        SOAK.mkdir(exist_ok=True)
        (SOAK / f"{family}.md").write_text(
            f"`make soak` on {family} {version}, {now:%Y-%m-%d %H:%M} UTC, "
            f"seed {os.environ.get(SEED, 'not given')}: {', '.join(counts)}.\n",
            encoding="utf-8",
        )


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with find_server() as server:
        name = f"{server.family} {server.version}: {server.origin}"
        worker = getattr(request.config, "workeroutput", None)
        if worker is None:
            request.config.stash[SERVERS].add(name)
        else:
            worker["server"] = [name]
        yield server


@pytest.fixture
def admin(server: Server) -> Iterator[pymysql.Connection[Cursor]]:
    connection = connect(
        parse_url(url_for(server.url, "mysql")), schema=None, seconds=120
    )
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def names() -> Iterator[str]:
    """Names for shops, each of which is this worker's own."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    return (f"shop_{worker}_{number}" for number in itertools.count(1))


@pytest.fixture
def make_shop(
    server: Server, names: Iterator[str]
) -> Iterator[Callable[..., OpenShop]]:
    """Open shops of any size; `installed=False` leaves bygones out."""
    with ExitStack() as stack:

        def make(**options: Any) -> OpenShop:  # noqa: ANN401 - those of opened()
            return stack.enter_context(opened(server, next(names), **options))

        yield make


@pytest.fixture(scope="session")
def lender(server: Server, names: Iterator[str]) -> Iterator[Lender]:
    with closing(Lender(server, names)) as lender:
        yield lender


@pytest.fixture
def shop(lender: Lender) -> Iterator[OpenShop]:
    """A pharmacy of 40 finished orders, and bygones installed, as if it were new."""
    with lender.lent() as shop:
        yield shop
