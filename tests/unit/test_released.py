"""What was released stays as it is: a change is a file, or a procedure, more."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from bygones.compiler import released as module
from bygones.compiler.definitions import Alteration
from bygones.compiler.project import CONTROL
from bygones.compiler.released import released, versions_of
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.release import checked_version
from bygones.sandbox.shop import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

CHANGELOG = "# Changelog\n\n## 0.1.0\n\nFirst.\n"


def problems() -> list[str]:
    """Say which released files aren't as they were."""
    found = []
    for each in released():
        folder, _, name = each.file.rpartition("/")
        path = PROJECT / each.file
        match = re.fullmatch(r"(.+)_v(\d+)\.sql", name)
        instead = f"{match[1]}_v{int(match[2]) + 1:02d}.sql" if match else "a revision"
        if not path.is_file() or digest(path) != each.digest:
            found.append(
                f"{each.file} was released in {each.release}: bring it back by git "
                f"checkout, and add {instead} in {folder} instead"
            )
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_released_file_is_as_it_was() -> None:
    assert not problems(), "\n".join(problems())


def test_a_change_of_a_released_file_is_told_with_what_to_do_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed = tmp_path / "RELEASED.sha256"
    file = "sql/control/procedures/private/_raise_v01.sql"
    listed.write_text(f"# 0.1.0\n{digest(PROJECT / file)}  {file}\n")
    monkeypatch.setattr(module, "LIST", listed)
    assert problems() == []

    listed.write_text(f"# 0.1.0\n{'0' * 64}  {file}\n")

    [problem] = problems()
    assert problem == (
        f"{file} was released in 0.1.0: bring it back by git checkout, and add "
        "_raise_v02.sql in sql/control/procedures/private instead"
    )


def test_the_last_version_is_the_greatest_wherever_a_procedure_lies(
    tmp_path: Path,
) -> None:
    for name in ("private/a_v09.sql", "caller/a_v10.sql", "a_v02.sql", "b_v01.sql"):
        path = tmp_path / "procedures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "procedures" / "README.md").touch()

    assert versions_of((tmp_path / "procedures").rglob("*.*")) == {
        ("procedure", "a"): 10,
        ("procedure", "b"): 1,
    }


def test_a_control_table_of_a_later_version_is_altered_both_ways() -> None:
    versions = versions_of(CONTROL.rglob("*.sql"))
    lacking = [
        file
        for (kind, name), version in versions.items()
        if kind == "table"
        for after in range(2, version + 1)
        for file in (
            Alteration(name, after - 1, after).file,
            Alteration(name, after, after - 1).file,
        )
        if not (CONTROL / file).is_file()
    ]

    assert not lacking, f"sql/control lacks {lacking}"


def test_a_release_has_its_version_in_both_places() -> None:
    project = '[project]\nversion = "0.1.0"\n'

    assert checked_version(project, CHANGELOG) == "0.1.0"
    with pytest.raises(SandboxError, match=r"version 0\.1\.0\.dev0; expected a"):
        checked_version('[project]\nversion = "0.1.0.dev0"\n', CHANGELOG)
    with pytest.raises(SandboxError, match=r"expected the heading ## 0\.1\.0"):
        checked_version(project, "# Changelog\n\n## Unreleased\n\n## 0.1.0\n")
