"""The loop, with procedures and a clock that are written by hand."""

import math
from collections import deque
from dataclasses import dataclass, field, replace

import pytest

from bygones.runner.calls import Answer, Chunk, Summary, Verified
from bygones.runner.errors import (
    BygonesError,
    LostConnectionError,
    RetryError,
    StopError,
    TryLaterError,
)
from bygones.runner.loop import Loop
from bygones.runner.probe import Probed


def chunk(state: str = "copied", **values: float | str | None) -> Chunk:
    row: dict[str, object] = {
        "archive": "orders",
        "state": state,
        "roots": 10 if state == "copied" else 0,
        "related_rows": 30 if state == "copied" else 0,
        "examined": 10,
        "quarantined": 0,
        "cursor": "10",
        "seconds": 0.25,
        "next_wait_ms": 0,
        "reason": None,
    }
    return Chunk(**(row | values))  # type: ignore[arg-type] # a row of mixed types


@dataclass
class Shop:
    """Answer CALLs from a script; an error in it is raised, time passes by hand."""

    script: deque[Chunk | BygonesError]
    call_seconds: float = 0.2
    windows: deque[Verified] = field(default_factory=deque)
    now: float = 0.0
    log: list[str] = field(default_factory=list)
    closed: list[Summary] = field(default_factory=list)
    sleeps: list[float] = field(default_factory=list)
    reconnects: deque[BygonesError | None] = field(default_factory=deque)
    opens: deque[BygonesError] = field(default_factory=deque)
    closes: deque[BygonesError] = field(default_factory=deque)
    lag_limit: int | None = 5

    def open_run(
        self, archive: str, request_id: str | None, seconds: int, kind: str
    ) -> int:
        self.log.append(f"open {archive} {request_id} {seconds} {kind}")
        if self.opens:
            raise self.opens.popleft()
        return 7

    def copy_chunk(self, archive: str, max_roots: int | None) -> Chunk:
        self.log.append(f"copy {archive} {max_roots}")
        self.now += self.call_seconds
        answer = self.script.popleft()
        if isinstance(answer, BygonesError):
            raise answer
        return answer

    def verify_chunk(self, archive: str, max_roots: int | None) -> Verified:
        self.log.append(f"verify {archive} {max_roots}")
        self.now += self.call_seconds
        return self.windows.popleft()

    def rejoin_run(self, run_id: int) -> int | None:
        self.log.append(f"rejoin {run_id}")
        return self.lag_limit

    def close_run(self, summary: Summary) -> int:
        self.log.append(f"close {summary.reason}")
        if self.closes:
            raise self.closes.popleft()
        self.closed.append(summary)
        return summary.run_id

    def probe(self) -> Probed:
        self.log.append("probe")
        return Probed(verdict="shared", reason=None)

    def rollback(self) -> None:
        self.log.append("rollback")

    def reconnect(self) -> None:
        self.log.append("reconnect")
        error = self.reconnects.popleft() if self.reconnects else None
        if error:
            raise error

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


def shop_with(*script: Chunk | BygonesError) -> Shop:
    return Shop(deque(script))


def loop_over(shop: Shop, *, seconds: float = math.inf) -> Loop:
    return Loop(
        calls=shop,
        remaining=lambda: seconds - shop.now,
        clock=lambda: shop.now,
        sleep=shop.sleep,
        jitter=lambda: 1.0,
    )


def test_probes_a_server_that_was_not_and_calls_again_once() -> None:
    not_probed = StopError("no probe was made here", errno=30021, sqlstate="45000")
    shop = shop_with(not_probed, chunk(), not_probed)

    with pytest.raises(StopError) as caught:
        loop_over(shop).run("orders")

    assert caught.value.errno == 30021
    assert shop.log == [
        "open orders None 0 copy",
        *("copy orders None", "rollback", "probe", "copy orders None"),
        *("copy orders None", "rollback", "close error"),
    ]


