"""No chunk starts while the server is busy, and the answer says by which limit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.shop import PASSWORD, upgrade
from tests.support.procedures import (
    Call,
    Gate,
    copy_chunk,
    edit_procedure,
    query,
    restore_procedure,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.procedures import Row

CONTROL = ("archive", "lane", "chunk", "run", "waiting")


@contextmanager
def running_threads(shop: OpenShop) -> Iterator[None]:
    """Keep four threads running; they wait, which counts."""
    gate = Gate(shop)
    sessions = [shop.connect() for _ in range(4)]
    calls = [Call(each, f"SELECT {gate.expression} AS ran") for each in sessions]
    yield
    gate.open()
    for call, session in zip(calls, sessions, strict=True):
        call.row()
        session.close()


@contextmanager
def waiting_for_a_row(shop: OpenShop) -> Iterator[None]:
    """Let a session wait for a row that another has locked."""
    query(shop.admin, "CREATE TABLE scratch (id INT PRIMARY KEY) ENGINE = InnoDB")
    query(shop.admin, "INSERT INTO scratch VALUES (1)")
    with ExitStack() as stack:
        holder, waiter = shop.connect(), shop.connect()
        stack.callback(holder.close)
        stack.callback(waiter.close)
        query(holder, "START TRANSACTION")
        lock = "SELECT id FROM scratch WHERE id = 1 FOR UPDATE"
        query(holder, lock)
        query(waiter, "SET innodb_lock_wait_timeout = 60")
        call = Call(waiter, lock)
        yield
        query(holder, "COMMIT")
        call.row()


@contextmanager
def unpurged_history(shop: OpenShop) -> Iterator[None]:
    """Keep InnoDB from purging, by an old snapshot; and give it something to purge."""
    query(
        shop.admin, "CREATE TABLE scratch (id INT PRIMARY KEY, n INT) ENGINE = InnoDB"
    )
    query(shop.admin, "INSERT INTO scratch VALUES (1, 0)")
    snapshot = shop.connect()
    query(snapshot, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
    query(snapshot, "SELECT * FROM scratch")
    for _ in range(5):
        query(shop.admin, "UPDATE scratch SET n = n + 1")
    yield
    snapshot.close()


Busy = Callable[["OpenShop"], AbstractContextManager[None]]

# Of each setting the sign, what brings it about, and a limit that it passes then.
BUSY: dict[str, tuple[str, Busy, int]] = {
    "max_threads_running": ("Threads_running", running_threads, 3),
    "max_row_lock_waits": ("Innodb_row_lock_current_waits", waiting_for_a_row, 0),
    "max_history_list_length": ("Innodb_history_list_length", unpurged_history, 0),
}


@pytest.mark.core
@pytest.mark.parametrize("setting", BUSY)
def test_nothing_is_copied_or_written_while_a_limit_is_passed(
    shop: OpenShop, server: Server, setting: str
) -> None:
    sign, busy, limit = BUSY[setting]
    if server.family == "mysql":
        query(shop.admin, f"GRANT PROCESS ON *.* TO `{shop.source}_owner`@`%`")
    tune(shop, setting, limit)
    caller = shop.connect(shop.caller_url)

    with busy(shop):
        until(lambda: copy_chunk(caller, 1)["state"] == "throttled", f"{sign} is high")
        before = control(shop)
        row = copy_chunk(caller, 5)
        after = control(shop)
        tune(shop, setting, None)
        unwatched = copy_chunk(caller, 5)
    caller.close()

    found = int(row["reason"].split()[2].rstrip(","))
    assert found > limit
    assert row == {
        "state": "throttled",
        "roots": 0,
        "related_rows": 0,
        "examined": 0,
        "quarantined": 0,
        "cursor": None,
        "seconds": Decimal(0),
        "next_wait_ms": 1000,
        "reason": f"{sign} is {found}, {setting} {limit}",
    }
    assert after == before
    assert (unwatched["state"], unwatched["roots"]) == ("copied", 5)


@pytest.mark.core
def test_a_limit_is_passed_by_more_than_it_and_not_by_as_much(shop: OpenShop) -> None:
    with running_threads(shop):
        query(shop.admin, "UPDATE archive SET max_threads_running = 0")
        until(lambda: running(copy_chunk(shop.admin)) > 4, "four others run")
        found = running(copy_chunk(shop.admin))
        tune(shop, "max_threads_running", found - 1)
        more = copy_chunk(shop.admin, 5)
        tune(shop, "max_threads_running", found)
        as_much = copy_chunk(shop.admin, 5)

    assert (more["state"], as_much["state"]) == ("throttled", "copied")


def test_every_limit_that_is_passed_is_told_at_once(shop: OpenShop) -> None:
    tune(shop, "max_row_lock_waits", 0)
    query(shop.admin, "UPDATE archive SET max_threads_running = 0")

    with waiting_for_a_row(shop):
        until(lambda: "; " in copy_chunk(shop.admin)["reason"], "a session waits")
        reason = copy_chunk(shop.admin)["reason"]

    assert [part.split()[0] for part in reason.split("; ")] == [
        "Threads_running",
        "Innodb_row_lock_current_waits",
    ]


def test_a_pause_is_told_rather_than_a_limit(shop: OpenShop) -> None:
    query(shop.admin, "UPDATE archive SET max_threads_running = 0")
    query(shop.admin, "CALL pause_archive('orders', 'closing')")

    assert copy_chunk(shop.admin)["state"] == "paused"


def test_a_throttled_call_leaves_no_transaction_open(shop: OpenShop) -> None:
    query(shop.admin, "UPDATE archive SET max_threads_running = 0")
    session = shop.connect(shop.caller_url)
    query(session, "SET autocommit = 0")

    states = [copy_chunk(session)["state"] for _ in range(2)]
    session.close()

    assert states == ["throttled", "throttled"]


@pytest.mark.core
def test_a_sign_that_cannot_be_read_or_has_gone_wrong_refuses_every_chunk(
    shop: OpenShop,
) -> None:
    for setting, (sign, *_) in BUSY.items():
        for found in ("NULL", "-1"):
            wrong = f"\n    SET {setting.replace('max_', 'out_')} = {found};\nEND;"
            edit_procedure(shop, "_read_load", old="\nEND;", new=wrong)
            tune(shop, setting, 1000)
            with pytest.raises(pymysql.Error) as refused:
                copy_chunk(shop.admin, 5)
            tune(shop, setting, None)

            assert copy_chunk(shop.admin, 1)["roots"] == 1
            assert refused.value.args == (30015, CANNOT_BE_READ % sign)

    logged = query(shop.admin, "SELECT step, errno FROM failure")
    assert logged == 6 * [{"step": "admit", "errno": 30015}]


CANNOT_BE_READ = (
    "%s can't be read, but a limit is set on it; grant access, or set the limit to "
    "NULL (docs/errors.md)"
)


def test_the_length_of_the_history_is_watched_from_the_start_where_it_can_be(
    make_shop: Callable[..., OpenShop],
    server: Server,
    caplog: pytest.LogCaptureFixture,
) -> None:
    may_read = make_shop(finished=2, installed=False)
    if server.family == "mysql":
        query(may_read.admin, f"GRANT PROCESS ON *.* TO `{may_read.source}_owner`@`%`")
    upgrade(may_read)
    watched = settings(may_read)
    quiet = warnings(caplog)
    may_not = make_shop(finished=2)

    assert watched == [25, 10, 1_000_000, None]
    assert quiet == []
    if server.family == "mariadb":  # tells anybody
        assert settings(may_not) == watched
    else:
        (warning,) = warnings(caplog)
        assert settings(may_not) == [25, 10, None, "Innodb_history_list_length"]
        assert warning.startswith(
            "no chunk of orders waits for Innodb_history_list_length, which this"
        )


def test_what_was_left_unwatched_is_watched_when_it_may_be_read(
    shop: OpenShop, server: Server
) -> None:
    if server.family == "mariadb":
        pytest.skip("MariaDB tells anybody")
    tune(shop, "max_history_list_length", 1_000_000)
    with pytest.raises(pymysql.Error, match="can't be read, but a limit"):
        copy_chunk(shop.admin)
    session = shop.connect(shop.caller_url)

    query(shop.admin, f"GRANT PROCESS ON *.* TO `{shop.source}_owner`@`%`")
    row = copy_chunk(session, 5)
    session.close()

    assert row["roots"] == 5


def test_the_signs_are_read_with_the_owners_rights_alone(
    shop: OpenShop, server: Server
) -> None:
    if server.family == "mariadb":
        pytest.skip("MariaDB tells anybody")
    tune(shop, "max_history_list_length", 1_000_000)
    query(shop.admin, f"CREATE USER `{shop.source}_x`@`%` IDENTIFIED BY '{PASSWORD}'")
    query(shop.admin, f"GRANT EXECUTE, PROCESS ON *.* TO `{shop.source}_x`@`%`")
    session = shop.connect(shop.caller_url.replace("_caller:", "_x:"))

    with pytest.raises(pymysql.Error, match="can't be read, but a limit"):
        copy_chunk(session)
    session.close()
    query(shop.admin, f"DROP USER `{shop.source}_x`@`%`")


def test_mariadb_is_never_asked_in_the_words_of_mysql(
    shop: OpenShop, server: Server
) -> None:
    if server.family == "mysql":
        pytest.skip("what it guards against is MariaDB's")
    # As a client leaves it that takes out what is a comment to MySQL.
    edit_procedure(shop, "_read_load", old="/*M!100000", new="/*")

    with pytest.raises(pymysql.Error, match="Threads_running can't be read"):
        copy_chunk(shop.admin)
    restore_procedure(shop, "_read_load")

    assert copy_chunk(shop.admin)["state"] == "copied"


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    said = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    return [each for each in said if not each.startswith("archives.toml says source")]


def tune(shop: OpenShop, setting: str, to: int | None) -> None:
    query(shop.admin, "CALL tune_archive('orders', %s, %s)", setting, to)


def running(row: Row) -> int:
    return int(row["reason"].split()[2].rstrip(","))


def control(shop: OpenShop) -> dict[str, list[Row]]:
    return {
        table: query(shop.admin, f"SELECT * FROM {table} ORDER BY 1, 2")
        for table in CONTROL
    }


def settings(shop: OpenShop) -> list[int | str | None]:
    """Return the limits, and what the progress says isn't watched."""
    session = shop.connect()
    (row,) = query(
        session,
        "SELECT a.max_threads_running, a.max_row_lock_waits, a.max_history_list_length,"
        " p.not_watched"
        " FROM archive AS a INNER JOIN progress AS p ON p.archive = a.name",
    )
    session.close()
    return [*row.values()]
