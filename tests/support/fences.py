"""Find what README and docs/ tell to type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.sandbox.shop import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

# All but the one that typer writes, of which a block is a synopsis.
PAGES = [
    PROJECT / "README.md",
    *sorted({*(PROJECT / "docs").glob("*.md")} - {PROJECT / "docs" / "commands.md"}),
]
TYPED = {"sh", "console", "sql"}
SHOWN = {"json", "mermaid", "text", "yaml"}

FENCE = re.compile(
    r"^ *(?:<!-- (?P<note>[^\n]*) -->\n *)?```(?P<kind>\w*)\n(?P<text>.*?\n) *```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block, and the comment right before it."""

    note: str
    kind: str
    text: str

    @property
    def is_left_out(self) -> bool:
        """Tell whether the page says why it isn't run."""
        return self.note.startswith("not run here: ")


def fences(page: Path) -> list[Fence]:
    """Return all fenced blocks of a page, in their order."""
    return [
        Fence(found["note"] or "", found["kind"], found["text"])
        for found in FENCE.finditer(page.read_text(encoding="utf-8"))
    ]


def typed(page: Path) -> list[Fence]:
    """Return the blocks of a page that whoever reads it can type here and now."""
    return [
        fence for fence in fences(page) if fence.kind in TYPED and not fence.is_left_out
    ]
