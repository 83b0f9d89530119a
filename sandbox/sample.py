"""Where the sample is: this repository is the project of a pharmacy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bygones.compiler import released
from bygones.compiler.definitions import FILE, Definition
from bygones.compiler.project import CONTROL, Project

if TYPE_CHECKING:
    from bygones.compiler.definitions import Kind

# What all of its revisions come to, in sql/.
SCHEMA = "schema.sql"

SAMPLE = Project(Path(__file__).resolve().parents[1])
# The revision that archives the orders.
ARCHIVES_ORDERS = "878393292e82"


def definitions(pattern: str = "**/*.sql") -> list[Path]:
    """Find the newest definitions among bygones' own, and of the sample's archives."""
    archives = {
        path
        for path in SAMPLE.sql.iterdir()
        if path.is_dir() and path.name != CONTROL.name
    }
    paths = (path for folder in (CONTROL, *archives) for path in folder.glob(pattern))
    return sorted(released.newest(paths).values())


def name_of(path: Path) -> str:
    """Name the object that a file defines."""
    match = FILE.fullmatch(path.name)
    assert match, path  # noqa: S101 - a test tells
    return match["name"]


def newest(kind: Kind, name: str) -> Definition:
    """Return the newest version of an object."""
    [path] = [p for p in definitions(f"{kind}s/**/*.sql") if name_of(p) == name]
    return Definition(kind, name, int(path.stem.rpartition("_v")[2]))
