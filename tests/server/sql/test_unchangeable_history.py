"""History stays as it was written, whoever tries and however."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pymysql
import pytest

from tests.support.procedures import HISTORY, copy_all, query, value

if TYPE_CHECKING:
    from tests.conftest import OpenShop
    from tests.support.procedures import Row

pytestmark = pytest.mark.core

CHANGES = (
    "UPDATE {t} SET history_version = 2",
    "UPDATE {t} SET history_version = history_version",
    "UPDATE IGNORE {t} SET history_version = 2",
    "UPDATE {t} SET history_version = 2 ORDER BY history_version LIMIT 1",
    "UPDATE {t} AS h JOIN lane AS l SET h.history_version = 2",
    "UPDATE lane AS l JOIN {t} AS h SET l.size = 1, h.history_version = 2",
    "INSERT INTO {t} SELECT * FROM {t} AS h ON DUPLICATE KEY UPDATE history_version=2",
)
DELETIONS = (
    "DELETE FROM {t}",
    "DELETE IGNORE FROM {t}",
    "DELETE FROM {t} ORDER BY history_version LIMIT 1",
    "DELETE h FROM {t} AS h JOIN lane AS l",
    "DELETE FROM l, h USING lane AS l JOIN {t} AS h",
    "REPLACE INTO {t} SELECT * FROM {t} AS h",
)


@pytest.mark.parametrize(
    ("statements", "verb"), [(CHANGES, "changed"), (DELETIONS, "deleted")]
)
def test_a_superuser_too_is_refused_by_every_table_of_history(
    shop: OpenShop, statements: tuple[str, ...], verb: str
) -> None:
    copy_all(shop.admin)
    query(shop.admin, "SET sql_mode = ''")  # for the zero dates that it holds
    before = {table: rows_of(shop, table) for table in HISTORY}

    for table in HISTORY:
        for statement in statements:
            with pytest.raises(pymysql.Error) as refused:
                query(shop.admin, statement.format(t=table))
            assert (statement, *refused.value.args) == (
                statement,
                30010,
                f"{table} is history: its rows cannot be {verb}",
            )

    assert all(len(rows) > 1 for rows in before.values())
    assert {table: rows_of(shop, table) for table in HISTORY} == before
    assert value(shop.admin, "SELECT COUNT(*) FROM lane WHERE size > 1") == 1


def test_a_copied_row_cannot_be_inserted_a_second_time(shop: OpenShop) -> None:
    copy_all(shop.admin)
    query(shop.admin, "SET sql_mode = ''")  # for the zero dates that it holds
    before = {table: rows_of(shop, table) for table in HISTORY}

    for table in HISTORY:
        with pytest.raises(pymysql.IntegrityError) as refused:
            query(shop.admin, f"INSERT INTO {table} SELECT * FROM {table} AS h LIMIT 1")
        assert (table, refused.value.args[0]) == (table, 1062)

    assert {table: rows_of(shop, table) for table in HISTORY} == before


def test_history_has_a_primary_key_and_nothing_else_that_fills_or_refuses_values(
    shop: OpenShop,
) -> None:
    columns = query(
        shop.admin,
        "SELECT table_name AS t, column_name AS c, column_default AS d, extra AS e,"
        " COALESCE(generation_expression, '') AS g FROM information_schema.columns"
        " WHERE table_schema = %s AND table_name LIKE '%%\\_history'",
        shop.history,
    )
    constraints = query(
        shop.admin,
        "SELECT table_name AS t, constraint_type AS type"
        " FROM information_schema.table_constraints"
        " WHERE table_schema = %s AND table_name LIKE '%%\\_history'",
        shop.history,
    )
    others = query(
        shop.admin,
        "SELECT table_name AS t, index_name AS i FROM information_schema.statistics"
        " WHERE table_schema = %s AND table_name LIKE '%%\\_history'"
        " AND non_unique = 0 AND index_name <> 'PRIMARY'",
        shop.history,
    )

    assert {row["t"] for row in columns} == set(HISTORY)
    # MariaDB writes the default of a column that may be NULL as a word.
    assert [row for row in columns if row["d"] not in (None, "NULL")] == []
    assert [row for row in columns if row["e"] or row["g"]] == []
    assert sorted((row["t"], row["type"]) for row in constraints) == [
        (table, "PRIMARY KEY") for table in HISTORY
    ]
    assert others == []


def test_a_column_that_nobody_names_is_not_filled_in(shop: OpenShop) -> None:
    query(shop.admin, "SET sql_mode = 'STRICT_ALL_TABLES'")

    for table in HISTORY:
        with pytest.raises(pymysql.Error) as refused:
            query(shop.admin, f"INSERT INTO {table} (history_version) VALUES (1)")
        assert (table, refused.value.args[0]) == (table, 1364)


def rows_of(shop: OpenShop, table: str) -> list[Row]:
    return query(shop.admin, f"SELECT * FROM {table}")
