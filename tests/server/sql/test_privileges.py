"""Who may do what: the caller calls, the owner adds, and nobody changes history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.compiler.definitions import Definition
from bygones.sandbox.oracle import compare
from bygones.sandbox.sample import definitions
from tests.support.procedures import COPY, HISTORY, copy_all, query, value

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

pytestmark = pytest.mark.core

# What a schedule calls: these run with the owner's rights, all others with one's own.
SCHEDULED = {
    *("close_run", "copy_orders_chunk", "open_run", "progress", "rejoin_run"),
    *("probe_reader", "probe_writer", "verify_orders_chunk"),
}

# These read and write nothing: they raise an error of ours and that is all.
RAISING = {"_raise": 30099, "_refuse_open_transaction": 30001}

# The first never fails, so that the error that it logs is not lost: the refusal is
# swallowed. Two touch no table, and raise only where timestamp is set, or in a copy
# under another name. Seven compute, or put what they are given into words. And seven
# tell what anybody may know: the settings, how busy the server is, which it is, and of
# tables what information_schema shows to who asks.
SILENT = {
    *("_log_failure", "_refuse_set_session"),
    "_check_schema",
    *("_count_copied", "_judge_error", "_learn_size", "_learn_window"),
    "_plan_retry",
    "_describe_drift",
    "_name_probe_locks",
    *("_list_settings", "_read_load", "_read_server"),
    "_sum_up_definitions",
    *("_find_changes", "_find_trigger_changes", "_warn_of_counter"),
}

FUNCTIONS = {path.name for path in definitions("functions/*.sql")}

# SELECT, INSERT ... command denied; EXECUTE denied.
DENIED = (1142, 1370)


def test_the_caller_can_run_what_is_scheduled(shop: OpenShop) -> None:
    caller = shop.connect(shop.caller_url)

    run_id = value(caller, "CALL open_run('orders', NULL, 25, 'copy')")
    rejoined = query(caller, "CALL rejoin_run(%s)", run_id)[0]["run_id"]
    rows = copy_all(caller)
    (verified,) = query(caller, "CALL verify_orders_chunk(NULL)")
    (progress,) = query(caller, "CALL progress()")
    closed = value(caller, "CALL close_run(%s, 'idle', 1, 40, 400, 0.5, NULL)", run_id)
    caller.close()

    assert run_id == rejoined == closed
    assert verified["roots"] == 40
    assert sum(row["roots"] for row in rows) == progress["roots"] == 40
    assert compare(shop.admin, shop.source, shop.history).complete


def test_only_what_is_scheduled_runs_with_the_owners_rights(shop: OpenShop) -> None:
    routines = query(
        shop.admin,
        "SELECT routine_name AS name, routine_type AS type, security_type AS security,"
        " definer AS definer FROM information_schema.routines"
        " WHERE routine_schema = %s",
        shop.history,
    )

    assert {r["name"] for r in routines if r["security"] == "DEFINER"} == SCHEDULED
    assert {r["definer"] for r in routines} == {f"{shop.source}_owner@%"}
    assert {r["name"] for r in routines if r["type"] == "FUNCTION"} == {
        "_canary",
        COPY,
        "_verify_orders_at_once",
    }
    assert {r["name"] for r in routines if r["name"][0] != "_"} == SCHEDULED | {
        "pause_archive",
        "resume_archive",
        "retry_quarantine",
        "split_orders",
        "tune_archive",
    }


def test_every_other_routine_is_refused_to_the_caller(shop: OpenShop) -> None:
    others = set(routines_of(shop)) - SCHEDULED
    before = everything(shop)

    refused = {name: errno_of(shop, name) for name in others}

    assert len(refused) > 20
    assert {n for n, errno in refused.items() if errno not in DENIED} == {
        *RAISING,
        *SILENT,
    }
    assert {n: refused[n] for n in RAISING} == RAISING
    assert {n: refused[n] for n in SILENT} == dict.fromkeys(SILENT)
    assert everything(shop) == before


def test_every_table_and_view_is_refused_to_the_caller(shop: OpenShop) -> None:
    tables = query(
        shop.admin,
        "SELECT table_schema AS s, table_name AS t, MIN(column_name) AS c"
        " FROM information_schema.columns WHERE table_schema IN (%s, %s)"
        " GROUP BY table_schema, table_name",
        shop.source,
        shop.history,
    )
    caller = shop.connect(shop.caller_url)

    errnos = {}
    for row in tables:
        name = f"`{row['s']}`.`{row['t']}`"
        for statement in (
            f"SELECT `{row['c']}` FROM {name}",
            f"SELECT 1 FROM {name}",
            f"INSERT INTO {name} (`{row['c']}`) VALUES (NULL)",
            f"UPDATE {name} SET `{row['c']}` = NULL",
            f"DELETE FROM {name}",
            f"TRUNCATE TABLE {name}",
        ):
            errnos[statement] = refusal(caller, statement)
    caller.close()

    assert len(tables) == 12 + 12 + 19
    assert set(errnos.values()) == {1142}, errnos


def test_the_owner_cannot_change_history_or_the_source(shop: OpenShop) -> None:
    copy_all(shop.admin)
    owner = shop.connect(shop.owner_url)
    before = everything(shop)

    errnos: dict[object, int | None] = {}
    for table in HISTORY:
        errnos[table, "UPDATE"] = refusal(
            owner, f"UPDATE {table} SET history_version = 2"
        )
        errnos[table, "DELETE"] = refusal(owner, f"DELETE FROM {table}")
        errnos[table, "REPLACE"] = refusal(
            owner, f"REPLACE INTO {table} SELECT * FROM {table}"
        )
    for statement in (
        "UPDATE {s}.orders SET discount = 0",
        "DELETE FROM {s}.notes",
        "INSERT INTO {s}.labels (name) VALUES ('x')",
        "DROP TABLE {s}.deliveries",
    ):
        errnos[statement] = refusal(owner, statement.format(s=shop.source))
    owner.close()

    assert set(errnos.values()) == {1142}, errnos
    assert everything(shop) == before


def test_an_account_that_may_do_everything_in_history_is_stopped_by_the_triggers(
    shop: OpenShop,
) -> None:
    copy_all(shop.admin)
    before = everything(shop)
    # The caller's own account, before it is made mightier by mistake.
    escaped = shop.history.replace("_", "\\_")
    query(shop.admin, f"GRANT ALL ON `{escaped}`.* TO `{shop.source}_caller`@`%`")
    mighty = shop.connect(shop.caller_url)

    errnos = {}
    for table in HISTORY:
        errnos[table, "UPDATE"] = refusal(
            mighty, f"UPDATE {table} SET history_version = 2"
        )
        errnos[table, "DELETE"] = refusal(mighty, f"DELETE FROM {table}")
    mighty.close()

    assert set(errnos.values()) == {30010}, errnos
    assert everything(shop) == before


def test_the_accounts_hold_what_is_documented_and_no_more(shop: OpenShop) -> None:
    held = {
        account: {
            row["privilege"]
            for row in query(
                shop.admin,
                "SELECT privilege_type AS privilege"
                " FROM information_schema.schema_privileges"
                " WHERE grantee = %s"
                " UNION SELECT privilege_type FROM information_schema.user_privileges"
                " WHERE grantee = %s",
                f"'{shop.source}_{account}'@'%'",
                f"'{shop.source}_{account}'@'%'",
            )
        }
        for account in ("caller", "owner")
    }

    assert held["caller"] == {"EXECUTE", "USAGE"}
    assert not held["owner"] & {"UPDATE", "DELETE", "SUPER", "REFERENCES"}


def routines_of(shop: OpenShop) -> dict[str, list[str]]:
    """Read each routine's name, and the modes of its parameters."""
    rows = query(
        shop.admin,
        "SELECT r.routine_name AS name, COALESCE(p.parameter_mode, 'IN') AS mode,"
        " p.ordinal_position AS place"
        " FROM information_schema.routines AS r"
        " LEFT JOIN information_schema.parameters AS p"
        " ON p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name"
        " AND p.ordinal_position > 0"
        " WHERE r.routine_schema = %s ORDER BY r.routine_name, p.ordinal_position",
        shop.history,
    )
    routines: dict[str, list[str]] = {row["name"]: [] for row in rows}
    for row in rows:
        if row["place"]:
            routines[row["name"]].append(row["mode"])
    return routines


