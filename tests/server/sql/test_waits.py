"""Who waits for whom, and for how long: CALLs, ALTERs and the application."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.runner.errors import RetryError, from_driver
from tests.support.kills.history import assert_complete
from tests.support.procedures import (
    COPY,
    Call,
    connection_id,
    copy_all,
    copy_chunk,
    held_call,
    query,
    until,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

pytestmark = pytest.mark.core

WAITS = "Waiting for table metadata lock"


@pytest.fixture
def caller(shop: OpenShop) -> Iterator[Connection]:
    connection = shop.connect(shop.caller_url)
    # The runner's sessions wait for 5 s; the servers' own default is a day or a year.
    query(connection, "SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1")
    yield connection
    connection.close()


def waiting(shop: OpenShop) -> int:
    """Count the sessions that wait for a table."""
    return int(
        value(
            shop.admin,
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state = %s",
            WAITS,
        )
    )


def test_a_call_behind_an_alter_gives_up_in_time_and_lets_go_of_its_lane(
    shop: OpenShop, caller: Connection
) -> None:
    altering = shop.connect()
    # What an ALTER has while it puts the new table in the place of the old one.
    query(altering, f"LOCK TABLES {shop.source}.notes WRITE")

    with pytest.raises(pymysql.OperationalError) as caught:
        copy_chunk(caller)
    free = query(shop.admin, "SELECT holder_id FROM lane FOR UPDATE SKIP LOCKED")
    error = from_driver(caught.value, "CALL copy_orders_chunk")
    (failed,) = query(shop.admin, "SELECT errno, step FROM failure")
    query(altering, "UNLOCK TABLES")
    altering.close()
    copy_all(caller)

    assert caught.value.args[0] == 1205
    assert free == [{"holder_id": None}]
    assert failed == {"errno": 1205, "step": "check the source"}
    assert type(error) is RetryError
    assert "an ALTER of a source table" in str(error)
    assert_complete(shop.admin, shop)


def test_a_call_that_waits_for_an_alter_keeps_nobody_from_other_tables(
    shop: OpenShop, caller: Connection
) -> None:
    altering, application = shop.connect(), shop.connect()
    query(altering, f"LOCK TABLES {shop.source}.notes WRITE")
    query(caller, "SET SESSION lock_wait_timeout = 60")

    call = Call(caller)
    until(lambda: waiting(shop) == 1, "the CALL waits for the table")
    for table in ("orders", "order_items", "customers", "products"):
        query(application, f"UPDATE {shop.source}.{table} SET id = id WHERE id < 30")
    meanwhile = waiting(shop)
    query(altering, "UNLOCK TABLES")
    row = call.row()
    altering.close()
    application.close()

    assert meanwhile == 1
    assert row["state"] == "copied"
    copy_all(caller)
    assert_complete(shop.admin, shop)


def test_an_alter_behind_a_call_and_what_queues_behind_it_wait_for_one_chunk_alone(
    shop: OpenShop, caller: Connection
) -> None:
    altering, application = shop.connect(), shop.connect()
    query(altering, "SET sql_mode = ''")  # the pharmacy has zero dates

    with held_call(
        shop,
        COPY,
        before="SET v_step = 'note what waits';",
        connection=caller,
        sql="CALL copy_orders_chunk(10)",
    ) as call:
        alter = Call(altering, f"ALTER TABLE {shop.source}.notes COMMENT 'after one'")
        until(lambda: waiting(shop) == 1, "the ALTER waits for the chunk")
        reading = Call(application, f"SELECT COUNT(*) AS n FROM {shop.source}.notes")
        until(lambda: waiting(shop) == 2, "the application waits for the ALTER")
    # The next CALL comes behind them, and doesn't keep them.
    assert call.row()["roots"] == 10
    copy_chunk(caller, 10)
    alter.thread.join()
    read = reading.row()

    assert alter.error is None
    assert read["n"] > 0
    assert "after one" in str(
        query(shop.admin, f"SHOW CREATE TABLE {shop.source}.notes")
    )
    copy_all(caller)
    assert_complete(shop.admin, shop)
    altering.close()
    application.close()


def test_a_call_waits_in_time_for_a_row_of_history_that_somebody_locks(
    shop: OpenShop, caller: Connection
) -> None:
    copy_chunk(caller, 10)
    somebody = shop.connect()
    somebody.begin()
    query(somebody, "SELECT * FROM waiting FOR UPDATE")

    with pytest.raises(pymysql.OperationalError) as caught:
        copy_chunk(caller, 10)
    somebody.rollback()
    somebody.close()
    copy_all(caller)

    assert caught.value.args[0] == 1205
    assert_complete(shop.admin, shop)


def test_an_interrupted_session_holds_an_alter_up_until_it_is_killed_by_name(
    shop: OpenShop, caller: Connection
) -> None:
    altering = shop.connect()
    query(altering, "SET sql_mode = ''")  # the pharmacy has zero dates
    other = shop.connect(shop.caller_url)
    # As a KILL QUERY leaves it on MySQL.
    session = connection_id(caller)
    with held_call(
        shop, COPY, before="SET v_step = 'note what waits';", connection=caller
    ) as call:
        alter = Call(altering, f"ALTER TABLE {shop.source}.notes COMMENT 'at last'")
        until(lambda: waiting(shop) == 1, "the ALTER waits for the chunk")
        reason = copy_chunk(other)["reason"]
        query(shop.admin, f"KILL {session}")
        alter.thread.join()
        call.thread.join()

    assert f"held by connection {session} for" in reason
    assert alter.error is None
    copy_all(other)
    assert_complete(shop.admin, shop)
    altering.close()
    other.close()
