"""Relations and names come, go, come back, and get others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from bygones.sandbox.expectations import ExpectedRelation
from tests.support.migrations.shaping import DECLARED, SALES
from tests.support.migrations.snapshot import snapshot
from tests.support.migrations.teams import downgrade_of, upgrade_of
from tests.support.procedures import value

if TYPE_CHECKING:
    from tests.support.migrations.shaping import Changing

LINES, PINGS = SALES.relations
WITHOUT_PINGS = DECLARED.replace("pings =", "# pings =")
GAP = "o.id NOT BETWEEN 61 AND 70"


def test_a_new_relation_is_of_the_roots_that_come_after_it(changing: Changing) -> None:
    changing.expected = replace(SALES, relations=(LINES,))
    changing.open_shop(WITHOUT_PINGS)
    changing.team.declare(DECLARED)
    changing.sell(range(61, 71))

    revision = changing.revise_and_upgrade()

    assert upgrade_of(revision)[1] == 'op.install_table("pings_history", version=1)'
    assert downgrade_of(revision)[1] == 'op.refuse_loss("pings_history")'
    changing.expected = replace(
        SALES, relations=(LINES, replace(PINGS, since=changing.next_chunk()))
    )
    changing.copy()
    before = snapshot(changing.admin, changing.team.shop.history)
    with pytest.raises(MigrationError, match="pings_history holds rows that would be"):
        changing.team.downgrade("-1")
    assert snapshot(changing.admin, changing.team.shop.history) == before


def test_a_relation_goes_and_comes_back_to_its_history(changing: Changing) -> None:
    changing.open_shop()
    changing.team.declare(WITHOUT_PINGS)

    changing.revise_and_upgrade()
    changing.sell(range(61, 71))
    # Nobody looks at it meanwhile.
    changing.source(
        "ALTER TABLE pings MODIFY at TIME(3) NULL, ADD COLUMN more INT NULL"
    )
    changing.drain()
    changing.team.declare(DECLARED)
    changing.revise_and_upgrade()
    changing.sell(range(71, 81))

    assert changing.alterations(2) == {
        "pings_history": {"at": "COPY", "more": "INSTANT"}
    }
    assert changing.shapes() == [1, 2]
    pings = replace(PINGS, joined=f"{PINGS.joined} AND {GAP}")
    changing.expected = replace(SALES, relations=(LINES, pings))
    changing.copy()
    assert changing.shapes() == [1, 2, 3]
    changing.team.downgrade("-2")
    changing.team.upgrade()
    assert changing.team.check() == []


def test_a_column_is_left_out_and_taken_back(changing: Changing) -> None:
    changing.open_shop()
    changing.team.declare(
        DECLARED.replace("lines = {", 'lines = { without = ["what"],')
    )

    changing.revise_and_upgrade()
    assert changing.alterations(2) == {}
    changing.sell(range(61, 71))
    changing.drain()
    changing.team.declare(DECLARED)
    changing.revise_and_upgrade()
    changing.sell(range(71, 81))

    lines = replace(LINES, converted={"what": f"IF({GAP}, r.what, NULL)"})
    changing.expected = replace(SALES, relations=(lines, PINGS))
    changing.copy()
    # What was copied without it is of another shape than what was copied with it.
    assert changing.shapes() == [1, 2, 3]


def test_a_table_comes_between_a_relation_and_what_it_was_joined_to(
    changing: Changing,
) -> None:
    changing.open_shop()
    changing.source(
        "CREATE TABLE parts (id INT PRIMARY KEY, line_id INT, KEY (line_id))",
        "INSERT INTO parts SELECT id, id FROM `lines`",
        "ALTER TABLE pings ADD COLUMN part_id INT NULL, ADD KEY (part_id)",
        "UPDATE pings SET part_id = sale_id",
        "ALTER TABLE pings DROP COLUMN sale_id",
    )
    changing.refused()
    changing.team.declare(
        DECLARED[: DECLARED.index("pings")]
        + 'parts = { of = "lines", on = "parts.line_id = lines.id", parent = false }\n'
        'pings = { of = "parts", on = "pings.part_id = parts.id", parent = false }\n'
    )

    changing.revise_and_upgrade()
    chunk = changing.next_chunk()
    changing.source(
        "INSERT INTO sales (id, state) VALUES (61, 'done')",
        "INSERT INTO `lines` (id, sale_id) VALUES (61, 61)",
        "INSERT INTO parts (id, line_id) VALUES (61, 61)",
        "INSERT INTO pings (part_id) VALUES (61), (61)",
    )

    to_parts = (
        "JOIN {source}.`lines` AS l ON l.sale_id = o.id"
        " JOIN {source}.parts AS p ON p.line_id = l.id"
    )
    parts = ExpectedRelation(
        name="parts",
        key=("id",),
        joined=to_parts.replace("p.", "r.").replace("AS p", "AS r"),
        since=chunk,
    )
    pings = ExpectedRelation(
        name="pings",
        joined=f"{to_parts} JOIN {{source}}.pings AS r ON r.part_id = p.id",
        added={"part_id": chunk},
    )
    changing.expected = replace(SALES, relations=(LINES, parts, pings))
    changing.copy()


def test_a_table_that_has_another_name_keeps_its_history(changing: Changing) -> None:
    changing.open_shop()
    changing.source("RENAME TABLE pings TO pongs")
    assert changing.refused().startswith("archive sales lost a table: ")
    with pytest.raises(MigrationError, match='did you mean "pongs"'):
        changing.team.revise()

    changing.team.declare(DECLARED.replace("pings = {", 'pings = { table = "pongs",'))
    changing.revise_and_upgrade()

    assert changing.alterations(2) == {}
    changing.source("RENAME TABLE pongs TO pings")
    changing.sell(range(61, 71))
    changing.source("RENAME TABLE pings TO pongs")
    pings = replace(
        PINGS, table="pongs", joined=str(PINGS.joined).replace("pings", "pongs")
    )
    changing.expected = replace(SALES, relations=(LINES, pings))
    changing.copy()


def test_a_root_that_has_another_name_is_refused(changing: Changing) -> None:
    changing.open_shop()
    changing.source("RENAME TABLE sales TO deals")
    assert changing.refused().startswith("archive sales lost a table: ")
    changing.team.declare(
        DECLARED.replace('"sales"', '"deals"').replace("sales.id", "deals.id")
    )

    with pytest.raises(MigrationError) as caught:
        changing.team.revise()

    assert str(caught.value) == (
        "archives.toml: archive.sales.table: the history of this archive is of another "
        'table than "deals", which is what its history tables are named by; let the '
        "table have its name of then, or move the history of this archive elsewhere, "
        "take the archive out of archives.toml, upgrade, and declare it again"
    )


def test_a_table_of_two_relations_changes_in_both(changing: Changing) -> None:
    changing.source(
        "CREATE TABLE places (id INT PRIMARY KEY, street VARCHAR(9))",
        "CREATE TABLE sales (id INT PRIMARY KEY, state VARCHAR(9), home INT, shop INT)",
        "INSERT INTO places VALUES (1, 'here'), (2, 'there')",
        "INSERT INTO sales VALUES (1, 'done', 1, 2), (2, 'done', 2, 2)",
    )
    homes, shops = (
        ExpectedRelation(
            name=f"{what}s",
            table="places",
            key=("id",),
            joined=f"JOIN {{source}}.places AS r ON r.id = o.{what}",
        )
        for what in ("home", "shop")
    )
    changing.expected = replace(SALES, relations=(homes, shops))
    changing.install(
        DECLARED[: DECLARED.index("lines")]
        + 'homes = { table = "places", on = "homes.id = sales.home", parent = true }\n'
        'shops = { table = "places", on = "shops.id = sales.shop", parent = true }\n'
    )
    changing.source(
        "ALTER TABLE places MODIFY id BIGINT, ADD COLUMN town VARCHAR(9) NULL",
        "ALTER TABLE sales MODIFY home BIGINT, MODIFY shop BIGINT",
        "INSERT INTO places VALUES (5000000000, 'far', 'away')",
        "INSERT INTO sales VALUES (3, 'done', 5000000000, 1)",
    )
    changing.refused()

    changing.revise_and_upgrade()

    same = {"id": "COPY", "town": "INSTANT"}
    assert changing.alterations(2) == {
        "homes_history": same,
        "shops_history": same,
        "sales_history": {"home": "COPY", "shop": "COPY"},
    }
    added = {"town": changing.next_chunk()}
    changing.expected = replace(
        SALES, relations=(replace(homes, added=added), replace(shops, added=added))
    )
    changing.copy()


@pytest.mark.parametrize("is_declared", [True, False], ids=["declared", "silent"])
def test_a_column_gets_another_name(changing: Changing, *, is_declared: bool) -> None:
    changing.open_shop()
    changing.source(
        "ALTER TABLE sales RENAME COLUMN note TO remark",
        "ALTER TABLE pings RENAME COLUMN at TO moment",
    )
    changing.refused()
    if is_declared:
        changing.team.declare(
            DECLARED.replace(
                "[archive.sales.rel",
                'renamed = { note = "remark" }\n[archive.sales.rel',
            ).replace("pings = {", 'pings = { renamed = { at = "moment" },')
        )

    changing.revise_and_upgrade()

    chunk = changing.next_chunk()
    changing.source(
        "INSERT INTO sales (id, state, remark) VALUES (61, 'done', 'new')",
        "INSERT INTO pings VALUES (61, '01:00:00'), (61, NULL)",
    )
    if is_declared:
        assert changing.alterations(2) == {}
        changing.expect("sales", {"renamed": {"note": "remark"}})
        changing.expect("pings", {"renamed": {"at": "moment"}})
    else:
        assert changing.alterations(2) == {
            "sales_history": {"remark": "INSTANT"},
            "pings_history": {"moment": "INSTANT"},
        }
        changing.expect("sales", {"added": {"remark": chunk}})
        changing.expect("pings", {"added": {"moment": chunk}})
    changing.copy()
    kept = value(changing.admin, "SELECT COUNT(*) FROM sales_history WHERE note <> ''")
    assert kept == (61 if is_declared else 60)
