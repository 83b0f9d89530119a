"""Whatever is done in whatever order: each order is in history, or waits."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import SEED
from tests.support.kills.matrix import Matrix
from tests.support.kills.scenarios import Scenario
from tests.support.procedures import (
    Call,
    connection_id,
    copy_all,
    copy_chunk,
    findings,
    query,
    value,
    verify_all,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop

CALLER = Scenario(name="a caller")
# History takes no order with this reference.
POISON = "poison"
REFUSE_POISON = f"""
CREATE TRIGGER refuse_poison BEFORE INSERT ON orders_history FOR EACH ROW
    SET NEW.placed_at = IF(NEW.reference = '{POISON}', 'none', NEW.placed_at)
"""


@dataclass
class Order:
    """What the model knows of an order of the source."""

    stamp: int
    is_finished: bool
    is_poison: bool = False


class Model(RuleBasedStateMachine):
    """Do to the source and to the archive whatever may be done, and tell by the model.

    Each machine has orders of its own, with keys all over the place; those of others
    are in history by then.
    """

    # Set by the test: hypothesis makes the machines.
    matrix: Matrix
    keys: Any
    stamps = itertools.count(1)

    def __init__(self) -> None:
        super().__init__()
        self.shop = self.matrix.shop
        self.admin = self.matrix.admin
        self.source: dict[int, Order] = {}
        self.history: dict[int, int] = {}
        self.first = next(self.keys)
        self.is_paused = False
        self.caller = self.shop.connect(self.shop.caller_url)

    def teardown(self) -> None:
        self.resume()
        self.make_a_full_pass()
        for key in set(self.source) - set(self.history):
            self.remove(key)
        self.caller.close()

    # What the application does

    @initialize(are_finished=st.lists(st.booleans(), min_size=8, max_size=8))
    def begin(self, are_finished: list[bool]) -> None:
        for number, is_finished in enumerate(are_finished):
            self.create(offset=10 * number, is_finished=is_finished)

    @rule(offset=st.integers(0, 99), is_finished=st.booleans())
    def create(self, offset: int, *, is_finished: bool) -> None:
        key = self.first + offset
        if key not in self.source and key not in self.history:
            self.source[key] = Order(next(self.stamps), is_finished)
            self.run(
                "INSERT INTO {s}.orders (id, customer_id, status, placed_at, discount)"
                " VALUES (%s, 1, %s, '2026-01-01', %s)",
                *(key, status(is_finished=is_finished), self.source[key].stamp),
            )
            self.run(
                "INSERT INTO {s}.order_items"
                " (order_id, product_id, quantity, unit_price)"
                " VALUES (%s, 2, 1, %s), (%s, 2, 2, %s)",
                *(key, self.source[key].stamp) * 2,
            )

    @precondition(lambda self: self.source)
    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        key = self.draw(data)
        self.source[key].stamp = stamp = next(self.stamps)
        self.run("UPDATE {s}.orders SET discount = %s WHERE id = %s", stamp, key)
        self.run(
            "UPDATE {s}.order_items SET unit_price = %s WHERE order_id = %s", stamp, key
        )

    @precondition(lambda self: self.source)
    @rule(data=st.data())
    def finish_or_reopen(self, data: st.DataObject) -> None:
        key = self.draw(data)
        order = self.source[key]
        order.is_finished = not order.is_finished
        self.run(
            # As it was: else history, right to differ, would depend on the second.
            "UPDATE {s}.orders SET status = %s, changed_at = changed_at WHERE id = %s",
            *(status(is_finished=order.is_finished), key),
        )

    @precondition(lambda self: self.source)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.remove(self.draw(data))

    @precondition(lambda self: self.source)
    @rule(data=st.data())
    def poison_or_mend(self, data: st.DataObject) -> None:
        key = self.draw(data)
        order = self.source[key]
        order.is_poison = not order.is_poison
        self.run(
            "UPDATE {s}.orders SET reference = %s, changed_at = changed_at"
            " WHERE id = %s",
            *(POISON if order.is_poison else None, key),
        )

    # What happens to the archive

    @rule(max_roots=st.integers(1, 5))
    def copy(self, max_roots: int) -> None:
        row = copy_chunk(self.caller, max_roots)
        assert (row["state"] == "paused") == self.is_paused
        assert len(self.arrived()) == row["roots"]

    @precondition(lambda self: not self.is_paused)
    @rule()
    def look(self) -> None:
        copy_all(self.caller, 3)
        self.arrived()

    @precondition(lambda self: not self.is_paused)
    @rule()
    def make_a_full_pass(self) -> None:
        while query(
            self.admin, "SELECT 1 FROM lane WHERE phase IN ('scan', 'closing')"
        ):
            copy_chunk(self.caller)
        query(self.admin, "UPDATE archive SET pass_started_at = '2000-01-01'")
        copy_all(self.caller)
        self.arrived()

        assert {
            key
            for key, order in self.source.items()
            if order.is_finished and not order.is_poison
        } <= set(self.history)
        waiting = self.waiting()
        assert set(waiting) == set(self.source) - set(self.history)
        assert {key for key, reason in waiting.items() if reason == "quarantined"} == {
            key for key in waiting if self.source[key].is_finished
        }

    @rule(place=st.floats(0, 1), way=st.sampled_from(["crash", "interrupt", "retry"]))
    def kill_a_call(self, place: float, way: str) -> None:
        """Stop a CALL somewhere; by what it did, it was there or it wasn't."""
        statements = list(self.matrix.statements)
        number = statements[int(place * (len(statements) - 1))]
        caller = self.matrix.caller(CALLER)
        query(caller, "SET @stop = %s", number)
        with self.matrix.hold():
            call = Call(caller, "CALL copy_orders_chunk(3)")
            while call.thread.is_alive() and not self.matrix.is_standing(caller):
                call.thread.join(0.001)
            if call.thread.is_alive():
                what = "CONNECTION" if way == "crash" else "QUERY"
                query(self.admin, f"KILL {what} {connection_id(caller)}")
                while call.thread.is_alive():
                    call.thread.join(0.2)
                    if call.thread.is_alive():  # MariaDB forgot it
                        query(self.admin, f"KILL {what} {connection_id(caller)}")
        if way == "crash" and call.error:
            self.matrix.wait_for_end(caller)
        else:
            caller.rollback()
            if way == "retry" and not self.is_paused:
                query(caller, "SET @stop = NULL")
                copy_chunk(caller, 3)
            caller.close()
        self.arrived()

    @precondition(lambda self: not self.is_paused)
    @rule(max_roots=st.integers(5, 50))
    def verify(self, max_roots: int) -> None:
        verify_all(self.caller, max_roots)  # ends one that was under way
        verify_all(self.caller, max_roots)

        different = {
            key
            for key in set(self.history) & set(self.source)
            if self.source[key] != Order(self.history[key], is_finished=True)
        }
        found = {int(key): kind for (key,), (kind, _) in findings(self.admin).items()}
        mine = range(self.first, self.first + 100)
        assert {key: kind for key, kind in found.items() if key in mine} == (
            dict.fromkeys(different, "different")
        )

    @rule()
    def retry_quarantine(self) -> None:
        query(self.admin, "CALL retry_quarantine('orders')")

    @rule()
    def pause(self) -> None:
        query(self.admin, "CALL pause_archive('orders', 'the model says so')")
        self.is_paused = True

    @rule()
    def resume(self) -> None:
        if self.is_paused:
            query(self.admin, "CALL resume_archive('orders')")
        self.is_paused = False

    # What must hold

    @invariant()
    def history_is_what_the_model_says(self) -> None:
        assert self.arrived() == set()
        assert self.kept() == self.history

    def arrived(self) -> set[int]:
        """Take down what came into history: finished orders, as they are now."""
        kept = self.kept()
        new = set(kept) - set(self.history)
        assert {key: kept[key] for key in self.history} == self.history
        assert {key for key in new if not self.source[key].is_finished} == set()
        assert {key for key in new if self.source[key].is_poison} == set()
        assert {key: kept[key] for key in new} == {
            key: self.source[key].stamp for key in new
        }
        self.history |= {key: kept[key] for key in new}
        return new

    def kept(self) -> dict[int, int]:
        """Read the stamps in history, which an order and its items have in common."""
        rows = query(
            self.admin,
            "SELECT h.id, CAST(h.discount AS SIGNED) AS stamp, COUNT(*) AS items,"
            " SUM(i.unit_price = h.discount) AS equal FROM orders_history AS h"
            " INNER JOIN order_items_history AS i ON i.history_root_id = h.id"
            " WHERE h.id BETWEEN %s AND %s GROUP BY h.id, h.discount",
            *(self.first, self.first + 99),
        )
        assert [row for row in rows if (row["items"], row["equal"]) != (2, 2)] == []
        return {int(row["id"]): int(row["stamp"]) for row in rows}

    def waiting(self) -> dict[int, str]:
        rows = query(self.admin, "SELECT root_key, reason FROM waiting")
        reasons = {int(row["root_key"].strip('[]"')): row["reason"] for row in rows}
        mine = range(self.first, self.first + 100)
        return {key: reason for key, reason in reasons.items() if key in mine}

    def draw(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.source)))

    def remove(self, key: int) -> None:
        del self.source[key]
        self.run("DELETE FROM {s}.order_items WHERE order_id = %s", key)
        self.run("DELETE FROM {s}.orders WHERE id = %s", key)

    def run(self, sql: str, *arguments: object) -> None:
        query(self.admin, sql.replace("{s}", self.shop.source), *arguments)


def status(*, is_finished: bool) -> str:
    return "dispensed" if is_finished else "received"


@pytest.mark.parametrize(
    ("machines", "steps"),
    [
        (8, 20),
        pytest.param(150, 60, marks=pytest.mark.soak),
    ],
)
def test_after_every_full_pass_history_and_what_waits_are_what_the_model_says(
    make_shop: Callable[..., OpenShop], server: Server, machines: int, steps: int
) -> None:
    class Machine(Model):
        matrix = Matrix(make_shop(finished=20), server)
        # In between each other, so that keys appear anywhere.
        keys = iter(sorted(range(10_000, 10_000 + 100 * 1000, 100), key=mixed))

    query(Machine.matrix.admin, REFUSE_POISON)
    copy_all(Machine.matrix.caller(CALLER))
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

    assert value(Machine.matrix.admin, "SELECT COUNT(*) FROM orders_history") > 40


def mixed(key: int) -> int:
    return key * 7919 % 10_007
