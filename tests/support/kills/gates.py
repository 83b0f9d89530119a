"""Hold CALLs at chosen statements of a chunk, whatever becomes of their clients."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tests.support.kills.breakpoints import text_of
from tests.support.procedures import COPY, Gate, define_procedure, until, value

if TYPE_CHECKING:
    from bygones.sandbox.shop import Shop
    from tests.support.procedures import Connection

# What a chunk is about to do, and where: a procedure, or the function, and a piece of
# its text.
PLACES = {
    "claim a lane": ("copy_orders_chunk", "CALL _claim_lane("),
    "check the source": ("copy_orders_chunk", "CALL _check_orders_source("),
    "look what there is": ("_work_in_orders", "CALL _find_work_in_orders("),
    "plan the chunk": ("_fill_orders_chunk", "CALL _plan_chunk("),
    "copy at once": ("_fill_orders_chunk", "INSERT INTO chunk ("),
    "choose the orders": (COPY, "CALL _bound_orders("),
    "copy the orders": (COPY, "CALL _copy_orders("),
    "copy the items": (COPY, "CALL _copy_order_items("),
    "copy the batches": (COPY, "CALL _copy_batches("),
    "copy the notes": (COPY, "CALL _copy_notes("),
    "copy the customers": (COPY, "CALL _copy_customers("),
    "copy the products": (COPY, "CALL _copy_products("),
    "compare the chunk": (COPY, "CALL _compare_orders_chunk("),
    "note what waits": ("_update_waiting_orders", "CALL _note_orders("),
    "advance the lane": (COPY, "CALL _advance_in_orders("),
    "count the chunk": (
        "_conclude_chunk",
        "SELECT c.roots, c.related_rows, c.examined",
    ),
    "conclude": ("_work_in_orders", "CALL _conclude_lane("),
    "commit": (
        "copy_orders_chunk",
        "COMMIT AND NO CHAIN NO RELEASE;\n        ELSE",
    ),
    "answer": ("copy_orders_chunk", "SELECT\n        v_state AS state,"),
}
AFTER_COMMIT = "answer"
# Reads rows as a chunk does: a KILL QUERY ends SLEEP and BENCHMARK without an error.
COMPUTING = "SELECT COUNT(*) INTO @computed FROM "
ROWS = ", ".join(f"(SELECT 1 FROM pharmacy.order_items LIMIT 300) AS {n}" for n in "ab")


class BusyGate(Gate):
    """A gate that computes, as a chunk does, and waits for nothing.

    GET_LOCK looks after its client every second and fails when that's gone, and SLEEP
    hides a KILL QUERY; a chunk does neither.
    """

    def __init__(self, shop: Shop, name: str) -> None:
        super().__init__(shop, name)
        self.statement = (
            f"DO GET_LOCK('at {self.name}', 0); "
            f"WHILE IS_USED_LOCK('{self.name}') IS NOT NULL DO {COMPUTING}{ROWS}; "
            f"END WHILE; DO RELEASE_LOCK('at {self.name}');"
        )

    def standing(self) -> int | None:
        """Return the connection whose CALL stands here."""
        number = value(self.connection, f"SELECT IS_USED_LOCK('at {self.name}')")
        return None if number is None else int(number)

    def wait_for_anyone(self) -> int:
        """Wait until a CALL stands here and return its connection."""
        until(self.standing, f"a CALL comes to the {self.name}")
        number = self.standing()
        assert number is not None
        return number


def gate_at(shop: Shop, place: str) -> BusyGate:
    """Close the gate at a place; the CALLs of later come to stand there."""
    return BusyGate(shop, place)


def build_gates(shop: Shop) -> None:
    """Put an open gate at every place of the procedures."""
    pieces: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for place, (procedure, piece) in PLACES.items():
        gate = gate_at(shop, place)
        gate.open()
        pieces[procedure].append((piece, gate.statement))
    for procedure, gates in pieces.items():
        text = text_of(procedure)
        for piece, statement in gates:
            assert text.count(piece) == 1, f"{procedure} holds {piece!r} not once"
            text = text.replace(piece, f"{statement}\n{piece}")
        define_procedure(shop, procedure, text)


def is_connected(connection: Connection, number: int) -> bool:
    """Tell whether the server still has a session."""
    return bool(
        value(
            connection,
            "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %s",
            number,
        )
    )


def wait_for_silence(connection: Connection, shop: Shop) -> None:
    """Wait until the caller has no session left: every CALL has ended."""
    until(
        lambda: (
            not value(
                connection,
                "SELECT COUNT(*) FROM information_schema.processlist "
                # A session in a CALL is listed under the procedure's definer.
                "WHERE user IN (%s, %s)",
                f"{shop.source}_caller",
                f"{shop.source}_owner",
            )
        ),
        "the server has ended all CALLs of dead clients",
    )