def test_goes_on_until_idle_and_sums_what_was_copied() -> None:
    shop = shop_with(chunk(quarantined=1), chunk(), chunk("idle"))

    summary = loop_over(shop).run("orders", request_id="a-1")

    assert summary.as_dict() == {
        "archive": "orders",
        "run_id": 7,
        "state": "idle",
        "reason": "idle",
        "detail": None,
        "calls": 3,
        "roots": 20,
        "related_rows": 60,
        "examined": 30,
        "quarantined": 1,
        "seconds": 0.75,
    }
    assert shop.log[0] == "open orders a-1 0 copy"
    assert shop.log[-1] == "close idle"


@pytest.mark.parametrize("state", ["idle", "busy", "paused", "throttled"])
def test_ends_with_the_state_and_the_reason_it_met(state: str) -> None:
    shop = shop_with(chunk(state, reason="by the night shift"))

    summary = loop_over(shop).run("orders")

    assert (summary.reason, summary.state) == (state, state)
    assert summary.detail == "by the night shift"


def test_goes_on_after_a_window_without_a_finished_root() -> None:
    shop = shop_with(chunk(roots=0), chunk(roots=0), chunk("idle"))

    summary = loop_over(shop).run("orders")

    assert (summary.calls, summary.roots) == (3, 0)


def test_rests_after_each_chunk_as_long_as_the_archive_is_paced() -> None:
    shop = shop_with(chunk(next_wait_ms=600), chunk(next_wait_ms=0), chunk("idle"))

    summary = loop_over(shop).run("orders")

    assert (summary.calls, shop.sleeps) == (3, [0.6])


def test_ends_by_its_deadline_where_a_rest_does_not_fit() -> None:
    shop = shop_with(*[chunk(next_wait_ms=9000)] * 2)

    summary = loop_over(shop, seconds=10.0).run("orders")

    assert (summary.reason, summary.calls, shop.sleeps) == ("deadline", 1, [])


def test_needs_no_rest_after_the_last_chunk() -> None:
    shop = shop_with(chunk(next_wait_ms=600))

    summary = replace(loop_over(shop), max_chunks=1).run("orders")

    assert (summary.reason, shop.sleeps) == ("max_chunks", [])


def test_stops_while_two_of_the_longest_chunks_and_the_margin_still_fit() -> None:
    shop = shop_with(*[chunk() for _ in range(100)])
    shop.call_seconds = 2.0

    summary = loop_over(shop, seconds=10.0).run("orders")

    assert summary.reason == "deadline"
    assert summary.calls == 3
    assert (
        shop.now == 6.0
    )  # the next one could end at 10.0, the margin is half a second


def test_makes_no_call_where_there_is_no_time_for_one() -> None:
    shop = shop_with()

    summary = loop_over(shop, seconds=1.0).run("orders")

    assert (summary.reason, summary.calls, summary.state) == ("deadline", 0, None)


def test_finds_time_for_a_chunk_in_the_three_seconds_that_lambda_gives() -> None:
    shop = shop_with(chunk("idle"))

    summary = loop_over(shop, seconds=2.8).run("orders")

    assert summary.calls == 1


def test_tells_the_run_its_budget_in_whole_seconds() -> None:
    shop = shop_with(chunk("idle"))

    loop_over(shop, seconds=29.8).run("orders")

    assert shop.log[0] == "open orders None 29 copy"


def test_makes_at_most_max_chunks_calls() -> None:
    shop = shop_with(chunk(), chunk(), chunk())
    loop = loop_over(shop)
    loop.max_chunks = 2

    summary = loop.run("orders")

    assert (summary.reason, summary.calls) == ("max_chunks", 2)


def test_passes_max_roots_on() -> None:
    shop = shop_with(chunk("idle"))
    loop = loop_over(shop)
    loop.max_roots = 500

    loop.run("orders")

    assert "copy orders 500" in shop.log


def test_does_not_wait_when_no_call_would_follow() -> None:
    shop = shop_with(throttled())
    loop = loop_over(shop)
    loop.max_chunks = 1

    summary = loop.run("orders")

    assert (summary.reason, shop.sleeps) == ("throttled", [])


