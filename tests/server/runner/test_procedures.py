"""The procedures' calls over a real connection."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bygones.runner.calls import RunSummary
from bygones.runner.connection import connect, parse_url
from bygones.runner.errors import (
    BygonesError,
    LostConnectionError,
    RetryError,
    StopError,
    TryLaterError,
)
from bygones.runner.procedures import Procedures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import OpenShop

ROW = (
    "SELECT 'copied' AS state, 3 AS roots, 9 AS related_rows, 4 AS examined,"
    " NULL AS quarantined, x'0AFF' AS `cursor`, 0.125 AS seconds,"
    " 250 AS next_wait_ms, 'why' AS reason;"
)


@pytest.fixture
def procedures(shop: OpenShop) -> Iterator[Procedures]:
    database = parse_url(shop.caller_url)
    opened = Procedures(lambda: connect(database, schema=database.history, seconds=30))
    with closing(opened):
        yield opened


def create_chunk(shop: OpenShop, archive: str, body: str) -> None:
    name = f"`{shop.history}`.`copy_{archive.replace('`', '``')}_chunk`"
    with shop.admin.cursor() as cursor:
        cursor.execute(f"CREATE PROCEDURE {name}(IN in_max_roots INT) BEGIN {body} END")


def kill_sessions_in(shop: OpenShop) -> None:
    with shop.admin.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM information_schema.processlist"
            " WHERE db = %s AND id <> CONNECTION_ID()",
            (shop.history,),
        )
        for (session,) in cursor.fetchall():
            cursor.execute(f"KILL {session}")


def test_a_run_copies_the_shop_with_the_callers_rights(procedures: Procedures) -> None:
    run_id = procedures.open_run("orders", None, 30, "copy")
    chunk = procedures.copy_chunk("orders", 5)
    procedures.rejoin_run(run_id)
    summary = RunSummary(archive="orders", run_id=run_id, reason="max_chunks")
    closed = procedures.close_run(summary.plus(chunk))
    (progress,) = procedures.progress()

    assert (chunk.archive, chunk.state, chunk.roots) == ("orders", "copied", 5)
    assert closed == run_id
    assert progress["archive"] == "orders"


def test_reads_every_column_of_a_chunks_row(
    shop: OpenShop, procedures: Procedures
) -> None:
    create_chunk(shop, "any", ROW)

    chunk = procedures.copy_chunk("any", None)

    assert (chunk.roots, chunk.related_rows, chunk.examined) == (3, 9, 4)
    assert (chunk.quarantined, chunk.seconds) == (0, 0.125)
    assert (chunk.cursor, chunk.next_wait_ms, chunk.reason) == ("0aff", 250, "why")


def test_reads_every_column_of_a_verifications_row(
    shop: OpenShop, procedures: Procedures
) -> None:
    name = f"`{shop.history}`.verify_any_chunk"
    row = (
        "SELECT 'verified' AS state, 3 AS roots, 9 AS related_rows, 1 AS missing,"
        " 2 AS incomplete, 4 AS different, 5 AS orphaned, 6 AS findings,"
        " 'k' AS `cursor`, 0.125 AS seconds, 0 AS next_wait_ms, NULL AS reason;"
    )
    with shop.admin.cursor() as cursor:
        cursor.execute(f"CREATE PROCEDURE {name}(IN in_max_roots INT) BEGIN {row} END")

    verified = procedures.verify_chunk("any", None)

    assert (verified.roots, verified.related_rows, verified.cursor) == (3, 9, "k")
    assert (verified.missing, verified.incomplete, verified.different) == (1, 2, 4)
    assert (verified.orphaned, verified.findings, verified.seconds) == (5, 6, 0.125)


@pytest.mark.parametrize("archive", ["a`b", "100%", "a b; DO 1", "größe"])
def test_quotes_the_archives_name(
    shop: OpenShop, procedures: Procedures, archive: str
) -> None:
    create_chunk(shop, archive, ROW)

    assert procedures.copy_chunk(archive, 1).roots == 3


@pytest.mark.parametrize(
    ("state", "errno", "kind"),
    [
        ("45000", 30007, StopError),
        ("40001", 1213, RetryError),
        ("HY000", 1205, RetryError),
        ("HY000", 1290, TryLaterError),
        ("23000", 1062, StopError),
    ],
)
def test_an_error_keeps_its_numbers(
    shop: OpenShop,
    procedures: Procedures,
    state: str,
    errno: int,
    kind: type[BygonesError],
) -> None:
    signal = f"SIGNAL SQLSTATE '{state}' SET MYSQL_ERRNO = {errno}, MESSAGE_TEXT = 'x';"
    create_chunk(shop, "broken", signal)

    with pytest.raises(kind) as caught:
        procedures.copy_chunk("broken", None)

    assert (caught.value.errno, caught.value.sqlstate) == (errno, state)


def test_sees_an_error_that_follows_the_row(
    shop: OpenShop, procedures: Procedures
) -> None:
    signal = "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30007, MESSAGE_TEXT = 'drift';"
    create_chunk(shop, "late", ROW + signal)

    with pytest.raises(StopError, match="drift"):
        procedures.copy_chunk("late", None)


def test_a_patients_data_is_in_neither_the_error_nor_its_cause(
    shop: OpenShop, procedures: Procedures
) -> None:
    signal = (
        "SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1062,"
        " MESSAGE_TEXT = 'Duplicate entry ''Ada Lovelace''';"
    )
    create_chunk(shop, "private", signal)

    with pytest.raises(StopError) as caught:
        procedures.copy_chunk("private", None)

    assert "Ada" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_refuses_anything_but_one_row(shop: OpenShop, procedures: Procedures) -> None:
    create_chunk(shop, "double", "SELECT 1 AS state UNION ALL SELECT 2;")

    with pytest.raises(StopError, match="copy_double_chunk returned 2 rows"):
        procedures.copy_chunk("double", None)


def test_a_missing_procedure_is_tried_later(procedures: Procedures) -> None:
    with pytest.raises(TryLaterError) as caught:
        procedures.copy_chunk("nothing", None)

    assert caught.value.errno == 1305


def test_rolls_back_what_a_failed_call_left_open(
    shop: OpenShop, procedures: Procedures
) -> None:
    create_chunk(shop, "open", "START TRANSACTION; " + ROW)
    procedures.copy_chunk("open", None)

    procedures.rollback()

    with shop.admin.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM information_schema.innodb_trx AS t"
            " JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id"
            " WHERE p.db = %s",
            (shop.history,),
        )
        assert cursor.fetchone() == (0,)


def test_a_killed_session_is_a_lost_connection_until_it_reconnects(
    shop: OpenShop, procedures: Procedures
) -> None:
    kill_sessions_in(shop)

    with pytest.raises(LostConnectionError):
        procedures.progress()
    with pytest.raises(LostConnectionError):
        procedures.rollback()
    procedures.reconnect()

    assert len(procedures.progress()) == 1


def test_a_call_that_never_answers_is_a_lost_connection(shop: OpenShop) -> None:
    create_chunk(shop, "slow", "DO SLEEP(60);")
    impatient = Procedures(
        lambda: connect(parse_url(shop.caller_url), schema=shop.history, seconds=0.2)
    )

    with pytest.raises(LostConnectionError) as caught:
        impatient.copy_chunk("slow", None)
    kill_sessions_in(shop)

    assert caught.value.errno == 2013
