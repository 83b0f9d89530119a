"""A CALL that fails: the server's own error, nothing copied, and a line in the log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.oracle import compare
from tests.support.procedures import (
    COPY,
    HISTORY,
    Call,
    Gate,
    copy_all,
    copy_chunk,
    edit_procedure,
    overlook_drift,
    query,
    restore_procedure,
    until,
    value,
)

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection, Row


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What breaks a chunk in its middle and is no row's fault, and how it's mended."""

    harm: str
    mending: str
    error: tuple[int, str]
    # What the log says that it was doing.
    step: str = "copy notes"


CAUSES = {
    "a column of history is gone": Cause(
        harm="ALTER TABLE notes_history DROP COLUMN body",
        mending="ALTER TABLE notes_history ADD COLUMN body TEXT"
        " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL",
        error=(1054, "42S22"),
    ),
    "history has a column that nobody fills": Cause(
        harm="ALTER TABLE notes_history ADD COLUMN extra INT NOT NULL",
        mending="ALTER TABLE notes_history DROP COLUMN extra",
        error=(1364, "HY000"),
    ),
    "history compares in another character set": Cause(
        harm="ALTER TABLE notes_history MODIFY body TEXT"
        " CHARACTER SET utf8mb3 NOT NULL",
        mending="ALTER TABLE notes_history MODIFY body TEXT"
        " CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL",
        step="compare",
        error=(1253, "42000"),
    ),
}

SETTINGS = (
    "SET autocommit = 1",
    "SET autocommit = 0",
    "SET completion_type = 'CHAIN'",
    "SET SESSION TRANSACTION READ ONLY",
)


@pytest.mark.core
@pytest.mark.parametrize("name", CAUSES)
def test_an_error_in_the_middle_of_a_chunk_is_the_servers_own_and_copies_nothing(
    shop: OpenShop, name: str
) -> None:
    cause = CAUSES[name]
    expected = cause.error
    overlook_drift(shop)
    harm(shop, cause.harm)
    before = standing(shop)

    for setting in SETTINGS:
        caller = shop.connect(shop.caller_url)
        query(caller, setting)
        # Twice in one session: the first leaves no transaction open.
        errors = [failure(caller) for _ in range(2)]
        caller.close()
        assert (setting, errors) == (setting, [expected, expected])
        assert standing(shop) == before
    logged = failures(shop)

    assert logged == [(cause.step, *expected)] * 2 * len(SETTINGS)

    harm(shop, cause.mending)
    caller = shop.connect(shop.caller_url)
    copy_all(caller)
    caller.close()

    assert_complete(shop)


@pytest.mark.core
def test_a_lock_on_history_that_is_not_given_back_fails_the_call(
    shop: OpenShop,
) -> None:
    before = standing(shop)
    other = shop.connect()
    query(other, "START TRANSACTION")
    query(
        other,
        "INSERT INTO notes_history SELECT n.subject_id, 1, n.*"
        f" FROM {shop.source}.notes AS n JOIN {shop.source}.orders AS o"
        " ON o.id = n.subject_id AND n.subject_type = 'order'"
        " WHERE o.status = 'dispensed' ORDER BY n.id LIMIT 1",
    )
    assert value(other, "SELECT COUNT(*) FROM notes_history") == 1
    caller = shop.connect(shop.caller_url)
    query(caller, "SET SESSION innodb_lock_wait_timeout = 1")

    errors = [failure(caller), failure(caller)]
    after = standing(shop)
    query(other, "ROLLBACK")
    other.close()
    copy_all(caller)
    caller.close()

    # MySQL or MariaDB, only the statement was undone; the chunk is not half there.
    assert errors == [(1205, "HY000")] * 2
    assert failures(shop) == [("copy", 1205, "HY000")] * 2
    assert after == before
    assert_complete(shop)


