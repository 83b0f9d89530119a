"""Verification after the fact: all that differs is found, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pymysql
import pytest

from tests.support.procedures import (
    HISTORY,
    connection_id,
    copy_all,
    findings,
    held_call,
    overlook_drift,
    query,
    value,
    verify_all,
    verify_chunk,
)

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Row

NOTHING = {"too_few": 0, "too_many": 0, "columns": []}
TOO_FEW = NOTHING | {"too_few": 1}
TOO_MANY = NOTHING | {"too_many": 1}

# Statements that plant a difference into an owned relation of orders.
SURPLUS = {
    "order_items": (
        "INSERT INTO {s}.order_items (order_id, product_id, quantity, unit_price)"
        " VALUES ({o}, 3, 1, 1)"
    ),
    "batches": (
        "INSERT INTO {s}.batches (order_item_id, lot, units) SELECT MIN(id), 'new', 1"
        " FROM {s}.order_items WHERE order_id = {o}"
    ),
    "payments": (
        "INSERT INTO {s}.payments (order_id, method, amount, paid_at)"
        " VALUES ({o}, 'cash', 1, '2026-01-01')"
    ),
    "deliveries": "INSERT INTO {s}.deliveries (order_id, address) VALUES ({o}, 'new')",
    "order_events": (
        "INSERT INTO {s}.order_events (order_id, event, happened_at)"
        " VALUES ({o}, 'new', '2026-01-01')"
    ),
    "notes": (
        "INSERT INTO {s}.notes (subject_type, subject_id, body)"
        " VALUES ('order', {o}, 'new')"
    ),
    "order_labels": (
        "INSERT INTO {s}.order_labels (order_id, label_id) SELECT {o}, MIN(l.id)"
        " FROM {s}.labels AS l LEFT JOIN {s}.order_labels AS o"
        " ON o.order_id = {o} AND o.label_id = l.id WHERE o.label_id IS NULL"
    ),
}
NEWEST = "DELETE FROM {s}.{r} WHERE order_id = {o} ORDER BY id DESC LIMIT 1"
REMOVED = {
    "order_items": NEWEST,
    "batches": "DELETE FROM {s}.{r} WHERE lot = 'new'",
    "payments": NEWEST,
    "deliveries": "DELETE FROM {s}.{r} WHERE order_id = {o}",
    "order_events": NEWEST,
    "notes": "DELETE FROM {s}.{r} WHERE subject_id = {o} AND body = 'new'",
    "order_labels": "DELETE FROM {s}.{r} WHERE order_id = {o} LIMIT 1",
}


def change(shop: OpenShop, statement: str, **names: object) -> None:
    with shop.admin.cursor() as cursor:
        changed = cursor.execute(statement.format(s=shop.source, **names))
        assert changed > 0, statement


def planted(shop: OpenShop) -> dict[str, int]:
    """Choose a finished order without a delivery for each relation."""
    rows = query(
        shop.admin,
        f"SELECT o.id FROM {shop.source}.orders AS o"
        f" WHERE o.status IN ('uncollected', 'cancelled', 'dispensed') AND EXISTS"
        f" (SELECT 1 FROM {shop.source}.order_items AS i WHERE i.order_id = o.id)"
        " ORDER BY o.id",
    )
    change(shop, "DELETE FROM {s}.deliveries")
    return dict(zip(SURPLUS, (row["id"] for row in rows), strict=False))


def tamper(shop: OpenShop, table: str, statement: str) -> None:
    """Change history as a superuser can."""
    overlook_drift(shop)
    for event in ("update", "delete"):
        query(shop.admin, f"DROP TRIGGER IF EXISTS {table}_before_{event}")
    change(shop, statement)


def lose(shop: OpenShop, order: int) -> None:
    """Take an order out of history, with all that belongs to it."""
    overlook_drift(shop)
    for table in HISTORY:
        for event in ("update", "delete"):
            query(shop.admin, f"DROP TRIGGER IF EXISTS {table}_before_{event}")
        key = "id" if table == "orders_history" else "history_root_id"
        query(shop.admin, f"DELETE FROM {table} WHERE {key} = {order}")


def judged(shop: OpenShop) -> dict[tuple[str, ...], tuple[str, Row]]:
    """Verify as the caller, once through."""
    caller = shop.connect(shop.caller_url)
    verify_all(caller)
    caller.close()
    return findings(shop.admin)


@pytest.mark.core
def test_where_nothing_differs_nothing_is_found(shop: OpenShop) -> None:
    copy_all(shop.admin)
    caller = shop.connect(shop.caller_url)

    rows = verify_all(caller)
    caller.close()
    (progress,) = query(shop.admin, "CALL progress()")

    assert [row["state"] for row in rows] == ["verified", "idle"]
    assert [row["roots"] for row in rows] == [40, 0]
    owned = sum(
        value(shop.admin, f"SELECT COUNT(*) FROM {table}")
        for table in HISTORY
        if table != "orders_history"
    )
    assert rows[0]["related_rows"] == owned
    assert rows[1]["reason"] == (
        "verification 1 ended: 40 roots, 0 missing, 0 incomplete, 0 different,"
        " 0 no longer in the source"
    )
    assert findings(shop.admin) == {}
    assert (progress["findings"], progress["verified_at"] is None) == (0, False)


@pytest.mark.core
def test_parents_may_change_afterwards(shop: OpenShop) -> None:
    copy_all(shop.admin)
    query(shop.admin, "SET foreign_key_checks = 0")
    change(shop, "UPDATE {s}.customers SET name = 'x', born_on = '2000-01-01'")
    change(shop, "UPDATE {s}.products SET price = 1, stock = stock + 1")
    change(shop, "DELETE FROM {s}.prescribers LIMIT 3")
    change(shop, "DELETE FROM {s}.labels LIMIT 1")
    change(shop, "INSERT INTO {s}.customers (name) VALUES ('new')")

    assert judged(shop) == {}


@pytest.mark.core
def test_a_row_that_history_lacks_is_found(shop: OpenShop) -> None:
    orders = planted(shop)
    copy_all(shop.admin)
    for relation, order in orders.items():
        change(shop, SURPLUS[relation], o=order)

    found = judged(shop)

    assert found == {
        (str(order),): ("incomplete", {relation: TOO_FEW})
        for relation, order in orders.items()
    }


@pytest.mark.core
def test_a_row_that_the_source_lacks_is_found(shop: OpenShop) -> None:
    orders = planted(shop)
    for relation, order in orders.items():
        change(shop, SURPLUS[relation], o=order)
    copy_all(shop.admin)
    for relation, order in orders.items():
        change(shop, REMOVED[relation], r=relation, o=order)

    found = judged(shop)

    assert found == {
        (str(order),): ("different", {relation: TOO_MANY})
        for relation, order in orders.items()
    }


# What is written at the source before it's copied and afterwards, by the column.
VALUES = {
    "reference": [
        ("'Abc'", "'ABC'"),
        ("'cafe'", "'café'"),
        ("'abc'", "'abc '"),
        ("NULL", "''"),
        ("''", "NULL"),
    ],
    "remark": [
        ("'Muller'", "'MULLER'"),
        ("'Muller'", "'Müller'"),
        ("'abc'", "'abc '"),
        ("NULL", "''"),
        ("'😀'", "'😁'"),
        ("REPEAT('x', 60000)", "CONCAT(REPEAT('x', 59999), 'X')"),
    ],
    "details": [
        ("'[1]'", "'[1.0]'"),
        ("""'{"a": "Muller"}'""", """'{"a": "MULLER"}'"""),
        ("""'{"a": "cafe"}'""", """'{"a": "café"}'"""),
        ("'null'", "NULL"),
        ("'[true]'", "'[1]'"),
    ],
    "discount": [("0.00", "0.01"), ("-1", "1")],
    "placed_at": [("'2026-01-01'", "'2026-01-01 00:00:00.000001'")],
    "collect_by": [("NULL", "'0000-00-00'"), ("'2026-01-01'", "'2026-01-02'")],
    "closed_at": [("'2026-01-01'", "NULL")],
    "changed_at": [("'2026-01-01'", "'2026-01-01 00:00:00.000001'")],
    "status": [("'dispensed'", "'received'")],
    "prescriber_id": [("NULL", "1"), ("1", "2")],
    "customer_id": [("1", "2")],
}
PLANTS = [(column, *values) for column, several in VALUES.items() for values in several]


@pytest.mark.core
def test_a_changed_value_is_found_by_its_column(shop: OpenShop) -> None:
    query(shop.admin, "SET sql_mode = 'STRICT_TRANS_TABLES', time_zone = '+00:00'")
    for order, (column, before, _) in enumerate(PLANTS, start=1):
        query(
            shop.admin, f"UPDATE {shop.source}.orders SET status = 5 WHERE id = {order}"
        )
        query(
            shop.admin,
            f"UPDATE {shop.source}.orders SET changed_at = '2026-01-01',"
            f" {column} = {before} WHERE id = {order}",
        )
    copy_all(shop.admin)
    for order, (column, _, after) in enumerate(PLANTS, start=1):
        # By way of NULL: MySQL takes an equal JSON for no change.
        for planted in ("NULL", after) if column == "details" else (after,):
            kept = "" if column == "changed_at" else ", changed_at = changed_at"
            query(
                shop.admin,
                f"UPDATE {shop.source}.orders SET {column} = {planted}{kept}"
                f" WHERE id = {order}",
            )

    found = judged(shop)

    assert found == {
        (str(order),): ("different", {"orders": NOTHING | {"columns": [column]}})
        for order, (column, *_) in enumerate(PLANTS, start=1)
    }


@pytest.mark.parametrize(
    ("relation", "columns", "statement"),
    [
        (
            "order_items",
            ["quantity", "amount"],
            "UPDATE {s}.order_items SET quantity = quantity + 1",
        ),
        ("order_items", ["flags"], "UPDATE {s}.order_items SET flags = flags ^ 1"),
        ("batches", ["seal"], "UPDATE {s}.batches SET seal = NULLIF('x', seal)"),
        ("batches", ["units"], "UPDATE {s}.batches SET units = units + 0.001"),
        ("payments", ["method"], "UPDATE {s}.payments SET method = method % 3 + 1"),
        ("deliveries", ["address"], "UPDATE {s}.deliveries SET address = 'X'"),
        ("order_events", ["event"], "UPDATE {s}.order_events SET event = UPPER(event)"),
        (
            "notes",
            ["body"],
            "UPDATE {s}.notes SET body = CONCAT(body, ' ')",
        ),
    ],
)
def test_a_changed_row_of_a_relation_is_found(
    shop: OpenShop, relation: str, columns: list[str], statement: str
) -> None:
    change(shop, "UPDATE {s}.order_items SET unit_price = 1")
    change(shop, "UPDATE {s}.batches SET units = 1")
    copy_all(shop.admin)
    with_rows = {
        (str(row["id"]),)
        for row in query(
            shop.admin, f"SELECT DISTINCT history_root_id AS id FROM {relation}_history"
        )
    }
    change(shop, statement)

    found = judged(shop)

    assert found == {
        root: ("different", {relation: NOTHING | {"columns": columns}})
        for root in with_rows
    }


@pytest.mark.core
def test_a_row_that_is_taken_out_of_history_is_found(shop: OpenShop) -> None:
    copy_all(shop.admin)
    taken: dict[str, int] = {}
    for table in HISTORY:
        if table == "orders_history":
            continue
        used = ", ".join(map(str, taken.values())) or "0"
        taken[table] = value(
            shop.admin,
            f"SELECT MAX(history_root_id) FROM {table}"
            f" WHERE history_root_id NOT IN ({used})",
        )
        tamper(
            shop,
            table,
            f"DELETE FROM {table} WHERE history_root_id = {taken[table]} LIMIT 1",
        )
    lost = value(
        shop.admin,
        "SELECT MIN(id) FROM orders_history"
        f" WHERE id NOT IN ({', '.join(map(str, taken.values()))})",
    )
    lose(shop, lost)

    found = judged(shop)

    assert {root: kind for root, (kind, _) in found.items()} == {
        (str(order),): "incomplete" for order in taken.values()
    }
    for table, order in taken.items():
        _, relations = found[(str(order),)]
        assert relations == {table.removesuffix("_history"): TOO_FEW}
    assert query(shop.admin, "SELECT root_key FROM suspect") == [
        {"root_key": f'["{lost}"]'}
    ]


def test_several_differences_of_one_order_are_one_finding(shop: OpenShop) -> None:
    change(shop, SURPLUS["payments"], o=5)
    copy_all(shop.admin)
    change(
        shop, "UPDATE {s}.orders SET remark = 'x', changed_at = changed_at WHERE id = 5"
    )
    change(shop, SURPLUS["notes"], o=5)
    change(shop, "DELETE FROM {s}.payments WHERE order_id = 5")

    found = judged(shop)

    kind, relations = found.pop(("5",))
    assert found == {}
    assert kind == "incomplete"
    assert relations["orders"] == NOTHING | {"columns": ["remark"]}
    assert relations["notes"] == TOO_FEW
    assert relations["payments"]["too_many"] > 0
    assert set(relations) == {"orders", "notes", "payments"}


def test_a_finding_holds_no_value(shop: OpenShop) -> None:
    copy_all(shop.admin)
    change(shop, "UPDATE {s}.orders SET remark = 'secret illness' WHERE id = 5")

    judged(shop)

    (row,) = query(shop.admin, "SELECT * FROM finding")
    assert "illness" not in json.dumps(row, default=str)


def test_what_is_no_more_found_is_taken_out(shop: OpenShop) -> None:
    copy_all(shop.admin)
    change(shop, "UPDATE {s}.orders SET status = 'prepared' WHERE id IN (5, 6)")
    first = set(judged(shop))
    (before, _) = query(shop.admin, "SELECT found_at, seen_at FROM finding ORDER BY 1")
    change(
        shop,
        "UPDATE {s}.orders AS o JOIN orders_history AS h ON h.id = o.id"
        " SET o.status = h.status, o.changed_at = h.changed_at WHERE o.id = 5",
    )
    second = set(judged(shop))
    (after,) = query(shop.admin, "SELECT found_at, seen_at FROM finding")

    assert first == {("5",), ("6",)}
    assert second == {("6",)}
    assert after["found_at"] == before["found_at"] < after["seen_at"]


@pytest.mark.core
def test_history_without_a_source_is_counted_and_not_blamed(shop: OpenShop) -> None:
    change(shop, SURPLUS["payments"], o=5)
    copy_all(shop.admin)
    query(shop.admin, "SET foreign_key_checks = 0")
    change(shop, "DELETE FROM {s}.orders WHERE id IN (5, 6)")
    change(shop, "DELETE FROM {s}.payments WHERE order_id = 5")

    first, last = verify_all(shop.admin)

    assert first["orphaned"] == 2
    assert "2 no longer in the source" in last["reason"]
    assert findings(shop.admin) == {}


@pytest.mark.core
def test_a_root_that_is_nowhere_is_missing_only_after_a_whole_later_pass(
    shop: OpenShop,
) -> None:
    copy_all(shop.admin)
    lose(shop, 5)

    same_pass = judged(shop)
    # The next pass is under way, and goes by it (which it wouldn't).
    query(shop.admin, "UPDATE archive SET pass = pass + 1")
    query(shop.admin, "UPDATE lane SET phase = 'closing'")
    under_way = judged(shop)
    query(shop.admin, "UPDATE lane SET phase = 'tail'")
    later = judged(shop)
    copy_all(shop.admin)
    query(
        shop.admin,
        "UPDATE archive SET pass_started_at = pass_started_at - INTERVAL 2 DAY",
    )
    copy_all(shop.admin)
    in_the_end = judged(shop)

    assert same_pass == under_way == {}
    assert later == {("5",): ("missing", {})}
    assert value(shop.admin, "SELECT missing FROM verification") == 0
    assert in_the_end == {}
    assert query(shop.admin, "SELECT * FROM suspect") == []


def test_a_split_forgets_whom_it_suspected(shop: OpenShop) -> None:
    copy_all(shop.admin)
    lose(shop, 5)
    judged(shop)

    query(shop.admin, "CALL split_orders(2)")

    assert query(shop.admin, "SELECT * FROM suspect") == []


@pytest.mark.core
def test_a_list_that_the_session_cuts_short_hides_no_difference(
    shop: OpenShop,
) -> None:
    copy_all(shop.admin)
    query(shop.admin, f"UPDATE `{shop.source}`.order_items SET quantity = quantity + 1")
    caller = shop.connect(shop.caller_url)
    query(caller, "SET group_concat_max_len = 4")

    verify_all(caller)
    caller.close()

    assert len(findings(shop.admin)) == value(
        shop.admin, "SELECT COUNT(DISTINCT history_root_id) FROM order_items_history"
    )


def test_what_waits_is_not_suspected(shop: OpenShop) -> None:
    copy_all(shop.admin)
    lose(shop, 5)
    lose(shop, 6)
    query(
        shop.admin,
        "INSERT INTO waiting_root"
        " (archive, lane, root_number, root_text, reason, noted_at)"
        " VALUES ('orders', 1, 5, '', 'unfinished', UTC_TIMESTAMP(6))",
    )

    judged(shop)

    assert query(shop.admin, "SELECT root_key FROM suspect") == [{"root_key": '["6"]'}]


def test_nothing_is_suspected_before_the_first_pass_has_ended(shop: OpenShop) -> None:
    rows = verify_all(shop.admin)

    assert "no full pass of copying has ended" in rows[-1]["reason"]
    assert query(shop.admin, "SELECT * FROM suspect") == []


def test_a_call_ends_with_the_chunk_that_is_asked_for_and_the_next_goes_on(
    shop: OpenShop,
) -> None:
    copy_all(shop.admin, 7)
    kept = query(shop.admin, "SELECT id FROM orders_history ORDER BY id")
    changed = [str(kept[place]["id"]) for place in (0, 7, 39)]
    change(
        shop, f"UPDATE {{s}}.orders SET remark = 'x' WHERE id IN ({','.join(changed)})"
    )

    rows: list[Row] = []
    while not rows or rows[-1]["state"] != "idle":
        # Each in a session of its own, as from Lambdas.
        caller = shop.connect(shop.caller_url)
        rows.append(verify_chunk(caller, 1))
        caller.close()

    assert [row["roots"] for row in rows if row["roots"]] == [5, 7, 7, 7, 7, 7]
    assert sum(row["different"] for row in rows) == 3
    assert rows[-1]["findings"] == 3
    assert set(findings(shop.admin)) == {(each,) for each in changed}


@pytest.mark.core
def test_the_newest_chunks_are_compared_first_and_each_is_on_record(
    shop: OpenShop,
) -> None:
    copy_all(shop.admin, 7)
    chunks = query(
        shop.admin, "SELECT id, roots, related_rows FROM chunk ORDER BY id DESC"
    )

    rows = verify_all(shop.admin, 1)

    assert [row["cursor"] for row in rows[:6]] == [str(row["id"]) for row in chunks]
    assert query(
        shop.admin,
        "SELECT chunk_id AS id, roots, related_rows FROM verified"
        " WHERE pass = 1 AND orphaned = 0 ORDER BY chunk_id DESC",
    ) == list(chunks)

    verify_all(shop.admin)

    passes = query(shop.admin, "SELECT DISTINCT pass FROM verified")
    assert passes == [{"pass": 2}]


@pytest.mark.core
def test_a_chunk_is_compared_at_one_instant(shop: OpenShop) -> None:
    copy_all(shop.admin)
    caller = shop.connect(shop.caller_url)

    with held_call(
        shop,
        "_compare_orders_chunk",
        before="CALL _compare_batches(",
        connection=caller,
        sql="CALL verify_orders_chunk(NULL)",
    ) as call:
        change(shop, "DELETE FROM {s}.payments")
        change(shop, "UPDATE {s}.orders SET remark = 'x' WHERE id = 5")
        change(shop, "UPDATE {s}.order_events SET event = 'x'")
    held = call.row()
    caller.close()
    query(shop.admin, "UPDATE verification SET step = 'ended'")
    (after, *_) = verify_all(shop.admin)

    assert (held["roots"], held["different"], held["incomplete"]) == (40, 0, 0)
    assert after["different"] == 40


def test_what_a_copy_paused_may_be_verified(shop: OpenShop) -> None:
    copy_all(shop.admin)
    change(shop, "UPDATE {s}.orders SET remark = 'x' WHERE id = 5")
    query(
        shop.admin,
        "UPDATE archive SET paused_at = UTC_TIMESTAMP(6), paused_by = 'bygones',"
        " pause_reason = 'its copy would differ'",
    )

    verified, copied = verify_chunk(shop.admin), copy_all(shop.admin)[0]

    assert (verified["state"], verified["different"]) == ("verified", 1)
    assert copied["state"] == "paused"


@pytest.mark.core
def test_writers_are_not_waited_for_and_do_not_wait(shop: OpenShop) -> None:
    copy_all(shop.admin)
    writer = shop.connect()
    writer.begin()
    for table in ("orders", "order_items", "payments", "customers"):
        query(writer, f"SELECT * FROM {shop.source}.{table} FOR UPDATE")
    query(writer, f"UPDATE {shop.source}.orders SET remark = 'x' WHERE id = 5")
    caller = shop.connect(shop.caller_url)
    query(caller, "SET innodb_lock_wait_timeout = 1")

    rows = verify_all(caller)
    writer.rollback()
    writer.close()
    with held_call(
        shop,
        "verify_orders_chunk",
        before="CALL _count_findings(",
        connection=caller,
        sql="CALL verify_orders_chunk(NULL)",
    ) as call:
        query(shop.admin, "SET innodb_lock_wait_timeout = 1")
        change(shop, "UPDATE {s}.orders SET remark = 'y'")
        change(shop, "UPDATE {s}.order_items SET quantity = quantity + 1")
        query(
            shop.admin,
            "INSERT INTO payments_history SELECT * FROM payments_history WHERE FALSE",
        )
    row = call.row()
    caller.close()

    assert sum(each["roots"] for each in rows) == row["roots"] == 40
    assert row["different"] == 0


@pytest.mark.core
def test_two_at_once_do_not_disturb_each_other(shop: OpenShop) -> None:
    copy_all(shop.admin)
    change(shop, "UPDATE {s}.orders SET remark = 'x' WHERE id = 5")
    caller, other = shop.connect(shop.caller_url), shop.connect(shop.caller_url)

    with held_call(
        shop,
        "verify_orders_chunk",
        before="CALL _count_findings(",
        connection=caller,
        sql="CALL verify_orders_chunk(NULL)",
    ) as call:
        busy = verify_chunk(other)
        copied = query(other, "CALL copy_orders_chunk(NULL)")[0]
    row = call.row()
    caller.close()
    other.close()

    assert busy["state"] == "busy"
    assert busy["reason"].startswith(f"held by connection {connection_id(caller)} for ")
    assert copied["state"] == "idle"
    assert (row["state"], row["different"]) == ("verified", 1)


def test_a_call_that_fails_leaves_all_as_it_was_and_is_repeated(
    shop: OpenShop,
) -> None:
    copy_all(shop.admin)
    change(shop, "UPDATE {s}.orders SET remark = 'x' WHERE id = 5")
    query(shop.admin, f"ALTER TABLE {shop.source}.orders ADD COLUMN extra INT NULL")
    before = query(shop.admin, "SELECT * FROM verification")

    with pytest.raises(pymysql.Error) as caught:
        verify_chunk(shop.admin)
    after = query(shop.admin, "SELECT * FROM verification")
    query(shop.admin, f"ALTER TABLE {shop.source}.orders DROP COLUMN extra")
    repeated = verify_chunk(shop.admin)

    assert caught.value.args[0] == 30007
    assert after == before
    assert value(shop.admin, "SELECT step FROM failure WHERE errno = 30007") == (
        "verify: check the source"
    )
    assert repeated["different"] == 1


@pytest.mark.parametrize(
    ("prepare", "argument", "errno"),
    [
        ("START TRANSACTION", "NULL", 30001),
        ("SELECT 1", "0", 30002),
        ("SELECT 1", "10001", 30002),
        ("SET timestamp = 1", "NULL", 30014),
    ],
)
def test_refuses_what_copying_refuses(
    shop: OpenShop, prepare: str, argument: str, errno: int
) -> None:
    caller = shop.connect(shop.caller_url)
    query(caller, prepare)

    with pytest.raises(pymysql.Error) as caught:
        query(caller, f"CALL verify_orders_chunk({argument})")
    caller.close()

    assert caught.value.args[0] == errno
    assert value(shop.admin, "SELECT pass FROM verification") == 0


def test_a_paused_archive_is_not_verified(shop: OpenShop) -> None:
    query(shop.admin, "CALL pause_archive('orders', 'looking')")

    row = verify_chunk(shop.admin)

    assert row["state"] == "paused"
    assert row["reason"].endswith("looking")


def test_a_busy_server_is_left_alone(shop: OpenShop) -> None:
    query(shop.admin, "UPDATE archive SET max_threads_running = 0")

    row = verify_chunk(shop.admin)

    assert (row["state"], row["next_wait_ms"]) == ("throttled", 1000)
    assert "max_threads_running 0" in row["reason"]


def test_findings_are_all_counted_and_kept_up_to_a_limit(shop: OpenShop) -> None:
    copy_all(shop.admin)
    query(
        shop.admin,
        "INSERT INTO finding (archive, root_key, relation, kind, pass, found_at,"
        " seen_at) SELECT 'orders', CONCAT('x', a.id, '-', b.id, '-', c.id),"
        " 'orders', 'different', 1, '2026-01-01', '2026-01-01' FROM orders_history AS a"
        " JOIN orders_history AS b JOIN orders_history AS c LIMIT 9995",
    )
    change(shop, "UPDATE {s}.orders SET remark = 'x' WHERE id <= 30")
    in_history = value(shop.admin, "SELECT COUNT(*) FROM orders_history WHERE id <= 30")

    row = verify_chunk(shop.admin)

    assert row["different"] == in_history > 5
    assert row["findings"] == 10_000


def test_the_last_runs_do_not_share_a_row_with_copying(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)

    for kind in ("copy", "verify", "copy", "verify"):
        run_id = value(caller, "CALL open_run('orders', NULL, 25, %s)", kind)
        query(caller, "CALL close_run(%s, 'idle', 1, 0, 0, 0, NULL)", run_id)
    caller.close()

    assert query(shop.admin, "SELECT kind, runs FROM run ORDER BY id") == [
        {"kind": "copy", "runs": 2},
        {"kind": "verify", "runs": 2},
    ]


def test_a_verifying_run_without_a_budget_is_not_taken_for_lost(
    shop: OpenShop,
) -> None:
    caller = shop.connect(shop.caller_url)
    value(caller, "CALL open_run('orders', NULL, 0, 'verify')")
    query(shop.admin, "UPDATE run SET opened_at = opened_at - INTERVAL 1 HOUR")
    verify_chunk(caller)

    value(shop.admin, "CALL open_run('orders', NULL, 25, 'copy')")
    at_work = value(shop.admin, "SELECT reason FROM run ORDER BY id LIMIT 1")
    query(
        shop.admin, "UPDATE verification SET called_at = called_at - INTERVAL 2 MINUTE"
    )
    value(shop.admin, "CALL open_run('orders', NULL, 25, 'copy')")
    caller.close()

    assert at_work is None
    assert value(shop.admin, "SELECT reason FROM run ORDER BY id LIMIT 1") == "lost"
