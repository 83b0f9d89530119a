"""Foreign schemas, each with one difficulty: all that is finished arrives as it is."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bygones.cli.rehearsal import Rehearsed, rehearse
from bygones.runner.connection import connect, parse_url
from tests.support.aggregates.schemas import (
    alternative_parents,
    awkward_names,
    binary_uuid,
    char_uuid,
    column_types,
    composite_key,
    four_levels,
    keyless_child,
    many_to_many,
    mixed_types,
    no_foreign_keys,
    odd_keys,
    orphans,
    polymorphic,
    same_table_twice,
    self_reference,
    several_columns,
    shared_keys,
    text_keys,
    unique_parent,
    unsigned_keys,
    waiting_names,
    wide_keys,
    zero_dates,
)
from tests.support.procedures import findings, query, value, verify_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.aggregates.archiving import Archived
    from tests.support.aggregates.foreign import Foreign

# Those in which the two families differ most are also run on MariaDB by CI.
CORE = (alternative_parents, column_types, keyless_child, text_keys, zero_dates)
OTHERS = (
    awkward_names,
    binary_uuid,
    char_uuid,
    composite_key,
    four_levels,
    many_to_many,
    mixed_types,
    no_foreign_keys,
    odd_keys,
    orphans,
    polymorphic,
    same_table_twice,
    self_reference,
    several_columns,
    shared_keys,
    unique_parent,
    unsigned_keys,
    waiting_names,
    wide_keys,
)


@pytest.mark.parametrize(
    "foreign",
    [
        *(
            pytest.param(module.SCHEMA, id=module.SCHEMA.name, marks=pytest.mark.core)
            for module in CORE
        ),
        *(pytest.param(module.SCHEMA, id=module.SCHEMA.name) for module in OTHERS),
    ],
)
def test_every_aggregate_arrives_and_is_identical(
    open_archived: Callable[[Foreign], Archived], foreign: Foreign
) -> None:
    archived = open_archived(foreign)
    archived.generate()
    for archive in foreign.expected:
        assert_rehearsed(archived, archive)

    writer = archived.copy_under_fire()

    assert writer.errors == []
    verdicts = archived.verdicts()
    for verdict in verdicts:
        assert verdict.complete, verdict
    assert sum(verdict.finished for verdict in verdicts) >= 2000
    for archive in foreign.expected:
        assert archived.waiting(archive) == archived.unfinished(archive)
        assert chunks(archived, archive) >= 2
    assert failures(archived) == []
    for archive in foreign.expected:
        verified = verify_all(archived.admin, archive=archive)
        assert sum(row["roots"] for row in verified) >= 2000 / len(foreign.expected)
    assert findings(archived.admin) == {}
    for trap, expected in foreign.traps.items():
        assert value(archived.admin, trap) == expected, trap


def assert_rehearsed(archived: Archived, archive: str) -> None:
    """Rehearse a chunk from the first key on, and one from where a cursor stands."""
    database = parse_url(archived.owner_url)
    with closing(connect(database, schema=None, seconds=60)) as connection:
        first = rehearse(connection, database, archive)
        query(archived.admin, f"CALL `copy_{archive}_chunk`(20)")
        second = rehearse(connection, database, archive)
    assert isinstance(first, Rehearsed), first
    assert isinstance(second, Rehearsed), second
    assert min(first.roots, second.roots) > 20


def chunks(archived: Archived, archive: str) -> int:
    return int(
        value(
            archived.admin,
            "SELECT COUNT(*) FROM chunk WHERE archive = %s AND roots >= 100",
            archive,
        )
    )


def failures(archived: Archived) -> list[dict[str, object]]:
    return query(archived.admin, "SELECT * FROM failure")
