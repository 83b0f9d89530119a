"""An order that can't be copied: it's set aside with the reason, the others go on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.oracle import compare
from tests.support.procedures import (
    COPY,
    Call,
    connection_id,
    copy_all,
    copy_chunk,
    edit_procedure,
    held_call,
    lanes,
    overlook_drift,
    query,
    restore_procedure,
    until,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection, Row


@pytest.fixture
def caller(shop: OpenShop) -> Iterator[Connection]:
    connection = shop.connect(shop.caller_url)
    yield connection
    connection.close()


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What keeps an order from being copied, and how that is mended."""

    harm: str
    mending: str
    step: str
    error: tuple[int, str]
    # MariaDB's, where it differs.
    other: tuple[int, str] | None = None


CAUSES = {
    "a number is too big for history": Cause(
        harm="UPDATE {s}.order_items SET quantity = IF(order_id = 5, 300, 1);"
        "ALTER TABLE order_items_history MODIFY quantity TINYINT NOT NULL",
        mending="ALTER TABLE order_items_history MODIFY quantity SMALLINT NOT NULL",
        step="copy order_items",
        error=(1264, "22003"),
    ),
    "a text is too long for history": Cause(
        harm="UPDATE {s}.orders SET reference = IF(id = 5, 'too long', 'not');"
        "ALTER TABLE orders_history MODIFY reference VARCHAR(5)"
        " CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL",
        mending="ALTER TABLE orders_history MODIFY reference VARCHAR(40)"
        " CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL",
        step="copy orders",
        error=(1265, "22001"),
        other=(1406, "22001"),
    ),
    "history lacks a value of an ENUM": Cause(
        harm="UPDATE {s}.products SET form = 'gas';"
        "UPDATE {s}.products AS p JOIN {s}.order_items AS i ON i.product_id = p.id"
        " SET p.form = 'cream' WHERE i.order_id = 5;"
        "UPDATE {s}.order_items AS i JOIN {s}.order_items AS j"
        " ON j.product_id = i.product_id AND j.order_id = 5"
        " SET i.product_id = (SELECT MAX(id) FROM {s}.products) WHERE i.order_id <> 5;"
        "ALTER TABLE products_history MODIFY form ENUM ('tablet', 'liquid')"
        " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL",
        mending="ALTER TABLE products_history MODIFY form"
        " ENUM ('tablet', 'liquid', 'cream', 'Überzug')"
        " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL",
        step="copy products",
        error=(1265, "22001"),
    ),
    "history wants a value where there is none": Cause(
        harm="UPDATE {s}.orders SET collect_by = IF(id = 5, NULL, '2026-01-01');"
        "ALTER TABLE orders_history MODIFY collect_by DATE NOT NULL",
        mending="ALTER TABLE orders_history MODIFY collect_by DATE NULL",
        step="copy orders",
        error=(1048, "23000"),
    ),
    "a trigger of somebody's makes nonsense of it": Cause(
        harm="CREATE TRIGGER hasty BEFORE INSERT ON orders_history FOR EACH ROW"
        " SET NEW.discount = IF(NEW.id = 5, 'nonsense', NEW.discount)",
        mending="DROP TRIGGER hasty",
        step="copy orders",
        error=(1366, "HY000"),
        other=(1366, "22007"),
    ),
    "somebody made a column of history unique": Cause(
        harm="UPDATE {s}.orders SET reference = IF(id IN (3, 5), 'same', id);"
        "ALTER TABLE orders_history ADD UNIQUE KEY hasty (reference)",
        mending="ALTER TABLE orders_history DROP KEY hasty",
        step="copy orders",
        error=(1062, "23000"),
    ),
    "somebody gave history a check": Cause(
        harm="ALTER TABLE orders_history ADD CONSTRAINT hasty CHECK (id <> 5)",
        mending="ALTER TABLE orders_history DROP CONSTRAINT hasty",
        step="copy orders",
        error=(3819, "HY000"),
        other=(4025, "23000"),
    ),
    "a trigger of somebody's refuses it": Cause(
        harm="CREATE TRIGGER hasty BEFORE INSERT ON customers_history FOR EACH ROW"
        " BEGIN IF NEW.history_root_id = 5 THEN SIGNAL SQLSTATE '45000'"
        " SET MESSAGE_TEXT = 'no'; END IF; END",
        mending="DROP TRIGGER hasty",
        step="copy customers",
        error=(1644, "45000"),
    ),
}

