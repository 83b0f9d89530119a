"""What README and docs/ list is what there is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bygones.runner.errors import HINTS
from bygones.sandbox.sample import definitions, name_of
from bygones.sandbox.shop import PROJECT
from tests.support.fences import PAGES as TOLD
from tests.support.fences import SHOWN, TYPED, fences, typed

if TYPE_CHECKING:
    from pathlib import Path

README = (PROJECT / "README.md").read_text(encoding="utf-8")
ERRORS = (PROJECT / "docs" / "errors.md").read_text(encoding="utf-8")
PAGES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    *sorted((PROJECT / "docs").glob("*.md")),
]
SQL = {path: path.read_text(encoding="utf-8") for path in definitions()}


def test_every_public_procedure_has_its_row_with_its_arguments() -> None:
    for path, text in SQL.items():
        if is_public(path):
            name = name_of(path)
            head = text[: text.index(")\n")]
            arguments = ", ".join(re.findall(r"\b(in_\w+)", head))

            assert f"| `{name}({arguments})` |" in ERRORS


def test_every_error_has_its_cause_and_what_to_do() -> None:
    for errno, text in explained().items():
        assert re.search(r"^- \*\*Cause:\*\* \S", text, re.MULTILINE), errno
        assert re.search(r"^- \*\*What to do:\*\* \S", text, re.MULTILINE), errno


def test_every_documented_error_of_a_procedure_is_listed() -> None:
    listed = explained().keys()

    for path, text in SQL.items():
        documented = set(re.findall(r"^  (30\d{3})  ", text, re.MULTILINE))

        assert documented <= listed, path.name
        assert bool(documented) is is_public(path)


def test_every_error_that_the_runner_gives_advice_on_is_listed() -> None:
    rows = re.findall(r"^\| (\d{4}(?:, \d{4})*) \|", ERRORS, re.MULTILINE)

    listed = {int(errno) for row in rows for errno in row.split(", ")}

    # Alembic gives advice on two more.
    assert listed == {*HINTS, 1418, 1419}


def explained() -> dict[str, str]:
    """Return what docs/errors.md says under each number's heading."""
    parts = re.split(r"^##+ (.*)$", ERRORS, flags=re.MULTILINE)
    headed = zip(parts[1::2], parts[2::2], strict=True)
    return {title: text for title, text in headed if re.match(r"30\d{3}", title)}


def is_public(path: Path) -> bool:
    folder = path.parent.name
    return folder in {"caller", "operator"} or (
        folder == "procedures" and not path.name.startswith("_")
    )


@pytest.mark.parametrize(
    "target",
    ["demo", "test", "sandbox", "help", "check", "wheel", "rehearse"],
)
def test_every_make_target_that_it_names_is_there(target: str) -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")

    assert f"make {target}" in README
    assert re.search(rf"^{target}:.*## ", makefile, re.MULTILINE)


def test_it_says_first_that_nothing_is_deleted() -> None:
    first = README.split("\n\n")[1].replace("\n", " ")

    assert "copies" in first
    assert "never deletes" in first


def test_the_readme_can_be_read_at_once() -> None:
    assert README.count("\n") <= 250


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        file, _, heading = target.partition("#")
        path = (page.parent / file) if file else page

        assert path.exists(), target
        assert not heading or heading in headings(path), target


def headings(path: Path) -> set[str]:
    lines = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("page", TOLD, ids=lambda path: path.name)
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    """What is run is run by tests/server/test_docs.py."""
    marks = page.read_text(encoding="utf-8").count("```")

    assert marks == 2 * len(fences(page))
    for fence in fences(page):
        assert fence.is_left_out or fence.kind in TYPED | SHOWN, fence.text
        for test in re.findall(r"tests/[\w/.]+", fence.note):
            assert (PROJECT / test).exists(), fence.note


def test_some_pages_have_something_to_type() -> None:
    pages = {page.name for page in TOLD if typed(page)}

    assert {"README.md", "operate.md", "errors.md", "aws.md"} <= pages
