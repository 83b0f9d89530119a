"""A team's folder has archives, SQL and revisions of its own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.project import KIT, Project
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
    project.versions.mkdir(parents=True)
    project.archives.write_text('source = "shop"\n', encoding="utf-8")
    shutil.copy(KIT.versions / "0001_create_control_tables.py", project.versions)

    upgrade(shop, project=project.root)

    assert names(shop.admin, "TABLE", shop.history) == [
        *("alembic_version", "archive", "canary_copy", "canary_relation"),
        *("canary_root", "chunk", "difference", "failure", "finding", "lane"),
        *(
            "lane_sample",
            "probe",
            "run",
            "suspect",
            "verification",
            "verified",
            "waiting_root",
        ),
    ]
    versions = f"SELECT version_num FROM `{shop.history}`.alembic_version"
    assert rows(shop.admin, versions) == [("0001",)]
    downgrade(shop, "base", project=project.root)
    assert rows(shop.admin, versions) == []
