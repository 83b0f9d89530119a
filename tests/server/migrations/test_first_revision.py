"""A team that begins has declared nothing, or installed nothing, and goes on."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.errors import MigrationError
from bygones.compiler.project import KIT
from bygones.sandbox.mine import FIRST
from bygones.sandbox.rewriting import naming_control
from tests.support.migrations.snapshot import names
from tests.support.migrations.teams import ORDERS, upgrade_of
from tests.support.procedures import copy_all

if TYPE_CHECKING:
    from tests.support.migrations.teams import Team

DISPENSED = 4  # of the sample's first five finished orders


@pytest.fixture
def beginner(team: Team) -> Team:
    """A team with the kit's first revision, which nobody has run."""
    team.project.versions.mkdir(parents=True)
    first = naming_control(KIT.versions / FIRST)
    (team.project.versions / FIRST).write_text(first, encoding="utf-8")
    return team


def test_the_first_archive_is_written_before_anything_is_installed(
    beginner: Team,
) -> None:
    shop = beginner.shop
    beginner.declare(ORDERS)

    revision = beginner.revise("archive orders")

    assert names(shop.admin, "TABLE", shop.history) == []
    assert 'op.register_archive("orders")' in upgrade_of(revision)
    assert not [line for line in upgrade_of(revision) if '"open_run"' in line]
    beginner.upgrade()
    shop.admin.select_db(shop.history)
    assert sum(row["roots"] for row in copy_all(shop.admin)) == DISPENSED
    assert beginner.check() == []


def test_it_is_the_same_as_after_installing(beginner: Team) -> None:
    beginner.declare(ORDERS)
    before = beginner.revise("archive orders"), beginner.sql()
    beginner.revisions()[-1].unlink()

    beginner.upgrade()
    after = beginner.revise("archive orders"), beginner.sql()

    assert before == after


def test_archives_that_revisions_install_have_to_be_there(beginner: Team) -> None:
    beginner.declare(ORDERS)
    beginner.revise("archive orders")

    with pytest.raises(MigrationError) as caught:
        beginner.revise("more")

    assert str(caught.value) == (
        "no revision has run in this database, so there is no history of orders to "
        "compare; run alembic upgrade head first"
    )


def test_without_a_declaration_revisions_run_but_are_not_written(
    beginner: Team,
) -> None:
    beginner.upgrade()

    with pytest.raises(MigrationError) as caught:
        beginner.revise()

    assert str(caught.value) == (
        f"{beginner.project.archives} isn't there, so nothing is declared; `bygones "
        "propose orders --output archives.toml` writes one for the table orders and "
        "all that belongs to it"
    )
    assert "waiting_root" in names(beginner.shop.admin, "TABLE", beginner.shop.history)


def test_a_declaration_without_archives_is_one_of_nothing(beginner: Team) -> None:
    beginner.declare('source = "pharmacy"\n')
    beginner.upgrade()

    assert beginner.revise() is None


def test_the_project_is_the_folder_of_the_configuration(beginner: Team) -> None:
    root = beginner.project.root
    (root / "pyproject.toml").write_text(
        f"[tool.alembic]\nscript_location = '{KIT.root / 'migrations'}'\n"
        "version_locations = ['%(here)s/migrations/versions']\n",
        encoding="utf-8",
    )
    beginner.declare("sauce = 1\n")

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "alembic", "-c", root / "pyproject.toml", "current"],
        cwd=KIT.root,
        env={"BYGONES_DATABASE_URL": "mysql://nobody@127.0.0.1:1/shop"},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )

    assert done.stdout.startswith("FAILED: archives.toml: sauce: unknown key")
