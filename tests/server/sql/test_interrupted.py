"""What an interrupted CALL leaves in its session, and what must not come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.oracle import compare
from tests.support.procedures import (
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
    from tests.support.procedures import Connection


@pytest.fixture
def caller(shop: OpenShop) -> Iterator[Connection]:
    connection = shop.connect(shop.caller_url)
    yield connection
    connection.close()


def leave_a_chunk(shop: OpenShop, caller: Connection) -> None:
    """Do what an interruption does on MySQL: no handler runs, nothing is rolled back.

    Stands in for KILL QUERY behind the one statement that copies: the procedure is
    left there.
    """
    edit_procedure(
        shop,
        "copy_orders_chunk",
        old="SET v_is_changed = v_is_changed OR NOT",
        new="LEAVE copy_orders_chunk;\n"
        "            SET v_is_changed = v_is_changed OR NOT",
    )
    query(caller, "CALL copy_orders_chunk(10)")
    restore_procedure(shop, "copy_orders_chunk")


@pytest.mark.core
@pytest.mark.parametrize("ending", ["COMMIT", "START TRANSACTION"])
def test_a_chunk_that_somebody_commits_by_hand_is_whole_and_on_record(
    shop: OpenShop, caller: Connection, ending: str
) -> None:
    leave_a_chunk(shop, caller)
    query(caller, ending)
    query(caller, "ROLLBACK")
    found = value(shop.admin, "SELECT SUM(roots) FROM chunk")

    rows = copy_all(caller)

    assert found == 10
    assert sum(row["roots"] for row in rows) == 30
    assert value(shop.admin, "SELECT COUNT(*) FROM chunk WHERE roots = 0") == 0
    assert compare(shop.admin, shop.source, shop.history).complete


@pytest.mark.core
def test_a_chunk_that_is_rolled_back_is_copied_again(
    shop: OpenShop, caller: Connection
) -> None:
    leave_a_chunk(shop, caller)
    with pytest.raises(pymysql.Error) as refused:
        copy_chunk(caller)
    query(caller, "ROLLBACK")

    rows = copy_all(caller)

    assert refused.value.args[0] == 30001
    assert "ROLLBACK" in refused.value.args[1]
    assert sum(row["roots"] for row in rows) == 40


@pytest.mark.core
def test_a_session_that_tells_no_errors_is_refused(shop: OpenShop) -> None:
    session = shop.connect()
    query(session, "SET max_error_count = 0")

    for call in ("CALL copy_orders_chunk(NULL)", "CALL verify_orders_chunk(NULL)"):
        with pytest.raises(pymysql.Error, match="max_error_count is 0") as refused:
            query(session, call)
        assert refused.value.args[0] == 30019
    session.close()

    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 0


@pytest.mark.core
@pytest.mark.parametrize("days", [-60, 60])
def test_a_session_with_a_clock_of_its_own_is_refused(
    caller: Connection, days: int
) -> None:
    query(caller, f"SET timestamp = UNIX_TIMESTAMP() + {days} * 86400")
    with pytest.raises(pymysql.Error) as refused:
        copy_chunk(caller)
    assert refused.value.args[0] == 30014
    query(caller, "SET timestamp = DEFAULT")

    assert copy_chunk(caller)["state"] == "copied"


@pytest.mark.core
@pytest.mark.parametrize("given", [1, 4294967297, 18446744073709551614])
def test_a_session_that_numbers_rows_itself_changes_no_number(
    shop: OpenShop, caller: Connection, given: int
) -> None:
    runs = []
    for _ in range(3):
        query(caller, f"SET insert_id = {given}, last_insert_id = {given}")
        copy_chunk(caller, 5)
        query(caller, f"SET insert_id = {given}")
        runs.append(value(caller, "CALL open_run('orders', NULL, 0, 'copy')"))

    copy_all(caller)

    chunks = query(shop.admin, "SELECT id FROM chunk ORDER BY id")
    first = 2**32 + 1
    assert [row["id"] for row in chunks] == list(range(first, first + len(chunks)))
    assert runs == [1, 2, 3]
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 40


@pytest.mark.core
def test_a_pass_that_is_due_waits_for_no_lane_that_is_held(
    shop: OpenShop, caller: Connection
) -> None:
    copy_all(caller)
    query(shop.admin, "UPDATE archive SET pass_started_at = '2000-01-01'")
    shop.admin.begin()
    query(shop.admin, "SELECT number FROM lane FOR UPDATE")

    row = copy_chunk(caller)
    shop.admin.rollback()

    assert row["state"] == "busy"
    assert copy_chunk(caller)["reason"] == "opened full pass 2"


def test_a_chunk_of_no_orders_cannot_be_set(shop: OpenShop) -> None:
    with pytest.raises(pymysql.Error):
        query(shop.admin, "UPDATE archive SET max_size = 0")