@pytest.mark.core
def test_a_call_that_is_the_victim_of_a_deadlock_copies_nothing(
    shop: OpenShop,
) -> None:
    # The other session holds a note's place in history and waits for the order that
    # the chunk has copied; the chunk then wants the note's place. The one that has
    # written less is the victim: it is given more to write.
    before = standing(shop)
    gate = Gate(shop)
    edit_procedure(
        shop,
        COPY,
        old="CALL _copy_notes(",
        new=f"{gate.statement} CALL _copy_notes(",
    )
    other = shop.connect()
    caller = shop.connect(shop.caller_url)
    number = value(other, "SELECT CONNECTION_ID()")
    query(other, "CREATE TABLE scratch (n INT) ENGINE = InnoDB")
    query(other, "START TRANSACTION")
    query(
        other,
        f"INSERT INTO scratch SELECT o.id FROM {shop.source}.orders AS o"
        f" JOIN {shop.source}.orders AS p",
    )
    (note,) = query(
        other,
        f"SELECT n.* FROM {shop.source}.notes AS n JOIN {shop.source}.orders AS o"
        " ON o.id = n.subject_id AND n.subject_type = 'order'"
        " WHERE o.status = 'dispensed' ORDER BY n.id LIMIT 1",
    )
    query(
        other,
        "INSERT INTO notes_history VALUES (%s, 1, %s, 'order', %s, 'x', '2020-01-01')",
        note["subject_id"],
        note["id"],
        note["subject_id"],
    )
    call = Call(caller)
    gate.wait_for(caller)
    waiting = Call(
        other,
        "INSERT INTO orders_history SELECT o.*, 1, 1"
        f" FROM {shop.source}.orders AS o WHERE o.id = {note['subject_id']}",
    )
    until(
        lambda: re.search(
            rf"\bLOCK WAIT\b.*\n\w+ thread id {number},",
            query(shop.admin, "SHOW ENGINE INNODB STATUS")[0]["Status"],
        ),
        "the other session waits for the order",
    )
    gate.open()
    with pytest.raises(pymysql.Error) as failed:
        call.row()
    waiting.thread.join()
    after = standing(shop)
    query(other, "ROLLBACK")
    other.close()
    restore_procedure(shop, COPY)
    copy_all(caller)
    caller.close()

    assert failed.value.args[0] == 1213
    assert failures(shop) == [("copy", 1213, "40001")]
    assert after == before
    assert_complete(shop)


HIDINGS = {
    "RENAME TABLE failure TO away": "RENAME TABLE away TO failure",
    "ALTER TABLE failure DROP COLUMN errno": "ALTER TABLE failure ADD COLUMN errno INT",
    "CREATE TRIGGER refuse BEFORE INSERT ON failure FOR EACH ROW"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'": "DROP TRIGGER refuse",
}


@pytest.mark.core
def test_an_error_reaches_the_caller_although_it_cannot_be_logged(
    shop: OpenShop,
) -> None:
    caller = shop.connect(shop.caller_url)
    harm(shop, "ALTER TABLE {s}.orders ADD COLUMN extra INT NULL")
    before = standing(shop)

    for hiding, showing in HIDINGS.items():
        query(shop.admin, hiding)
        errors = [failure(caller) for _ in range(2)]
        query(shop.admin, showing)
        assert (hiding, errors) == (hiding, [(30007, "45000")] * 2)
    harm(shop, "ALTER TABLE {s}.orders DROP COLUMN extra")

    assert standing(shop) == before
    assert failures(shop) == []

    copy_all(caller)
    caller.close()

    assert_complete(shop)


@pytest.mark.core
def test_a_chunk_that_cannot_be_logged_is_not_copied(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)
    before = standing(shop)

    query(shop.admin, "RENAME TABLE chunk TO away")
    errors = [failure(caller) for _ in range(2)]
    query(shop.admin, "RENAME TABLE away TO chunk")
    after = standing(shop)
    copy_all(caller)
    caller.close()

    assert errors == [(1146, "42S02")] * 2
    assert after == before
    assert_complete(shop)


