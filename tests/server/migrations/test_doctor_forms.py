"""What the doctor says of each form in which an archive can be declared."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from bygones.cli import installing
from bygones.cli.installing import examine
from bygones.cli.rehearsal import NOTHING_LEFT
from bygones.runner.connection import connect, parse_url
from bygones.runner.doctor import Doctor
from tests.support.aggregates.archiving import copy_all
from tests.support.procedures import query

if TYPE_CHECKING:
    import pytest

    from bygones.runner.doctor import Check
    from tests.support.migrations.shaping import Changing

# Each archive: its root's columns, what is declared, and the time that it rests by.
FORMS = {
    "plain": ("id INT AUTO_INCREMENT PRIMARY KEY", "", ""),
    "at_rest": (
        "id CHAR(36) PRIMARY KEY, closed_at DATETIME NULL",
        'settled = { column = "closed_at", days = 10 }',
        "closed_at",
    ),
    "by_day": (
        "shop SMALLINT, `key` VARCHAR(9), closed_at DATE, PRIMARY KEY (shop, `key`)",
        'settled = { column = "closed_at", days = 10 }',
        "closed_at",
    ),
    "all_of_it": (
        "id VARBINARY(9) PRIMARY KEY, pin INT, updated_at TIMESTAMP, KEY (updated_at)",
        """
        settled = { column = "updated_at", days = 10 }
        changed_at = "updated_at"
        without = ["pin"]
        """,
        "updated_at",
    ),
}
NEVER = "0000-00-00 00:00:00"
ROWS = 30
# Those that were closed ten days ago, or earlier.
RESTED = 20


def test_each_form_is_rehearsed_from_the_first_key_to_the_last(
    changing: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "MANY_CALLS", 10)
    open_archives(changing)

    first = checks_of(changing)
    # From where a cursor stands, and of several lanes.
    for archive in FORMS:
        query(changing.admin, f"CALL `copy_{archive}_chunk`(5)")
    query(changing.admin, "CALL split_plain(2)")
    query(changing.admin, "CALL copy_plain_chunk(5)")
    query(changing.admin, "UPDATE lane SET size = 1 WHERE archive = 'plain'")
    second = checks_of(changing)
    for archive in FORMS:
        copy_all(changing.admin, archive)
    third = checks_of(changing)
    idle = {
        archive: query(changing.admin, f"CALL `copy_{archive}_chunk`(NULL)")[0]
        for archive in FORMS
    }

    for archive, (_, declared, _) in FORMS.items():
        roots = RESTED if declared else ROWS
        # What is copied already isn't ahead.
        left = roots - 5 if declared else roots - 10
        number = 1 if declared else 2  # a split begins anew
        name = f"estimate of {archive}"
        assert first[name].found.startswith(f"about {roots} orders"), first[name]
        assert second[name].found.startswith(f"about {left} orders"), second[name]
        assert third[name].found.startswith(f"{NOTHING_LEFT} {number}, which came to")
    assert second["estimate of plain"].todo == (
        "mend joins of plain: each CALL reads a whole table"
    )
    new_keys = {archive: first[f"new keys of {archive}"].verdict for archive in FORMS}
    assert new_keys == {
        "plain": "OK",
        "at_rest": "warn",
        "by_day": "warn",
        "all_of_it": "OK",
    }
    # What comes below the cursor is seen by looks with changed_at alone.
    below = {
        archive: row["reason"].endswith(
            " UTC: keys that came below the cursor are found by that one"
        )
        for archive, row in idle.items()
    }
    assert below == {
        "plain": True,
        "at_rest": True,
        "by_day": True,
        "all_of_it": False,
    }
    assert first["new keys of at_rest"].todo.startswith('changed_at = "<column>" in')


def open_archives(changing: Changing) -> None:
    declared = ['source = "written"']
    for name, (columns, keys, rests) in FORMS.items():
        changing.source(
            f"CREATE TABLE {name} ({columns}, sent DATETIME NOT NULL DEFAULT '{NEVER}')"
        )
        for n in range(1, ROWS + 1):
            changing.source(insert(name, columns, rests, n))
        changing.source(f"ANALYZE TABLE {name}")
        declared.append(
            f'[archive.{name}]\ntable = "{name}"\n'
            f"finished = \"sent <> '{NEVER}'\"\n{keys}"
        )
    # Without an index that leads to the rows of a root.
    changing.source("CREATE TABLE scraps (id INT PRIMARY KEY, plain_id INT)")
    declared.append(
        "[archive.plain.relations]\n"
        'scraps = { on = "scraps.plain_id = plain.id", parent = false }'
    )
    changing.team.declare("\n".join(declared))
    changing.team.revise("archive all forms")
    changing.team.upgrade()
    changing.admin.select_db(changing.team.shop.history)


def insert(name: str, columns: str, rests: str, n: int) -> str:
    key, kind, *_ = columns.split()
    values = {key: f"'2024-01-01 00:00:{n}'" if kind.startswith("DATE") else str(n)}
    if name == "by_day":
        values["`key`"] = f"'a{n}'"
    if rests:
        # The first twenty are at rest, by an hour at least.
        days = 11 if n <= RESTED else 1
        values[rests] = f"UTC_TIMESTAMP() - INTERVAL {days} DAY"
    values["sent"] = "'2024-01-01'"
    given = ", ".join(values.values())
    return f"INSERT INTO {name} ({', '.join(values)}) VALUES ({given})"


def checks_of(changing: Changing) -> dict[str, Check]:
    """Have the owner's doctor look, and return what it says, by name."""
    shop = changing.team.shop
    database = parse_url(shop.owner_url)
    with closing(connect(database, schema=None, seconds=60)) as connection:
        doctor = Doctor(connection, database)
        checks = list(examine(doctor, connection, database, changing.team.project))
    assert [check for check in checks if check.verdict == "stop"] == []
    return {check.name: check for check in checks}
