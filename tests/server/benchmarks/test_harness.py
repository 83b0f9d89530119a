"""The harness works: everybody copies everything, and who doesn't is found out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import beside as live
from benchmarks import places
from benchmarks.by_procedure import profile
from benchmarks.contest import contest
from benchmarks.contestants import CONTESTANTS, OURS, Contestant
from benchmarks.machine import Machine
from benchmarks.report import rendered
from benchmarks.results import load
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.containers import engine_answers
from bygones.sandbox.shop import PROJECT, url_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.places import Place
    from bygones.sandbox.server import Server

ARCHIVERS = [each for each in CONTESTANTS if each.module == "pt_archiver"]
OTHERS = [each for each in CONTESTANTS if each.module != "pt_archiver"]
# Of those who share a program, the first.
SHORT = [
    each
    for number, each in enumerate(OTHERS)
    if each.module not in {other.module for other in OTHERS[:number]}
]
BIG_INSERT = next(each for each in CONTESTANTS if each.name == "big_insert")


@pytest.fixture(scope="module")
def here(server: Server) -> Iterator[Machine]:
    if server.family != "mysql":
        pytest.skip("what is measured is MySQL")
    database = parse_url(url_for(server.url, "mysql"))
    with closing(connect(database, schema=None, seconds=120)) as admin:
        yield Machine(server=server, admin=admin)


@pytest.fixture(scope="module")
def place(here: Machine) -> Iterator[Place]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    finished = 12 + int(worker.removeprefix("gw"))  # a schema of its own
    with places.pharmacy(here, finished) as place:
        yield place


def run(module: str, server: Server, *arguments: object) -> None:
    done = subprocess.run(  # noqa: S603 - our own modules
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ | {"BYGONES_TEST_URL": server.url},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "everybody",
    [
        pytest.param(SHORT, id="short", marks=pytest.mark.soak),
        pytest.param(OTHERS, id="all", marks=pytest.mark.soak),
    ],
)
def test_everybody_copies_every_byte_of_the_same_orders(
    place: Place, everybody: list[Contestant]
) -> None:
    copies = list(contest(place, everybody, 1))

    assert [copy.contestant for copy in copies] == [each.name for each in everybody]
    rows = sum(place.expected.values())
    for copy in copies:
        assert copy.error is None
        assert (copy.rows, copy.wrong, copy.is_complete) == (rows, 0, True)
        assert copy.seconds > 0
        assert copy.peak_bytes > 0


@pytest.mark.skipif(
    "BYGONES_TEST_URL" in os.environ or engine_answers(),
    reason="pt-archiver comes from packages, as the server does only without these",
)
@pytest.mark.soak
@pytest.mark.parametrize("archiver", ARCHIVERS, ids=lambda archiver: archiver.name)
def test_pt_archiver_copies_all_finished_orders(
    place: Place, archiver: Contestant
) -> None:
    place.machine.rows("SET GLOBAL local_infile = ON")

    [copy] = contest(place, [archiver], 1)

    assert (copy.error, copy.rows) == (None, place.roots)
    assert copy.is_complete


def test_who_fails_or_leaves_a_row_out_is_told_and_the_others_go_on(
    place: Place,
) -> None:
    broken = Contestant(
        name="broken",
        title="one who copies another shop",
        module="big_insert",
        options=("--data=tpch",),
    )
    more = place.expected | {"batches": place.expected["batches"] + 1}

    failed, copied = contest(place, [broken, BIG_INSERT], 1)
    [short] = contest(replace(place, expected=more), [BIG_INSERT], 1)

    assert "Unknown column 'o.o_orderstatus'" in (failed.error or "")
    assert [each.is_complete for each in (failed, copied, short)] == [
        False,
        True,
        False,
    ]


@pytest.mark.soak
def test_a_live_workload_is_watched_alone_and_beside_a_copy(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "WARM_UP_SECONDS", 0.5)

    lives = list(live.beside(place, [OURS], 1, 0.5))

    assert [each.beside for each in lives] == [None, "ours"]
    for each in lives:
        assert each.transactions > 0
        assert each.errors == {}
        assert each.is_complete


def test_the_time_of_a_chunk_is_told_by_procedure(place: Place) -> None:
    place.install()

    found = profile(place)
    place.install()

    assert found.roots == place.roots
    assert found.copies > found.microseconds["_copy_orders"] > 0
    assert found.microseconds["_compare_orders"] > 0
    assert len(found.lines()) == len(found.microseconds) + 1


@pytest.mark.soak
def test_the_command_writes_a_report_and_what_it_is_made_of(
    server: Server, here: Machine, tmp_path: Path
) -> None:
    assert here.server is server
    small = ("--orders=10", "--tpch=", "--lean-orders=0", "--live-orders=0")

    run(
        "benchmarks",
        server,
        *small,
        "--rounds=2",
        "--only=ours,big_insert",
        f"--folder={tmp_path}",
    )

    results = load(tmp_path / "results" / "bench.json")
    report = (tmp_path / "REPORT.md").read_text(encoding="utf-8")
    assert [(copy.round, copy.contestant) for copy in results.copies] == [
        (1, "ours"),
        (1, "big_insert"),
        (2, "big_insert"),
        (2, "ours"),
    ]
    assert all(copy.is_complete for copy in results.copies)
    assert report == rendered([results])
    assert "--orders=10" in report
    assert "## Pharmacy, 10 orders" in report
    assert f"MySQL {server.version}" in report


@pytest.mark.soak
def test_what_finishes_after_ten_million_is_found(
    server: Server, here: Machine, tmp_path: Path
) -> None:
    assert here.server is server

    run("benchmarks.ten_million", server, "--orders=220", f"--folder={tmp_path}")

    path = tmp_path / "results" / "bench-10m.json"
    known: dict[str, Any] = json.loads(path.read_text("utf-8"))
    [copy] = known["copies"]
    assert copy["is_complete"]
    # Of three open orders, 1, 101 and 201, the first one.
    assert known["facts"]["newly_finished"] == 1
    assert known["facts"]["look_roots"] == 1
    assert known["facts"]["look_found_seconds"] < known["facts"]["look_seconds"]
    assert known["facts"]["pass_roots"] == 0