# A place in each step, in which procedure, and what the log calls it.
STEPS = {
    "SET v_step = 'open a pass';": ("copy_orders_chunk", "open a pass"),
    "SET v_step = 'claim a lane';": ("copy_orders_chunk", "claim a lane"),
    "SET v_step = 'check the source';": ("copy_orders_chunk", "check the source"),
    "SET v_step = 'copy';": ("copy_orders_chunk", "copy"),
    "SET v_step = 'choose';": (COPY, "choose"),
    "SET v_step = 'copy batches';": (COPY, "copy batches"),
    "SET v_step = 'compare';": (COPY, "compare"),
    "SET v_step = 'note what waits';": (COPY, "note what waits"),
    "SET v_step = 'advance the lane';": (COPY, "advance the lane"),
    "-- Last: it takes the holder's name off": ("_work_in_orders", "copy"),
}


@pytest.mark.parametrize("place", STEPS)
def test_a_failure_in_any_step_copies_nothing_and_is_logged_under_its_name(
    shop: OpenShop, place: str
) -> None:
    procedure, step = STEPS[place]
    if step == "open a pass":
        copy_all(shop.admin)
        query(shop.admin, "UPDATE archive SET pass_seconds = 0")
    before = standing(shop)
    # By a prepared error, for a function's tables are all opened before it begins.
    edit_procedure(
        shop,
        procedure,
        old=f"    {place}",
        new=f"    SIGNAL SQLSTATE '42S02' SET MYSQL_ERRNO = 1146;\n    {place}"
        if place.startswith("--")
        else f"    {place} SIGNAL SQLSTATE '42S02' SET MYSQL_ERRNO = 1146;",
    )
    caller = shop.connect(shop.caller_url)

    errors = [failure(caller) for _ in range(2)]
    after = standing(shop)
    restore_procedure(shop, procedure)
    copy_all(caller)
    caller.close()

    assert errors == [(1146, "42S02")] * 2
    assert failures(shop) == [(step, 1146, "42S02")] * 2
    assert after == before
    assert_complete(shop)


@pytest.mark.core
def test_the_log_holds_no_value_of_the_row_that_failed(shop: OpenShop) -> None:
    overlook_drift(shop)
    harm(shop, CAUSES["a column of history is gone"].harm)
    caller = shop.connect(shop.caller_url)

    failure(caller)
    (row,) = query(shop.admin, "SELECT * FROM failure")
    who = value(caller, "SELECT USER()")
    number = value(caller, "SELECT CONNECTION_ID()")
    caller.close()

    assert row == {
        "archive": "orders",
        "failed_at": row["failed_at"],
        "connection_id": number,
        "called_by": who,
        "step": "copy notes",
        "errno": 1054,
        "sqlstate_code": "42S22",
    }


def failure(connection: Connection) -> tuple[int, str | None]:
    """Call, and tell how that failed: errno and SQLSTATE."""
    with pytest.raises(pymysql.Error) as failed:
        copy_chunk(connection)
    return failed.value.args[0], failed.value.sqlstate


def failures(shop: OpenShop) -> list[tuple[object, ...]]:
    """Read what the log holds of failures, and see that it is committed."""
    rows: list[Row] = query(
        shop.admin,
        "SELECT step, errno, sqlstate_code FROM failure ORDER BY failed_at",
    )
    return [tuple(row.values()) for row in rows]


def harm(shop: OpenShop, statements: str) -> None:
    query(shop.admin, "SET sql_mode = ''")  # for the zero dates that it holds
    for statement in statements.split(";"):
        query(shop.admin, statement.format(s=shop.source))


def standing(shop: OpenShop) -> dict[str, object]:
    """Read all that a CALL may change, but for its log."""
    tables = [
        name
        for name in (*HISTORY, "waiting_root", "archive")
        if query(shop.admin, "SHOW TABLES LIKE %s", name)
    ]
    return {
        "lane": query(shop.admin, "SELECT * FROM lane"),
        **{t: value(shop.admin, f"SELECT COUNT(*) FROM {t}") for t in tables},
    }


def assert_complete(shop: OpenShop) -> None:
    verdict = compare(shop.admin, shop.source, shop.history)
    assert verdict.complete, verdict.examples
