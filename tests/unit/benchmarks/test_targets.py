"""What the report answers follows from what was measured."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.report import places
from benchmarks.results import IDLE, Chunks, Copy, Live, Results
from benchmarks.targets import Asked, answers


def results(
    *copies: Copy,
    lives: tuple[Live, ...] = (),
    facts: dict[str, float] | None = None,
) -> Results:
    return Results(
        command="make bench",
        date="",
        machine={},
        copies=list(copies),
        lives=list(lives),
        facts=facts or {},
    )


def copy(contestant: str, seconds: float, **others: Any) -> Copy:  # noqa: ANN401 - of Copy
    place, roots = others.pop("place", "pharmacy"), others.pop("roots", 1000)
    known: dict[str, Any] = {
        "data": "pharmacy",
        "round": 1,
        "rows": 8000,
        "is_complete": True,
    }
    return Copy(
        place=f"{place}, {roots}",
        roots=roots,
        contestant=contestant,
        seconds=seconds,
        server_cpu_seconds=1,
        peak_bytes=30 * 1024**2,
        **known | others,
    )


def watched(beside: str | None, p99: float, **errors: int) -> Live:
    return Live(
        place="pharmacy, 1000",
        round=1,
        beside=beside,
        copy_seconds=10 if beside else None,
        p99_alone_ms=10 if beside else None,
        rate=1,
        capacity=2,
        transactions=1,
        median_ms=1,
        p99_ms=p99,
        longest_ms=p99,
        errors=errors,
    )


def answer(start: str, *runs: Results) -> tuple[str, bool | None]:
    [found] = [
        each for each in answers(Asked(runs=runs)) if each.question.startswith(start)
    ]
    return found.measured, found.is_met


def test_nothing_is_answered_of_what_was_not_measured() -> None:
    assert {(each.measured, each.is_met) for each in answers(Asked(runs=[]))} == {
        ("not measured", None)
    }


def test_a_ratio_is_the_median_of_those_within_a_round() -> None:
    run = results(
        *(copy("ours", seconds, round=n) for n, seconds in ((1, 1), (2, 10), (3, 1))),
        *(
            copy("orm", seconds, round=n)
            for n, seconds in ((1, 190), (2, 1450), (3, 9))
        ),
    )

    assert answer("1,615 orders", run) == ("145 (pharmacy, 1000)", True)


def test_who_was_not_complete_in_a_round_does_not_count_there() -> None:
    run = results(
        copy("ours", 1),
        copy("orm", 190),
        copy("ours", 1, round=2),
        copy("orm", 1, round=2, is_complete=False),
    )

    assert answer("1,615 orders", run) == ("190 (pharmacy, 1000)", True)


def test_throughput_is_compared_where_the_orders_are_most_up_to_160_000() -> None:
    run = results(
        *(copy("ours", 1, roots=roots) for roots in (1000, 170_000)),
        *(copy("big_insert", 1, roots=roots) for roots in (1000, 170_000)),
        copy("ours", 10, roots=150_000),
        copy("big_insert", 7, roots=150_000),
        copy("ours", 1, roots=160_000, data="tpch", place="TPC-H"),
        copy("big_insert", 1, roots=160_000, data="tpch", place="TPC-H"),
    )

    assert answer("our copy, one lane", run) == ("0.7 (pharmacy, 150000)", False)


def test_rows_of_all_relations_are_compared_with_those_of_one_table() -> None:
    run = results(copy("ours", 1), copy("pt_archiver", 1, rows=1000))

    assert (
        answer(
            "rows a second, all our relations / pt-archiver's root table alone, def",
            run,
        )[0]
        == "8 (pharmacy, 1000)"
    )


def test_the_last_tenth_of_the_chunks_is_compared_with_the_first() -> None:
    slower = Chunks(
        count=9, median=1, p99=1, longest=1, first=0.2, last=0.3, most_roots=5
    )
    run = results(copy("ours", 1, data="lean", place="lean", chunks=slower))

    assert answer("median chunk", run) == ("1.50 (lean, 1000)", False)


@pytest.mark.parametrize(
    ("middle", "p99", "is_met"),
    [(0.21, 0.4, True), (0.3, 0.4, False), (0.2, 0.5, False)],
)
def test_both_the_median_and_the_p99_of_skewed_chunks_count(
    middle: float, p99: float, is_met: bool
) -> None:
    chunks = Chunks(
        count=9, median=middle, p99=p99, longest=1, first=1, last=1, most_roots=5
    )
    run = results(
        copy(
            "ours", 1, data="lean", place="lean, 2 or 20 items an order", chunks=chunks
        )
    )

    assert answer("chunk seconds", run)[1] is is_met


@pytest.mark.parametrize(
    ("p99", "seconds", "errors", "measured", "is_met"),
    [
        (25, 5, {}, "2.50 at 50% of our speed, 0 errors", True),
        (26, 5, {}, "2.60 at 50% of our speed, 0 errors", False),
        (12, 5, {"1213": 1}, "1.20 at 50% of our speed, 1 errors", False),
    ],
)
def test_a_live_workload_must_hardly_notice(
    p99: float, seconds: float, errors: dict[str, int], measured: str, is_met: bool
) -> None:
    lives = (watched(None, 10), watched("ours_kind", p99, **errors))

    assert answer(
        "a live workload at 50%", results(copy("ours", seconds), lives=lives)
    ) == (
        measured,
        is_met,
    )


def test_an_idle_call_is_short_wherever_it_was_measured() -> None:
    few, many = (IDLE + place for place in ("few", "many"))

    assert answer("an idle", results(facts={few: 0.004, many: 0.04})) == (
        "4.0 (few), 40.0 (many)",
        True,
    )
    assert answer("an idle", results(facts={few: 0.005, many: 0.04}))[1] is False
    assert answer("an idle", results(facts={few: 0.004, many: 0.05}))[1] is False


def test_a_hot_parent_costs_nothing() -> None:
    facts = {
        "hot_alone_seconds": 1.0,
        "hot_seconds": 1.2,
        "hot_updates_a_second": 150.0,
        "hot_share": 1.0,
        "hot_tried_again": 0.0,
    }

    assert answer("150 updates", results(facts=facts)) == (
        "100%, 0, 1.20, at 150 updates a second",
        True,
    )
    for worse in ({"hot_seconds": 1.4}, {"hot_share": 0.99}, {"hot_tried_again": 1.0}):
        assert answer("150 updates", results(facts=facts | worse))[1] is False


def test_memory_is_that_of_the_fewest_and_the_most_orders() -> None:
    run = results(copy("ours", 1), copy("ours", 1, roots=10_000_000))

    assert answer("the runner's", run) == ("30 (1,000), 30 (10,000,000)", True)


def test_the_lines_of_a_place_begin_with_the_fastest() -> None:
    run = results(
        copy("orm", 20),
        copy("ours", 2),
        copy("ours", 4, round=2),
        copy("big_insert", 4),
    )

    [(place, lines)] = places([run])

    assert place == "pharmacy, 1000"
    assert [(line.seconds, line.of_big_insert) for line in lines] == [
        (3, 2.0),
        (4, 1.0),
        (20, 0.2),
    ]
    assert [line.verdict for line in lines] == ["count"] * 3