# The families differ in these.
CORE = (1062, 1265, 1366, 3819)


@pytest.mark.core
def test_however_many_values_would_be_cut_each_order_is_set_aside_with_the_error(
    shop: OpenShop, caller: Connection
) -> None:
    # A note for each row, and MariaDB's list of conditions has room for 64.
    change(
        shop,
        "ALTER TABLE orders_history"
        " ADD COLUMN cut DECIMAL(9, 0) AS (history_version + 0.5) STORED",
    )

    rows = copy_all(caller)
    change(shop, "ALTER TABLE orders_history DROP COLUMN cut")

    assert sum(row["quarantined"] for row in rows) == 40
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 0
    assert {(row["errno"], row["sqlstate_code"]) for row in quarantine(shop)} == {
        (1265, "22001")
    }


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.core] if cause.error[0] in CORE else [])
        for name, cause in CAUSES.items()
    ],
)
def test_an_order_that_its_values_keep_from_history_is_set_aside_alone(
    shop: OpenShop, caller: Connection, name: str
) -> None:
    cause = CAUSES[name]
    error = cause.error
    if cause.other and is_mariadb(shop):
        error = cause.other
    change(shop, cause.harm)

    rows = copy_all(caller)
    quarantined = quarantine(shop)
    (progress,) = query(caller, "CALL progress()")
    change(shop, cause.mending)
    retried = query(shop.admin, "CALL retry_quarantine('orders')")
    again = copy_all(caller)

    assert rows[-1]["state"] == "idle"
    assert "; 1 quarantined, see waiting; " in rows[-1]["reason"]
    assert sum(row["quarantined"] for row in rows) == 1
    assert sum(row["roots"] for row in rows) == 39
    (waits,) = quarantined
    assert (waits["root_key"], waits["failed_step"]) == ('["5"]', cause.step)
    assert (waits["errno"], waits["sqlstate_code"]) == error
    assert waits["message"]
    assert waits["attempts"] == 1
    assert waits["failed_at"] >= waits["noted_at"]
    assert (progress["quarantined"], progress["last_error"]) == (1, None)
    assert retried == [{"archive": "orders", "quarantined": 1}]
    assert sum(row["roots"] for row in again) == 1
    assert quarantine(shop) == []
    assert_complete(shop)


@pytest.mark.core
def test_orders_with_more_notes_than_a_list_holds_are_set_aside(
    shop: OpenShop, caller: Connection
) -> None:
    # A lost scale is a note, one a row, and max_error_count is 64.
    change(
        shop,
        "INSERT INTO {s}.payments (order_id, method, amount, paid_at)"
        " SELECT 5, 'cash', 1, '2026-01-01' FROM {s}.orders LIMIT 100;"
        "ALTER TABLE payments_history ADD COLUMN cut DECIMAL(9, 0)"
        " AS (IF(history_root_id = 5, 0.5, 0)) STORED",
    )

    rows = copy_all(caller)
    quarantined = quarantine(shop)
    change(shop, "ALTER TABLE payments_history DROP COLUMN cut")
    query(shop.admin, "CALL retry_quarantine('orders')")
    copy_all(caller)

    assert sum(row["roots"] for row in rows) == 39
    assert [
        (row["root_key"], row["failed_step"], row["errno"]) for row in quarantined
    ] == [('["5"]', "copy payments", 1265)]
    assert_complete(shop)


