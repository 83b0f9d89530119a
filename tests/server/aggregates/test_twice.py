"""What is written once is not written again, and what is taken back is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import alembic.command
import pytest

from bygones.sandbox.shop import configuration, downgrade, upgrade
from tests.support.aggregates.schemas import awkward_names, text_keys
from tests.support.migrations.snapshot import snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.aggregates.archiving import Archived
    from tests.support.aggregates.foreign import Foreign

schemas = pytest.mark.parametrize(
    "foreign",
    [
        pytest.param(module.SCHEMA, id=module.SCHEMA.name)
        for module in (awkward_names, text_keys)
    ],
)


@schemas
def test_what_was_generated_and_installed_needs_nothing_more(
    open_archived: Callable[[Foreign], Archived], foreign: Foreign
) -> None:
    archived = open_archived(foreign)
    archived.generate()
    before = files(archived.project)

    archived.revise("archive the same")

    assert files(archived.project) == before
    alembic.command.check(configuration(archived, archived.project))


@schemas
def test_the_same_is_written_again_to_the_byte(
    open_archived: Callable[[Foreign], Archived], foreign: Foreign
) -> None:
    archived = open_archived(foreign)
    upgrade(archived, "bygones_0001", archived.project)
    before = files(archived.project)
    archived.revise("archive what is finished")
    first = files(archived.project)
    for path in first.keys() - before.keys():
        (archived.project / path).unlink()

    archived.revise("archive what is finished")

    again = files(archived.project)
    assert sql(again) == sql(first)
    assert len(sql(first)) > 20


@schemas
def test_up_down_and_up_leaves_the_same_database(
    open_archived: Callable[[Foreign], Archived], foreign: Foreign
) -> None:
    archived = open_archived(foreign)
    upgrade(archived, "bygones_0001", archived.project)
    below = snapshot(archived.admin, archived.history)
    archived.generate()
    above = snapshot(archived.admin, archived.history)

    downgrade(archived, "bygones_0001", archived.project)
    below_again = snapshot(archived.admin, archived.history)
    upgrade(archived, "head", archived.project)

    assert below_again == below
    assert snapshot(archived.admin, archived.history) == above
    assert len(above) > len(below) + 20


def files(project: Path) -> dict[str, str]:
    return {
        str(path.relative_to(project)): path.read_text(encoding="utf-8")
        for path in project.rglob("*")
        if path.is_file() and path.suffix in {".sql", ".py", ".toml"}
    }


def sql(written: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in written.items() if path.endswith(".sql")}
