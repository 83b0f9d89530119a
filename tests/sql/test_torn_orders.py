"""Orders that writers change while they are copied: whole, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.oracle import compare
from tests.procedures import (
    RELATIONS,
    Call,
    Gate,
    copy_all,
    define_procedure,
    edit_procedure,
    held_call,
    query,
    value,
)

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.procedures import Row

pytestmark = pytest.mark.core

# What a writer does between two INSERTs of the copier: to the order, its item, its
# batches, its notes, or to what it shares with other orders.
WRITES = {
    "the order changes": "UPDATE {s}.orders SET remark = 'x' WHERE id = 5",
    "the order changes in case only": (
        "UPDATE {s}.orders SET reference = IF(BINARY reference = UPPER(reference), "
        "LOWER(reference), UPPER(reference)) WHERE id = 6"
    ),
    "the order is reopened": "UPDATE {s}.orders SET status = 'prepared' WHERE id = 5",
    "an item changes": "UPDATE {s}.order_items SET quantity = 99 WHERE order_id = 5",
    "an item is added": (
        "INSERT INTO {s}.order_items (order_id, product_id, quantity, unit_price) "
        "VALUES (5, 3, 1, 1)"
    ),
    "an item moves to another order": (
        "UPDATE {s}.order_items SET order_id = 6 WHERE order_id = 5 LIMIT 1"
    ),
    "a batch is added": (
        "INSERT INTO {s}.batches (order_item_id, lot, units) "
        "SELECT id, 'late', 1 FROM {s}.order_items WHERE order_id = 5 LIMIT 1"
    ),
    "a batch is deleted": (
        "DELETE b FROM {s}.batches AS b JOIN {s}.order_items AS i "
        "ON i.id = b.order_item_id WHERE i.order_id IN (5, 6, 7)"
    ),
    "a note is added": (
        "INSERT INTO {s}.notes (subject_type, subject_id, body) "
        "VALUES ('order', 5, 'late')"
    ),
    "the customer changes": (
        "UPDATE {s}.customers AS c JOIN {s}.orders AS o ON o.customer_id = c.id "
        "SET c.name = CONCAT(c.name, '!') WHERE o.id = 5"
    ),
    "the customer is gone": (
        "DELETE c FROM {s}.customers AS c JOIN {s}.orders AS o ON o.customer_id = c.id "
        "WHERE o.id = 5"
    ),
    "the prescriber is another one": (
        "UPDATE {s}.orders SET prescriber_id = IF(prescriber_id = 3, 4, 3) WHERE id = 5"
    ),
    "the prescriber is none any more": (
        "UPDATE {s}.orders SET prescriber_id = NULL WHERE id = 5"
    ),
    "a label is renamed": (
        "UPDATE {s}.labels SET name = CONCAT(name, ' ') WHERE id = "
        "(SELECT MIN(label_id) FROM {s}.order_labels WHERE order_id IN (5, 6, 7))"
    ),
    "a product is gone": (
        "DELETE p FROM {s}.products AS p JOIN {s}.order_items AS i "
        "ON i.product_id = p.id WHERE i.order_id = 5"
    ),
    "a product changes": (
        "UPDATE {s}.products AS p JOIN {s}.order_items AS i ON i.product_id = p.id "
        "SET p.price = 12.34 WHERE i.order_id = 5"
    ),
}


@pytest.mark.parametrize("write", WRITES)
def test_an_order_that_changes_before_the_proof_is_left_out_and_comes_whole_later(
    shop: OpenShop, write: str
) -> None:
    caller = shop.connect(shop.caller_url)

    with held_call(
        shop, "_try_orders", before="CALL _prove_orders(", connection=caller
    ) as call:
        changed = query_count(shop, WRITES[write].format(s=shop.source))
    first = call.row()
    after_first = compare(shop.admin, shop.source, shop.history)
    copy_all(caller)
    after_all = compare(shop.admin, shop.source, shop.history)
    caller.close()

    assert changed > 0
    assert value(shop.admin, "SELECT tries FROM chunk ORDER BY id LIMIT 1") == 2
    assert 0 < first["roots"] < 40
    assert (after_first.different, after_first.surplus) == (0, 0), after_first.examples
    assert after_all.complete, after_all.examples


def test_without_its_proof_the_same_procedure_copies_a_torn_order(
    shop: OpenShop,
) -> None:
    define_procedure(shop, "_prove_orders", BLIND_PROOF)
    caller = shop.connect(shop.caller_url)

    with held_call(
        shop, "_try_orders", before="CALL _copy_order_items(", connection=caller
    ) as call:
        changed = query_count(
            shop,
            f"UPDATE {shop.source}.orders AS o "
            f"JOIN {shop.source}.order_items AS i ON i.order_id = o.id "
            "SET o.discount = 77, i.quantity = 77 WHERE o.id = 5",
        )
    call.row()
    verdict = compare(shop.admin, shop.source, shop.history)
    caller.close()

    assert changed > 0
    # The order as it was before the writer's commit, its items as they were after.
    assert verdict.different == 1, verdict.examples
    assert "orders of order 5" in verdict.examples[0]


# Proven beside what points at them.
PARENTS = {"customers", "prescribers", "products", "labels"}
COUNTS = ", ".join(
    f"IN in_{name}_rows INT" for name in ("orders", *RELATIONS) if name not in PARENTS
)
BLIND_PROOF = f"""CREATE PROCEDURE pharmacy_history._prove_orders (
    IN in_chunk_id BIGINT UNSIGNED, {COUNTS}, OUT out_is_proven TINYINT(1)
)
SQL SECURITY INVOKER
SET out_is_proven = 1
"""


def test_the_proof_sees_one_instant_although_it_reads_table_after_table(
    shop: OpenShop,
) -> None:
    # The copy takes the order of one state and the item of another. The source is in
    # the first state while the proof reads orders, in the other when it reads items:
    # a proof of two instants would find nothing wrong. The gate hangs on
    # the chunk's orders, for rows of order_items are read ahead.
    caller = shop.connect(shop.caller_url)
    between_inserts = Gate(shop, "between inserts")
    within_proof = Gate(shop, "within proof")
    edit_procedure(
        shop,
        "_try_orders",
        old="CALL _copy_order_items(",
        new=f"{between_inserts.statement} CALL _copy_order_items(",
    )
    edit_procedure(
        shop,
        "_prove_orders",
        old="STRAIGHT_JOIN pharmacy.order_items AS s ON s.order_id = h.id",
        new="STRAIGHT_JOIN pharmacy.order_items AS s "
        f"ON s.order_id = h.id AND {within_proof.expression} >= 0 * h.id",
    )
    set_state(shop, 1)

    call = Call(caller, "CALL copy_orders_chunk(NULL)")
    between_inserts.wait_for(caller)
    set_state(shop, 2)
    before_proof = Gate(shop, "before proof")
    edit_procedure(
        shop,
        "_copy_products",
        old="INSERT INTO products_history (",
        new=f"{before_proof.statement} INSERT INTO products_history (",
    )
    between_inserts.open()
    before_proof.wait_for(caller)
    set_state(shop, 1)
    before_proof.open()
    within_proof.wait_for(caller)
    set_state(shop, 2)
    within_proof.open()
    first = call.row()
    copied = query(shop.admin, "SELECT discount FROM orders_history WHERE id = 5")
    copy_all(caller)
    verdict = compare(shop.admin, shop.source, shop.history)
    caller.close()

    assert first["deferred"] == 1
    assert copied == []
    assert verdict.complete, verdict.examples


def set_state(shop: OpenShop, state: int) -> None:
    """Change an order and its items in one transaction."""
    query(
        shop.admin,
        f"UPDATE {shop.source}.orders AS o "
        f"JOIN {shop.source}.order_items AS i ON i.order_id = o.id "
        "SET o.discount = %s, i.quantity = %s, o.changed_at = '2026-01-01' "
        "WHERE o.id = 5",
        state,
        state,
    )


def test_while_it_copies_no_lock_of_ours_is_on_a_source_table(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)

    with held_call(
        shop, "_advance_lane", before="UPDATE lane AS l", connection=caller
    ) as call:
        locked = source_locks(shop)
        written = query_count(
            shop, f"UPDATE {shop.source}.orders SET collect_by = '2031-01-01'"
        )
    row = call.row()
    caller.close()

    assert locked == []
    assert written == 50
    assert row["roots"] == 40


def source_locks(shop: OpenShop) -> list[Row]:
    if "MariaDB" in value(shop.admin, "SELECT VERSION()"):
        return []  # has no such table: that the writer got through must do
    return query(
        shop.admin,
        "SELECT object_name, lock_mode FROM performance_schema.data_locks "
        "WHERE object_schema = %s",
        shop.source,
    )


def query_count(shop: OpenShop, sql: str) -> int:
    with shop.admin.cursor() as cursor:
        # Parents are deleted too: not every shop has foreign keys.
        cursor.execute("SET SESSION foreign_key_checks = 0")
        return cursor.execute(sql)


def test_what_is_left_out_of_history_tears_nothing(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)

    with held_call(
        shop, "_try_orders", before="CALL _prove_orders(", connection=caller
    ) as call:
        changed = query_count(
            shop, f"UPDATE {shop.source}.products SET stock = stock - 1"
        )
    row = call.row()
    caller.close()

    assert changed > 0
    assert row["roots"] == 40
    assert value(shop.admin, "SELECT tries FROM chunk") == 1
