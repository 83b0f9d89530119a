"""What somebody changed in the database is found, and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest
import sqlalchemy

from bygones.compiler.errors import MigrationError
from bygones.migrations.restored import WAY_OUT, refuse
from tests.support.migrations.snapshot import names, snapshot
from tests.support.migrations.teams import downgrade_of, upgrade_of
from tests.support.procedures import (
    copy_all,
    copy_chunk,
    edit_procedure,
    query,
    restore_procedure,
)

if TYPE_CHECKING:
    from tests.support.migrations.teams import Team

NOTHING = 'source = "pharmacy"\n'

TRIGGERS = [
    f"{table}_history_before_{event}"
    for table in ("order_items", "orders")
    for event in ("delete", "update")
]
REFUSAL = "CALL _raise(30010, 'orders_history is history: its rows cannot be changed')"


@pytest.mark.core
def test_a_procedure_changed_by_hand_is_found_and_put_back(team: Team) -> None:
    team.install()
    before = snapshot(team.shop.admin, team.shop.history)
    assert team.check() == []
    edit_procedure(team.shop, "_name_holders", old="READ ONLY", new="")

    assert team.check() == [("changed by hand", "procedure", "_name_holders")]
    revision = team.revise()
    assert upgrade_of(revision) == ['op.create_procedure("_name_holders", version=1)']
    assert downgrade_of(revision) == upgrade_of(revision)
    team.upgrade()
    assert snapshot(team.shop.admin, team.shop.history) == {
        **before,
        "rows of alembic_version": ["('0002',)"],
    }


def test_any_part_of_a_procedure_counts(team: Team) -> None:
    team.install(NOTHING)
    changes = [
        ("IN in_errno SMALLINT", "IN in_errno INT"),
        ("SQL SECURITY INVOKER", "SQL SECURITY DEFINER"),
        ("NO SQL", "MODIFIES SQL DATA"),
        ("NO SQL", "DETERMINISTIC NO SQL"),
        ("'45000'", "'45001'"),
        ("SET MESSAGE_TEXT", "SET CLASS_ORIGIN = '', MESSAGE_TEXT"),
    ]

    for old, new in changes:
        edit_procedure(team.shop, "_raise", old=old, new=new)
        assert team.check() == [("changed by hand", "procedure", "_raise")], new
    restore_procedure(team.shop, "_raise")

    assert team.check() == []


def test_comments_and_blanks_count_for_nothing(team: Team) -> None:
    team.install(NOTHING)
    query(team.shop.admin, "SET NAMES utf8mb4 COLLATE utf8mb4_bin")
    text = query(team.shop.admin, "SHOW CREATE PROCEDURE open_run")[0]
    without = "\n".join(
        line
        for line in str(text["Create Procedure"]).splitlines()
        if not line.strip().startswith("--")
    )
    mode = f"SET sql_mode = '{text['sql_mode']}'"

    for statement in (mode, "DROP PROCEDURE open_run", without.replace("  ", "\t")):
        query(team.shop.admin, statement)
    query(team.shop.admin, "ALTER PROCEDURE open_run COMMENT 'Mine.'")

    assert team.check() == []


def test_the_mode_that_a_procedure_was_created_under_counts(team: Team) -> None:
    team.install(NOTHING)
    text = query(team.shop.admin, "SHOW CREATE PROCEDURE _raise")[0]["Create Procedure"]
    query(team.shop.admin, "SET sql_mode = 'ANSI'")
    query(team.shop.admin, "DROP PROCEDURE _raise")
    query(team.shop.admin, str(text))

    assert team.check() == [("changed by hand", "procedure", "_raise")]


def test_what_is_missing_is_created_again(team: Team) -> None:
    team.install()
    before = snapshot(team.shop.admin, team.shop.history)
    for dropped in (
        "PROCEDURE copy_orders_chunk",
        "VIEW progress",
        "TRIGGER orders_history_before_update",
    ):
        query(team.shop.admin, f"DROP {dropped}")

    assert team.check() == [
        ("missing", "view", "progress"),
        ("missing", "procedure", "copy_orders_chunk"),
        ("missing", "trigger", "orders_history_before_update"),
    ]
    team.revise()
    team.upgrade()
    assert snapshot(team.shop.admin, team.shop.history) == {
        **before,
        "rows of alembic_version": ["('0002',)"],
    }


@pytest.mark.core
def test_a_trigger_changed_by_hand_is_found(team: Team) -> None:
    team.install()
    name = "orders_history_before_update"
    query(team.shop.admin, f"DROP TRIGGER {name}")

    for at, action, found in (
        ("BEFORE DELETE", "CALL _raise(30010, 'orders_history')", True),
        ("BEFORE UPDATE", "SET NEW.id = OLD.id", True),
        ("BEFORE UPDATE", REFUSAL, False),
    ):
        mode = "STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"
        query(team.shop.admin, f"SET sql_mode = '{mode}'")
        query(
            team.shop.admin,
            f"CREATE TRIGGER {name} {at} ON orders_history FOR EACH ROW {action}",
        )
        expected = [("changed by hand", "trigger", name)] if found else []
        assert team.check() == expected
        query(team.shop.admin, f"DROP TRIGGER {name}")


def test_history_that_was_dropped_is_not_created_again(team: Team) -> None:
    team.install()
    query(team.shop.admin, "DROP TABLE order_items_history, orders_history")

    with pytest.raises(MigrationError) as caught:
        team.check()

    assert str(caught.value) == (
        f"{team.shop.history} lacks tables that were installed: "
        "order_items_history, orders_history; bring them back from a backup"
    )


def test_triggers_that_are_gone_come_back(team: Team) -> None:
    team.install()
    for name in TRIGGERS:
        query(team.shop.admin, f"DROP TRIGGER {name}")

    assert team.check() == [("missing", "trigger", name) for name in TRIGGERS]
    team.revise()
    team.upgrade()
    assert names(team.shop.admin, "TRIGGER", team.shop.history) == TRIGGERS


def test_a_trigger_that_is_not_ours_is_told_and_no_revision_is_written(
    team: Team,
) -> None:
    team.install()
    for number, table in enumerate(("orders_history", "waiting_root")):
        query(
            team.shop.admin,
            f"CREATE TRIGGER hasty_{number} BEFORE INSERT ON {table} FOR EACH ROW"
            " SET @seen = 1",
        )

    # What control tables have doesn't stop a chunk.
    for told in (team.check, team.revise):
        with pytest.raises(MigrationError) as caught:
            told()
        assert str(caught.value) == (
            "orders_history has a trigger that isn't bygones' own, hasty_0; drop it by "
            "DROP TRIGGER"
        )
    query(team.shop.admin, "DROP TRIGGER hasty_0")

    assert team.check() == []


def test_a_column_of_history_that_was_narrowed_is_widened_by_a_revision(
    team: Team,
) -> None:
    team.install()
    latin = "CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL"
    query(
        team.shop.admin,
        f"ALTER TABLE orders_history MODIFY reference VARCHAR(9) {latin}",
    )
    with pytest.raises(pymysql.Error, match="orders_history: reference was VARCHAR"):
        copy_chunk(team.shop.admin)

    team.revise()
    team.upgrade()

    assert team.check() == []
    assert sum(row["roots"] for row in copy_all(team.shop.admin)) > 0


def test_a_column_that_somebody_gave_history_is_known_by_the_next_revision(
    team: Team,
) -> None:
    team.install()
    query(team.shop.admin, "ALTER TABLE orders_history ADD COLUMN extra INT")
    with pytest.raises(pymysql.Error, match="a column more, extra INT"):
        copy_chunk(team.shop.admin)

    revision = team.revise()
    team.upgrade()

    assert "orders_history: a column more, extra INT" in (revision or "")
    assert team.check() == []
    assert sum(row["roots"] for row in copy_all(team.shop.admin)) > 0


def test_who_cannot_see_what_a_procedure_says_is_told(team: Team) -> None:
    team.install(NOTHING)
    engine = sqlalchemy.create_engine(
        "mysql+pymysql://",
        creator=lambda: team.shop.connect(team.shop.caller_url),
        poolclass=sqlalchemy.NullPool,
    )

    with (
        engine.connect() as connection,
        pytest.raises(MigrationError) as caught,
    ):
        refuse(connection, team.shop.history)

    source = team.shop.source
    assert str(caught.value) == (
        f"{source}_caller@% can't see what the procedures of {team.shop.history} say: "
        f"run alembic as the account that installed them, {source}_owner@%, or let "
        f"this one have SHOW_ROUTINE; {WAY_OUT}"
    )


def test_a_procedure_that_somebody_else_created_is_put_back(team: Team) -> None:
    team.install(NOTHING)
    shown = query(team.shop.admin, "SHOW CREATE PROCEDURE _raise")[0]
    before = snapshot(team.shop.admin, team.shop.history)
    query(team.shop.admin, "SET NAMES utf8mb4 COLLATE utf8mb4_bin")
    query(team.shop.admin, f"SET sql_mode = '{shown['sql_mode']}'")
    query(team.shop.admin, "DROP PROCEDURE _raise")
    text = str(shown["Create Procedure"])
    query(team.shop.admin, text.replace("_owner`@`%", "_caller`@`%", 1))

    assert team.check() == [("changed by hand", "procedure", "_raise")]
    team.revise()
    team.upgrade()
    assert snapshot(team.shop.admin, team.shop.history) == {
        **before,
        "rows of alembic_version": ["('0001',)"],
    }


def test_whatever_the_server_refuses_is_told_in_a_line(team: Team) -> None:
    team.install(NOTHING)
    account = f"`{team.shop.source}_owner`@`%`"

    refusals = []

    for most in range(1, 1000, 5):
        query(team.shop.admin, f"ALTER USER {account} WITH MAX_QUERIES_PER_HOUR {most}")
        query(team.shop.admin, "FLUSH USER_RESOURCES")
        try:
            team.check()
        except MigrationError as refused:
            refusals.append(str(refused))
        else:
            break

    assert len(refusals) > 5
    assert [text for text in refusals if "errno 1226" not in text] == []