def test_ends_after_the_call_in_flight_when_interrupted() -> None:
    shop = shop_with(chunk(), chunk())
    loop = loop_over(shop)
    loop.interrupted = lambda: shop.now > 0

    summary = loop.run("orders")

    assert (summary.reason, summary.calls) == ("interrupted", 1)


def test_shows_every_chunk() -> None:
    seen: list[Answer] = []
    shop = shop_with(chunk(cursor="3"), chunk("idle", cursor="9"))
    loop = loop_over(shop)
    loop.on_chunk = seen.append

    loop.run("orders")

    assert [one.cursor for one in seen] == ["3", "9"]


def test_rolls_back_waits_and_repeats_after_a_deadlock() -> None:
    shop = shop_with(RetryError("deadlock"), RetryError("deadlock"), chunk("idle"))

    summary = loop_over(shop).run("orders")

    assert (summary.reason, summary.calls) == ("idle", 1)
    assert shop.log.count("rollback") == 2
    assert shop.sleeps == [0.2, 0.4]


def test_repeats_three_times_in_a_row_and_no_more() -> None:
    shop = shop_with(chunk(), *[RetryError("deadlock") for _ in range(4)])
    failures: list[BygonesError] = []
    loop = loop_over(shop)
    loop.on_failure = failures.append

    with pytest.raises(RetryError) as caught:
        loop.run("orders")

    assert len(failures) == 3
    assert caught.value.summary is not None
    assert caught.value.summary.roots == 10
    assert str(caught.value) == "deadlock (archive orders, chunk 2)"
    assert shop.log[-1] == "close error"


def test_begins_to_count_failures_anew_after_a_chunk() -> None:
    failures = [RetryError("deadlock") for _ in range(6)]
    shop = shop_with(*failures[:3], chunk(), *failures[3:], chunk("idle"))

    summary = loop_over(shop).run("orders")

    assert summary.calls == 2


def test_ends_by_the_deadline_when_a_deadlock_left_no_time() -> None:
    shop = shop_with(RetryError("lock wait"))
    shop.call_seconds = 5.0

    summary = loop_over(shop, seconds=10.0).run("orders")

    assert (summary.reason, shop.sleeps) == ("deadline", [])
    assert "rollback" in shop.log


def test_reconnects_and_rejoins_its_run_after_a_lost_connection() -> None:
    shop = shop_with(chunk(), LostConnectionError("gone"), chunk("idle"))

    summary = loop_over(shop).run("orders")

    assert summary.reason == "idle"
    lost = shop.log.index("reconnect")
    assert shop.log[lost : lost + 3] == ["reconnect", "rejoin 7", "copy orders None"]


def test_tries_to_reconnect_while_a_server_restarts() -> None:
    shop = shop_with(LostConnectionError("gone"), chunk("idle"))
    shop.reconnects = deque([TryLaterError("refused"), TryLaterError("refused")])

    summary = loop_over(shop).run("orders")

    assert summary.reason == "idle"
    assert shop.log.count("reconnect") == 3


def test_ends_with_the_last_error_when_the_server_stays_away() -> None:
    shop = shop_with(LostConnectionError("gone"))
    shop.reconnects = deque([TryLaterError("refused") for _ in range(3)])

    with pytest.raises(TryLaterError, match="refused"):
        loop_over(shop).run("orders")

    assert shop.log.count("reconnect") == 3


def test_closes_the_run_and_carries_the_summary_when_a_person_is_needed() -> None:
    shop = shop_with(chunk(), StopError("drift", errno=30007, sqlstate="45000"))

    with pytest.raises(StopError) as caught:
        loop_over(shop).run("orders")

    assert shop.log[-2:] == ["rollback", "close error"]
    assert shop.closed[0] == caught.value.summary
    assert str(caught.value) == (
        "drift (errno 30007, SQLSTATE 45000, archive orders, chunk 2)"
    )


