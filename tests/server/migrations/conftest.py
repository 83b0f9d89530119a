"""Give tests teams with a project of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.compiler.project import Project
from bygones.sandbox.shop import close_shop
from tests.support.migrations.shaping import Changing, open_changing
from tests.support.migrations.teams import Team

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop


@pytest.fixture
def team(make_shop: Callable[..., OpenShop], tmp_path: Path) -> Team:
    """A team with a pharmacy, and nothing declared or installed yet."""
    shop = make_shop(finished=5, installed=False)
    return Team(shop, Project(tmp_path / "project"))


@pytest.fixture
def changing(server: Server, tmp_path: Path) -> Iterator[Changing]:
    """A team with an empty schema, whose tables are going to change."""
    opened = open_changing(server, Project(tmp_path / "project"))
    yield opened
    opened.admin.close()
    opened.live.close()
    close_shop(server, opened.team.shop)
