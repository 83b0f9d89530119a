"""Fill in a template, and lists of names in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from bygones.compiler.names import literal
from bygones.compiler.sql.folding import WIDTH, indent
from bygones.compiler.sql.identifiers import manual, name

if TYPE_CHECKING:
    from collections.abc import Sequence

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=False,  # noqa: S701 - SQL; the filters `name` and `literal` quote
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
TEMPLATES.filters |= {
    "name": name,
    "literal": literal,
    "indent": indent,
    "manual": manual,
}


def fill(items: Sequence[str], margin: int, sign: str = ",") -> str:
    """Put a list on as few lines as it takes; the first one starts at the margin."""
    lines = [""]
    for number, item in enumerate(items):
        piece = item if number == len(items) - 1 else item + sign
        if lines[-1] and margin + len(lines[-1]) + 1 + len(piece) > WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + piece
    return ("\n" + " " * margin).join(lines)


def call(procedure: str, arguments: Sequence[str], margin: int) -> str:
    """Call a procedure on one line, where that holds it."""
    line = f"CALL {name(procedure)}({', '.join(arguments)})"
    if margin + len(line) < WIDTH:
        return line
    inside = margin + 4
    indented = " " * inside + fill(arguments, inside)
    return f"CALL {name(procedure)}(\n{indented}\n{' ' * margin})"
