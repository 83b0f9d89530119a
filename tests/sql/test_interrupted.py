"""What an interrupted CALL leaves in its session, and what must not come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from sandbox.oracle import compare
from tests.procedures import (
    RELATIONS,
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


@pytest.fixture
def caller(shop: OpenShop) -> Iterator[Connection]:
    connection = shop.connect(shop.caller_url)
    yield connection
    connection.close()


def leave_half_a_chunk(shop: OpenShop, caller: Connection) -> None:
    """Do what an interruption does on MySQL: no handler runs, nothing is rolled back.

    Stands in for KILL QUERY at this very statement: the procedure is left there.
    """
    edit_procedure(
        shop,
        "copy_orders_chunk",
        old="SET v_step = 'note what waits';",
        new="LEAVE copy_orders_chunk;\n            SET v_step = 'note what waits';",
    )
    query(caller, "CALL copy_orders_chunk(10)")
    restore_procedure(shop, "copy_orders_chunk")


@pytest.mark.core
@pytest.mark.parametrize("ending", ["COMMIT", "START TRANSACTION"])
def test_half_a_chunk_that_somebody_commits_stops_the_archive_and_is_named(
    shop: OpenShop, caller: Connection, ending: str
) -> None:
    leave_half_a_chunk(shop, caller)
    query(caller, ending)
    query(caller, "ROLLBACK")

    with pytest.raises(pymysql.Error) as refused:
        copy_chunk(caller)

    half = f"connection {caller_id(shop)} committed half of chunk 1"
    assert refused.value.args[0] == 30012
    assert refused.value.args[1].startswith(half)


@pytest.mark.core
def test_half_a_chunk_that_is_rolled_back_is_copied_again(
    shop: OpenShop, caller: Connection
) -> None:
    leave_half_a_chunk(shop, caller)
    with pytest.raises(pymysql.Error) as refused:
        copy_chunk(caller)
    query(caller, "ROLLBACK")

    rows = copy_all(caller)

    assert refused.value.args[0] == 30001
    assert "ROLLBACK and never COMMIT" in refused.value.args[1]
    assert sum(row["roots"] for row in rows) == 40


@pytest.mark.core
def test_half_a_chunk_is_taken_out_as_the_readme_says_and_copied_anew(
    shop: OpenShop, caller: Connection
) -> None:
    leave_half_a_chunk(shop, caller)
    query(caller, "COMMIT")

    for table in (*RELATIONS, "orders"):
        query(shop.admin, f"DROP TRIGGER {table}_history_before_delete")
    for relation in RELATIONS:
        query(
            shop.admin,
            f"DELETE c FROM orders_history AS h JOIN {relation}_history AS c "
            "ON c.history_root_id = h.id WHERE h.history_chunk = 1",
        )
    query(shop.admin, "DELETE FROM orders_history WHERE history_chunk = 1")
    query(shop.admin, "DELETE FROM chunk WHERE id = 1")
    rows = copy_all(caller)

    assert sum(row["roots"] for row in rows) == 40
    assert compare(shop.admin, shop.source, shop.history).complete


def caller_id(shop: OpenShop) -> int:
    return int(value(shop.admin, "SELECT MAX(connection_id) FROM chunk"))


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
def test_a_session_that_numbers_rows_itself_is_refused(
    shop: OpenShop, caller: Connection
) -> None:
    query(caller, "SET insert_id = 18446744073709551614")
    for call in (
        "CALL copy_orders_chunk(1)",
        "CALL open_run('orders', NULL, 0, 'copy')",
    ):
        with pytest.raises(pymysql.Error) as refused:
            query(caller, call)
        assert refused.value.args[0] == 30013
    query(caller, "SET insert_id = 0")

    copy_all(caller)

    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 40
    assert value(shop.admin, "SELECT MAX(id) FROM chunk") < 100


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
