"""What another project installed, or another branch numbered, is left alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import alembic.command
import pytest

from bygones.compiler.errors import MigrationError
from bygones.compiler.project import KIT, Project
from bygones.sandbox.shop import configuration
from tests.support.migrations.commands import alembic as command
from tests.support.migrations.commands import failure
from tests.support.migrations.snapshot import names, rows, snapshot
from tests.support.migrations.teams import NOTES, ORDERS, PAYMENTS, Team
from tests.support.procedures import copy_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMANDS: tuple[Callable[[Team], object], ...] = (
    lambda team: team.upgrade(),
    lambda team: team.downgrade("base"),
    lambda team: alembic.command.stamp(_config(team), "base"),
    lambda team: alembic.command.stamp(_config(team), "head", purge=True),
    lambda team: team.check(),
    lambda team: team.revise(),
)


def _config(team: Team) -> alembic.config.Config:
    return configuration(team.shop, team.project.root)


def _refused(team: Team, command: Callable[[Team], object]) -> str:
    """Have a command refuse, and return what it says; nothing is changed."""
    before = snapshot(team.shop.admin, team.shop.history), team.sql()
    with pytest.raises(MigrationError) as caught:
        command(team)
    assert (snapshot(team.shop.admin, team.shop.history), team.sql()) == before
    return str(caught.value)


def test_an_installation_of_another_project_is_refused_by_every_command(
    team: Team, tmp_path: Path
) -> None:
    other = Team(team.shop, Project(tmp_path / "other"))
    other.declare(ORDERS + "payments = {}\n")
    other.revise()
    third = Team(team.shop, Project(tmp_path / "third"))
    third.declare('source = "pharmacy"\n' + PAYMENTS)
    third.revise()
    team.install(ORDERS + NOTES)

    (said,) = {_refused(other, each) for each in COMMANDS}
    archives = {_refused(third, each) for each in COMMANDS}

    assert said == (
        f"{team.shop.history} isn't this project's installation: at revision 0001 it "
        f"holds notes_history, which no revision in {other.project.versions} names, "
        "and lacks payments_history; check BYGONES_DATABASE_URL, or run alembic in the "
        "project that installed it; nothing was changed"
    )
    assert all("it holds the archive orders, which no" in each for each in archives)
    assert "0001" in command(team.shop.owner_url, "current").stdout
    assert team.check() == []


def test_a_revision_that_the_project_hasnt_got_is_told_with_the_way_out(
    team: Team,
) -> None:
    team.install()
    team.declare(ORDERS + NOTES)
    team.revise()
    team.upgrade()
    team.revisions()[-1].unlink()

    (said,) = {_refused(team, COMMANDS[each]) for each in (0, 2, 4)}

    assert said == (
        f"{team.shop.history} is at revision 0002, which isn't in "
        f"{team.project.versions}: another project installed it, or a newer state of "
        "this one; check BYGONES_DATABASE_URL, or run alembic there; nothing was "
        "changed"
    )


def test_what_somebody_made_by_hand_is_no_other_project(team: Team) -> None:
    team.install()
    expected = names(team.shop.admin, "PROCEDURE", team.shop.history)
    rows(team.shop.admin, "CREATE TABLE orders_history_2019 LIKE orders_history")
    for name in expected:  # as a dump without routines leaves it
        rows(team.shop.admin, f"DROP PROCEDURE `{name}`")

    alembic.command.stamp(_config(team), "base")
    team.upgrade()

    assert names(team.shop.admin, "PROCEDURE", team.shop.history) == expected
    assert team.check() == []
    assert sum(row["roots"] for row in copy_all(team.shop.admin)) == 4


def test_two_revisions_of_one_number_are_refused_before_connecting(
    team: Team,
) -> None:
    team.declare(ORDERS)
    team.revise("archive orders")
    (first,) = team.revisions()
    second = first.with_name("0001_archive_more.py")
    shutil.copy(first, second)
    (team.project.root / "pyproject.toml").write_text(
        f"[tool.alembic]\nscript_location = '{KIT.root / 'migrations'}'\n"
        "version_locations = ['%(here)s/migrations/versions']\n"
        "revision_environment = true\n",
        encoding="utf-8",
    )

    (said,) = {
        failure(
            command(
                "mysql://nobody@127.0.0.1:1/shop",
                *arguments,
                configuration=str(team.project.root / "pyproject.toml"),
            )
        )
        for arguments in (
            ("upgrade", "heads"),
            ("upgrade", "head", "--sql"),
            ("downgrade", "base"),
            ("stamp", "head"),
            ("check",),
            ("current",),
            ("merge", "heads"),
            ("revision", "--autogenerate", "-m", "x"),
        )
    }

    assert said == (
        f"FAILED: two revisions are numbered 0001: {second} and {first}; keep the one "
        "that ran somewhere, else the older one; remove the other with the SQL files "
        "that it alone names, and write it again: alembic revision --autogenerate"
    )


def test_another_name_of_the_source_is_told_once_before_the_first_revision_runs(
    team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    team.declare(ORDERS)
    team.revise()
    caplog.clear()

    team.upgrade()
    team.check()

    shop = team.shop
    (said,) = [each for each in caplog.messages if "source =" in each]
    assert said == (
        f'archives.toml says source = "pharmacy", and BYGONES_DATABASE_URL names '
        f"{shop.source}: what was written for pharmacy will copy the rows of "
        f"{shop.source} into {shop.history}; if that isn't meant, put one of the two "
        "right"
    )


def test_the_same_name_of_the_source_is_no_reason_to_warn(
    team: Team, caplog: pytest.LogCaptureFixture
) -> None:
    team.install(ORDERS.replace('"pharmacy"', f'"{team.shop.source}"'))

    assert "source =" not in caplog.text