def test_raises_the_first_error_when_the_run_cannot_be_closed_either() -> None:
    class Gone(Shop):
        def rollback(self) -> None:
            raise LostConnectionError("gone as well")

    shop = Gone(deque([StopError("drift")]))

    with pytest.raises(StopError, match="drift"):
        loop_over(shop).run("orders")

    assert shop.closed == []


def test_refuses_a_state_that_it_does_not_know() -> None:
    shop = shop_with(chunk("done"))

    with pytest.raises(StopError, match='"done", which is no state'):
        loop_over(shop).run("orders")

    assert shop.log[-1] == "close error"


def throttled(reason: str = "Threads_running is 31", wait_ms: int = 1000) -> Chunk:
    return chunk("throttled", reason=reason, next_wait_ms=wait_ms)


def test_waits_twice_as_long_each_time_while_a_limit_is_passed() -> None:
    shop = shop_with(throttled(), throttled(), throttled(), chunk(), chunk("idle"))

    summary = loop_over(shop).run("orders")

    assert shop.sleeps == [1.0, 2.0, 4.0]
    assert (summary.reason, summary.calls, summary.roots) == ("idle", 5, 10)


def test_begins_with_a_short_wait_again_after_a_calm_chunk() -> None:
    shop = shop_with(throttled(), throttled(), chunk(), throttled(), chunk("idle"))

    loop_over(shop).run("orders")

    assert shop.sleeps == [1.0, 2.0, 1.0]


def test_says_after_every_wait_that_it_goes_on() -> None:
    shop = shop_with(throttled(), throttled(), chunk("idle"))

    loop_over(shop).run("orders")

    assert shop.log[1:] == [
        *("copy orders None", "rejoin 7") * 2,
        *("copy orders None", "close idle"),
    ]


def test_ends_as_throttled_where_a_server_is_always_busy() -> None:
    shop = shop_with(*[throttled() for _ in range(50)])

    summary = loop_over(shop).run("orders")

    assert (summary.reason, summary.calls, len(shop.sleeps)) == ("throttled", 21, 20)
    assert shop.sleeps[4:7] == [16.0, 30.0, 30.0]
    assert shop.closed[0].detail == "Threads_running is 31"


def test_ends_as_throttled_where_the_wait_does_not_fit() -> None:
    shop = shop_with(throttled(), throttled(), throttled())

    summary = loop_over(shop, seconds=6.0).run("orders")

    assert (summary.reason, shop.sleeps) == ("throttled", [1.0, 2.0])


def test_makes_no_call_while_a_replica_is_behind_and_goes_on_when_it_is_not() -> None:
    lags: deque[str | None] = deque(["replica db2 is 9 s behind", "still", None, None])
    limits: list[int] = []
    shop = shop_with(chunk("idle"))
    shown: list[Answer] = []
    loop = loop_over(shop)
    loop.on_chunk = shown.append

    def behind(limit: int) -> str | None:
        limits.append(limit)
        return lags.popleft()

    loop.behind = behind
    summary = loop.run("orders")

    assert (summary.reason, summary.calls, shop.sleeps) == ("idle", 1, [1.0, 2.0])
    assert limits == [5, 5, 5]
    assert shop.log.count("copy orders None") == 1
    assert [(one.state, one.reason) for one in shown] == [
        ("throttled", "replica db2 is 9 s behind"),
        ("throttled", "still"),
        ("idle", None),
    ]


def test_ends_as_throttled_without_a_call_where_a_replica_stays_behind() -> None:
    shop = shop_with()
    loop = loop_over(shop, seconds=5.0)
    loop.behind = lambda limit: f"replica db2 is more than {limit} s behind"

    summary = loop.run("orders")

    assert (summary.reason, summary.state, summary.calls) == (
        *("throttled", "throttled"),
        0,
    )
    assert shop.closed[0].detail == "replica db2 is more than 5 s behind"


def test_looks_at_replicas_once_a_second() -> None:
    shop = shop_with(*[chunk() for _ in range(10)], chunk("idle"))
    shop.call_seconds = 0.25
    looks: list[float] = []
    loop = loop_over(shop)
    loop.behind = lambda _: looks.append(shop.now)

    loop.run("orders")

    assert looks == [0.0, 1.0, 2.0]


