"""A team's folder has archives, SQL and revisions of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.cli.beginning import begin
from bygones.cli.grants import control_tables
from bygones.compiler.project import Project
from bygones.sandbox.shop import downgrade, upgrade
from tests.support.migrations.snapshot import names, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import OpenShop


@pytest.mark.parametrize("folder", ["mine", "ours, 100% & %(here)s: größe"])
def test_a_project_anywhere_is_installed_instead_of_the_kits_archives(
    make_shop: Callable[..., OpenShop], tmp_path: Path, folder: str
) -> None:
    shop = make_shop(finished=1, installed=False)
    project = Project(tmp_path / folder)
    begin(project, proposal=None, aws=False)
    project.archives.write_text('source = "shop"\n', encoding="utf-8")

    upgrade(shop, project=project.root)

    tables = names(shop.admin, "TABLE", shop.history)
    assert tables == sorted({"alembic_version"} | control_tables())
    versions = f"SELECT version_num FROM `{shop.history}`.alembic_version"
    assert rows(shop.admin, versions) == [("bygones_0001",)]
    downgrade(shop, "base", project=project.root)
    assert rows(shop.admin, versions) == []