# Of the forty that are finished, in the order of their keys.
PLACES = {
    "the first": slice(1),
    "one in the middle": slice(22, 23),
    "the last": slice(-1, None),
    "two": slice(7, None, 22),
    "two neighbours": slice(10, 12),
    "every second": slice(None, None, 2),
    "all": slice(None),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("max_roots", [None, 7])
def test_wherever_they_are_all_others_are_copied(
    shop: OpenShop, caller: Connection, place: str, max_roots: int | None
) -> None:
    poisoned = finished(shop)[PLACES[place]]
    poison(shop, poisoned)

    rows = copy_all(caller, max_roots)
    quarantined = attempts(shop)
    cure(shop)
    query(shop.admin, "CALL retry_quarantine('orders')")
    again = copy_all(caller, max_roots)

    assert quarantined == {f'["{number}"]': 1 for number in poisoned}
    assert rows[-1]["state"] == "idle"
    assert sum(row["quarantined"] for row in rows) == len(poisoned)
    assert sum(row["roots"] for row in rows) == 40 - len(poisoned)
    assert sum(row["roots"] for row in again) == len(poisoned)
    assert_complete(shop)


@pytest.mark.core
def test_of_thousands_of_orders_three_bad_ones_are_set_aside(
    shop: OpenShop, caller: Connection
) -> None:
    many = 4_000
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at)"
        " SELECT 1000 + ROW_NUMBER() OVER (ORDER BY a.id, b.id, c.id), 1, 'dispensed',"
        f" '2026-01-01' FROM {shop.source}.orders AS a"
        f" JOIN {shop.source}.orders AS b JOIN {shop.source}.orders AS c"
        f" WHERE c.id <= 4 LIMIT {many - 40}",
    )
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.deliveries (order_id, address)"
        f" SELECT id, 'here' FROM {shop.source}.orders WHERE id > 1000",
    )
    # What is too small, what is refused, and what is there already.
    change(
        shop,
        "UPDATE {s}.deliveries SET address = REPEAT('x', 200) WHERE order_id = 1001;"
        "ALTER TABLE deliveries_history MODIFY address VARCHAR(150)"
        " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL;"
        "UPDATE {s}.orders SET discount = -7 WHERE id = 3456;"
        "ALTER TABLE orders_history ADD CONSTRAINT hasty CHECK (discount <> -7);"
        "INSERT INTO customers_history SELECT 2999, 1, c.* FROM {s}.customers AS c"
        " WHERE c.id = 1",
    )

    rows = copy_all(caller)
    quarantined = {
        row["root_key"]: (row["errno"], row["failed_step"]) for row in quarantine(shop)
    }
    verdict = compare(shop.admin, shop.source, shop.history)
    tries = value(shop.admin, "SELECT SUM(tries) - COUNT(*) FROM chunk")
    most = value(shop.admin, "SELECT MAX(tries) FROM chunk")
    change(
        shop,
        "ALTER TABLE deliveries_history MODIFY address VARCHAR(200)"
        " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL;"
        "ALTER TABLE orders_history DROP CONSTRAINT hasty",
    )
    # As whoever mends it would.
    (trigger,) = query(
        shop.admin, "SHOW CREATE TRIGGER customers_history_before_delete"
    )
    query(shop.admin, "DROP TRIGGER customers_history_before_delete")
    query(shop.admin, "DELETE FROM customers_history WHERE history_root_id = 2999")
    query(shop.admin, trigger["SQL Original Statement"])
    query(shop.admin, "CALL retry_quarantine('orders')")
    again = copy_all(caller)

    is_other = is_mariadb(shop)
    assert quarantined == {
        '["1001"]': (1406 if is_other else 1265, "copy deliveries"),
        '["3456"]': (4025 if is_other else 3819, "copy orders"),
        '["2999"]': (1062, "copy customers"),
    }
    assert rows[-1]["state"] == "idle"
    assert sum(row["roots"] for row in rows) == many - 3
    # Each of the three orders is missing with its relations; nothing else is.
    assert (verdict.different, verdict.finished) == (0, many)
    assert (most <= 50, tries <= 200) == (True, True), (most, tries)
    assert sum(row["roots"] for row in again) == 3
    assert_complete(shop)


def test_a_call_with_no_time_left_still_sets_one_aside(
    shop: OpenShop, caller: Connection
) -> None:
    # As if each had begun long ago.
    edit_procedure(
        shop,
        "_fill_orders_chunk",
        old="DECLARE v_began_at DATETIME(6) DEFAULT SYSDATE(6);",
        new="DECLARE v_began_at DATETIME(6) DEFAULT SYSDATE(6) - INTERVAL 1 HOUR;",
    )
    poison(shop, finished(shop))

    rows = [copy_chunk(caller) for _ in range(4)]
    cure(shop)

    assert [(row["state"], row["roots"], row["quarantined"]) for row in rows] == [
        ("copied", 0, 1)
    ] * 4


