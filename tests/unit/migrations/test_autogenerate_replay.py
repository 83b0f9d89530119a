"""What revisions have installed is told by the revisions, without a database."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from bygones.compiler.definitions import Definition
from bygones.compiler.errors import MigrationError
from bygones.compiler.project import Project
from bygones.migrations.autogenerate.replay import Installed, replay
from bygones.migrations.operations.archives import Register
from bygones.sandbox.sample import SAMPLE
from bygones.sandbox.shop import PROJECT
from tests.support.migrations.commands import CONFIGURATION
from tests.unit.migrations.test_revisions import named_files

if TYPE_CHECKING:
    from pathlib import Path


def revisions(project: Project, *upgrades: str) -> ScriptDirectory:
    """Write revisions with these upgrades."""
    project.versions.mkdir(parents=True)
    before = None
    for number, upgrade in enumerate(upgrades, 1):
        (project.versions / f"000{number}_x.py").write_text(
            "import sqlalchemy as sa\nfrom bygones.migrations import op\n"
            f"revision = '000{number}'\ndown_revision = {before!r}\n"
            f"def upgrade():\n    {upgrade}\n",
            encoding="utf-8",
        )
        before = f"000{number}"
    return ScriptDirectory(
        str(PROJECT / "migrations"), version_locations=[str(project.versions)]
    )


def replayed(tmp_path: Path, *upgrades: str) -> Installed:
    project = Project(tmp_path)
    return replay(revisions(project, *upgrades), project)


def test_the_samples_revisions_install_what_they_name() -> None:
    script = ScriptDirectory.from_config(Config(toml_file=CONFIGURATION))

    installed = replay(script, SAMPLE)

    files = {f"{k}s/{n}_v{v:02d}.sql" for (k, n), v in installed.versions.items()}
    assert files == named_files()
    assert installed.archives == {"orders": Register(archive="orders")}


def test_the_last_word_counts(tmp_path: Path) -> None:
    installed = replayed(
        tmp_path,
        'op.create_procedure("p", version=1); op.create_procedure("q", version=1)',
        'op.create_procedure("p", version=3); op.drop_procedure("q")',
        'op.create_procedure("p", version=2); op.create_view("v", version=1)',
        'op.drop_view("v"); op.drop_procedure("unheard of")',
    )

    assert installed.versions == {("procedure", "p"): 2}
    assert installed.named == {
        *(Definition("procedure", "p", version) for version in (1, 2, 3)),
        Definition("procedure", "q", 1),
        Definition("view", "v", 1),
    }


def test_an_archive_has_the_shape_that_was_registered_last(tmp_path: Path) -> None:
    installed = replayed(
        tmp_path,
        'op.register_archive("a"); op.register_archive("b"); op.register_archive("c")',
        'op.register_archive("b", shape=2); op.unregister_archive("c")',
    )

    assert {a: r.shape for a, r in installed.archives.items()} == {"a": 1, "b": 2}


def test_a_table_takes_its_triggers_along(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE.sql / "orders", tmp_path / "sql" / "orders")
    kept = "notes_history_before_delete"

    installed = replayed(
        tmp_path,
        'op.create_trigger("orders_history_before_delete", version=1)',
        f'op.create_trigger("{kept}", version=1)',
        'op.uninstall_table("orders_history")',
    )

    assert installed.versions == {("trigger", kept): 1}


def test_operations_of_alembic_go_nowhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    installed = replayed(
        tmp_path,
        'op.add_column("orders", sa.Column("a", sa.Integer)); op.execute("DROP x")',
        'op.create_procedure("p", version=1)',
    )

    assert installed.versions == {("procedure", "p"): 1}
    assert capsys.readouterr().out == ""
    assert caplog.messages == []


def test_a_revision_that_needs_a_database_is_named(tmp_path: Path) -> None:
    with pytest.raises(MigrationError) as caught:
        replayed(tmp_path, 'op.get_bind().execute(sa.text("SELECT 1")).scalar()')

    assert str(caught.value) == (
        f"{tmp_path}/versions/0001_x.py: its upgrade() fails without a "
        "database, so what it installs can't be told: AttributeError(\"'NoneType' "
        "object has no attribute 'scalar'\"); let it say nothing but operations"
    )


def test_a_trigger_whose_file_is_gone_is_told_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="The trigger t, version 1, is defined"):
        replayed(tmp_path, 'op.create_trigger("t", version=1); op.uninstall_table("x")')
