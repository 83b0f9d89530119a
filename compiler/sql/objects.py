"""What is written: objects, each a file, and all of an archive's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bygones.compiler.definitions import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """One object of an archive: the whole text of its file."""

    kind: Kind
    name: str
    text: str
    # Of a table that is there: what makes it so, and what takes that back.
    alteration: str | None = None
    reversal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveObjects:
    """All objects of one archive, of one shape."""

    archive: str
    shape: int
    full_pass_hours: int
    objects: tuple[Generated, ...]
    # What a person should know before upgrading.
    warnings: tuple[str, ...] = ()