@pytest.mark.core
def test_each_lane_sets_aside_its_own(shop: OpenShop, caller: Connection) -> None:
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at)"
        " SELECT 1000 + a.id * 50 + b.id, 1, 'cancelled', '2026-01-01'"
        f" FROM {shop.source}.orders AS a JOIN {shop.source}.orders AS b",
    )
    query(shop.admin, "CALL split_orders(3)")
    poisoned = {5, 1051, 2600, 2601, 3450}
    poison(shop, poisoned)

    copy_all(caller)
    lanes = {row["lane"] for row in quarantine(shop)}
    waiting = {row["root_key"] for row in quarantine(shop)}
    cure(shop)
    query(shop.admin, "CALL retry_quarantine('orders')")
    rows = copy_all(caller)

    assert len(lanes) == 3
    assert waiting == {f'["{number}"]' for number in poisoned}
    assert sum(row["roots"] for row in rows) == len(poisoned)
    assert_complete(shop)


@pytest.mark.core
def test_looks_leave_it_alone_and_an_idle_call_writes_nothing(
    shop: OpenShop, caller: Connection
) -> None:
    poison(shop, {5, 7})
    copy_all(caller)
    before = quarantine(shop), lanes(shop.admin)
    chunks = value(shop.admin, "SELECT COUNT(*) FROM chunk")

    rows = [copy_chunk(caller) for _ in range(3)]
    after = quarantine(shop), lanes(shop.admin)
    cure(shop)

    assert {(row["state"], row["quarantined"]) for row in rows} == {("idle", 0)}
    assert after == before
    assert value(shop.admin, "SELECT COUNT(*) FROM chunk") == chunks


@pytest.mark.core
def test_a_retry_tries_each_once_and_a_full_pass_does_so_by_itself(
    shop: OpenShop, caller: Connection
) -> None:
    poison(shop, {5, 7})
    copy_all(caller)
    query(shop.admin, "CALL retry_quarantine('orders')")
    retried = copy_all(caller)
    after_retry = attempts(shop)
    make_pass_due(shop)
    passed = copy_all(caller)
    after_pass = attempts(shop)
    idle = copy_all(caller)
    cure(shop)
    make_pass_due(shop)
    healed = copy_all(caller)

    assert sum(row["quarantined"] for row in retried) == 2
    assert after_retry == {'["5"]': 2, '["7"]': 2}
    assert sum(row["quarantined"] for row in passed) == 2
    assert after_pass == {'["5"]': 3, '["7"]': 3}
    assert [row["state"] for row in idle] == ["idle"]
    assert sum(row["roots"] for row in healed) == 2
    assert_complete(shop)


@pytest.mark.core
def test_an_order_that_finishes_late_and_is_bad_is_set_aside_by_a_look(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)
    unfinished = value(shop.admin, "SELECT MIN(root_key) FROM waiting")
    (number,) = map(int, json.loads(unfinished))
    poison(shop, {number})
    query(
        shop.admin,
        f"UPDATE {shop.source}.orders SET status = 'cancelled' WHERE id = %s",
        number,
    )
    add_order(shop, 60)

    rows = copy_all(caller)
    (waits,) = quarantine(shop)
    cure(shop)

    assert waits["root_key"] == unfinished
    assert sum(row["quarantined"] for row in rows) == 1
    assert sum(row["roots"] for row in rows) == 1
    assert rows[-1]["state"] == "idle"


