"""Runs of the runner: opened, closed with a reason, and marked where they died."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.support.procedures import copy_chunk, query, value

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection, Row


def test_a_run_is_written_when_it_opens_and_again_when_it_closes(
    shop: OpenShop,
) -> None:
    caller = shop.connect(shop.caller_url)

    run_id = open_run(caller, "'request-1'", 25)
    (opened,) = runs_of(shop)
    counting_id = close_run(caller, run_id, "deadline", 3, 40, 400, "0.75", "why")
    (closed,) = runs_of(shop)
    who = value(caller, "SELECT USER()")
    number = value(caller, "SELECT CONNECTION_ID()")
    caller.close()

    assert counting_id == run_id
    assert opened == {
        "id": run_id,
        "archive": "orders",
        "kind": "copy",
        "request_id": "request-1",
        "opened_at": opened["opened_at"],
        "budget_seconds": 25,
        "closed_at": None,
        "reason": None,
        "detail": None,
        "seen_at": None,
        "runs": 1,
        "calls": 0,
        "roots": 0,
        "related_rows": 0,
        "seconds": 0,
        "called_by": who,
        "connection_id": number,
    }
    assert closed["closed_at"] >= opened["opened_at"]
    assert closed == opened | {
        "closed_at": closed["closed_at"],
        "reason": "deadline",
        "detail": "why",
        "calls": 3,
        "roots": 40,
        "related_rows": 400,
        "seconds": Decimal("0.75"),
    }


def test_one_request_can_come_twice_and_no_limit_is_a_budget_of_zero(
    shop: OpenShop,
) -> None:
    caller = shop.connect(shop.caller_url)

    ids = [
        open_run(caller, "'request-1'", 0),
        open_run(caller, "'request-1'", None),
        open_run(caller, "NULL", 25),
    ]
    caller.close()

    assert len(set(ids)) == 3
    assert [run["budget_seconds"] for run in runs_of(shop)] == [0, 0, 25]


@pytest.mark.core
def test_idle_runs_in_a_row_share_one_row(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)

    ids = [run_once(caller, "idle", 0) for _ in range(4)]
    (row,) = runs_of(shop)
    caller.close()

    assert set(ids) == {row["id"]}
    assert (row["runs"], row["calls"], row["roots"]) == (4, 8, 0)
    assert (row["reason"], row["seconds"]) == ("idle", Decimal(2))


@pytest.mark.parametrize(
    ("reason", "roots"),
    [
        ("idle", 40),
        ("busy", 0),
        ("paused", 0),
        ("deadline", 0),
        ("error", 0),
    ],
)
def test_another_run_between_two_idle_ones_keeps_each_in_a_row_of_its_own(
    shop: OpenShop, reason: str, roots: int
) -> None:
    caller = shop.connect(shop.caller_url)

    ids = [
        run_once(caller, "idle", 0),
        run_once(caller, reason, roots),
        run_once(caller, "idle", 0),
        run_once(caller, "idle", 0),
    ]
    rows = runs_of(shop)
    caller.close()

    assert ids == [rows[0]["id"], rows[1]["id"], rows[2]["id"], rows[2]["id"]]
    assert [(r["reason"], r["roots"], r["runs"]) for r in rows] == [
        ("idle", 0, 1),
        (reason, roots, 1),
        ("idle", 0, 2),
    ]


def test_an_idle_run_is_not_counted_in_a_row_of_another_archive_or_an_open_one(
    shop: OpenShop,
) -> None:
    query(
        shop.admin,
        "INSERT INTO archive (name, pass_started_at)"
        " VALUES ('others', UTC_TIMESTAMP())",
    )
    caller = shop.connect(shop.caller_url)

    first = run_once(caller, "idle", 0)
    other = value(caller, "CALL open_run('others', NULL, 25, 'copy')")
    assert close_run(caller, other, "idle", 1, 0, 0, "0", None) == other
    second = run_once(caller, "idle", 0)
    still_open = open_run(caller, "NULL", 25)
    third = run_once(caller, "idle", 0)
    caller.close()

    assert second == first
    assert third not in {first, still_open}
    assert [run["runs"] for run in runs_of(shop)] == [2, 1, 1, 1]


def test_a_run_past_its_budget_whose_last_chunk_is_old_is_marked_as_lost(
    shop: OpenShop,
) -> None:
    caller = shop.connect(shop.caller_url)
    lost = open_run(caller, "NULL", 25)
    set_back(shop, "run", "opened_at", 86)

    later = open_run(caller, "NULL", 25)
    first, second = runs_of(shop)
    caller.close()

    assert (first["id"], first["reason"]) == (lost, "lost")
    assert first["closed_at"] > first["opened_at"]
    assert (second["id"], second["reason"], second["closed_at"]) == (later, None, None)


def test_a_run_within_its_budget_and_a_minute_is_not_lost(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)
    open_run(caller, "NULL", 3600)
    set_back(shop, "run", "opened_at", 3600)

    open_run(caller, "NULL", 25)
    caller.close()

    assert [run["reason"] for run in runs_of(shop)] == [None, None]


@pytest.mark.core
def test_a_run_that_still_copies_is_not_lost_however_old_it_is(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)
    open_run(caller, "NULL", 0)
    set_back(shop, "run", "opened_at", 7200)

    copy_chunk(caller, 5)
    open_run(shop.admin, "NULL", 25)
    copying = runs_of(shop)[0]["reason"]
    set_back(shop, "chunk", "started_at", 61)
    open_run(shop.admin, "NULL", 25)
    caller.close()

    assert copying is None
    assert [run["reason"] for run in runs_of(shop)] == ["lost", None, None]


def test_chunks_of_another_connection_or_archive_do_not_keep_a_run_alive(
    shop: OpenShop,
) -> None:
    caller = shop.connect(shop.caller_url)
    open_run(caller, "NULL", 0)
    set_back(shop, "run", "opened_at", 7200)
    copy_chunk(caller, 5)
    query(shop.admin, "UPDATE chunk SET archive = 'others'")
    copy_chunk(shop.admin, 5)

    open_run(shop.admin, "NULL", 25)
    caller.close()

    assert [run["reason"] for run in runs_of(shop)] == ["lost", None]


def test_a_closed_run_is_never_marked_as_lost(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)
    run_once(caller, "deadline", 5)
    set_back(shop, "run", "opened_at", 7200)
    before = runs_of(shop)

    open_run(caller, "NULL", 25)
    caller.close()

    assert runs_of(shop)[:1] == before


def test_a_run_that_was_marked_as_lost_too_early_can_still_close(
    shop: OpenShop,
) -> None:
    caller = shop.connect(shop.caller_url)
    run_id = open_run(caller, "NULL", 25)
    set_back(shop, "run", "opened_at", 86)
    open_run(shop.admin, "NULL", 25)

    close_run(caller, run_id, "deadline", 3, 40, 400, "1", None)
    caller.close()

    assert [run["reason"] for run in runs_of(shop)] == ["deadline", None]


def test_a_run_goes_on_over_a_new_connection(shop: OpenShop) -> None:
    first = shop.connect(shop.caller_url)
    run_id = open_run(first, "NULL", 0)
    first.close()
    set_back(shop, "run", "opened_at", 7200)
    second = shop.connect(shop.caller_url)

    (rejoined,) = query(second, "CALL rejoin_run(%s)", run_id)
    copy_chunk(second, 5)
    open_run(shop.admin, "NULL", 25)
    number = value(second, "SELECT CONNECTION_ID()")
    second.close()

    assert rejoined == {"run_id": run_id, "max_replica_lag_seconds": 1}
    assert runs_of(shop)[0]["connection_id"] == number
    assert runs_of(shop)[0]["reason"] is None


def test_a_run_that_waits_is_not_lost_while_it_says_that_it_goes_on(
    shop: OpenShop,
) -> None:
    caller = shop.connect(shop.caller_url)
    run_id = open_run(caller, "NULL", 0)
    set_back(shop, "run", "opened_at", 7200)

    query(caller, "CALL rejoin_run(%s)", run_id)
    open_run(shop.admin, "NULL", 25)
    waiting = runs_of(shop)[0]["reason"]
    set_back(shop, "run", "seen_at", 61)
    open_run(shop.admin, "NULL", 25)
    caller.close()

    assert waiting is None
    assert [run["reason"] for run in runs_of(shop)] == ["lost", None, None]


def run_once(connection: Connection, reason: str, roots: int) -> int:
    run_id = open_run(connection, "NULL", 25)
    return close_run(connection, run_id, reason, 2, roots, 10 * roots, "0.5", None)


def open_run(connection: Connection, request: str, seconds: int | None) -> int:
    return int(
        value(connection, f"CALL open_run('orders', {request}, %s, 'copy')", seconds)
    )


def close_run(
    connection: Connection,
    run_id: int,
    *did: object,
) -> int:
    marks = ", ".join(["%s"] * len(did))
    return int(value(connection, f"CALL close_run(%s, {marks})", run_id, *did))


def runs_of(shop: OpenShop) -> list[Row]:
    return query(shop.admin, "SELECT * FROM run ORDER BY id")


def set_back(shop: OpenShop, table: str, column: str, seconds: int) -> None:
    """Make it older, as if that much time had gone by."""
    query(
        shop.admin,
        f"UPDATE {table} SET {column} = {column} - INTERVAL %s SECOND",
        seconds,
    )
