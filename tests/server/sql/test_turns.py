"""Lanes are looked at in turn: nothing that waits is missed, however CALLs come.

Turns, spells and passes all decide whether a CALL says idle. Here they meet slow looks,
rests, lanes that are held, caps and splits, in orders that nobody thought of.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bygones.sandbox.oracle import compare
from bygones.sandbox.sample import SAMPLE, newest
from tests.conftest import SEED
from tests.support.procedures import (
    copy_all,
    copy_chunk,
    define_procedure,
    query,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection, Row

FINISHED = ("uncollected", "cancelled", "dispensed")
# Slow is a look that takes longer than a CALL may; fast is one that never does.
SLOW_MS, FAST_MS = 20, 5_000
# A run that takes more CALLs than that, in so small a shop, never ends.
MANY_CALLS = 500
# Of a list whose length isn't known before: hypothesis must not depend on the shop.
PLACES = st.floats(0, 1)
MAX_ROOTS = st.sampled_from([None, 3])
# How many keys a look may take at once, and how many a lane may note: few, or all.
KEYS = st.sampled_from([150, 2000])
CAPS = st.sampled_from([100, 250_000])
SLOW = st.sampled_from([True, True, False])


class Turns(RuleBasedStateMachine):
    """CALL, finish orders and get in the way; what a run calls idle must be idle."""

    # Set by the test: hypothesis makes the machines.
    shop: OpenShop

    def __init__(self) -> None:
        super().__init__()
        self.admin = self.shop.admin
        self.holder: Connection | None = None
        self.pace = 100
        self.rested = 0
        # Or the next run may take what others looked at for its own.
        self.is_round_over = False

    def teardown(self) -> None:
        self.release()
        self.tune(pace=100, waiting_cap=250_000, target_ms=FAST_MS)
        self.begin_a_pass()
        self.run()
        self.run()
        done = compare(self.admin, self.shop.source, self.shop.history)
        assert done.complete, done
        assert self.waiting() == self.unfinished()

    # What gets in the way

    @initialize(lanes=st.integers(1, 4), is_slow=SLOW, keys=KEYS, waiting_cap=CAPS)
    def begin(self, lanes: int, *, is_slow: bool, keys: int, waiting_cap: int) -> None:
        self.split(lanes)
        self.make_looks(is_slow=is_slow, keys=keys)
        self.cap(waiting_cap)

    @precondition(lambda self: not self.holder)
    @rule(lanes=st.integers(1, 4))
    def split(self, lanes: int) -> None:
        query(self.admin, "CALL split_orders(%s)", lanes)
        self.is_round_over = False

    @rule(is_slow=SLOW, keys=KEYS)
    def make_looks(self, *, is_slow: bool, keys: int) -> None:
        self.tune(target_ms=SLOW_MS if is_slow else FAST_MS)
        query(self.admin, "UPDATE look SET max_keys = %s", keys)

    @rule(waiting_cap=CAPS)
    def cap(self, waiting_cap: int) -> None:
        self.tune(waiting_cap=waiting_cap)

    @rule(pace=st.sampled_from([50, 100]))
    def set_pace(self, pace: int) -> None:
        self.tune(pace=pace)
        self.pace = pace

    @rule()
    def begin_a_pass(self) -> None:
        query(self.admin, "UPDATE archive SET pass_started_at = '2000-01-01'")

    @precondition(lambda self: not self.holder)
    @rule(place=PLACES)
    def hold(self, place: float) -> None:
        lanes = [row["number"] for row in query(self.admin, "SELECT number FROM lane")]
        self.holder = self.shop.connect()
        query(self.holder, "START TRANSACTION")
        query(
            self.holder,
            "SELECT 1 FROM lane WHERE archive = 'orders' AND number = %s FOR UPDATE",
            chosen(lanes, place),
        )

    @precondition(lambda self: self.holder)
    @rule()
    def release(self) -> None:
        if self.holder:
            self.holder.rollback()
            self.holder.close()
        self.holder = None

    # What the application does

    @rule(places=st.lists(PLACES, min_size=1, max_size=12))
    def finish(self, places: list[float]) -> None:
        unfinished = sorted(self.unfinished())
        for place in places:
            self.cancel(chosen(unfinished, place))

    @rule(is_finished=st.booleans())
    def create(self, *, is_finished: bool) -> None:
        query(
            self.admin,
            f"INSERT INTO `{self.shop.source}`.orders (customer_id, status, placed_at)"
            " VALUES (1, %s, '2026-01-01')",
            "dispensed" if is_finished else "received",
        )

    @rule(place=PLACES)
    def quarantine(self, place: float) -> None:
        waiting = sorted(self.waiting() & self.unfinished())
        if waiting:
            key = chosen(waiting, place)
            self.cancel(key)
            query(
                self.admin,
                "UPDATE waiting SET reason = 'quarantined',"
                " failed_at = UTC_TIMESTAMP(6) WHERE root_key = %s",
                f'["{key}"]',
            )

    @rule()
    def retry_quarantine(self) -> None:
        query(self.admin, "CALL retry_quarantine('orders')")

    # Who CALLs

    @rule(max_roots=MAX_ROOTS)
    def call(self, max_roots: int | None) -> None:
        row = copy_chunk(self.admin, max_roots)
        self.rested = 0
        self.is_round_over = row["state"] == "idle"

    @rule(workers=st.integers(2, 3), max_roots=MAX_ROOTS)
    def work_side_by_side(self, workers: int, max_roots: int | None) -> None:
        sessions = [self.shop.connect(self.shop.caller_url) for _ in range(workers)]
        with ThreadPoolExecutor(workers) as pool:
            states = list(
                pool.map(
                    lambda each: self.calls(max_roots, each)[-1]["state"], sessions
                )
            )
        for session in sessions:
            session.close()
        assert set(states) <= {"idle", "busy"}
        self.rested = 0
        self.is_round_over = False

    @rule(
        calls=st.integers(1, 3),
        places=st.lists(PLACES, min_size=4, max_size=12),
        seconds=st.sampled_from([20, 31, 61, 3600]),
        max_roots=MAX_ROOTS,
    )
    def run_after_one_that_was_cut_short(
        self, calls: int, places: list[float], seconds: int, max_roots: int | None
    ) -> None:
        for _ in range(calls):
            self.call(max_roots)
        self.release()
        self.finish(places)
        self.rest(seconds)
        self.run(max_roots)

    def rest(self, seconds: int) -> None:
        query(
            self.admin,
            "UPDATE lane SET worked_at = worked_at - INTERVAL %s SECOND",
            seconds,
        )
        self.rested += seconds

    def run(self, max_roots: int | None = None) -> None:
        is_first = self.is_round_over or self.rested > 3000 // self.pace
        promised, number = self.promised(), self.number_of_pass()
        outstanding = self.finished() - self.kept()

        rows = self.calls(max_roots)

        state = rows[-1]["state"]
        if self.holder:
            assert state in {"idle", "busy"}, rows[-1]
        else:
            assert state == "idle", rows[-1]
        self.is_round_over = state == "idle"
        if state == "idle" and not is_first:
            # The round was begun by those before; this one begins with the run.
            rows = self.calls(max_roots)
            if not self.holder:
                assert rows[-1]["state"] == "idle", rows[-1]
            state = rows[-1]["state"]
            self.is_round_over = state == "idle"
        if state == "idle":
            if self.number_of_pass() > number:
                promised = outstanding
            assert promised - self.kept() == set()

    def calls(
        self, max_roots: int | None, session: Connection | None = None
    ) -> list[Row]:
        session = session or self.admin
        rows = [copy_chunk(session, max_roots)]
        while rows[-1]["state"] == "copied":
            assert len(rows) < MANY_CALLS, f"the run never ends: {rows[-4:]}"
            rows.append(copy_chunk(session, max_roots))
        self.rested = 0
        return rows

    # What is so

    def promised(self) -> set[int]:
        """Return what is finished and has to be seen by looks: it waits, or is new."""
        seen = {
            int(row["root_key"].strip('[]"'))
            for row in query(
                self.admin,
                "SELECT w.root_key FROM waiting AS w"
                " INNER JOIN archive AS a ON a.name = w.archive"
                " INNER JOIN lane AS l ON l.archive = a.name AND l.number = w.lane"
                " WHERE w.reason <> 'quarantined'"
                " OR l.quarantine_cycle <> a.quarantine_cycle",
            )
        }
        lanes = query(
            self.admin,
            "SELECT COALESCE(JSON_VALUE(COALESCE(cursor_key, from_key), '$[0]'), 0)"
            " AS after_id,"
            " COALESCE(JSON_VALUE(upto_key, '$[0]'), 4294967295) AS upto_id FROM lane",
        )
        return {
            key
            for key in self.finished() - self.kept()
            if key in seen
            or any(int(row["after_id"]) < key <= int(row["upto_id"]) for row in lanes)
        }

    def finished(self) -> set[int]:
        return self.ids(f"`{self.shop.source}`.orders WHERE status IN {FINISHED}")

    def unfinished(self) -> set[int]:
        return self.ids(f"`{self.shop.source}`.orders WHERE status NOT IN {FINISHED}")

    def kept(self) -> set[int]:
        return self.ids("orders_history")

    def ids(self, rest: str) -> set[int]:
        return {row["id"] for row in query(self.admin, f"SELECT id FROM {rest}")}

    def waiting(self) -> set[int]:
        rows = query(self.admin, "SELECT root_key FROM waiting")
        return {int(row["root_key"].strip('[]"')) for row in rows}

    def number_of_pass(self) -> int:
        return int(value(self.admin, "SELECT pass FROM archive"))

    # How

    def tune(self, **settings: int) -> None:
        for name, number in settings.items():
            query(self.admin, f"UPDATE archive SET {name} = %s", number)

    def cancel(self, key: int) -> None:
        query(
            self.admin,
            f"UPDATE `{self.shop.source}`.orders SET status = 'cancelled'"
            " WHERE id = %s",
            key,
        )


def chosen(among: list[int], place: float) -> int:
    return among[int(place * (len(among) - 1))]


def limit_looks(shop: OpenShop) -> None:
    """Let looks be slow, or take several CALLs, without so many orders."""
    query(shop.admin, "CREATE TABLE look (max_keys INT UNSIGNED NOT NULL)")
    query(shop.admin, "INSERT INTO look VALUES (2000)")
    text = newest("procedure", "_choose_waiting_orders").text(SAMPLE)
    for old, new in {
        "    SELECT CAST(SUBSTR(l.waiting_key": "    SELECT k.max_keys"
        " INTO in_key_window FROM look AS k;\n    SELECT CAST(SUBSTR(l.waiting_key",
        "    IF in_size IS NOT NULL THEN": "    SELECT"
        f" SLEEP((a.target_ms = {SLOW_MS}) * 0.03) INTO @slept FROM archive AS a;\n"
        "    IF in_size IS NOT NULL THEN",
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    define_procedure(shop, "_choose_waiting_orders", text)


@pytest.mark.parametrize(
    ("finished", "machines", "steps"),
    [
        (2500, 2, 10),
        pytest.param(12_000, 60, 50, marks=pytest.mark.soak),
    ],
)
def test_what_a_run_calls_idle_is_idle_whatever_came_before(
    make_shop: Callable[..., OpenShop], finished: int, machines: int, steps: int
) -> None:
    class Machine(Turns):
        shop = make_shop(finished=finished)

    copy_all(Machine.shop.admin)
    limit_looks(Machine.shop)
    run_state_machine_as_test(
        seed(int(os.environ.get(SEED, "5")))(Machine),
        settings=settings(
            max_examples=machines,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            # What a machine finds depends on those before it: not to be made smaller.
            phases=(Phase.generate,),
            print_blob=False,
        ),
    )

    assert value(Machine.shop.admin, "SELECT COUNT(*) FROM orders_history") > finished