def test_asks_no_replica_where_none_is_watched() -> None:
    shop = shop_with(chunk(), chunk("idle"))
    shop.lag_limit = None
    loop = loop_over(shop)
    loop.behind = lambda _: "behind"

    assert loop.run("orders").reason == "idle"


def test_a_replica_that_needs_a_person_ends_the_run() -> None:
    def behind(_: int) -> str | None:
        raise StopError("SHOW REPLICA STATUS failed", errno=1227)

    shop = shop_with()
    loop = loop_over(shop)
    loop.behind = behind

    with pytest.raises(StopError, match="1227"):
        loop.run("orders")

    assert shop.log[-1] == "close error"


def test_one_of_several_asks_again_for_a_lane_before_it_ends_as_busy() -> None:
    shop = shop_with(*[chunk("busy") for _ in range(4)])
    loop = loop_over(shop)
    loop.most_busy = 3

    summary = loop.run("orders")

    assert (summary.reason, summary.calls) == ("busy", 4)
    assert shop.sleeps == [0.1, 0.2, 0.4]


def test_opens_and_closes_a_run_again_after_a_deadlock() -> None:
    shop = shop_with(chunk("idle"))
    shop.opens = deque([RetryError("deadlock")])
    shop.closes = deque([RetryError("deadlock"), RetryError("lock wait")])

    summary = loop_over(shop).run("orders")

    assert summary.reason == "idle"
    assert shop.log == [
        *("open orders None 0 copy", "rollback", "open orders None 0 copy"),
        "copy orders None",
        *("close idle", "rollback", "close idle", "rollback", "close idle"),
    ]
    assert shop.sleeps == [0.2, 0.2, 0.4]


def test_opens_a_run_no_more_than_four_times() -> None:
    shop = shop_with()
    shop.opens = deque([RetryError("deadlock") for _ in range(5)])

    with pytest.raises(RetryError):
        loop_over(shop).run("orders")

    assert shop.log.count("open orders None 0 copy") == 4


def test_what_the_last_call_said_is_not_why_a_run_failed() -> None:
    shop = shop_with(chunk(reason="opened full pass 2"), StopError("drift"))

    with pytest.raises(StopError):
        loop_over(shop).run("orders")

    assert shop.closed[0].detail is None


def window(state: str = "verified", **values: int) -> Verified:
    counts = {
        "roots": 10,
        "related_rows": 30,
        "missing": 0,
        "incomplete": 0,
        "different": 0,
        "orphaned": 0,
        "findings": 0,
    }
    return Verified(
        archive="orders",
        state=state,
        cursor="10",
        seconds=0.25,
        next_wait_ms=0,
        reason=None,
        **(counts | values),
    )


def test_verifies_until_a_verification_ends_and_sums_what_was_found() -> None:
    shop = shop_with()
    shop.windows.extend(
        [window(different=2, findings=5), window(missing=1), window("idle", findings=3)]
    )
    loop = loop_over(shop)
    loop.kind = "verify"

    summary = loop.run("orders")

    assert shop.log[:2] == ["open orders None 0 verify", "verify orders None"]
    assert summary.as_dict() == {
        "archive": "orders",
        "run_id": 7,
        "state": "idle",
        "reason": "idle",
        "detail": None,
        "calls": 3,
        "roots": 30,
        "related_rows": 90,
        "missing": 1,
        "incomplete": 0,
        "different": 2,
        "orphaned": 0,
        "findings": 3,
        "seconds": 0.75,
    }


def test_findings_are_not_forgotten_where_the_last_call_was_held_back() -> None:
    shop = shop_with()
    shop.windows.extend([window(different=2, findings=2), window("paused")])
    loop = loop_over(shop)
    loop.kind = "verify"

    summary = loop.run("orders")

    assert (summary.reason, summary.as_dict()["findings"]) == ("paused", 2)
