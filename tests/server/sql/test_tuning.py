"""One setting a CALL, from the next chunk on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.public import settings
from tests.support.procedures import COPY, copy_all, copy_chunk, held_call, query, value

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection, Row

NO_SETTING = (
    "no setting is named %s; CALL tune_archive('orders', NULL, NULL) lists them"
)
DECLARED = settings()
RANGE = r"\d+ to \d+ [a-z]+(, or NULL: not watched)?"


@pytest.mark.core
def test_all_settings_are_shown_with_value_default_range_and_meaning(
    shop: OpenShop,
) -> None:
    shown = {row["setting"]: row for row in tune(shop.admin, None, None)}

    assert [*shown["max_threads_running"].values()][1:] == [
        *(25, 25, "1 to 100000 threads, or NULL: not watched"),
        "no chunk starts while Threads_running is above it",
    ]
    assert [*shown["pace"].values()][1:] == [
        *(100, 100, "10 to 100 percent"),
        "of the time that copying may take; the runner rests in between",
    ]
    for row in shown.values():
        if row["setting"] != "max_history_list_length":  # that needs a right
            assert row["value"] == row["default_value"], row
        assert re.fullmatch(RANGE, row["allowed"]), row
        assert row["meaning"], row


def test_a_setting_that_is_a_column_of_archive_has_that_default(shop: OpenShop) -> None:
    columns = query(
        shop.admin,
        "SELECT column_name AS setting, column_default AS at_first,"
        " is_nullable AS can_be_null FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name = 'archive'",
    )
    found = {row["setting"]: row for row in columns}
    shown = [r for r in tune(shop.admin, None, None) if r["setting"] in found]

    assert len(shown) == 9
    for row in shown:
        column = found[row["setting"]]
        assert int(column["at_first"]) == row["default_value"]
        assert (column["can_be_null"] == "YES") == row["allowed"].endswith("watched")


@pytest.mark.core
def test_the_ends_of_a_range_are_allowed_and_what_is_beyond_is_refused(
    shop: OpenShop,
) -> None:
    for setting in DECLARED:
        before = {row["setting"]: row for row in tune(shop.admin, None, None)}
        allowed = before[setting]["allowed"]
        lowest, highest = map(int, re.findall(r"\d+", allowed))
        right: list[int | None] = [lowest, highest]
        wrong: list[int | None] = [lowest - 1, highest + 1, -(2**63)]
        (right if allowed.endswith("watched") else wrong).append(None)

        for each in wrong:
            with pytest.raises(pymysql.Error) as refused:
                tune(shop.admin, setting, each)
            said = "NULL" if each is None else each
            assert refused.value.args == (
                30017,
                f"the value of {setting} is {said}; expected {allowed}"[:128],
            )
        for each in right:
            after = {row["setting"]: row for row in tune(shop.admin, setting, each)}
            assert after == before | {setting: before[setting] | {"value": each}}
            assert stored(shop, setting) == each


def test_a_setting_is_read_as_tuned_or_else_at_its_default(shop: OpenShop) -> None:
    setting, other = "max_replica_lag_seconds", "CALL _read_setting('other', %s, @v)"

    query(shop.admin, other, setting)
    tune(shop.admin, setting, 7)
    tune(shop.admin, setting, None)

    assert stored(shop, setting) is None
    query(shop.admin, other, setting)
    assert value(shop.admin, "SELECT @v") == 1


def test_a_setting_that_is_none_is_refused_and_none_is_changed(shop: OpenShop) -> None:
    before = query(shop.admin, "SELECT * FROM archive")

    for setting, said in (
        ("max_sizes", "'max_sizes'"),
        ("MAX_SIZE", "'MAX_SIZE'"),
        ("pass_seconds", "'pass_seconds'"),
        ("", "''"),
        (None, "NULL"),
    ):
        with pytest.raises(pymysql.Error) as refused:
            tune(shop.admin, setting, 20)
        assert refused.value.args == (30016, NO_SETTING % said)

    assert query(shop.admin, "SELECT * FROM archive") == before


@pytest.mark.core
def test_the_next_chunk_takes_a_new_value_and_the_one_in_flight_keeps_its_own(
    shop: OpenShop,
) -> None:
    caller = shop.connect(shop.caller_url)

    tune(shop.admin, "max_size", 7)
    with held_call(
        shop, COPY, before="SET v_step = 'note what waits';", connection=caller
    ) as call:
        tune(shop.admin, "max_size", 3)
    first = call.row()
    second = copy_chunk(caller)
    caller.close()

    assert (first["roots"], second["roots"]) == (7, 3)


def test_a_paced_chunk_asks_for_a_rest_in_proportion_to_its_work(
    shop: OpenShop,
) -> None:
    tune(shop.admin, "max_size", 20)
    unpaced = copy_chunk(shop.admin)
    tune(shop.admin, "pace", 25)
    paced = copy_chunk(shop.admin)

    assert (unpaced["roots"], unpaced["next_wait_ms"]) == (20, 0)
    assert paced["roots"] == 20
    assert paced["next_wait_ms"] == pytest.approx(3000 * float(paced["seconds"]), abs=1)
    assert copy_all(shop.admin)[-1]["next_wait_ms"] == 0


@pytest.mark.parametrize(
    "setting",
    [
        "SET autocommit = 0",
        "SET completion_type = 'CHAIN'",
        "SET SESSION TRANSACTION READ ONLY",
    ],
)
def test_a_value_is_committed_whatever_the_session_is_set_to(
    shop: OpenShop, setting: str
) -> None:
    owner = shop.connect(shop.owner_url)
    query(owner, setting)

    # Each leaves no transaction open for the next.
    tune(owner, "max_size", 5)
    with pytest.raises(pymysql.Error, match="no archive is named 'nope'"):
        query(owner, "CALL tune_archive('nope', NULL, NULL)")
    tune(owner, "target_ms", 50)
    owner.close()

    (row,) = query(shop.admin, "SELECT max_size, target_ms FROM archive")
    assert row == {"max_size": 5, "target_ms": 50}


def test_a_caller_in_a_transaction_is_refused_and_its_work_is_still_its_own(
    shop: OpenShop,
) -> None:
    query(shop.admin, "CREATE TABLE scratch (n INT) ENGINE = InnoDB")
    session = shop.connect()

    query(session, "START TRANSACTION")
    query(session, "INSERT INTO scratch VALUES (1)")
    with pytest.raises(pymysql.Error, match="a transaction is open"):
        tune(session, "max_size", 5)
    query(session, "COMMIT")
    session.close()

    assert value(shop.admin, "SELECT COUNT(*) FROM scratch") == 1
    assert value(shop.admin, "SELECT max_size FROM archive") == 10000


def test_an_upgrade_keeps_what_was_tuned(shop: OpenShop) -> None:
    tune(shop.admin, "max_threads_running", 40)
    tune(shop.admin, "max_row_lock_waits", None)

    query(shop.admin, "CALL _register_archive('orders', 3600)")

    (row,) = query(
        shop.admin,
        "SELECT max_threads_running, max_row_lock_waits, pass_seconds FROM archive",
    )
    assert [*row.values()] == [40, None, 3600]


def tune(connection: Connection, setting: str | None, to: int | None) -> list[Row]:
    return query(connection, "CALL tune_archive('orders', %s, %s)", setting, to)


def stored(shop: OpenShop, setting: str) -> object:
    """Read a setting where SQL does."""
    if query(shop.admin, "SHOW COLUMNS FROM archive LIKE %s", setting):
        return value(shop.admin, f"SELECT {setting} FROM archive")
    query(shop.admin, "CALL _read_setting('orders', %s, @v)", setting)
    return value(shop.admin, "SELECT @v")
