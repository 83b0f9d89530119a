"""Write archives.toml in tests, and list what is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def cases(text: str) -> list[tuple[str, str]]:
    """List what is declared, each with the mistake in the comment below it."""
    return [
        (case, " ".join(re.findall("^# (.*)", case, re.MULTILINE)))
        for case in text.strip("\n").split("\n\n")
    ]


def write(folder: Path, text: str) -> Path:
    path = folder / "archives.toml"
    path.write_text(text, encoding="utf-8")
    return path
