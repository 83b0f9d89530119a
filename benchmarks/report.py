"""Write the report: from what was measured, medians and ratios."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from benchmarks.contestants import CONTESTANTS
from benchmarks.results import Copy, Live, Results, load
from benchmarks.targets import Asked, answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FOLDER = Path(__file__).parent
TITLES = {contestant.name: contestant.title for contestant in CONTESTANTS}
ROOT_ONLY = {contestant.name for contestant in CONTESTANTS if contestant.is_root_only}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One contestant at one place: medians over the rounds."""

    title: str
    rounds: int
    seconds: float
    server_cpu_seconds: float
    roots_a_second: float
    rows_a_second: float
    # Throughput, of the big INSERT … SELECT's in the same round.
    of_big_insert: float | None
    # Of the contestant's own process; pt-archiver's is another.
    peak_mb: float | None
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLine:
    """A live workload beside one contestant: medians over the rounds."""

    title: str
    median_ms: float
    p99_ms: float
    times_alone: float
    longest_ms: float
    errors: str
    # Of its throughput without the live workload.
    of_its_pace: float | None


def write_report(folder: Path) -> Path:
    """Write REPORT.md from all results in the folder."""
    runs = [
        load(path)
        for name in ("bench", "bench-long", "bench-10m")
        if (path := folder / "results" / f"{name}.json").is_file()
    ]
    path = folder / "REPORT.md"
    path.write_text(rendered(runs), encoding="utf-8")
    return path


def rendered(runs: Sequence[Results]) -> str:
    """Render the report of all runs."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown, of our own numbers
    )
    template = environment.get_template("report.md.j2")
    return template.render(
        runs=runs,
        answers=answers(Asked(runs=runs)),
        places=dict(places(runs)),
        chunks=[
            copy
            for run in runs
            for copy in run.copies
            if copy.chunks and copy.round == last_round(copy, run.copies)
        ],
        lives=dict(live_lines(runs)),
        failures=[
            (TITLES[copy.contestant], copy)
            for run in runs
            for copy in run.copies
            if copy.error or not copy.is_complete
        ],
    )


def places(runs: Sequence[Results]) -> Iterator[tuple[str, list[Line]]]:
    """Give the lines of each place, the fastest first."""
    copies = [copy for run in runs for copy in run.copies if not copy.error]
    for place in dict.fromkeys(copy.place for copy in copies):
        here = [copy for copy in copies if copy.place == place]
        names = dict.fromkeys(copy.contestant for copy in here)
        lines = [line(name, here) for name in names]
        yield place, sorted(lines, key=lambda line: line.seconds)


def line(name: str, here: Sequence[Copy]) -> Line:
    """Sum up one contestant's rounds."""
    own = [copy for copy in here if copy.contestant == name]
    limits = {copy.round: copy for copy in here if copy.contestant == "big_insert"}
    ratios = [
        (copy.rows / copy.seconds) / (limit.rows / limit.seconds)
        for copy in own
        if (limit := limits.get(copy.round))
    ]
    return Line(
        title=TITLES[name],
        rounds=len(own),
        seconds=median(copy.seconds for copy in own),
        server_cpu_seconds=median(copy.server_cpu_seconds for copy in own),
        roots_a_second=median(copy.roots / copy.seconds for copy in own),
        rows_a_second=median(copy.rows / copy.seconds for copy in own),
        of_big_insert=median(ratios) if ratios else None,
        peak_mb=None
        if name in ROOT_ONLY
        else max(copy.peak_bytes for copy in own) / 1024**2,
        verdict=verdict(own),
    )


def verdict(own: Sequence[Copy]) -> str:
    """Say what the checks said of a contestant's history."""
    if not all(copy.is_complete for copy in own):
        return "NOT COMPLETE"
    if own[0].contestant in ROOT_ONLY:
        return "count, root table"
    return "count" if own[0].wrong is None else "count, every byte"


def last_round(copy: Copy, copies: Iterable[Copy]) -> int:
    """Return the last round of a contestant at a place."""
    return max(
        each.round
        for each in copies
        if (each.place, each.contestant) == (copy.place, copy.contestant)
    )


def live_lines(runs: Sequence[Results]) -> Iterator[tuple[str, list[LiveLine]]]:
    """Give what a live workload noticed at each place."""
    for run in runs:
        for place, share in dict.fromkeys((x.place, x.share) for x in run.lives):
            here = [x for x in run.lives if (x.place, x.share) == (place, share)]
            copies = [copy for copy in run.copies if copy.place == place]
            names = dict.fromkeys(live.beside for live in here)
            title = f"{place}, at {share:.0%} of capacity"
            yield title, [live_line(name, here, copies) for name in names]


def live_line(
    name: str | None, here: Sequence[Live], copies: Sequence[Copy]
) -> LiveLine:
    """Sum up the rounds beside one contestant, or alone."""
    own = [live for live in here if live.beside == name]
    unpaced = "ours" if name == "ours_kind" else name
    paces = [copy.seconds for copy in copies if copy.contestant == unpaced]
    beside = [live.copy_seconds for live in own if live.copy_seconds]
    errors = [
        f"{count} of {errno}" for live in own for errno, count in live.errors.items()
    ]
    return LiveLine(
        title=TITLES[name] if name else "nobody",
        median_ms=median(live.median_ms for live in own),
        p99_ms=median(live.p99_ms for live in own),
        times_alone=median(live.times_alone for live in own),
        longest_ms=max(live.longest_ms for live in own),
        errors=", ".join(errors) or "none",
        of_its_pace=median(paces) / median(beside) if paces and beside else None,
    )


if __name__ == "__main__":
    write_report(FOLDER)