@pytest.mark.core
def test_no_other_root_is_blamed_where_the_one_that_failed_is_reopened_meanwhile(
    shop: OpenShop, caller: Connection
) -> None:
    add_order(shop, 60)
    add_order(shop, 70)
    set_status(shop, 60, "received")
    poison(shop, {70})
    copy_all(caller)
    cure(shop)
    set_status(shop, 60, "dispensed")
    poison(shop, {60})
    # A window that ends at 70.
    query(shop.admin, "UPDATE archive SET max_size = 1")
    query(shop.admin, "UPDATE lane SET key_window = (SELECT COUNT(*) FROM waiting)")
    innocent = "SELECT * FROM waiting WHERE root_key = '[\"70\"]'"
    before = query(shop.admin, innocent)

    with held_call(
        shop,
        "_name_first_orders",
        before="CALL _choose_waiting_orders(",
        connection=caller,
    ) as call:
        set_status(shop, 60, "received")
    row = call.row()

    assert before[0]["reason"] == "quarantined"
    assert row["quarantined"] == 0
    assert query(shop.admin, innocent) == before


def test_what_is_reopened_waits_as_unfinished_and_is_tried_when_it_finishes(
    shop: OpenShop, caller: Connection
) -> None:
    poison(shop, {5})
    copy_all(caller)
    set_status(shop, 5, "prepared")

    copy_all(caller)
    (reopened,) = query(shop.admin, "SELECT * FROM waiting WHERE root_key = '[\"5\"]'")
    cure(shop)
    set_status(shop, 5, "dispensed")
    rows = copy_all(caller)

    assert reopened["reason"] == "unfinished"
    assert {reopened[name] for name in ("errno", "message", "failed_step")} == {None}
    assert sum(row["roots"] for row in rows) == 1
    assert_complete(shop)


@pytest.mark.core
@pytest.mark.parametrize(
    "event",
    [
        "DELETE FROM {s}.orders WHERE id = 60",
        "INSERT INTO orders_history SELECT *, 1, 0 FROM {s}.orders WHERE id = 60",
    ],
)
def test_what_is_gone_or_in_history_by_other_means_is_forgotten(
    shop: OpenShop, caller: Connection, event: str
) -> None:
    add_order(shop, 60)
    poison(shop, {60})
    copy_all(caller)
    before = attempts(shop)
    change(shop, event)

    rows = copy_all(caller)
    cure(shop)

    assert before == {'["60"]': 1}
    assert attempts(shop) == {}
    assert rows[-1]["state"] == "idle"


@pytest.mark.core
def test_a_look_copies_what_finished_since_and_passes_by_what_is_set_aside(
    shop: OpenShop, caller: Connection
) -> None:
    poison(shop, {5, 7})
    copy_all(caller)
    # Noted before them, and after them.
    for number in (4, 9):
        set_status(shop, number, "cancelled")

    rows = copy_all(caller)
    chunk = query(shop.admin, "SELECT roots, tries FROM chunk ORDER BY id DESC LIMIT 1")
    cure(shop)

    assert sum(row["roots"] for row in rows) == 2
    assert chunk == [{"roots": 2, "tries": 1}]
    assert attempts(shop) == {'["5"]': 1, '["7"]': 1}


@pytest.mark.core
def test_what_somebody_else_copied_meanwhile_is_looked_for_again(
    shop: OpenShop, caller: Connection
) -> None:
    other = shop.connect()
    query(other, "START TRANSACTION")
    query(other, "SET sql_mode = ''")
    query(
        other,
        f"INSERT INTO orders_history SELECT o.*, 1, 0 FROM {shop.source}.orders AS o"
        " WHERE o.id = 5",
    )
    call = Call(caller)
    until(
        lambda: re.search(
            rf"\bLOCK WAIT\b.*\n\w+ thread id {connection_id(caller)},",
            query(shop.admin, "SHOW ENGINE INNODB STATUS")[0]["Status"],
        ),
        "the chunk waits for the order",
    )
    query(other, "COMMIT")
    other.close()
    rows = [*answer_or_nothing(call), *copy_all(caller)]

    assert value(shop.admin, "SELECT MAX(tries) FROM chunk") == 2
    assert quarantine(shop) == []
    assert sum(row["roots"] for row in rows) == 39


def answer_or_nothing(call: Call) -> list[Row]:
    """Return the row, or none where innodb_snapshot_isolation is on and undid all."""
    try:
        return [call.row()]
    except pymysql.Error as error:
        if error.args[0] != 1020:
            raise
        return []


