"""Give tests teams with a project of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migrations.project import Project
from tests.migrations.teams import Team

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import OpenShop


@pytest.fixture
def team(make_shop: Callable[..., OpenShop], tmp_path: Path) -> Team:
    """A team with a pharmacy, and nothing declared or installed yet."""
    shop = make_shop(finished=5, installed=False)
    return Team(shop, Project(tmp_path / "project"))
