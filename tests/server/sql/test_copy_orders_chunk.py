"""One CALL, one chunk: what it copies, what it answers, where it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.oracle import compare
from tests.support.procedures import (
    RELATIONS,
    connection_id,
    copy_all,
    copy_chunk,
    query,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

# What is not known by an id.
KEYS = {
    "batches": "s.order_item_id = h.order_item_id AND s.lot = h.lot",
    "deliveries": "s.order_id = h.order_id",
    "order_labels": "s.order_id = h.order_id AND s.label_id = h.label_id",
}


@pytest.fixture
def caller(shop: OpenShop) -> Iterator[Connection]:
    connection = shop.connect(shop.caller_url)
    yield connection
    connection.close()


@pytest.mark.core
def test_copies_every_finished_order_with_all_its_relations(
    shop: OpenShop, caller: Connection
) -> None:
    rows = copy_all(caller)
    verdict = compare(shop.admin, shop.source, shop.history)

    assert sum(row["roots"] for row in rows) == 40
    assert sum(row["roots"] + row["related_rows"] for row in rows) == verdict.rows
    assert verdict.complete, verdict.examples


def test_copies_at_most_the_requested_orders(caller: Connection) -> None:
    first = copy_chunk(caller, 7)
    rows = copy_all(caller, 7)

    assert (first["state"], first["roots"], first["cursor"]) == ("copied", 7, '["7"]')
    assert [row["roots"] for row in rows] == [7, 7, 7, 7, 5, 0]
    assert rows[-1]["state"] == "idle"


def test_a_chunk_that_ends_at_the_last_order_leaves_nothing_behind(
    shop: OpenShop, caller: Connection
) -> None:
    rows = copy_all(caller, 40)

    # Behind the last finished order is one that isn't.
    assert [row["roots"] for row in rows] == [40, 0, 0]
    assert compare(shop.admin, shop.source, shop.history).complete


def test_walks_over_gaps_and_negative_ids(shop: OpenShop, caller: Connection) -> None:
    for order_id in (-(2**63), -5, 10**6, 2**63 - 1):
        query(
            shop.admin,
            f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at) "
            "VALUES (%s, 1, 'cancelled', '2026-01-01')",
            order_id,
        )

    copy_all(caller, 3)

    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 44
    assert compare(shop.admin, shop.source, shop.history).complete


def test_copies_the_order_with_id_0_and_an_order_without_relations(
    shop: OpenShop, caller: Connection
) -> None:
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at) "
        "VALUES (777, 1, 'cancelled', '2026-01-01')",
    )

    copy_all(caller)

    ids = "SELECT id FROM orders_history WHERE id IN (0, 777) ORDER BY id"
    assert [row["id"] for row in query(shop.admin, ids)] == [0, 777]


def test_a_source_without_orders_is_idle_at_once(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=0)
    caller = shop.connect(shop.caller_url)

    rows = copy_all(caller)
    caller.close()

    assert {row["roots"] for row in rows} == {0}
    assert rows[-1]["state"] == "idle"
    assert rows[-1]["cursor"] is None


def test_a_repeated_call_copies_nothing_twice(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)
    before = query(shop.admin, "SELECT * FROM orders_history ORDER BY id")

    again = copy_chunk(caller)

    assert (again["state"], again["roots"], again["related_rows"]) == ("idle", 0, 0)
    assert query(shop.admin, "SELECT * FROM orders_history ORDER BY id") == before


@pytest.mark.core
def test_every_value_is_in_history_byte_for_byte(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)

    assert differing_columns(shop, "orders", "s.id = h.id") == []
    for relation in RELATIONS:
        key = KEYS.get(relation, "s.id = h.id")
        assert differing_columns(shop, relation, key) == [], relation


def differing_columns(shop: OpenShop, relation: str, key: str) -> list[str]:
    """Compare by HEX inside MySQL, column by column: a second opinion."""
    columns = [
        row["name"]
        for row in query(
            shop.admin,
            "SELECT column_name AS name FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s AND column_name <> 'stock'",
            shop.source,
            relation,
        )
    ]
    pairs = f"{shop.source}.{relation} AS s JOIN {relation}_history AS h ON {key}"
    assert value(shop.admin, f"SELECT COUNT(*) FROM {pairs}") > 0
    return [
        column
        for column in columns
        if value(
            shop.admin,
            f"SELECT COUNT(*) FROM {pairs} "
            f"WHERE NOT BINARY HEX(s.{column}) <=> BINARY HEX(h.{column})",
        )
    ]


def test_a_product_of_two_items_is_kept_once_and_without_its_stock(
    shop: OpenShop, caller: Connection
) -> None:
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.order_items "
        "(order_id, product_id, quantity, unit_price) "
        "VALUES (5, 3, 1, 1), (5, 3, 2, 1)",
    )
    copy_all(caller)

    kept = query(
        shop.admin,
        "SELECT * FROM products_history WHERE history_root_id = 5 AND id = 3",
    )

    assert len(kept) == 1
    assert "stock" not in kept[0]


def test_the_log_says_what_each_chunk_copied_and_who_called(
    shop: OpenShop, caller: Connection
) -> None:
    row = copy_chunk(caller, 10)
    (logged,) = query(shop.admin, "SELECT * FROM chunk")

    assert (logged["roots"], logged["related_rows"]) == (10, row["related_rows"])
    counted = {
        relation: value(shop.admin, f"SELECT COUNT(*) FROM {relation}_history")
        for relation in RELATIONS
    }
    assert {
        k: int(v) for k, v in json.loads(logged["relation_rows"]).items()
    } == counted
    assert logged["called_by"].startswith(f"{shop.source}_caller@")
    assert logged["connection_id"] == connection_id(caller)
    assert logged["cursor_key"] == row["cursor"]
    assert (
        value(shop.admin, "SELECT DISTINCT history_chunk FROM orders_history")
        == (logged["id"])
    )


def test_where_few_orders_are_finished_a_call_examines_a_window_and_goes_on(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=2000)
    query(
        shop.admin,
        f"UPDATE {shop.source}.orders SET status = 'received' WHERE id < 2200",
    )
    caller = shop.connect(shop.caller_url)

    rows = [copy_chunk(caller, 10) for _ in range(2)]
    caller.close()

    assert (rows[0]["roots"], rows[0]["examined"]) == (0, 2000)
    assert rows[0]["state"] == "copied"
    assert rows[1]["roots"] == 10


def test_a_look_comes_to_the_end_of_many_new_unfinished_orders_in_few_calls(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=1200)
    caller = shop.connect(shop.caller_url)
    copy_all(caller)
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at) "
        f"SELECT id + 10000, 1, 'received', '2026-01-01' FROM {shop.source}.orders "
        f"UNION ALL SELECT id + 20000, 1, 'received', '2026-01-01' "
        f"FROM {shop.source}.orders",
    )

    rows = copy_all(caller, 1)
    caller.close()

    # 3,000 ids, at least 1,000 of them a CALL, and one look at what waits.
    assert len(rows) <= 6
    assert rows[-1]["state"] == "idle"
    assert value(shop.admin, "SELECT COUNT(*) FROM waiting") == 3300


@pytest.mark.core
@pytest.mark.parametrize(
    "settings",
    [
        "autocommit = 0",
        "completion_type = 'CHAIN'",
        "sql_safe_updates = 1",
        "sql_select_limit = 1",
        "transaction_isolation = 'SERIALIZABLE'",
        "time_zone = '-05:00'",
        "sql_mode = 'ANSI'",
        "group_concat_max_len = 4",
    ],
)
def test_whatever_a_session_is_set_to_its_calls_copy_all(
    shop: OpenShop, caller: Connection, settings: str
) -> None:
    if "isolation" in settings and "MariaDB" in value(caller, "SELECT VERSION()"):
        settings = "tx_isolation = 'SERIALIZABLE'"
    value(caller, "SELECT 1")
    query(caller, f"SET SESSION {settings}")

    copy_chunk(caller, 10)
    query(
        shop.admin, f"UPDATE {shop.source}.orders SET status = 'cancelled' WHERE id = 4"
    )
    rows = copy_all(caller, 10)

    assert rows[-1]["state"] == "idle"
    assert compare(shop.admin, shop.source, shop.history).complete