@pytest.mark.core
def test_the_servers_words_are_in_waiting_and_nowhere_else(
    shop: OpenShop, caller: Connection
) -> None:
    secret = "Ada Lovelace"  # noqa: S105 - a patient's name
    change(
        shop,
        f"UPDATE {{s}}.orders SET reference = IF(id IN (3, 5), '{secret}', id);"
        "ALTER TABLE orders_history ADD UNIQUE KEY hasty (reference)",
    )

    run = value(caller, "CALL open_run('orders', NULL, 25, 'copy')")
    rows = copy_all(caller)
    (waits,) = quarantine(shop)
    shown = [
        rows,
        query(caller, "CALL progress()"),
        query(
            caller,
            "CALL close_run(%s, 'idle', 1, 1, 1, 1, %s)",
            run,
            rows[-1]["reason"],
        ),
        *(
            query(shop.admin, f"SELECT * FROM {table}")
            for table in ("chunk", "run", "lane")
        ),
    ]
    change(shop, "ALTER TABLE orders_history DROP KEY hasty")

    assert secret in waits["message"]
    assert secret not in repr(shown)


# What the server says of itself: errno and SQLSTATE.
NOT_OF_A_ROW = {
    "rights are revoked": (1142, "42000"),
    "a routine may not be called": (1370, "42000"),
    "the disk is full": (1021, "HY000"),
    "a table is full": (1114, "HY000"),
    "an error of the storage engine": (1030, "HY000"),
    "a packet is too large": (1153, "08S01"),
    "a value is larger than max_allowed_packet": (1301, "HY000"),
    "a lock is waited for too long": (1205, "HY000"),
    "a deadlock": (1213, "40001"),
    "a query is killed": (1317, "70100"),
    "a server is read-only": (1290, "HY000"),
    "a transaction is read-only": (1792, "25006"),
    "too many locks": (1206, "HY000"),
    "a column without a default": (1364, "HY000"),
    "a table is gone": (1146, "42S02"),
    "an error of ours": (30010, "45000"),
}


@pytest.mark.core
def test_what_is_no_rows_fault_reaches_the_caller_and_quarantines_nothing(
    shop: OpenShop, caller: Connection
) -> None:
    place = "    CALL _copy_notes("
    for errno, state in NOT_OF_A_ROW.values():
        edit_procedure(
            shop,
            COPY,
            old=place,
            new=f"    SIGNAL SQLSTATE '{state}' SET MYSQL_ERRNO = {errno},"
            f" MESSAGE_TEXT = 'as the server would';\n{place}",
        )
        with pytest.raises(pymysql.Error) as failed:
            copy_chunk(caller)
        assert failed.value.args == (errno, "as the server would")
        assert failed.value.sqlstate == state
    restore_procedure(shop, COPY)
    logged = query(
        shop.admin, "SELECT errno, sqlstate_code FROM failure ORDER BY failed_at"
    )

    assert value(shop.admin, "SELECT COUNT(*) FROM waiting") == 0
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 0
    assert value(shop.admin, "SELECT COUNT(*) FROM chunk") == 0
    assert [tuple(row.values()) for row in logged] == list(NOT_OF_A_ROW.values())

    copy_all(caller)

    assert_complete(shop)


@pytest.mark.core
def test_a_right_that_is_revoked_is_no_rows_fault(
    shop: OpenShop, caller: Connection
) -> None:
    pattern = shop.source.replace("_", "\\_")
    account = f"`{shop.source}_owner`@`%`"
    query(shop.admin, f"REVOKE SELECT ON `{pattern}`.* FROM {account}")

    with pytest.raises(pymysql.Error) as failed:
        copy_chunk(caller)
    query(shop.admin, f"GRANT SELECT ON `{pattern}`.* TO {account}")
    copy_all(caller)

    assert failed.value.args[0] == 1142
    assert quarantine(shop) == []
    assert_complete(shop)