def errno_of(shop: OpenShop, name: str) -> int | None:
    """Call a routine as the caller, with as many arguments as it wants."""
    arguments = {
        "_raise": ["30099", "'x'"],
        "_check_archive": ["'orders'"],
        "pause_archive": ["'orders'", "'x'"],
    }.get(
        name,
        [
            "NULL" if m == "IN" else f"@out_{n}"
            for n, m in enumerate(routines_of(shop)[name])
        ],
    )
    is_function = Definition("function", name, 1).file.name in FUNCTIONS
    caller = shop.connect(shop.caller_url)
    # Not by DO, which tells no error on MariaDB.
    verb = "SELECT" if is_function else "CALL"
    errno = refusal(caller, f"{verb} `{name}`({', '.join(arguments)})")
    caller.close()
    return errno


def refusal(connection: Connection, statement: str) -> int | None:
    try:
        query(connection, statement)
    except pymysql.Error as error:
        return int(error.args[0])
    return None


def everything(shop: OpenShop) -> dict[str, list[dict[str, object]]]:
    """Read all tables of bygones."""
    return {
        table: query(shop.admin, f"SELECT * FROM {table}")
        for table in (
            *(*HISTORY, "archive", "lane", "lane_sample", "chunk", "run"),
            *("waiting", "waiting_root"),
            *("verification", "verified", "finding", "difference", "suspect"),
            *("failure", "probe", "canary_root"),
        )
    }
