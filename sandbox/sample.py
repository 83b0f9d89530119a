"""Where the sample is: this repository is the project of a pharmacy."""

from __future__ import annotations

from pathlib import Path

from bygones.compiler.project import CONTROL, Project

SAMPLE = Project(Path(__file__).resolve().parents[1])
# The revision that archives the orders.
ARCHIVES_ORDERS = "878393292e82"


def definitions(pattern: str = "**/*.sql") -> list[Path]:
    """Find definitions among bygones' own, and those of the sample's archives."""
    archives = {path for path in SAMPLE.sql.iterdir() if path.name != CONTROL.name}
    return sorted(
        path for folder in (CONTROL, *archives) for path in folder.glob(pattern)
    )
