"""Orders that writers change while they are copied: as they were at one instant."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pymysql
import pytest

from tests.support.procedures import (
    COPY,
    copy_all,
    edit_procedure,
    held_call,
    query,
    value,
)

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Row

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
def test_an_order_that_changes_while_it_is_copied_is_as_it_was_when_that_began(
    shop: OpenShop, write: str
) -> None:
    caller = shop.connect(shop.caller_url)
    before = snapshot(shop)

    with held_call(
        shop, COPY, before="SET v_step = 'copy order_items';", connection=caller
    ) as call:
        changed = query_count(shop, WRITES[write].format(s=shop.source))
    first = call.row()
    caller.close()
    after = snapshot(shop)

    assert changed > 0
    assert value(shop.admin, "SELECT tries FROM chunk") == 1
    assert first["roots"] == 40
    # At rest in its state of before, the source is what history has.
    assert after != before
    assert copied(shop) == before


def snapshot(shop: OpenShop) -> list[Row]:
    """Read of what is finished all that a writer of this file changes."""
    return query(
        shop.admin, STATE.format(orders=f"{shop.source}.orders", s=shop.source)
    )


def copied(shop: OpenShop) -> list[Row]:
    """Read the same of history."""
    return query(shop.admin, COPIED)


# One row an order, with what it owns and points at counted and summed.
STATE = """
SELECT o.id, o.status, BINARY o.reference AS reference, BINARY o.remark AS remark,
  o.prescriber_id,
  (SELECT CONCAT_WS('|', COUNT(*), SUM(i.quantity)) FROM {s}.order_items AS i
   WHERE i.order_id = o.id) AS items,
  (SELECT COUNT(*) FROM {s}.order_items AS i JOIN {s}.batches AS b
   ON b.order_item_id = i.id WHERE i.order_id = o.id) AS batches,
  (SELECT COUNT(*) FROM {s}.notes AS n
   WHERE n.subject_type = 'order' AND n.subject_id = o.id) AS notes,
  (SELECT HEX(c.name) FROM {s}.customers AS c WHERE c.id = o.customer_id) AS customer,
  (SELECT HEX(p.name) FROM {s}.prescribers AS p WHERE p.id = o.prescriber_id)
   AS prescriber,
  (SELECT SUM(CRC32(HEX(l.name))) FROM {s}.order_labels AS ol JOIN {s}.labels AS l
   ON l.id = ol.label_id WHERE ol.order_id = o.id) AS labels,
  (SELECT SUM(d.price) FROM (SELECT DISTINCT i.order_id, p.id, p.price
   FROM {s}.order_items AS i JOIN {s}.products AS p ON p.id = i.product_id) AS d
   WHERE d.order_id = o.id) AS products
FROM {s}.orders AS o
WHERE o.status IN ('uncollected', 'cancelled', 'dispensed') ORDER BY o.id
"""
COPIED = """
SELECT o.id, o.status, BINARY o.reference AS reference, BINARY o.remark AS remark,
  o.prescriber_id,
  (SELECT CONCAT_WS('|', COUNT(*), SUM(i.quantity)) FROM order_items_history AS i
   WHERE i.history_root_id = o.id) AS items,
  (SELECT COUNT(*) FROM batches_history AS b WHERE b.history_root_id = o.id) AS batches,
  (SELECT COUNT(*) FROM notes_history AS n WHERE n.history_root_id = o.id) AS notes,
  (SELECT HEX(c.name) FROM customers_history AS c WHERE c.history_root_id = o.id)
   AS customer,
  (SELECT HEX(p.name) FROM prescribers_history AS p WHERE p.history_root_id = o.id)
   AS prescriber,
  (SELECT SUM(CRC32(HEX(l.name))) FROM order_labels_history AS ol
   JOIN labels_history AS l ON l.history_root_id = ol.history_root_id
   AND l.id = ol.label_id WHERE ol.history_root_id = o.id) AS labels,
  (SELECT SUM(p.price) FROM products_history AS p WHERE p.history_root_id = o.id)
   AS products
FROM orders_history AS o ORDER BY o.id
"""


def test_the_same_statements_outside_a_function_copy_a_torn_order(
    shop: OpenShop,
) -> None:
    # What each statement reads by a view of its own is torn by a writer in between: the
    # test above can see it.
    caller = shop.connect()
    query(caller, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    query(
        caller, "SET @room = 1000000, @rows = 0, @counts = NULL, @last = 10000, @e = 0"
    )
    caller.begin()
    query(caller, "CALL _copy_orders(7, NULL, 10000, @last, @roots, @e)")
    changed = query_count(
        shop,
        f"UPDATE {shop.source}.orders AS o "
        f"JOIN {shop.source}.order_items AS i ON i.order_id = o.id "
        "SET o.discount = 77, i.quantity = 77 WHERE o.id = 5",
    )
    query(
        caller,
        "CALL _copy_order_items(7, 40, '2200-01-01', @room, @counts)",
    )
    (torn,) = query(
        caller,
        "SELECT o.discount, MAX(i.quantity) AS quantity FROM orders_history AS o"
        " JOIN order_items_history AS i ON i.history_root_id = o.id WHERE o.id = 5"
        " GROUP BY o.discount",
    )
    caller.rollback()
    caller.close()

    assert changed > 0
    # The order as it was before the writer's commit, its items as they were after.
    assert torn["discount"] != 77
    assert torn["quantity"] == 77


def test_the_comparison_sees_the_instant_of_the_copy(shop: OpenShop) -> None:
    # A writer comes between the copy and its comparison, which would find the order
    # different if it read by a view of its own.
    caller = shop.connect(shop.caller_url)

    with held_call(
        shop, COPY, before="SET v_step = 'compare';", connection=caller
    ) as call:
        set_state(shop, 2)
    first = call.row()
    caller.close()

    assert first["roots"] == 40
    assert value(shop.admin, "SELECT is_compared FROM chunk") == 1


def test_two_views_are_noticed_and_copy_nothing(shop: OpenShop) -> None:
    # As if the server gave each statement a view of its own: the greatest key moves.
    edit_procedure(
        shop,
        COPY,
        old="SELECT MAX(s.id)\n    INTO v_last_id",
        new="SELECT MAX(s.id) + 1\n    INTO v_last_id",
    )
    caller = shop.connect(shop.caller_url)

    with pytest.raises(pymysql.Error) as failed:
        query(caller, "CALL copy_orders_chunk(NULL)")
    caller.close()

    assert failed.value.args[0] == 30022
    assert value(shop.admin, "SELECT COUNT(*) FROM probe") == 0
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 0
    assert value(shop.admin, "SELECT COUNT(*) FROM chunk") == 0


def test_a_parent_that_changes_all_the_time_costs_no_try(shop: OpenShop) -> None:
    # However slow the machine is.
    query(shop.admin, "UPDATE archive SET target_ms = 5000")
    caller = shop.connect(shop.caller_url)
    writer = shop.connect()
    updates: list[int] = []
    is_over = threading.Event()

    def write() -> None:
        while not is_over.is_set():
            query(writer, f"UPDATE {shop.source}.products SET name = UUID()")
            updates.append(1)

    thread = threading.Thread(target=write)
    thread.start()
    rows = copy_all(caller, 2)
    is_over.set()
    thread.join()
    caller.close()
    writer.close()

    assert len(updates) > 1
    assert sum(row["roots"] for row in rows) == 40
    assert value(shop.admin, "SELECT MAX(tries) FROM chunk") == 1


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
