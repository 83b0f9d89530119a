"""Pause an archive before its next chunk, and let it go on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.oracle import compare
from tests.support.procedures import COPY, copy_all, copy_chunk, held_call, query, value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection, Row

# Server and tests share a clock; this only tells UTC from the zones of the world.
NOW = timedelta(minutes=10)


def test_a_paused_archive_says_by_whom_when_and_why_and_copies_nothing(
    shop: OpenShop,
) -> None:
    owner = shop.connect(shop.owner_url)
    caller = shop.connect(shop.caller_url)
    who = value(owner, "SELECT USER()")
    first = copy_chunk(caller, 5)

    answer = pause(owner, "month-end closing")
    rows = [copy_chunk(caller, 5) for _ in range(3)]
    (progress,) = query(caller, "CALL progress()")
    copied = value(shop.admin, "SELECT COUNT(*) FROM orders_history")
    owner.close()
    caller.close()

    at = answer["paused_at"]
    assert answer == {
        "archive": "orders",
        "paused_at": at,
        "paused_by": who,
        "pause_reason": "month-end closing",
    }
    assert abs(datetime.now(UTC).replace(tzinfo=None) - at) < NOW
    for row in rows:
        assert (row["state"], row["roots"], row["examined"]) == ("paused", 0, 0)
        assert row["reason"] == (
            f"paused by {who} at {at:%Y-%m-%d %H:%M:%S} UTC: month-end closing"
        )
    assert progress["state"] == "paused"
    assert {name: progress[name] for name in answer} == answer
    assert (first["roots"], copied) == (5, 5)


@pytest.mark.core
def test_a_chunk_that_is_being_copied_ends_first_and_the_pause_does_not_wait_for_it(
    shop: OpenShop,
) -> None:
    owner = shop.connect(shop.owner_url)
    caller = shop.connect(shop.caller_url)

    with held_call(
        shop,
        COPY,
        before="SET v_step = 'note what waits';",
        connection=caller,
        sql="CALL copy_orders_chunk(5)",
    ) as call:
        pause(owner, "month-end closing")
        seen = value(shop.admin, "SELECT COUNT(*) FROM orders_history")
    row = call.row()
    after = copy_chunk(caller, 5)
    owner.close()
    caller.close()

    assert seen == 0
    assert (row["state"], row["roots"]) == ("copied", 5)
    assert (after["state"], after["roots"]) == ("paused", 0)
    assert value(shop.admin, "SELECT COUNT(*) FROM orders_history") == 5


@pytest.mark.core
def test_a_resumed_archive_goes_on_where_it_stopped(shop: OpenShop) -> None:
    owner = shop.connect(shop.owner_url)
    caller = shop.connect(shop.caller_url)
    copy_chunk(caller, 5)
    pause(owner, "month-end closing")
    copy_chunk(caller, 5)
    before = query(shop.admin, "SELECT * FROM lane")

    (answer,) = query(owner, "CALL resume_archive('orders')")
    between = query(shop.admin, "SELECT * FROM lane")
    second = copy_chunk(caller, 5)
    ids = query(shop.admin, "SELECT id FROM orders_history ORDER BY id")
    copy_all(caller)
    owner.close()
    caller.close()

    assert answer == {
        "archive": "orders",
        "paused_at": None,
        "paused_by": None,
        "pause_reason": None,
    }
    assert between == before
    assert second["roots"] == 5
    assert [row["id"] for row in ids] == finished_ids(shop)[:10]
    assert compare(shop.admin, shop.source, shop.history).complete


def test_pausing_again_replaces_the_reason(shop: OpenShop) -> None:
    owner = shop.connect(shop.owner_url)

    first = pause(owner, "month-end closing")
    second = pause(shop.admin, "a restore")
    row = copy_chunk(shop.admin)
    owner.close()

    assert second["pause_reason"] == "a restore"
    assert second["paused_by"] != first["paused_by"]
    assert second["paused_at"] > first["paused_at"]
    assert row["reason"].endswith("UTC: a restore")


def test_resuming_what_is_not_paused_changes_nothing(shop: OpenShop) -> None:
    owner = shop.connect(shop.owner_url)
    before = query(shop.admin, "SELECT * FROM archive")

    answers = [query(owner, "CALL resume_archive('orders')") for _ in range(2)]
    copied = copy_chunk(owner, 5)
    owner.close()

    assert answers[0] == answers[1]
    assert query(shop.admin, "SELECT * FROM archive") == before
    assert copied["roots"] == 5


@pytest.mark.parametrize(
    "call", ["pause_archive('orders', 'x')", "resume_archive('orders')"]
)
def test_a_caller_in_a_transaction_is_refused_and_its_work_is_still_its_own(
    shop: OpenShop, call: str
) -> None:
    pause(shop.admin, "month-end closing")
    query(shop.admin, "CREATE TABLE scratch (n INT) ENGINE = InnoDB")
    before = query(shop.admin, "SELECT * FROM archive")
    session = shop.connect()

    query(session, "START TRANSACTION")
    query(session, "INSERT INTO scratch VALUES (1)")
    with pytest.raises(pymysql.Error, match="a transaction is open") as refused:
        query(session, f"CALL {call}")
    after = query(shop.admin, "SELECT * FROM archive")
    query(session, "COMMIT")
    query(session, f"CALL {call}")
    session.close()

    assert refused.value.args[0] == 30001
    assert after == before
    assert value(shop.admin, "SELECT COUNT(*) FROM scratch") == 1
    assert query(shop.admin, "SELECT * FROM archive") != before


@pytest.mark.parametrize(
    "setting",
    [
        "SET autocommit = 0",
        "SET completion_type = 'CHAIN'",
        "SET SESSION TRANSACTION READ ONLY",
    ],
)
def test_a_pause_is_committed_whatever_the_session_is_set_to(
    shop: OpenShop, setting: str
) -> None:
    owner = shop.connect(shop.owner_url)
    query(owner, setting)

    # Twice in one session: the first leaves no transaction open.
    pause(owner, "month-end closing")
    pause(owner, "a restore")
    paused = copy_chunk(shop.admin, 5)
    query(owner, "CALL resume_archive('orders')")
    resumed = copy_chunk(shop.admin, 5)
    refused = []
    for _ in range(2):
        with pytest.raises(pymysql.Error) as failed:
            pause(owner, "")
        refused.append(failed.value.args[0])
    owner.close()

    assert (paused["state"], resumed["state"]) == ("paused", "copied")
    assert paused["reason"].endswith("UTC: a restore")
    assert refused == [30004, 30004]


@pytest.mark.core
@pytest.mark.parametrize(
    ("procedure", "before", "call"),
    [
        ("_set_pause", "UPDATE archive", "pause_archive('orders', 'closing')"),
        ("_set_pause", "UPDATE archive", "resume_archive('orders')"),
        ("tune_archive", "UPDATE archive", "tune_archive('orders', 'pace', 50)"),
        ("retry_quarantine", "UPDATE archive", "retry_quarantine('orders')"),
        ("rejoin_run", "UPDATE run", "rejoin_run(1)"),
        ("close_run", "UPDATE run", "close_run(1, 'idle', 1, 1, 1, 1, NULL)"),
        ("split_orders", "CALL _split_lanes", "split_orders(2)"),
    ],
)
def test_what_another_session_changes_meanwhile_ends_no_call(
    shop: OpenShop, server: Server, procedure: str, before: str, call: str
) -> None:
    owner = shop.connect(shop.owner_url)
    query(owner, "CALL open_run('orders', NULL, 0, 'copy')")
    query(shop.admin, "UPDATE run SET id = 1")
    # MariaDB from 11.6.2 on has it on: who changes what another has changed since it
    # began to read is told 1020.
    if server.family == "mariadb":
        query(owner, "SET SESSION innodb_snapshot_isolation = ON")

    with held_call(
        shop, procedure, before=before, connection=owner, sql=f"CALL {call}"
    ) as held:
        query(shop.admin, "UPDATE archive SET max_size = 9")
        query(shop.admin, "UPDATE run SET request_id = 'another'")
        query(shop.admin, "UPDATE lane SET size = 7")
    held.thread.join(60)
    owner.close()

    assert held.error is None
    assert value(shop.admin, "SELECT max_size FROM archive") == 9


@pytest.mark.core
def test_operators_beside_one_another_end_no_call(
    shop: OpenShop, server: Server
) -> None:
    calls = (
        "pause_archive('orders', 'closing')",
        "tune_archive('orders', 'pace', 50)",
        "resume_archive('orders')",
        "retry_quarantine('orders')",
    )
    sessions = [shop.connect(shop.owner_url) for _ in range(3)]
    if server.family == "mariadb":
        for session in sessions:
            query(session, "SET SESSION innodb_snapshot_isolation = ON")

    with ThreadPoolExecutor(len(sessions)) as pool:
        done = [pool.submit(call_in_turn, session, calls * 20) for session in sessions]
    for session in sessions:
        session.close()

    assert [each.exception() for each in done] == [None] * len(sessions)


def call_in_turn(session: Connection, calls: Sequence[str]) -> None:
    for call in calls:
        query(session, f"CALL {call}")


def pause(connection: Connection, reason: str) -> Row:
    (row,) = query(connection, "CALL pause_archive('orders', %s)", reason)
    return row


def finished_ids(shop: OpenShop) -> list[int]:
    rows = query(
        shop.admin,
        f"SELECT id FROM {shop.source}.orders "
        "WHERE status IN ('uncollected', 'cancelled', 'dispensed') ORDER BY id",
    )
    return [row["id"] for row in rows]


def test_the_grants_that_the_readme_gives_an_operator_are_enough(
    shop: OpenShop,
) -> None:
    operator = f"`{shop.source}_op`@`%`"
    history = shop.history.replace("_", "\\_")
    query(shop.admin, f"CREATE USER {operator} IDENTIFIED BY 'sandbox'")
    query(shop.admin, f"GRANT EXECUTE ON `{history}`.* TO {operator}")
    query(shop.admin, f"GRANT SELECT, UPDATE ON `{shop.history}`.archive TO {operator}")
    session = shop.connect(shop.caller_url.replace("_caller:", "_op:"))

    (paused,) = query(session, "CALL pause_archive('orders', 'closing the month')")
    (resumed,) = query(session, "CALL resume_archive('orders')")
    session.close()
    query(shop.admin, f"DROP USER {operator}")

    assert paused["paused_by"].startswith(f"{shop.source}_op@")
    assert resumed["paused_by"] is None
