"""Alembic writes the SQL of what is declared, and the revision that installs it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import alembic.command

from bygones.compiler import definitions
from bygones.compiler.project import CONTROL
from bygones.migrations.autogenerate import versions
from bygones.sandbox.shop import configuration
from tests.support.migrations.snapshot import names, snapshot
from tests.support.migrations.teams import NOTES, ORDERS, downgrade_of, upgrade_of
from tests.support.procedures import copy_all

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.migrations.teams import Team

DISPENSED = 4  # of the sample's first five finished orders

OTHER_ORDERS = ORDERS.replace("'dispensed'", "'cancelled'")

REVISION = '''"""Archive \\"orders\\" in C:\\\\new.

Read sql/orders/tables/ and, of its procedures, copy_orders_chunk, _copy_* and
_compare_*: what is copied, and how that is compared.
"""

from bygones.migrations import op

revision: str = "0001"
down_revision: str | None = "bygones_0001"


def upgrade() -> None:
{tables}
    op.create_function("_copy_orders_at_once", version=1)
    op.create_function("_verify_orders_at_once", version=1)
{procedures}
{triggers}
    op.register_archive("orders")
    # Last, for the server may refuse it (1044).
    op.create_event("copy_orders_event", version=1)


def downgrade() -> None:
    # First, for it refuses while there is history to lose; and created again, for an
    # earlier downgrade may have failed after dropping it.
    op.create_procedure("_uninstall_orders", version=1)
    op.unregister_archive("orders")
    op.drop_event("copy_orders_event")
{no_procedures}
    op.drop_function("_verify_orders_at_once")
    op.drop_function("_copy_orders_at_once")
{no_tables}
'''


CHOOSE = "_choose_new_orders"


def created(procedure: str, version: int) -> str:
    return f'op.create_procedure("{procedure}", version={version})'


def names_of(team: Team, kind: str) -> list[str]:
    """Name what the archive's files define; in version 1 all of them."""
    files = (team.project.sql / "orders" / kind).glob("*_v01.sql")
    return sorted(path.name.removesuffix("_v01.sql") for path in files)


def said(function: str, names: list[str], version: str = "") -> str:
    """Write a line of a revision for each object."""
    return "\n".join(f'    op.{function}("{name}"{version})' for name in names)


def test_the_first_revision_follows_what_comes_with_bygones(team: Team) -> None:
    team.declare(ORDERS)

    lines = upgrade_of(team.revise("archive orders"))
    team.upgrade()

    [path] = team.revisions()
    assert path.name.endswith("_0001_archive_orders.py")
    assert lines[0] == 'op.install_table("order_items_history", version=1)'
    assert 'op.create_procedure("_raise", version=1)' not in lines
    team.shop.admin.select_db(team.shop.history)
    assert sum(row["roots"] for row in copy_all(team.shop.admin)) == DISPENSED


def test_an_archives_revision_is_written_as_one_would_by_hand(team: Team) -> None:
    team.install('source = "pharmacy"\n')
    team.declare(ORDERS)

    revision = team.revise('archive "orders" in C:\\new')

    tables, procedures = names_of(team, "tables"), names_of(team, "procedures")
    assert tables == ["order_items_history", "orders_history"]
    assert {"_uninstall_orders", "copy_orders_chunk"} < set(procedures)
    assert revision == REVISION.format(
        tables=said("install_table", tables, ", version=1"),
        procedures=said("create_procedure", procedures, ", version=1"),
        triggers=said("create_trigger", names_of(team, "triggers"), ", version=1"),
        no_procedures=said("drop_procedure", procedures[::-1]),
        no_tables=said("uninstall_table", tables[::-1]),
    )


def test_once_it_is_installed_nothing_is_left_to_do(team: Team) -> None:
    team.install()
    before = team.sql()

    assert team.check() == []
    assert team.revise() is None
    assert team.sql() == before


def test_down_and_up_again_leaves_the_same_database(team: Team) -> None:
    team.install()
    before = snapshot(team.shop.admin, team.shop.history)

    team.downgrade("base")
    nothing = names(team.shop.admin, "TABLE", team.shop.history)
    team.upgrade()

    assert nothing == ["alembic_version"]
    assert snapshot(team.shop.admin, team.shop.history) == before


def test_a_changed_definition_gets_a_new_version(team: Team) -> None:
    team.install()
    before = team.sql()
    installed = snapshot(team.shop.admin, team.shop.history)
    team.declare(OTHER_ORDERS)

    revision = team.revise()

    new = {path: text for path, text in team.sql().items() if path not in before}
    changed = sorted(path.split("/")[2].removesuffix("_v02.sql") for path in new)
    assert {**team.sql(), **before} == team.sql()
    assert CHOOSE in changed
    assert "_copy_order_items" not in changed
    assert all("'cancelled'" in text for text in new.values())
    # Meanwhile no chunk is copied: the check of the source comes last.
    closed = 'op.close_archive("orders")'
    opened = 'op.create_procedure("_check_orders_source", version=1)'
    assert upgrade_of(revision) == [
        closed,
        *(f'op.create_procedure("{name}", version=2)' for name in changed),
        opened,
    ]
    assert downgrade_of(revision) == [
        closed,
        *(f'op.create_procedure("{name}", version=1)' for name in changed[::-1]),
        opened,
    ]
    team.upgrade()
    assert team.check() == []
    team.downgrade("-1")
    assert snapshot(team.shop.admin, team.shop.history) == installed


