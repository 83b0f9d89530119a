"""Let contestants copy the same orders in turn, and see that nobody left any out."""

from __future__ import annotations

from statistics import median, quantiles
from typing import TYPE_CHECKING

from benchmarks.contestants import ended
from benchmarks.machine import tell
from benchmarks.results import Chunks, Copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.contestants import Contestant
    from benchmarks.places import Place

# Of more, the oracle's answer takes longer than the measurements.
MOST_ROOTS_TO_JUDGE = 10_000


def contest(
    place: Place,
    contestants: Sequence[Contestant],
    rounds: int,
    *,
    after_ours: Callable[[Place], None] | None = None,
) -> Iterator[Copy]:
    """Give what each took in each round; who begins changes from round to round.

    `after_ours` may look at bygones when it has copied everything, in the last round.
    """
    invited = [each for each in contestants if each.takes_part(place)]
    for number in range(rounds):
        first = number % max(1, len(invited))
        for contestant in (*invited[first:], *invited[:first]):
            yield copy_once(place, contestant, number + 1)
            is_last = number + 1 == rounds
            if contestant.name == "ours" and after_ours and is_last:
                after_ours(place)
            clear(place, contestant)


def copy_once(place: Place, contestant: Contestant, number: int) -> Copy:
    """Let a contestant copy everything into an empty history, and check it."""
    lay_out(place, contestant)
    cpu = place.machine.cpu_seconds()
    outcome = ended(contestant.start(place))
    cpu = place.machine.cpu_seconds() - cpu
    found, expected = counts(place, contestant)
    wrong = None
    if place.roots <= MOST_ROOTS_TO_JUDGE and not contestant.is_root_only:
        verdict = place.judge(contestant.history(place))
        wrong = verdict.missing + verdict.different + verdict.surplus
    copied = Copy(
        place=place.title,
        data=place.data,
        roots=place.roots,
        round=number,
        contestant=contestant.name,
        seconds=outcome.seconds,
        server_cpu_seconds=cpu,
        peak_bytes=outcome.peak_bytes,
        rows=sum(found.values()),
        is_complete=found == expected and not wrong,
        wrong=wrong,
        chunks=chunks(place) if contestant.is_ours else None,
        error=outcome.error,
    )
    tell(
        f"{place.title}: {contestant.title}, round {number}: "
        f"{copied.error or f'{copied.seconds:.2f} s, {copied.rows:,} rows'}"
        f"{'' if copied.is_complete else ', NOT COMPLETE'}"
    )
    return copied


def lay_out(place: Place, contestant: Contestant) -> None:
    """Give a contestant an empty history, and a server at rest."""
    if not contestant.is_ours:
        place.lay_out(contestant.history(place))
    elif contestant.lanes > 1:
        place.machine.rows(
            f"CALL `{place.shop.history}`.split_orders({contestant.lanes})"
        )
    for setting, value in contestant.tuned:
        place.machine.rows(
            f"CALL `{place.shop.history}`.tune_archive('orders', %s, %s)",
            setting,
            value,
        )
    place.machine.settle()


def clear(place: Place, contestant: Contestant) -> None:
    """Throw away what a contestant has copied."""
    if contestant.is_ours:
        place.install()
    else:
        place.drop(contestant.history(place))


def counts(
    place: Place, contestant: Contestant
) -> tuple[dict[str, int], dict[str, int]]:
    """Count what is in history, and what belongs there, by relation."""
    found = place.found(contestant.history(place))
    if not contestant.is_root_only:
        return found, place.expected
    root = place.expectation.root
    return {root: found[root]}, {root: place.expected[root]}


def chunks(place: Place) -> Chunks | None:
    """Read from bygones' log how long its chunks took."""
    rows = place.machine.rows(
        f"SELECT seconds, roots FROM `{place.shop.history}`.chunk ORDER BY id"
    )
    if not rows:
        return None
    seconds = [float(str(each)) for each, _ in rows]
    tenth = max(1, len(seconds) // 10)
    return Chunks(
        count=len(seconds),
        median=median(seconds),
        p99=percentile(seconds, 99),
        longest=max(seconds),
        first=median(seconds[:tenth]),
        last=median(seconds[-tenth:]),
        most_roots=max(int(str(roots)) for _, roots in rows),
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """Return what so many percent of the values don't pass."""
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[percent - 1]