@pytest.mark.core
def test_an_order_with_more_rows_than_allowed_waits_until_that_is_tuned(
    shop: OpenShop, caller: Connection
) -> None:
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.order_events (order_id, event, happened_at)"
        f" SELECT 5, 'x', '2026-01-01' FROM {shop.source}.orders AS a"
        f" JOIN {shop.source}.orders AS b",
    )
    query(shop.admin, "CALL tune_archive('orders', 'max_root_rows', 2000)")

    rows = copy_all(caller, 1)
    (waits,) = quarantine(shop)
    query(shop.admin, "CALL tune_archive('orders', 'max_root_rows', 3000)")
    query(shop.admin, "CALL retry_quarantine('orders')")
    again = copy_all(caller)

    assert sum(row["roots"] for row in rows) == 39
    assert [
        waits[name] for name in ("root_key", "failed_step", "errno", "message")
    ] == [
        '["5"]',
        "copy order_events",
        None,
        "it has more than 2000 rows: tune max_root_rows, then retry",
    ]
    assert sum(row["roots"] for row in again) == 1
    assert_complete(shop)


def change_every_copy(shop: OpenShop) -> None:
    """Make history differ from the source in one order, whoever copies it."""
    overlook_drift(shop)
    query(
        shop.admin,
        "CREATE TRIGGER hasty BEFORE INSERT ON orders_history FOR EACH ROW"
        " SET NEW.discount = IF(NEW.id = 5, NEW.discount + 1, NEW.discount)",
    )


@pytest.mark.core
def test_a_copy_that_differs_from_its_source_pauses_the_archive_and_is_undone(
    shop: OpenShop, caller: Connection
) -> None:
    change_every_copy(shop)

    with pytest.raises(pymysql.Error) as failed:
        copy_chunk(caller)
    paused = copy_chunk(caller)
    left = [
        value(shop.admin, f"SELECT COUNT(*) FROM {table}")
        for table in ("orders_history", "chunk", "waiting", "finding")
    ]
    query(shop.admin, "DROP TRIGGER hasty")
    query(shop.admin, "CALL resume_archive('orders')")
    copy_all(caller)

    assert failed.value.args == (
        30025,
        'its copy would differ: orders of ["5"]: discount',
    )
    assert paused["state"] == "paused"
    assert paused["reason"].endswith('its copy would differ: orders of ["5"]: discount')
    assert left == [0, 0, 0, 0]
    assert_complete(shop)


@pytest.mark.core
def test_the_first_chunk_of_a_connection_is_compared_and_one_in_prove_every(
    shop: OpenShop, caller: Connection
) -> None:
    query(shop.admin, "UPDATE archive SET prove_every = 4")
    copied = [copy_chunk(caller, 3) for _ in range(9)]
    other = shop.connect(shop.caller_url)
    copied.append(copy_chunk(other, 3))
    other.close()

    compared = query(shop.admin, "SELECT is_compared FROM chunk ORDER BY id")

    assert {row["roots"] for row in copied} == {3}
    assert [row["is_compared"] for row in compared] == [1, 0, 0, 1, 0, 0, 0, 1, 0, 1]


@pytest.mark.parametrize(
    "setting",
    [
        "SET autocommit = 0",
        "SET completion_type = 'CHAIN'",
        "SET SESSION TRANSACTION READ ONLY",
    ],
)
def test_a_retry_is_committed_whatever_the_session_is_set_to(
    shop: OpenShop, setting: str
) -> None:
    owner = shop.connect(shop.owner_url)
    query(owner, setting)

    # Each leaves no transaction open for the next.
    query(owner, "CALL retry_quarantine('orders')")
    with pytest.raises(pymysql.Error, match="no archive is named 'nope'"):
        query(owner, "CALL retry_quarantine('nope')")
    query(owner, "CALL retry_quarantine('orders')")
    owner.close()

    assert value(shop.admin, "SELECT quarantine_cycle FROM archive") == 3


def test_a_retry_in_a_transaction_is_refused_and_the_work_there_is_still_its_own(
    shop: OpenShop,
) -> None:
    session = shop.connect()
    query(session, "START TRANSACTION")
    query(session, "UPDATE archive SET max_size = 5")

    with pytest.raises(pymysql.Error) as refused:
        query(session, "CALL retry_quarantine('orders')")
    query(session, "COMMIT")
    session.close()

    assert refused.value.args[0] == 30001
    assert value(shop.admin, "SELECT max_size FROM archive") == 5


