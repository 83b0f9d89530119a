"""The sample goes out of a team's way, and nothing of theirs goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.compiler.project import Project
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.mine import FIRST, make_room

if TYPE_CHECKING:
    from pathlib import Path

DECLARATION = """source = "pharmacy"
archive.orders = { table = "orders", finished = "id > 0" }
"""
SECOND = "0002_archive_orders.py"


@pytest.fixture
def kit(tmp_path: Path) -> Project:
    """The kit as it is cloned, with a file or two of each kind."""
    kit = Project(tmp_path)
    kit.versions.mkdir(parents=True)
    for folder in ("control", "orders"):
        (kit.sql / folder).mkdir(parents=True)
        (kit.sql / folder / "a.sql").write_text(folder)
    for revision in (FIRST, SECOND):
        (kit.versions / revision).write_text(revision)
    kit.archives.write_text(DECLARATION)
    return kit


@pytest.fixture
def sample(kit: Project) -> Project:
    """Where the sample goes."""
    return Project(kit.root / "sandbox" / "sample")


def files(project: Project) -> dict[str, str]:
    """Read what is in a project's folder, but for the sample in the kit."""
    return {
        str(path.relative_to(project.root)): path.read_text()
        for path in sorted(project.root.rglob("*"))
        if path.is_file() and "sandbox" not in path.relative_to(project.root).parts
    }


def test_all_of_the_sample_is_moved_and_the_rest_stays(
    kit: Project, sample: Project
) -> None:
    assert make_room(kit, sample)

    assert files(kit) == {
        f"migrations/versions/{FIRST}": FIRST,
        "sql/control/a.sql": "control",
    }
    assert files(sample) == {
        "archives.toml": DECLARATION,
        f"migrations/versions/{FIRST}": FIRST,
        f"migrations/versions/{SECOND}": SECOND,
        "sql/orders/a.sql": "orders",
    }


def test_once_more_changes_nothing_of_the_teams(kit: Project, sample: Project) -> None:
    make_room(kit, sample)
    (kit.sql / "orders").mkdir()
    (kit.sql / "orders" / "a.sql").write_text("theirs")
    (kit.versions / SECOND).write_text("theirs")
    kit.archives.write_text('source = "shop"\n')
    before = files(kit), files(sample)

    assert not make_room(kit, sample)

    assert (files(kit), files(sample)) == before


def test_once_more_brings_the_sample_a_new_release_of_the_first_revision(
    kit: Project, sample: Project
) -> None:
    make_room(kit, sample)
    (kit.versions / FIRST).write_text("new")

    make_room(kit, sample)

    assert files(sample)[f"migrations/versions/{FIRST}"] == "new"


def test_what_was_interrupted_is_ended_by_the_next(
    kit: Project, sample: Project
) -> None:
    sample.sql.mkdir(parents=True)
    (kit.sql / "orders").rename(sample.sql / "orders")

    assert make_room(kit, sample)

    assert set(files(sample)) >= {"archives.toml", "sql/orders/a.sql"}
    assert "archives.toml" not in files(kit)


def test_nothing_is_written_over(kit: Project, sample: Project) -> None:
    (sample.sql / "orders").mkdir(parents=True)
    before = files(kit), files(sample)

    with pytest.raises(SandboxError) as caught:
        make_room(kit, sample)

    assert str(caught.value) == (
        "Nothing was moved, for this would have been written over: "
        "sandbox/sample/sql/orders"
    )
    assert (files(kit), files(sample)) == before


@pytest.mark.parametrize(
    ("folder", "source", "found"),
    [("orders", "shop", 'source = "shop"'), ("returns", "pharmacy", "sql/returns")],
)
def test_what_a_team_already_made_is_no_sample(
    kit: Project, sample: Project, folder: str, source: str, found: str
) -> None:
    kit.archives.write_text(DECLARATION.replace("pharmacy", source))
    (kit.sql / folder).mkdir(exist_ok=True)
    before = files(kit)

    with pytest.raises(SandboxError) as caught:
        make_room(kit, sample)

    assert str(caught.value) == (
        f"Nothing was moved: {found} isn't the sample's, so what is here seems to be "
        "your own already"
    )
    assert (files(kit), files(sample)) == (before, {})


def test_a_kit_without_a_sample_is_told_how_to_get_it(
    kit: Project, sample: Project
) -> None:
    kit.archives.unlink()

    with pytest.raises(SandboxError, match="`git checkout` brings it back"):
        make_room(kit, sample)


def test_a_sample_in_two_places_is_one_too_many(kit: Project, sample: Project) -> None:
    make_room(kit, sample)
    kit.archives.write_text(DECLARATION)

    with pytest.raises(SandboxError, match="in two places, here and in sandbox/sample"):
        make_room(kit, sample)
