"""Roots that can't be copied, whatever their keys are: they wait, the others arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.aggregates.archiving import compared, copy_all
from tests.support.aggregates.schemas import (
    awkward_names,
    binary_uuid,
    composite_key,
    keyless_child,
    text_keys,
)
from tests.support.procedures import overlook_drift, query, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.aggregates.archiving import Archived
    from tests.support.aggregates.foreign import Foreign

MODULES = (awkward_names, binary_uuid, composite_key, keyless_child, text_keys)
CORE = (composite_key,)


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param(
            module.SCHEMA,
            id=module.SCHEMA.name,
            marks=[pytest.mark.core] if module in CORE else [],
        )
        for module in MODULES
    ],
)
def test_the_first_the_last_and_one_in_the_middle_wait_and_are_copied_when_they_can_be(
    open_archived: Callable[[Foreign], Archived], foreign: Foreign
) -> None:
    archived = open_archived(foreign)
    archived.generate()
    for archive in foreign.expected:
        poison(archived, archive)
    caller = archived.connect(archived.caller_url)

    for archive in foreign.expected:
        copy_all(caller, archive)
    waiting = [
        reason
        for archive in foreign.expected
        for reason in archived.waiting(archive).values()
    ]
    copied = roots(archived)
    for expected in foreign.expected.values():
        query(archived.admin, f"DROP TRIGGER `poison {expected.root}`")
    for archive in foreign.expected:
        query(archived.admin, "CALL retry_quarantine(%s)", archive)
        copy_all(caller, archive)
    caller.close()

    bad = 3 * len(foreign.expected)
    assert waiting.count("quarantined") == bad
    assert copied == archived.count_finished() - bad
    for verdict in archived.verdicts():
        assert verdict.complete, verdict
    for archive in foreign.expected:
        assert archived.waiting(archive) == archived.unfinished(archive)
        assert_compared(archived, archive)


def poison(archived: Archived, archive: str) -> None:
    """Have history refuse three roots."""
    overlook_drift(archived)
    expected = archived.foreign.expected[archive]
    columns = [f"`{column}`" for column in expected.key]
    written = ", ".join(f"HEX(CONCAT(o.{column})) AS {column}" for column in columns)
    keys = query(
        archived.admin,
        f"SELECT {written}"
        f" FROM {archived.root(expected)} AS o WHERE {expected.finished}"
        f" ORDER BY {', '.join(f'o.{column}' for column in columns)}",
    )
    refused = " OR ".join(
        " AND ".join(
            f"HEX(CONCAT(NEW.`{column}`)) = '{text}'" for column, text in key.items()
        )
        for key in (keys[0], keys[len(keys) // 2], keys[-1])
    )
    query(
        archived.admin,
        f"CREATE TRIGGER `poison {expected.root}` BEFORE INSERT"
        f" ON `{expected.root}_history` FOR EACH ROW BEGIN IF {refused}"
        " THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'poison'; END IF; END",
    )


def roots(archived: Archived) -> int:
    return sum(
        value(archived.admin, f"SELECT COUNT(*) FROM `{expected.root}_history`")
        for expected in archived.foreign.expected.values()
    )


def assert_compared(archived: Archived, archive: str) -> None:
    """See that each chunk is what the source is, those of one root too."""
    chunks = query(archived.admin, "SELECT id FROM chunk WHERE archive = %s", archive)
    differences = {
        chunk["id"]: compared(archived.admin, archive, chunk["id"]) for chunk in chunks
    }
    assert set(differences.values()) == {None}, differences
