"""What bygones is asked to show, and what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.results import IDLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.results import Copy, Results

CHUNK_SECONDS = 0.2  # what a chunk aims at, before COMMIT
NOT_MEASURED = "not measured"
# Of what the server can do; who copies beside it; the most its p99 may be of alone.
LIVE = ((0.15, "ours", 1.1), (0.3, "ours", 1.3), (0.5, "ours_kind", 2.5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One question with its target; `is_met` is None where nothing was measured."""

    question: str
    target: str
    measured: str = NOT_MEASURED
    is_met: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Look things up in what was measured."""

    runs: Sequence[Results]

    def copies(self) -> Iterator[Copy]:
        """Give what was copied completely."""
        for run in self.runs:
            yield from (copy for copy in run.copies if copy.is_complete)

    def largest(self, names: set[str], data: str, most: int) -> list[Copy]:
        """Return the rounds of all of them at the largest place that has them."""
        by_place: dict[str, list[Copy]] = {}
        for copy in self.copies():
            if copy.data == data and copy.roots <= most and copy.contestant in names:
                by_place.setdefault(copy.place, []).append(copy)
        whole = [
            copies
            for copies in by_place.values()
            if {copy.contestant for copy in copies} == names
        ]
        return max(whole, key=lambda copies: copies[0].roots, default=[])

    def ratio(
        self,
        over: str,
        under: str,
        value: Callable[[Copy], float],
        *,
        most: int = 160_000,
        data: str = "pharmacy",
    ) -> tuple[float, str] | None:
        """Divide within each round; return the median, and where that was."""
        copies = self.largest({over, under}, data, most)
        values = {(copy.contestant, copy.round): value(copy) for copy in copies}
        ratios = [
            number / values[under, each]
            for (name, each), number in values.items()
            if name == over and (under, each) in values
        ]
        return (median(ratios), copies[0].place) if ratios else None

    def seconds_alone(self, place: str) -> float:
        """Return what bygones took at a place where nobody else worked."""
        return median(
            copy.seconds
            for copy in self.copies()
            if copy.place == place and copy.contestant == "ours"
        )

    def fact(self, name: str) -> float | None:
        """Return a single number, the last one measured."""
        found = [run.facts[name] for run in self.runs if name in run.facts]
        return found[-1] if found else None


def seconds(copy: Copy) -> float:
    """Return how long it took."""
    return copy.seconds


def throughput(copy: Copy) -> float:
    """Return rows a second."""
    return copy.rows / copy.seconds


def answers(asked: Asked) -> Iterator[Answer]:
    """Answer what the report is asked."""
    yield _at_least(
        "1,615 orders with relations: ORM loop (commit an entity) / bygones, "
        "connection included",
        140,
        asked.ratio("orm", "ours", seconds, most=5_000),
    )
    yield _at_least(
        "our copy, one lane / big INSERT … SELECT (which tears and can't be stopped), "
        "throughput",
        0.95,
        asked.ratio("ours", "big_insert", throughput),
    )
    for name, title, target in (
        ("big_insert", "big INSERT … SELECT", 1.5),
        ("two_sessions", "by hand, two sessions", 0.85),
    ):
        yield _at_least(
            f"our copy, two lanes / {title}, throughput",
            target,
            asked.ratio("ours_two", name, throughput),
        )
    for name, lanes, target in (
        ("ours", "one lane", 0.9),
        ("ours_two", "two lanes", 1.4),
    ):
        yield _at_least(
            f"TPC-H, {lanes} / big INSERT … SELECT, throughput",
            target,
            asked.ratio(name, "big_insert", throughput, most=10**9, data="tpch"),
        )
    for name, target in (("pt_archiver", 8), ("pt_archiver_bulk", 2)):
        options = "default" if name == "pt_archiver" else "--bulk-insert"
        yield _at_least(
            "rows a second, all our relations / pt-archiver's root table alone, "
            f"{options}",
            target,
            asked.ratio("ours", name, throughput),
        )
    yield _chunks_last(asked)
    yield _chunks_skewed(asked)
    yield _hot(asked)
    for share, contestant, most in LIVE:
        yield _live(asked, share, contestant, most)
    yield _looks(asked)
    yield _idle(asked)
    yield _memory(asked)
    yield _cold_start(asked)


def _chunks_last(asked: Asked) -> Answer:
    question = "median chunk seconds, last tenth / first tenth"
    copies = asked.largest({"ours"}, "lean", 10**9)
    kept = [copy for copy in copies if copy.chunks]
    if not kept or not kept[-1].chunks:
        return Answer(question=question, target="≤ 1.15")
    ratio = kept[-1].chunks.last / kept[-1].chunks.first
    return Answer(
        question=question,
        target="≤ 1.15",
        measured=f"{ratio:.2f} ({kept[-1].place})",
        is_met=ratio <= 1.15,
    )


def _chunks_skewed(asked: Asked) -> Answer:
    question = (
        "chunk seconds before COMMIT at tenfold skew: median within 25% of the target "
        f"{CHUNK_SECONDS}, p99 at most twice of it"
    )
    skewed = [
        copy.chunks
        for copy in asked.copies()
        if "20 items" in copy.place and copy.chunks
    ]
    if not skewed:
        return Answer(question=question, target="both")
    middle = median(chunks.median for chunks in skewed)
    p99 = median(chunks.p99 for chunks in skewed)
    return Answer(
        question=question,
        target="both",
        measured=f"median {middle:.3f}, p99 {p99:.3f}",
        is_met=abs(middle - CHUNK_SECONDS) <= CHUNK_SECONDS / 4
        and p99 <= 2 * CHUNK_SECONDS,
    )


def _hot(asked: Asked) -> Answer:
    question = (
        "150 updates a second of a parent that every order has: share of 10,000 orders "
        "that one pass copies, chunks tried again, seconds / without the writer"
    )
    target = "100%, 0, ≤ 1.3"
    alone, beside = asked.fact("hot_alone_seconds"), asked.fact("hot_seconds")
    share, again = asked.fact("hot_share"), asked.fact("hot_tried_again")
    if alone is None or beside is None or share is None or again is None:
        return Answer(question=question, target=target)
    return Answer(
        question=question,
        target=target,
        measured=f"{share:.0%}, {again:.0f}, {beside / alone:.2f}, at "
        f"{asked.fact('hot_updates_a_second'):.0f} updates a second",
        is_met=share == 1 and again == 0 and beside / alone <= 1.3,
    )


def _live(asked: Asked, share: float, contestant: str, most: float) -> Answer:
    paced = " at pace 50" if contestant == "ours_kind" else ""
    question = (
        f"a live workload at {share:.0%} of capacity: its p99 while we copy{paced} / "
        "alone, application errors"
    )
    lives = [live for run in asked.runs for live in run.lives]
    beside = [
        live for live in lives if (live.beside, live.share) == (contestant, share)
    ]
    target = f"≤ {most}, 0"
    if not beside:
        return Answer(question=question, target=target)
    ratio = median(live.times_alone for live in beside)
    errors = sum(sum(live.errors.values()) for live in beside)
    speed = asked.seconds_alone(beside[0].place) / median(
        live.copy_seconds or 0 for live in beside
    )
    return Answer(
        question=question,
        target=target,
        measured=f"{ratio:.2f} at {speed:.0%} of our speed, {errors} errors",
        is_met=ratio <= most and not errors,
    )


def _looks(asked: Asked) -> Answer:
    question = "newly finished among ten million: look, full pass, seconds"
    look, full = asked.fact("look_seconds"), asked.fact("pass_seconds")
    target = "≤ 1, ≤ 18"
    if look is None or full is None:
        return Answer(question=question, target=target)
    found, after = asked.fact("look_roots"), asked.fact("look_found_seconds")
    last = f", the last after {after:.2f}" if after is not None else ""
    return Answer(
        question=question,
        target=target,
        measured=f"{look:.2f} until idle (found {found:.0f}{last}), {full:.1f} in"
        f" CALLs of at most {asked.fact('pass_longest_call'):.2f}",
        is_met=look <= 1 and full <= 18,
    )


def _idle(asked: Asked) -> Answer:
    question = "an idle CALL, ms: beside 403 waiting orders; beside more"
    target = "≤ 4; ≤ 40"
    found = {
        name.removeprefix(IDLE): number * 1000
        for run in asked.runs
        for name, number in run.facts.items()
        if name.startswith(IDLE)
    }
    if not found:
        return Answer(question=question, target=target)
    return Answer(
        question=question,
        target=target,
        measured=", ".join(f"{ms:.1f} ({place})" for place, ms in found.items()),
        is_met=min(found.values()) <= 4 and max(found.values()) <= 40,
    )


def _cold_start(asked: Asked) -> Answer:
    question = "Lambda, cold: from its start to the reply of an idle invocation, ms"
    found = asked.fact("cold_start_seconds")
    if found is None:
        return Answer(question=question, target="≤ 300")
    return Answer(
        question=question,
        target="≤ 300",
        measured=f"{found * 1000:.0f}",
        is_met=found <= 0.3,
    )


def _memory(asked: Asked) -> Answer:
    question = "the runner's peak memory in MB, fewest and most orders"
    ours = [copy for copy in asked.copies() if copy.contestant == "ours"]
    if not ours:
        return Answer(question=question, target="equal, ≤ 40")
    few, many = min(ours, key=_roots), max(ours, key=_roots)
    sizes = [copy.peak_bytes / 1024**2 for copy in (few, many)]
    return Answer(
        question=question,
        target="equal, ≤ 40",
        measured=f"{sizes[0]:.0f} ({few.roots:,}), {sizes[1]:.0f} ({many.roots:,})",
        is_met=max(sizes) <= 40 and abs(sizes[0] - sizes[1]) <= 2,
    )


def _roots(copy: Copy) -> int:
    return copy.roots


def _at_least(question: str, target: float, found: tuple[float, str] | None) -> Answer:
    if found is None:
        return Answer(question=question, target=f"≥ {target:g}")
    value, place = found
    return Answer(
        question=question,
        target=f"≥ {target:g}",
        measured=f"{value:.3g} ({place})",
        is_met=value >= target,
    )
