"""The site is made of the pages as they are, and of nothing that leads nowhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from bygones.sandbox.shop import PROJECT
from docs import site


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with two pages, of which a site can be made."""
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr(site, "DIST", tmp_path / "dist")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/zensical.toml").write_text(
        '[project]\nsite_name = "s"\ndocs_dir = "pages"\nsite_dir = "site"\n'
        "use_directory_urls = false\n"
    )
    (tmp_path / "README.md").write_text("# One\n\n[Two](docs/two.md#more)\n")
    (tmp_path / "docs/two.md").write_text("# Two\n\n## More\n\n[Code](../a.sql)\n")
    (tmp_path / "a.sql").write_text("SELECT 1;\n")
    return tmp_path


def test_pages_and_what_they_link_to_keep_their_paths(root: Path) -> None:
    assert site.main() == 0

    made = root / "dist/site"
    assert 'href="docs/two.html#more"' in (made / "index.html").read_text()
    assert (made / "docs/two.html").is_file()
    assert (made / "a.sql").read_text() == "SELECT 1;\n"


def test_an_anchor_that_is_gone_is_an_error(root: Path) -> None:
    (root / "docs/two.md").write_text("# Two\n\n## Less\n")

    assert site.main() != 0


def test_every_page_is_in_the_menu() -> None:
    menu = (PROJECT / "docs/zensical.toml").read_text(encoding="utf-8")
    named = re.findall(r'"([^"]+\.md)"', str(tomllib.loads(menu)).replace("'", '"'))
    pages = {path.relative_to(PROJECT) for path in (PROJECT / "docs").glob("*.md")}

    assert pages <= {Path(name) for name in named}
    assert all((PROJECT / name).is_file() for name in named)


def test_pictures_are_small_and_fetch_nothing() -> None:
    for picture in (PROJECT / "docs/pictures").iterdir():
        text = picture.read_text(encoding="utf-8")

        assert len(text) < 200_000
        assert not re.search(r"url\(|src=|href=", text.replace("url(#", ""))


def test_the_page_of_commands_is_what_typer_writes(tmp_path: Path) -> None:
    """If it isn't: make docs."""
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    recipe = re.search(r"\$\(BIN\)/typer (.*) --output docs/commands.md", makefile)
    assert recipe
    program = shutil.which("typer", path=Path(sys.executable).parent)
    assert program
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', recipe[1])]

    subprocess.run(  # noqa: S603 - our own recipe
        [program, *words, "--output", tmp_path / "commands.md"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
    )

    written = (tmp_path / "commands.md").read_text(encoding="utf-8")
    assert written == (PROJECT / "docs/commands.md").read_text(encoding="utf-8")
