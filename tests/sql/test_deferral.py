"""Orders that are torn at every try: set aside by name, tried again, never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.oracle import compare
from tests.procedures import (
    copy_all,
    copy_chunk,
    edit_procedure,
    query,
    restore_procedure,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OpenShop
    from tests.procedures import Connection

pytestmark = pytest.mark.core


@pytest.fixture
def caller(shop: OpenShop) -> Iterator[Connection]:
    connection = shop.connect(shop.caller_url)
    yield connection
    connection.close()


def change_before_every_proof(
    shop: OpenShop, where: str, column: str = "o.remark"
) -> None:
    """Make the source differ from every copy of some orders.

    The change is made by the copier itself, so that it comes at every try.
    """
    pattern = shop.source.replace("_", "\\_")
    query(shop.admin, f"GRANT UPDATE ON `{pattern}`.* TO `{shop.source}_owner`@`%`")
    edit_procedure(
        shop,
        "_try_orders",
        old="        CALL _prove_orders(",
        new="        UPDATE pharmacy.orders AS o "
        "LEFT JOIN pharmacy.order_items AS i ON i.order_id = o.id "
        "LEFT JOIN pharmacy.products AS p ON p.id = i.product_id "
        f"SET {column} = UUID() WHERE {where};\n        CALL _prove_orders(",
    )


def deferred(shop: OpenShop) -> dict[str, int]:
    return {
        row["root_key"]: row["attempts"]
        for row in query(
            shop.admin,
            "SELECT root_key, attempts FROM waiting WHERE reason = 'deferred'",
        )
    }


def test_a_few_torn_orders_are_set_aside_and_the_others_copied(
    shop: OpenShop, caller: Connection
) -> None:
    change_before_every_proof(shop, "o.id IN (5, 7)")

    first = copy_chunk(caller)

    assert first["deferred"] == 2
    assert first["roots"] == 20  # half of the forty, without the two
    assert deferred(shop) == {'["5"]': 1, '["7"]': 1}


def test_what_stays_torn_is_tried_by_every_look_and_the_archive_is_settled(
    shop: OpenShop, caller: Connection
) -> None:
    change_before_every_proof(shop, "o.id IN (5, 7)")

    rows = copy_all(caller)
    again = copy_all(caller)

    assert sum(row["roots"] for row in rows) == 38
    assert rows[-1]["state"] == "settled"
    assert rows[-1]["reason"].startswith("2 deferred")
    assert rows[-1]["next_wait_ms"] >= 200
    assert again[-1]["state"] == "settled"
    assert again[-1]["next_wait_ms"] > rows[-1]["next_wait_ms"]
    assert min(deferred(shop).values()) >= 2


def test_an_order_that_was_deferred_twice_goes_alone(
    shop: OpenShop, caller: Connection
) -> None:
    change_before_every_proof(shop, "o.id IN (5, 7, 11)")
    copy_all(caller)
    copy_all(caller)
    restore_procedure(shop, "_try_orders")

    rows = copy_all(caller)

    assert [row["roots"] for row in rows] == [1, 1, 1, 0]
    assert rows[-1]["state"] == "idle"
    assert compare(shop.admin, shop.source, shop.history).complete


def test_a_parent_that_changes_at_every_try_defers_the_last_and_smallest_chunk_by_name(
    shop: OpenShop, caller: Connection
) -> None:
    change_before_every_proof(shop, "TRUE", column="p.name")

    first = copy_chunk(caller, 32)

    # 32, 16, 8, 4 and at last 2 orders; no more are set aside.
    assert (first["roots"], first["deferred"]) == (0, 2)
    assert value(shop.admin, "SELECT tries FROM chunk") == 5
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 0


def test_the_size_shrinks_under_interference_and_grows_back(
    shop: OpenShop, caller: Connection
) -> None:
    change_before_every_proof(shop, "o.id = 0")
    copy_chunk(caller)
    shrunk = value(shop.admin, "SELECT size FROM lane")
    restore_procedure(shop, "_try_orders")
    query(shop.admin, "UPDATE lane SET size = 20, rows_per_root = 10")
    # However slow the machine is.
    query(shop.admin, "UPDATE archive SET target_ms = 5000")

    copy_chunk(caller)
    grown = value(shop.admin, "SELECT size FROM lane")

    assert shrunk == 500
    assert grown == 40


def test_a_size_that_the_caller_asked_for_teaches_nothing(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller, max_roots=3)

    assert value(shop.admin, "SELECT size FROM lane") == 1000


def test_a_chunk_that_is_too_slow_for_its_size_is_halved(
    shop: OpenShop, caller: Connection
) -> None:
    # The deadline of a try lies in the past: as slow as can be.
    edit_procedure(
        shop,
        "_try_orders",
        old="INTERVAL 3000 * in_target_ms MICROSECOND",
        new="INTERVAL -1 SECOND",
    )

    first = copy_chunk(caller, 32)

    # 32, 16, and then one by one.
    assert (first["roots"], first["deferred"]) == (1, 0)
    assert value(shop.admin, "SELECT tries FROM chunk") == 3