def is_mariadb(shop: OpenShop) -> bool:
    return "MariaDB" in value(shop.admin, "SELECT VERSION()")


def change(shop: OpenShop, statements: str) -> None:
    """Change the source, or history in ways that no CALL minds."""
    if "_history" in statements:
        overlook_drift(shop)
    pieces = [statements] if "TRIGGER" in statements else statements.split(";")
    for statement in pieces:
        # The first for the zero dates that the shop holds.
        mode = "STRICT_TRANS_TABLES" if "CREATE TRIGGER" in statement else ""
        query(shop.admin, "SET sql_mode = %s", mode)
        query(shop.admin, statement.format(s=shop.source))


def poison(shop: OpenShop, orders: Collection[int]) -> None:
    """Have history refuse orders, when half of their relations are there."""
    overlook_drift(shop)
    listed = ", ".join(map(str, sorted(orders))) or "NULL"
    query(
        shop.admin,
        "CREATE TRIGGER poison BEFORE INSERT ON customers_history FOR EACH ROW BEGIN"
        f" IF NEW.history_root_id IN ({listed}) THEN SIGNAL SQLSTATE '45000'"
        " SET MESSAGE_TEXT = 'poison'; END IF; END",
    )


def cure(shop: OpenShop) -> None:
    query(shop.admin, "DROP TRIGGER poison")


def finished(shop: OpenShop) -> list[int]:
    rows = query(
        shop.admin,
        f"SELECT id FROM {shop.source}.orders"
        " WHERE status IN ('uncollected', 'cancelled', 'dispensed') ORDER BY id",
    )
    return [row["id"] for row in rows]


def quarantine(shop: OpenShop) -> list[Row]:
    return query(
        shop.admin,
        "SELECT * FROM waiting WHERE reason = 'quarantined' ORDER BY lane, root_key",
    )


def attempts(shop: OpenShop, reason: str = "quarantined") -> dict[str, int]:
    rows = query(shop.admin, "SELECT * FROM waiting WHERE reason = %s", reason)
    return {row["root_key"]: row["attempts"] for row in rows}


@pytest.mark.core
@pytest.mark.parametrize("is_passed", [False, True])
def test_a_root_that_can_be_copied_alone_is_copied_and_not_set_aside(
    shop: OpenShop, caller: Connection, *, is_passed: bool
) -> None:
    # History refuses every chunk of more than one order: the first is tried alone.
    if is_passed:
        copy_all(caller)
        for number in (60, 61):
            add_order(shop, number)
    edit_procedure(
        shop,
        COPY,
        old="    SET v_step = 'note what waits';",
        new="    SET v_step = 'note what waits';\n    IF in_form <> 'alone' THEN"
        " SIGNAL SQLSTATE '22003' SET MYSQL_ERRNO = 1264; END IF;",
    )

    rows = [copy_chunk(caller) for _ in range(2)]
    restore_procedure(shop, COPY)
    rows += copy_all(caller)

    assert [row["roots"] for row in rows[:2]] == [1, 1]
    assert quarantine(shop) == []
    assert value(shop.admin, "SELECT COUNT(*) FROM chunk WHERE roots = 1") >= 2
    assert_complete(shop)


def make_pass_due(shop: OpenShop) -> None:
    query(
        shop.admin,
        "UPDATE archive SET pass_started_at = pass_started_at - INTERVAL 2 DAY",
    )


def add_order(shop: OpenShop, number: int) -> None:
    query(
        shop.admin,
        f"INSERT INTO {shop.source}.orders (id, customer_id, status, placed_at)"
        " VALUES (%s, 1, 'dispensed', '2026-01-01')",
        number,
    )


def set_status(shop: OpenShop, number: int, status: str) -> None:
    query(
        shop.admin,
        f"UPDATE {shop.source}.orders SET status = %s WHERE id = %s",
        status,
        number,
    )


def assert_complete(shop: OpenShop) -> None:
    verdict = compare(shop.admin, shop.source, shop.history)
    assert verdict.complete, verdict.examples
