"""Verification of foreign schemas: each planted difference is found where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.aggregates.archiving import copy_all
from tests.support.aggregates.schemas import (
    binary_uuid,
    column_types,
    composite_key,
    four_levels,
    keyless_child,
    text_keys,
)
from tests.support.procedures import findings, query, value, verify_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.support.aggregates.archiving import Archived
    from tests.support.aggregates.foreign import Foreign

NOTHING = {"too_few": 0, "too_many": 0, "columns": []}

# By table and column, what was copied and what the source has now.
SPECIMENS = {
    "grade": [("''", "NULL"), ("'A'", "'\"'"), ("0", "''")],
    "kinds": [("'x'", "'x,Q'"), ("''", "NULL")],
    "flag": [("b'0'", "b'1'")],
    "mask": [("18446744073709551615", "18446744073709551614")],
    "tiny": [("1", "-1")],
    "small": [("65535", "65534")],
    "medium": [("NULL", "0")],
    "ratio": [("0.1", "0.10000001"), ("16777216", "16777218")],
    "precise": [("0.3", "0.1 + 0.2 + 1e-17 * 8"), ("NULL", "0")],
    "born": [("1901", "2155")],
    "took": [("'-00:00:01'", "'-00:00:01.000001'")],
    "made_at": [("'2026-01-01'", "'2026-01-01 00:00:00.000001'")],
    "changed_at": [("'2026-01-01'", "'2026-01-01 00:00:00.001'")],
    "details": [("'[1]'", "'[1.0]'"), ("'[1, 2]'", "'[2, 1]'"), ("'null'", "NULL")],
    "place": [
        (
            "ST_GeomFromText('POINT(50 10)', 4326)",
            "ST_GeomFromText('POINT(50 10.000001)', 4326)",
        )
    ],
    "spot": [("ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(2 1)')")],
    "shape": [
        (
            "ST_GeomFromText('LINESTRING(0 0, 1 1)')",
            "ST_GeomFromText('LINESTRING(1 1, 0 0)')",
        )
    ],
    "code": [("'abc'", "'ABC'"), ("NULL", "''")],
    "old_name": [("'cafe'", "'café'"), ("'ss'", "'ß'"), ("'a'", "'a '")],
    "wide_name": [("'😀'", "'😁'"), ("'a'", "'A'")],
    "raw": [("UNHEX('00000000')", "UNHEX('00000020')")],
    "padded": [("'a'", "UNHEX('6100')"), ("''", "NULL")],
    "hidden": [("7", "8")],
}
PAPERS = {
    "tiny_text": [("'cafe'", "'CAFÉ'"), ("'a'", "'a '")],
    "plain_text": [("'a'", "'A'"), ("NULL", "''")],
    "medium_text": [("'😀'", "'😀 '")],
    "long_text": [("REPEAT('x', 200000)", "CONCAT(REPEAT('x', 199999), 'X')")],
    "tiny_blob": [("'a'", "'A'")],
    "plain_blob": [("''", "NULL")],
    "medium_blob": [("UNHEX('00')", "UNHEX('0000')")],
    "long_blob": [("REPEAT('\\0', 99999)", "REPEAT('\\0', 100000)")],
}
# A row that changes is one too few and one too many, where there is no key.
SAMPLES = {
    "ratio": [("0.1", "0.2")],
    "precise": [("0.1", "NULL")],
    "details": [("'[1]'", "'[1.0]'")],
    "place": [("ST_GeomFromText('POINT(1 2)')", "NULL")],
    "grade": [("''", "0")],
}
ZEROS = {"ratio": [("0", "'-0'")], "precise": [("'-0'", "0")]}
MOVED = {"too_few": 1, "too_many": 1, "columns": []}

Plant = tuple[str, str, str, str]


def plants(table: str, values: dict[str, list[tuple[str, str]]]) -> Iterable[Plant]:
    for column, pairs in values.items():
        for before, after in pairs:
            yield table, column, before, after


@pytest.mark.core
def test_a_change_of_every_type_is_found(
    open_archived: Callable[[Foreign], Archived],
) -> None:
    archived = open_archived(column_types.SCHEMA)
    is_mysql = not value(archived.admin, "SELECT VERSION() LIKE '%%MariaDB%%'")
    planted = [
        *plants("specimens", SPECIMENS),
        *plants("papers", PAPERS),
        *plants("samples", SAMPLES),
        # MariaDB makes 0 of -0 where it is written.
        *(plants("specimens", ZEROS) if is_mysql else ()),
        *(plants("samples", ZEROS) if is_mysql else ()),
    ]
    roots = range(1001, 1001 + len(planted))
    query(archived.admin, "SET time_zone = '+00:00'")
    query(archived.admin, "UPDATE specimens SET state = 'it''s done', name = 'x'")
    query(archived.admin, "DELETE FROM samples WHERE specimen_id > 1000")
    query(
        archived.admin,
        "INSERT INTO samples (specimen_id) SELECT id FROM specimens WHERE id > 1000",
    )
    for root, (table, column, before, _) in zip(roots, planted, strict=True):
        write(archived, table, column, before, root)
    archived.generate()
    copy_all(archived.admin, "specimens")
    for root, (table, column, _, after) in zip(roots, planted, strict=True):
        if column == "details":
            # MySQL takes an equal JSON for no change.
            write(archived, table, column, "'{}'", root)
        write(archived, table, column, after, root)

    verify_all(archived.admin, archive="specimens")

    assert findings(archived.admin) == {
        (str(root),): (
            "different",
            {table: MOVED if table == "samples" else NOTHING | {"columns": [column]}},
        )
        for root, (table, column, *_) in zip(roots, planted, strict=True)
    }


def write(archived: Archived, table: str, column: str, new: str, root: int) -> None:
    key = "id" if table == "specimens" else "specimen_id"
    kept = (
        ""
        if column == "changed_at" or table != "specimens"
        else ", changed_at = changed_at"
    )
    ignore = "IGNORE " if new == "0" and column == "grade" else ""
    written = "'no member'" if ignore else new
    query(
        archived.admin,
        f"UPDATE {ignore}`{archived.source}`.{table} SET {column} = {written}{kept}"
        f" WHERE {key} = {root}",
    )


@pytest.mark.core
@pytest.mark.parametrize(
    ("foreign", "archive", "statements", "expected"),
    [
        pytest.param(
            keyless_child.SCHEMA,
            "orders",
            [
                # Of three that are equal; and one more of two.
                (
                    "DELETE FROM readings WHERE order_id = 1 AND sensor = 'a'"
                    " AND HEX(sensor) = '61' AND degrees IS NOT NULL AND degrees <> 0"
                    " AND taken_at = '2026-01-01' LIMIT 1"
                ),
                (
                    "INSERT INTO readings (order_id) SELECT order_id FROM readings"
                    " WHERE order_id IN (7, 14) LIMIT 1"
                ),
                "UPDATE readings SET sensor = UPPER(sensor) WHERE order_id = 5 LIMIT 1",
                "UPDATE alarms SET level = 77 WHERE order_id = 10",
            ],
            {
                ("1",): ("different", {"readings": NOTHING | {"too_many": 1}}),
                ("7",): ("incomplete", {"readings": NOTHING | {"too_few": 1}}),
                ("5",): ("different", {"readings": MOVED}),
                ("10",): ("different", {"alarms": NOTHING | {"columns": ["level"]}}),
            },
            id="keyless_child",
        ),
        pytest.param(
            composite_key.SCHEMA,
            "shipments",
            [
                (
                    "UPDATE scans SET place = 'X' WHERE depot = 'Süd' AND number = 1"
                    " AND leg = -1 AND shipped_on = '2026-01-04'"
                ),
                (
                    "UPDATE shipments SET weight = 9 WHERE depot = 'alt' AND number = 2"
                    " AND leg = 0 AND shipped_on = '2026-01-02'"
                ),
            ],
            {
                ("Süd", "2026-01-04", "1", "-1"): (
                    "different",
                    {"scans": NOTHING | {"columns": ["place"]}},
                ),
                ("alt", "2026-01-02", "2", "0"): (
                    "different",
                    {"shipments": NOTHING | {"columns": ["weight"]}},
                ),
            },
            id="composite_key",
        ),
        pytest.param(
            text_keys.SCHEMA,
            "coupons",
            ["UPDATE coupons SET code = UPPER(code) WHERE code = 'cup'"],
            {
                ("cup",): ("different", {"coupons": NOTHING | {"columns": ["code"]}}),
            },
            id="text_keys",
        ),
        pytest.param(
            binary_uuid.SCHEMA,
            "claims",
            [
                (
                    "UPDATE photos SET picture = 'other'"
                    " WHERE claim_id = UNHEX(REPEAT('20', 16))"
                ),
                "UPDATE claims SET policy_id = NULL WHERE id = UNHEX(REPEAT('FF', 16))",
            ],
            {
                ("20" * 16,): (
                    "different",
                    {"photos": NOTHING | {"columns": ["picture"]}},
                ),
                ("FF" * 16,): (
                    "different",
                    {"claims": NOTHING | {"columns": ["policy_id"]}},
                ),
            },
            id="binary_uuid",
        ),
        pytest.param(
            four_levels.SCHEMA,
            "projects",
            [
                (
                    "UPDATE remarks AS r JOIN steps AS s ON s.id = r.step_id"
                    " SET r.body = 'other' WHERE s.project_id = 13"
                ),
                (
                    "DELETE r FROM remarks AS r JOIN steps AS s ON s.id = r.step_id"
                    " WHERE s.project_id = 15"
                ),
                "UPDATE people SET name = 'other'",
            ],
            {
                ("13",): ("different", {"remarks": NOTHING | {"columns": ["body"]}}),
                ("15",): ("different", {"remarks": NOTHING | {"too_many": 4}}),
            },
            id="four_levels",
        ),
    ],
)
def test_what_is_planted_is_found_of_any_key(
    open_archived: Callable[[Foreign], Archived],
    foreign: Foreign,
    archive: str,
    statements: list[str],
    expected: dict[tuple[str, ...], object],
) -> None:
    archived = open_archived(foreign)
    archived.generate()
    copy_all(archived.admin, archive)
    archived.admin.select_db(archived.source)
    with archived.admin.cursor() as cursor:
        for statement in statements:
            assert cursor.execute(statement) > 0, statement
    archived.admin.select_db(archived.history)

    verify_all(archived.admin, 100, archive)

    assert findings(archived.admin) == expected
