"""Verification of roots that were copied under several shapes.

That nothing is found where nothing differs, all tests of shapes say; here something
does, in what a shape had, and is found; what it hadn't isn't asked of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.migrations.shaping import DECLARED, RELATIONS, SALES
from tests.support.procedures import findings, overlook_drift, query, verify_all

if TYPE_CHECKING:
    from tests.support.migrations.shaping import Changing

pytestmark = pytest.mark.core

NOTHING = {"too_few": 0, "too_many": 0, "columns": []}
NO_PINGS = "".join(
    line for line in DECLARED.splitlines(keepends=True) if not line.startswith("pings")
)


def judged(changing: Changing) -> dict[tuple[str, ...], tuple[str, dict[str, object]]]:
    verify_all(changing.admin, archive="sales")
    return findings(changing.admin)


def different(relation: str, *columns: str) -> tuple[str, dict[str, object]]:
    return "different", {relation: NOTHING | {"columns": list(columns)}}


def test_a_column_is_compared_from_the_shape_on_that_has_it(
    changing: Changing,
) -> None:
    changing.open_shop()
    changing.source(
        "ALTER TABLE sales ADD COLUMN extra INT NOT NULL DEFAULT 7",
        "ALTER TABLE `lines` ADD COLUMN extra INT NOT NULL DEFAULT 7",
        "ALTER TABLE pings ADD COLUMN extra INT NOT NULL DEFAULT 7",
    )
    changing.revise_and_upgrade()
    changing.sell(range(61, 91))
    changing.drain()

    before = judged(changing)
    changing.source(
        "UPDATE sales SET extra = 8 WHERE id IN (5, 65)",
        "UPDATE `lines` SET extra = 8 WHERE sale_id IN (6, 66)",
        "UPDATE pings SET extra = 8 WHERE sale_id IN (7, 67)",
        "UPDATE sales SET note = 'x' WHERE id IN (8, 68)",
        "UPDATE pings SET at = '00:00:00' WHERE sale_id IN (9, 69)",
    )
    after = judged(changing)

    moved = NOTHING | {"too_few": 2, "too_many": 2}
    assert before == {}
    assert after == {
        ("65",): different("sales", "extra"),
        ("66",): different("lines", "extra"),
        ("67",): ("different", {"pings": moved}),
        ("8",): different("sales", "note"),
        ("68",): different("sales", "note"),
        ("9",): ("different", {"pings": moved}),
        ("69",): ("different", {"pings": moved}),
    }


def test_a_relation_is_compared_from_the_shape_on_that_has_it(
    changing: Changing,
) -> None:
    changing.expected = replace(SALES, relations=RELATIONS[:1])
    changing.open_shop(NO_PINGS)
    changing.team.declare(DECLARED)
    changing.revise_and_upgrade()
    changing.sell(range(61, 91))
    changing.drain()

    before = judged(changing)
    changing.source("DELETE FROM pings WHERE sale_id IN (5, 65)")
    after = judged(changing)

    assert before == {}
    assert after == {("65",): ("different", {"pings": NOTHING | {"too_many": 2}})}


def test_a_column_that_was_gone_and_came_back_is_compared_since_it_did(
    changing: Changing,
) -> None:
    changing.open_shop()
    changing.source("ALTER TABLE sales DROP COLUMN note")
    changing.revise_and_upgrade()
    changing.source("INSERT INTO sales (id, state) VALUES (61, 'done'), (65, 'done')")
    changing.drain()
    changing.source("ALTER TABLE sales ADD COLUMN note VARCHAR(20) NULL DEFAULT 'new'")
    changing.revise_and_upgrade()
    changing.sell(range(71, 81))
    changing.drain()

    before = judged(changing)
    changing.source("UPDATE sales SET note = 'x' WHERE id IN (5, 65, 75)")
    after = judged(changing)

    assert before == {}
    assert after == {("75",): different("sales", "note")}


def test_a_pruned_log_leaves_what_all_shapes_have(changing: Changing) -> None:
    changing.open_shop()
    changing.source("ALTER TABLE sales ADD COLUMN extra INT NOT NULL DEFAULT 7")
    changing.revise_and_upgrade()
    changing.sell(range(61, 91))
    changing.drain()
    query(changing.admin, "DELETE FROM chunk")

    changing.source(
        "UPDATE sales SET extra = 8 WHERE id = 65",
        "UPDATE sales SET note = 'x' WHERE id IN (8, 68)",
    )

    assert judged(changing) == {
        ("8",): different("sales", "note"),
        ("68",): different("sales", "note"),
    }


def test_only_what_was_at_rest_for_long_enough_is_suspected(
    changing: Changing,
) -> None:
    changing.open_shop(
        DECLARED.replace(
            "\n[archive.sales.relations]",
            'settled = { column = "placed_at", days = 30 }\n'
            "\n[archive.sales.relations]",
        )
    )
    overlook_drift(changing.team.shop)
    for table in ("pings_history", "lines_history", "sales_history"):
        key = "id" if table == "sales_history" else "history_root_id"
        query(changing.admin, f"DROP TRIGGER {table}_before_delete")
        query(changing.admin, f"DELETE FROM {table} WHERE {key} IN (5, 6)")
    changing.source("UPDATE sales SET placed_at = UTC_TIMESTAMP() WHERE id = 6")

    found = judged(changing)

    assert found == {}
    assert query(changing.admin, "SELECT root_key FROM suspect") == [
        {"root_key": '["5"]'}
    ]
