"""Give relations names that no other of the file has, and that history can bear."""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING

from bygones.compiler.declaration.names import (
    ARCHIVE_OBJECTS,
    CONTROL_FOLDER,
    MAX_LENGTH,
    TABLE_OBJECTS,
    TABLE_PROCEDURES,
    folded,
    owner_problem,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = MAX_LENGTH - max(len(pattern.format("")) for pattern in TABLE_OBJECTS)


def archive_name(table: str) -> str:
    """Name an archive as its root's table, if it can be named so."""
    is_free = folded(table) != CONTROL_FOLDER
    if is_free and owner_problem(table, ARCHIVE_OBJECTS) is None:
        return table
    return f"{table}_archive"


class RelationNames:
    """The names that a file has already."""

    def __init__(self, archives: Iterable[tuple[str, str]]) -> None:
        """Take the names of archives, and of their roots' tables."""
        self.taken: set[str] = set()
        self.procedures: set[str] = set()
        for archive, table in archives:
            self.taken.add(folded(table))
            self.procedures |= {
                folded(pattern.format(archive)) for pattern in ARCHIVE_OBJECTS
            }

    def take(self, wanted: str, archive: str) -> str:
        """Take a name: the one that is wanted, if it's free, or one that tells."""
        plain = wanted.replace("/", "_").lstrip(".") or "relation"
        name = next(
            name
            for name in chain(
                (wanted, plain, f"{archive}_{plain}", plain[:LONGEST].rstrip("_ ")),
                (f"{plain[: LONGEST - 4]}_{number}" for number in count(2)),
            )
            if self._is_free(name)
        )
        self.taken.add(folded(name))
        return name

    def _is_free(self, name: str) -> bool:
        return (
            folded(name) not in self.taken
            and owner_problem(name, TABLE_OBJECTS) is None
            and all(
                folded(pattern.format(name)) not in self.procedures
                for pattern in TABLE_PROCEDURES
            )
        )
