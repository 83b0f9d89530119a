"""`bygones init` writes a project, and over nothing that is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from typer.testing import CliRunner

from bygones.cli.beginning import identity_for
from bygones.cli.command import app

if TYPE_CHECKING:
    from pathlib import Path

RUNNER = CliRunner(env={"BYGONES_DATABASE_URL": None})


def files(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    )


def test_a_project_is_a_folder_of_few_files(tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["init", str(tmp_path / "shop")])

    assert done.exit_code == 0
    assert files(tmp_path / "shop") == [
        *("README.md", "alembic.ini", "sql/.gitkeep", "versions/.gitkeep"),
    ]
    readme = (tmp_path / "shop" / "README.md").read_text("utf-8").splitlines()
    assert len([line for line in readme if line]) <= 10


def test_alembic_finds_the_first_revision_by_the_projects_configuration(
    tmp_path: Path,
) -> None:
    RUNNER.invoke(app, ["init", str(tmp_path / "shop"), "--aws"])

    script = ScriptDirectory.from_config(Config(tmp_path / "shop" / "alembic.ini"))

    assert script.get_heads() == ["bygones_0001"]
    assert "deploy/template.yaml" in files(tmp_path / "shop")


@pytest.mark.parametrize("name", ["README.md", "alembic.ini", "deploy/template.yaml"])
def test_nothing_is_written_over(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("theirs")

    done = RUNNER.invoke(app, ["init", str(tmp_path), "--aws"])

    assert done.exit_code == 1
    assert done.stderr == (
        f"{file} would be written over, so nothing was written: name a new folder, or "
        "move that away\n"
    )
    assert files(tmp_path) == [name]


def test_a_table_is_proposed_only_with_a_database_to_read(tmp_path: Path) -> None:
    done = RUNNER.invoke(app, ["init", str(tmp_path / "shop"), "orders"])

    assert done.exit_code == 1
    assert done.stderr.startswith("BYGONES_DATABASE_URL isn't set")
    assert not (tmp_path / "shop").exists()


def test_no_two_projects_are_the_same() -> None:
    names = {identity_for("Größe & co") for _ in range(20)}

    assert len(names) == 20
    assert all(re.fullmatch("gr_e_co_[0-9a-f]{8}", name) for name in names)
    assert identity_for("…").startswith("project_")