def test_a_definition_of_earlier_comes_back_in_its_version(team: Team) -> None:
    team.install()
    team.install(OTHER_ORDERS)
    files = team.sql()
    team.declare(ORDERS)

    revision = team.revise()

    assert created(CHOOSE, 1) in upgrade_of(revision)
    assert created(CHOOSE, 2) in downgrade_of(revision)
    assert team.sql() == files


def test_a_version_that_no_revision_names_is_written_over(team: Team) -> None:
    team.install()
    team.declare(OTHER_ORDERS)
    team.revise()
    team.revisions()[-1].unlink()
    team.declare(ORDERS.replace("'dispensed'", "'uncollected'"))

    revision = team.revise()

    assert created(CHOOSE, 2) in upgrade_of(revision)
    text = team.sql()["orders/procedures/_choose_new_orders_v02.sql"]
    assert "'uncollected'" in text
    assert "'cancelled'" not in text


def test_checking_writes_nothing(team: Team) -> None:
    team.install()
    before = team.sql(), team.revisions()
    team.declare(OTHER_ORDERS)

    found = team.check()

    assert ("changed", "procedure", CHOOSE) in found
    assert {why for why, *_ in found} == {"changed"}
    assert (team.sql(), team.revisions()) == before


def test_a_new_relation_is_copied_after_the_upgrade(team: Team) -> None:
    team.install()
    installed = snapshot(team.shop.admin, team.shop.history)
    team.declare(ORDERS + NOTES)

    lines = upgrade_of(team.revise())
    team.upgrade()

    assert lines[:2] == [
        'op.close_archive("orders")',
        'op.install_table("notes_history", version=1)',
    ]
    # The check expects the triggers to be there.
    assert lines[-3:] == [
        'op.create_trigger("notes_history_before_update", version=1)',
        'op.create_procedure("_check_orders_source", version=2)',
        'op.register_archive("orders", shape=2)',
    ]
    assert team.check() == []
    team.downgrade("-1")
    assert snapshot(team.shop.admin, team.shop.history) == installed


def test_the_check_of_the_source_is_the_last_procedure_to_change(team: Team) -> None:
    team.install()
    team.declare(ORDERS + NOTES)

    lines = upgrade_of(team.revise())

    changed = [line for line in lines if "procedure" in line]
    assert changed[-1] == 'op.create_procedure("_check_orders_source", version=2)'


def test_a_relation_that_goes_leaves_its_history_and_what_protects_it(
    team: Team,
) -> None:
    team.install(ORDERS + NOTES)
    triggers = names(team.shop.admin, "TRIGGER", team.shop.history)
    team.declare(ORDERS)

    revision = team.revise()
    team.upgrade()

    assert upgrade_of(revision)[-2:] == [
        'op.drop_procedure("_compare_notes")',
        'op.drop_procedure("_copy_notes")',
    ]
    assert sorted(downgrade_of(revision)[:2]) == [
        'op.create_procedure("_compare_notes", version=1)',
        'op.create_procedure("_copy_notes", version=1)',
    ]
    assert "notes_history" in names(team.shop.admin, "TABLE", team.shop.history)
    assert names(team.shop.admin, "TRIGGER", team.shop.history) == triggers
    assert team.check() == []


def test_a_new_version_of_bygones_own_objects_is_installed(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team.install()
    installed = snapshot(team.shop.admin, team.shop.history)
    control = tmp_path / "control"
    shutil.copytree(CONTROL, control)
    monkeypatch.setattr(definitions, "CONTROL", control)
    monkeypatch.setattr(versions, "CONTROL", control)
    procedures = control / "procedures" / "private"
    text = (procedures / "_raise_v01.sql").read_text(encoding="utf-8")
    (procedures / "_raise_v10.sql").write_text(
        text.replace("\nEND;", "\n    DO 1;\nEND;"), encoding="utf-8"
    )
    (procedures / "_raise_v9.sql").write_text("no version\n", encoding="utf-8")

    assert team.check() == [("changed", "procedure", "_raise")]
    revision = team.revise()
    assert upgrade_of(revision) == ['op.create_procedure("_raise", version=10)']
    assert downgrade_of(revision) == ['op.create_procedure("_raise", version=1)']
    team.upgrade()
    assert team.check() == []
    team.downgrade("-1")
    assert snapshot(team.shop.admin, team.shop.history) == installed


def test_a_revision_by_hand_goes_to_the_project_and_may_be_empty(team: Team) -> None:
    team.install()
    config = configuration(team.shop, team.project.root)
    [first] = team.revisions()

    alembic.command.revision(config, "by hand!")

    [by_hand] = {*team.revisions()} - {first}
    text = by_hand.read_text(encoding="utf-8")
    assert text.startswith('"""By hand!"""\n')
    assert 'down_revision: str | None = "0001"' in text
    assert upgrade_of(text) == downgrade_of(text) == ["pass"]
    team.upgrade()
    assert team.check() == []
