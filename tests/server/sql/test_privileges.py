"""Who may do what: the caller calls, the owner adds, and nobody changes history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.cli.grants import control_tables
from bygones.sandbox.oracle import compare
from bygones.sandbox.public import PUBLIC, TYPICAL, names_for
from bygones.sandbox.sample import definitions, name_of
from tests.support.procedures import COPY, HISTORY, copy_all, query, value

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

pytestmark = pytest.mark.core

# What a schedule calls: these run with the owner's rights, all others with one's own.
SCHEDULED = names_for("caller")

# These read and write nothing: they raise an error of ours and that is all.
RAISING = {"_raise": 30099, "_refuse_open_transaction": 30001}

# What touches no table computes, puts what it is given into words, or raises only where
# a session is set strangely or a schema is another's.
WITHOUT_TABLES = {
    name_of(path)
    for path in definitions("procedures/**/*.sql")
    if "\nNO SQL\n" in path.read_text(encoding="utf-8")
}
# The first never fails, so that the error that it logs is not lost: the refusal is
# swallowed. The others tell what anybody may know: how busy the server is, and of
# tables what information_schema shows to who asks.
SILENT = {
    *("_log_failure", "_read_load", "_describe_drift", "_sum_up_definitions"),
    *("_find_changes", "_find_trigger_changes", "_warn_of_counter"),
    *(WITHOUT_TABLES - {*RAISING}),
}

FUNCTIONS = {name_of(path) for path in definitions("functions/*.sql")}
SOURCE_TABLES = 12

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
    assert {r["name"] for r in routines if r["name"][0] != "_"} == {*PUBLIC}


def test_every_other_routine_is_refused_to_the_caller(shop: OpenShop) -> None:
    others = set(routines_of(shop)) - SCHEDULED
    before = everything(shop)

    refused = {name: errno_of(shop, name) for name in others}

    assert len(refused) > 20
    not_denied = {name for name, errno in refused.items() if errno not in DENIED}
    # A new name here got past every table: read or write one of ours before an argument
    # is judged, or, if nothing in it needs a right, list it above with the reason.
    assert not_denied == {*RAISING, *SILENT}
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

    ours = [*definitions("tables/*.sql"), *definitions("views/*.sql")]
    assert len(tables) == SOURCE_TABLES + len(ours) + len(["alembic_version"])
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


def routines_of(shop: OpenShop) -> dict[str, list[tuple[str, str]]]:
    """Read each routine's name, and the names and modes of its parameters."""
    rows = query(
        shop.admin,
        "SELECT r.routine_name AS name, COALESCE(p.parameter_mode, 'IN') AS mode,"
        " p.parameter_name AS parameter, p.ordinal_position AS place"
        " FROM information_schema.routines AS r"
        " LEFT JOIN information_schema.parameters AS p"
        " ON p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name"
        " AND p.ordinal_position > 0"
        " WHERE r.routine_schema = %s ORDER BY r.routine_name, p.ordinal_position",
        shop.history,
    )
    routines: dict[str, list[tuple[str, str]]] = {row["name"]: [] for row in rows}
    for row in rows:
        if row["place"]:
            routines[row["name"]].append((row["parameter"], row["mode"]))
    return routines


def errno_of(shop: OpenShop, name: str) -> int | None:
    """Call a routine as the caller, with as many arguments as it wants."""
    known = TYPICAL | {"in_errno": "30099", "in_message": "'x'"}
    arguments = [
        known.get(parameter, "NULL") if mode == "IN" else f"@{parameter}"
        for parameter, mode in routines_of(shop)[name]
    ]
    caller = shop.connect(shop.caller_url)
    # Not by DO, which tells no error on MariaDB.
    verb = "SELECT" if name in FUNCTIONS else "CALL"
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
        for table in (*HISTORY, *sorted(control_tables()), "waiting")
    }
