"""What another project installed, or another branch numbered, is left alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import alembic.command
import pytest

from bygones.compiler.errors import MigrationError
from bygones.compiler.project import Project
from bygones.sandbox.shop import configuration
from tests.support.migrations.commands import alembic as command
from tests.support.migrations.snapshot import names, rows, snapshot
from tests.support.migrations.teams import NOTES, ORDERS, Team
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
    other.declare(ORDERS)
    team.install(ORDERS + NOTES)
    # Also where no revision is left that tells the two apart.
    team.downgrade("bygones_0001")

    (said,) = {_refused(other, each) for each in COMMANDS}

    assert re.sub("_[0-9a-f]{8}", "_…", said) == (
        f"{team.shop.history} belongs to the project project_…, and this is other_…; "
        "check BYGONES_DATABASE_URL, or run alembic there; nothing was changed"
    )
    assert "bygones_0001" in command(team.shop.owner_url, "current").stdout
    team.upgrade()
    assert team.check() == []


def test_a_configuration_has_to_say_which_project_it_is(team: Team) -> None:
    team.install()
    ini = team.project.root / "alembic.ini"
    text = ini.read_text("utf-8")

    for project in ("", "x" * 65):
        ini.write_text(
            re.sub("(?m)^bygones_project = .*", f"bygones_project = {project}", text),
            encoding="utf-8",
        )
        assert _refused(team, Team.upgrade) == (
            f"bygones_project is {project!r} in Alembic's configuration; expected a "
            "name of 1 to 64 characters that no other project has, as `bygones init` "
            "writes it"
        )


def test_two_branches_write_revisions_of_two_ids(team: Team) -> None:
    team.declare(ORDERS)
    ids = set()
    for _ in range(2):
        alembic.command.revision(_config(team), "archive orders", autogenerate=True)
        [revision] = team.revisions()
        ids |= set(re.findall('(?m)^revision: str = "(.+)"', revision.read_text()))
        assert re.fullmatch(
            "[0-9]{4}_[0-9]{2}_[0-9]{2}_[0-9a-f]{12}_archive_orders.py", revision.name
        )
        revision.unlink()

    assert len(ids) == 2


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
        f"{team.project.versions}: another branch of this project, or a newer state "
        "of it, was installed; check BYGONES_DATABASE_URL, or run alembic there; "
        "nothing was changed"
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
