"""What changed is said in words, by table and column, wherever a person reads it."""

from __future__ import annotations

import ast
import logging
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.compiler.aggregate.indexes import MissingIndex, warnings_of
from bygones.compiler.errors import MigrationError
from bygones.migrations.autogenerate.wording import counted_by_kind
from tests.support.migrations.teams import NOTES, ORDERS
from tests.support.procedures import copy_all, copy_chunk, query

if TYPE_CHECKING:
    from bygones.sandbox.server import Server
    from tests.support.migrations.teams import Team
    from tests.support.procedures import Connection

ODD = 'it\'s "a" \\ é'
UTF8MB3 = "CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci"
UTF8 = UTF8MB3.replace("utf8mb3", "utf8")
COUPONS = """source = "pharmacy"

[archive.coupons]
table = "coupons"
finished = "used = 1"
"""
TAGS = 'tags = { on = "tags.order_id = orders.id" }\n'
# A column that only notes have, so that an index makes a difference.
NO_INDEX = "ALTER TABLE {s}.notes DROP KEY notes_subject_ix"
INDEX = "CREATE INDEX notes_ix ON {s}.notes (subject_id)"


def source(team: Team, *statements: str) -> None:
    query(team.shop.admin, "SET sql_mode = ''")  # for the zero dates that it holds
    for statement in statements:
        query(team.shop.admin, statement.replace("{s}", team.shop.source))


def refused(connection: Connection) -> str:
    with pytest.raises(pymysql.Error) as caught:
        copy_chunk(connection)
    assert caught.value.args[0] == 30007
    return str(caught.value.args[1])


def test_a_column_more_is_named_by_calls_and_check_and_the_revision(
    team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    team.install()
    source(
        team,
        "ALTER TABLE {s}.orders ADD COLUMN coupon VARCHAR(40)",
        "ALTER TABLE {s}.order_items DROP COLUMN flags",
        f"ALTER TABLE {{s}}.order_items ADD COLUMN `{ODD}` DATE",
    )
    changes = [
        "order_items: a column less, flags",
        f"order_items: a column more, {ODD} DATE",
        "orders: a column more, coupon VARCHAR(40)",
    ]

    said = refused(team.shop.admin)
    *told, count = team.told()
    caplog.clear()
    caplog.set_level(logging.INFO)
    revision = team.revise()

    assert said == (
        f"drift: {changes[0]}; orders: a column more, coupon; and 1 more; run alembic "
        "revision --autogenerate"
    )
    assert told == changes
    assert count.endswith(" objects of orders follow")
    assert ast.get_docstring(ast.parse(revision or "")) == "\n".join(
        ["Change.", "", *changes]
    )
    wrote = [line for line in caplog.messages if line.startswith("wrote ")]
    assert [line.split()[2:] for line in wrote] == [
        ["files", "to", str(team.project.sql / "orders")]
    ]
    team.upgrade()
    assert sum(row["roots"] for row in copy_all(team.shop.admin)) > 0


def test_an_index_that_was_advised_is_no_difference_until_another_revision(
    team: Team,
) -> None:
    source(team, NO_INDEX)
    team.install(ORDERS + NOTES)
    made, dropped = INDEX, "DROP INDEX notes_ix ON {s}.notes"

    for change in (made, dropped, made):
        source(team, change)
        copy_chunk(team.shop.admin, 1)
        assert team.check() == []
        assert team.revise() is None
    source(team, "ALTER TABLE {s}.orders ADD COLUMN coupon VARCHAR(40)")
    revision = team.revise()
    team.upgrade()

    assert "notes: an index more, on subject_id" in (revision or "")
    copy_chunk(team.shop.admin, 1)
    source(team, dropped)
    assert refused(team.shop.admin).startswith(
        "drift: notes: the index on subject_id is gone; "
    )


def test_a_check_that_is_missing_is_told_beside_an_index_more(team: Team) -> None:
    source(team, NO_INDEX)
    team.install(ORDERS + NOTES)
    source(team, INDEX, "DROP PROCEDURE _check_orders_source")

    assert ("changed", "procedure", "_check_orders_source") in team.check()


def test_what_a_dump_left_out_is_counted_by_kind(team: Team) -> None:
    team.install()
    query(team.shop.admin, "DROP EVENT copy_orders_event")
    for row in query(
        team.shop.admin,
        "SELECT routine_name AS name FROM information_schema.routines"
        " WHERE routine_schema = %s AND routine_name LIKE %s",
        *(team.shop.history, r"%find%"),
    ):
        query(team.shop.admin, f"DROP PROCEDURE `{row['name']}`")

    missing = team.check()

    assert team.told() == [f"{len(missing) - 1} procedures and 1 event are missing"]


def test_objects_are_counted_by_their_kinds() -> None:
    one = ("view", "progress")

    assert counted_by_kind([one]) == "1 view"
    assert counted_by_kind([("table", "a"), one, ("table", "b"), ("event", "c")]) == (
        "2 tables, 1 view and 1 event"
    )


def test_a_table_under_another_name_is_told_in_words(team: Team) -> None:
    team.install(ORDERS + NOTES)
    source(team, "RENAME TABLE {s}.notes TO {s}.remarks")

    with pytest.raises(MigrationError, match="notes") as caught:
        team.check()

    assert "\n" not in str(caught.value)


def test_a_session_that_hides_the_keys_of_mysql_itself_sees_no_drift(
    team: Team, server: Server
) -> None:
    if server.family != "mysql":
        pytest.skip("MariaDB makes no primary key itself")
    hides = "show_gipk_in_create_table_and_information_schema = OFF"
    query(team.shop.admin, "SET SESSION sql_generate_invisible_primary_key = ON")
    source(team, "CREATE TABLE {s}.tags (order_id BIGINT, tag CHAR(9), KEY (order_id))")
    team.install(ORDERS + TAGS)
    caller = team.shop.connect(team.shop.caller_url)

    copied = [copy_chunk(caller, 1)["roots"]]
    query(caller, f"SET SESSION {hides}")
    copied.append(copy_chunk(caller, 1)["roots"])
    query(team.shop.admin, f"SET GLOBAL {hides}")
    try:
        found = team.check()
    finally:
        query(team.shop.admin, f"SET GLOBAL {hides.replace('OFF', 'ON')}")
    caller.close()

    assert (copied, found) == ([1, 1], [])


def test_sql_that_was_written_where_utf8mb3_was_utf8_stays_as_it_is(team: Team) -> None:
    source(
        team,
        f"CREATE TABLE {{s}}.coupons (code VARCHAR(9) {UTF8MB3} PRIMARY KEY, used INT)",
        "INSERT INTO {s}.coupons VALUES ('ten', 1)",
    )
    team.declare(COUPONS)
    team.revise()
    older = {path: text.replace(UTF8MB3, UTF8) for path, text in team.sql().items()}
    assert older != team.sql()
    for path, text in older.items():
        (team.project.sql / path).write_text(text, "utf-8")
    team.upgrade()
    team.shop.admin.select_db(team.shop.history)

    (copied,) = query(team.shop.admin, "CALL copy_coupons_chunk(NULL)")
    assert (copied["roots"], team.check()) == (1, [])


def test_of_small_tables_without_an_index_one_line_is_said() -> None:
    missing = [
        MissingIndex(relation=name, table=name, rows=rows, create=f"CREATE {name};")
        for name, rows in (("notes", 101), ("rates", 1), ("units", 100))
    ]

    large, small = warnings_of(missing)

    assert large.endswith("CREATE notes;")
    assert small.startswith("no index leads to the rows of rates, units, 100 at most")
    assert list(warnings_of([])) == []
