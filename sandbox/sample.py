"""Where the sample is: the kit's own archive, until a team has one in its place."""

from __future__ import annotations

from pathlib import Path

from bygones.compiler.project import CONTROL, KIT, Project

# Where `make mine` brings it.
MOVED = Project(Path(__file__).resolve().parent / "pharmacy" / "project")

SAMPLE = MOVED if MOVED.archives.is_file() else KIT


def definitions(pattern: str = "**/*.sql") -> list[Path]:
    """Find definitions among bygones' own, and those of the sample's archives."""
    archives = {path for path in SAMPLE.sql.iterdir() if path.name != CONTROL.name}
    return sorted(
        path for folder in (CONTROL, *archives) for path in folder.glob(pattern)
    )
