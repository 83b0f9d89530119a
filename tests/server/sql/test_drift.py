"""What isn't as it is known, at the source or in history, is refused by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from tests.support.procedures import (
    Call,
    copy_all,
    copy_chunk,
    edit_procedure,
    held_call,
    query,
    until,
    value,
    verify_chunk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

pytestmark = pytest.mark.core

ADVICE = "; run alembic revision --autogenerate"
OF_HISTORY = "drift of history: "

# What somebody does to history, how it's undone, and what is said of it.
DRIFTS = {
    "a trigger comes": (
        (
            "CREATE TRIGGER hasty BEFORE INSERT ON notes_history FOR EACH ROW"
            " SET NEW.body = UPPER(NEW.body)"
        ),
        "DROP TRIGGER hasty",
        "notes_history: a trigger more, hasty BEFORE INSERT",
    ),
    "a trigger goes": (
        "DROP TRIGGER notes_history_before_update",
        (
            "CREATE TRIGGER notes_history_before_update BEFORE UPDATE ON notes_history"
            " FOR EACH ROW CALL _raise(30010, 'no')"
        ),
        "notes_history: the trigger notes_history_before_update is gone",
    ),
    "a trigger is another's": (
        (
            "DROP TRIGGER notes_history_before_delete;"
            "CREATE TRIGGER notes_history_before_delete BEFORE INSERT ON notes_history"
            " FOR EACH ROW SET NEW.body = UPPER(NEW.body)"
        ),
        (
            "DROP TRIGGER notes_history_before_delete;"
            "CREATE TRIGGER notes_history_before_delete BEFORE DELETE ON notes_history"
            " FOR EACH ROW CALL _raise(30010, 'no')"
        ),
        "notes_history: a trigger more, notes_history_before_delete BEFORE INSERT",
    ),
    "a column is narrowed": (
        (
            "ALTER TABLE orders_history MODIFY reference VARCHAR(10)"
            " CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL"
        ),
        (
            "ALTER TABLE orders_history MODIFY reference VARCHAR(40)"
            " CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL"
        ),
        "orders_history: reference was VARCHAR(40), is VARCHAR(10)",
    ),
    "a column takes no NULL": (
        "ALTER TABLE orders_history MODIFY discount DECIMAL(12, 2) NOT NULL",
        "ALTER TABLE orders_history MODIFY discount DECIMAL(12, 2) NULL",
        "orders_history: discount was NULL, is NOT NULL",
    ),
    "a column compares otherwise": (
        (
            "ALTER TABLE labels_history MODIFY name VARCHAR(40)"
            " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL"
        ),
        (
            "ALTER TABLE labels_history MODIFY name VARCHAR(40)"
            " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL"
        ),
        "labels_history: name was utf8mb4_unicode_ci NULL, is utf8mb4_bin NULL",
    ),
    "a column comes": (
        "ALTER TABLE batches_history ADD COLUMN extra INT NULL",
        "ALTER TABLE batches_history DROP COLUMN extra",
        "batches_history: a column more, extra INT",
    ),
    "a column goes": (
        "ALTER TABLE customers_history DROP COLUMN born_on",
        "ALTER TABLE customers_history ADD COLUMN born_on DATE NULL",
        "customers_history: a column less, born_on",
    ),
    "another engine": (
        "ALTER TABLE products_history ENGINE = MyISAM",
        "ALTER TABLE products_history ENGINE = InnoDB",
        "products_history: the engine was InnoDB, is MyISAM",
    ),
    "another key": (
        (
            "ALTER TABLE labels_history DROP PRIMARY KEY,"
            " ADD PRIMARY KEY (history_root_id, id, history_version)"
        ),
        (
            "ALTER TABLE labels_history DROP PRIMARY KEY,"
            " ADD PRIMARY KEY (history_root_id, history_version, id)"
        ),
        "labels_history: another primary key",
    ),
}


SWAP = (
    "RENAME TABLE {s}.labels TO {s}.x, {s}.prescribers TO {s}.labels,"
    " {s}.x TO {s}.prescribers"
)


@pytest.fixture
def caller(shop: OpenShop) -> Iterator[Connection]:
    connection = shop.connect(shop.caller_url)
    yield connection
    connection.close()


def change(shop: OpenShop, statements: str) -> None:
    query(shop.admin, "SET sql_mode = 'STRICT_TRANS_TABLES'")
    for statement in statements.split(";"):
        query(shop.admin, statement.replace("{s}", shop.source))


def refused(connection: Connection) -> str:
    """CALL; return what it says of drift."""
    with pytest.raises(pymysql.Error) as caught:
        copy_chunk(connection)
    assert caught.value.args[0] == 30007, caught.value
    assert len(caught.value.args[1]) <= 128
    return str(caught.value.args[1])


def standing(shop: OpenShop) -> dict[str, int]:
    return {
        table: value(shop.admin, f"SELECT COUNT(*) FROM {table}")
        for table in ("orders_history", "notes_history", "chunk", "waiting")
    }


@pytest.mark.parametrize("name", DRIFTS)
def test_history_that_somebody_changed_is_refused_until_it_is_as_it_was(
    shop: OpenShop, caller: Connection, name: str
) -> None:
    harm, mending, said = DRIFTS[name]
    copy_chunk(caller, 5)
    before = standing(shop)
    change(shop, harm)

    told = [refused(caller), refused(shop.admin)]
    with pytest.raises(pymysql.Error) as verified:
        verify_chunk(caller)
    left = standing(shop)
    change(shop, mending)
    again = copy_all(caller)

    assert told == [f"{OF_HISTORY}{said}{ADVICE}"] * 2
    assert verified.value.args == (30007, told[0])
    assert left == before
    assert sum(row["roots"] for row in again) == 35


def test_of_source_and_history_both_are_told(
    shop: OpenShop, caller: Connection
) -> None:
    change(
        shop,
        "ALTER TABLE {s}.orders ADD COLUMN extra INT;"
        "ALTER TABLE orders_history ADD COLUMN other INT",
    )

    assert refused(caller) == (
        "drift, of history too: orders: a column more, extra; orders_history: "
        f"a column more, other{ADVICE}"
    )


def test_two_tables_of_one_second_that_swap_names_are_refused(
    shop: OpenShop, caller: Connection
) -> None:
    copy_chunk(caller, 5)
    before = standing(shop)
    query(shop.admin, "SET foreign_key_checks = 0")
    change(shop, SWAP)

    told = [refused(caller), refused(shop.admin)]
    left = standing(shop)
    change(shop, SWAP)
    again = copy_all(caller)

    assert told[0] == told[1]
    assert told[0].startswith("drift: labels: a column more, licence")
    assert "prescribers: " in told[0]
    assert left == before
    assert sum(row["roots"] for row in again) == 35


def test_a_history_table_that_is_missing_is_named(
    shop: OpenShop, caller: Connection
) -> None:
    change(shop, "RENAME TABLE notes_history TO away")

    with pytest.raises(pymysql.Error) as refused_:
        copy_chunk(caller)
    change(shop, "RENAME TABLE away TO notes_history")
    again = copy_all(caller)

    errno, message = refused_.value.args
    assert errno == 30006
    assert message.startswith("archive orders lost a table: ")
    assert f"{shop.history}.notes_history" in message
    assert sum(row["roots"] for row in again) == 40


def test_a_trigger_that_comes_after_the_check_waits_or_has_the_call_tried_again(
    shop: OpenShop, caller: Connection
) -> None:
    other = shop.connect()
    harm, mending, said = DRIFTS["a trigger comes"]

    with held_call(
        shop, "_work_in_orders", before="CALL _find_work_in_orders(", connection=caller
    ) as call:
        changing = Call(other, harm)
        until(
            lambda: value(
                shop.admin,
                "SELECT COUNT(*) FROM information_schema.processlist"
                " WHERE state = 'Waiting for table metadata lock'",
            ),
            "the trigger waits",
        )
    call.thread.join()
    changing.thread.join()
    other.close()
    copied = value(shop.admin, "SELECT COUNT(*) FROM notes_history")
    as_written = value(
        shop.admin, "SELECT COUNT(*) FROM notes_history WHERE body = BINARY UPPER(body)"
    )

    assert changing.error is None
    assert as_written == 0
    if call.error:
        # The server ends one of two that wait for each other.
        assert call.error.args[0] == 1213
        assert copied == 0
    assert refused(caller) == f"{OF_HISTORY}{said}{ADVICE}"
    change(shop, mending)
    copy_all(caller)


# What is noticed though definitions were read before, and how it's undone.
NOTICED = {
    "a column comes to the source at once": (
        "ALTER TABLE {s}.notes ADD COLUMN extra INT, ALGORITHM = INSTANT",
        "ALTER TABLE {s}.notes DROP COLUMN extra",
    ),
    "an index of the source goes": (
        (
            "ALTER TABLE {s}.payments ADD KEY other (method), DROP FOREIGN KEY"
            " payments_order_id_fk, DROP KEY payments_order_id_ix"
        ),
        "ALTER TABLE {s}.payments ADD KEY payments_order_id_ix (order_id)",
    ),
    "two tables swap names": (SWAP, SWAP),
    "another table comes in the place of one": (
        (
            "CREATE TABLE {s}.other (order_id BIGINT PRIMARY KEY, address TEXT);"
            "RENAME TABLE {s}.deliveries TO {s}.away, {s}.other TO {s}.deliveries"
        ),
        "DROP TABLE {s}.deliveries; RENAME TABLE {s}.away TO {s}.deliveries",
    ),
    **{
        name: DRIFTS[name][:2]
        for name in (
            "a trigger comes",
            "a trigger goes",
            "a trigger is another's",
            "a column is narrowed",
            "a column comes",
            "another engine",
        )
    },
}


def settle(shop: OpenShop) -> None:
    """Wait until nothing that changes now has the CREATE_TIME of what is there."""
    until(
        lambda: value(
            shop.admin,
            "SELECT MAX(UNIX_TIMESTAMP(create_time)) + 2 <= UNIX_TIMESTAMP()"
            " FROM information_schema.tables WHERE table_schema IN (%s, %s)",
            *(shop.source, shop.history),
        ),
        "all tables are two seconds old",
    )


def read_no_more(shop: OpenShop) -> None:
    """Have whoever reads the definitions fail."""
    edit_procedure(
        shop,
        "_find_changes",
        old="    OPEN v_changed;",
        new="    CALL _raise(30099, 'they are read');\n    OPEN v_changed;",
    )


def errno_of(connection: Connection) -> int | None:
    try:
        copy_chunk(connection)
    except pymysql.Error as error:
        return int(error.args[0])
    return None


def test_definitions_are_read_once_for_all_sessions(
    shop: OpenShop, caller: Connection
) -> None:
    settle(shop)
    copy_chunk(shop.admin, 5)
    read_no_more(shop)
    query(shop.admin, f"UPDATE {shop.source}.orders SET status = 'dispensed'")

    rows = copy_all(caller)
    idle = [copy_chunk(each)["state"] for each in (caller, shop.admin)]
    verify_chunk(caller)

    assert sum(row["roots"] for row in rows) > 0
    assert idle == ["idle"] * 2


def test_an_idle_call_that_read_definitions_notes_it_and_the_next_writes_nothing(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)
    query(shop.admin, "UPDATE lane SET definitions = NULL")
    settle(shop)

    assert copy_chunk(caller)["state"] == "idle"
    read_no_more(shop)
    before = standing(shop)

    assert copy_chunk(caller)["state"] == "idle"
    assert standing(shop) == before


def test_each_pass_reads_definitions_anew(shop: OpenShop, caller: Connection) -> None:
    settle(shop)
    copy_all(caller)
    noted = value(shop.admin, "SELECT COUNT(definitions) FROM lane")
    query(shop.admin, "UPDATE archive SET pass_started_at = '2000-01-01'")
    read_no_more(shop)

    assert noted == 1
    assert errno_of(caller) == 30099


def test_lanes_do_not_wait_for_what_another_notes(
    shop: OpenShop, caller: Connection
) -> None:
    settle(shop)
    query(shop.admin, "CALL split_orders(2)")
    copy_chunk(caller, 1)
    query(shop.admin, "UPDATE lane SET definitions = NULL")

    other = shop.connect()
    with held_call(
        shop, "_work_in_orders", before="CALL _find_work_in_orders(", connection=caller
    ) as held:
        chunk = copy_chunk(other, 1)
        assert held.thread.is_alive()
    held.thread.join()

    assert chunk["state"] == "copied"
    assert value(shop.admin, "SELECT COUNT(definitions) FROM lane") == 2


def test_what_has_just_changed_is_read_again(
    shop: OpenShop, caller: Connection
) -> None:
    # As if the last change had been within two seconds, however slow the server is.
    edit_procedure(
        shop, "_sum_up_definitions", old="v_newest + 2", new="v_newest + 86400"
    )
    copy_chunk(caller, 5)
    read_no_more(shop)

    assert errno_of(caller) == 30099


@pytest.mark.parametrize("name", NOTICED)
def test_who_trusts_what_was_read_before_notices(
    shop: OpenShop, caller: Connection, name: str
) -> None:
    harm, mending = NOTICED[name]
    settle(shop)
    copy_chunk(caller, 5)
    before = standing(shop)
    query(shop.admin, "SET foreign_key_checks = 0")
    change(shop, harm)

    refused(caller)
    left = standing(shop)
    change(shop, mending)
    again = copy_all(caller)

    assert left == before
    assert sum(row["roots"] for row in again) == 35


def test_what_another_upgrade_knows_is_compared_anew(
    shop: OpenShop, caller: Connection
) -> None:
    settle(shop)
    copy_chunk(caller, 5)
    edit_procedure(
        shop,
        "_check_orders_source",
        old='["collect_by","DATE","NULL","NULL"]',
        new='["collect_by","TIME","NULL","NULL"]',
    )

    assert refused(caller).startswith(
        "drift, of history too: orders: collect_by changed"
    )
