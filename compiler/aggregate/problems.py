"""Collect the mistakes in archives.toml, to tell all of them at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.compiler.declaration.reading import ARCHIVE_KEYS, RELATION_KEYS
from bygones.compiler.declaration.table import dotted
from bygones.compiler.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bygones.compiler.declaration.model import Archive

# The file that all mistakes are in.
FILE = "archives.toml"


@dataclass(slots=True)
class Problems:
    """The mistakes found so far, each with the key of archives.toml that it is in."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, where: str, problem: str) -> None:
        """Note a mistake, once."""
        if (where, problem) not in self.found:
            self.found.append((where, problem))

    def sort(self, archives: Sequence[Archive]) -> None:
        """Put them into the order of the file."""
        keys = [key for archive in archives for key in _keys(archive)]

        def place(where: str) -> int:
            return max(
                (n for n, key in enumerate(keys) if f"{where}.".startswith(f"{key}.")),
                default=0,
            )

        self.found.sort(key=lambda found: place(found[0].replace("[", ".")))

    def refuse(self) -> None:
        """Raise all mistakes as one error, if there are any."""
        if self.found:
            raise MigrationError(
                "\n".join(
                    f"{FILE}: {where}: {problem}" for where, problem in self.found
                )
            )


def _keys(archive: Archive) -> Iterator[str]:
    """List the keys under which a mistake can be, in the order of the file."""
    where = dotted("archive", archive.name)
    yield where
    for key in ARCHIVE_KEYS:
        yield f"{where}.{key}"
    for relation in archive.relations:
        here = f"{where}.{dotted('relations', relation.name)}"
        yield here
        for key in RELATION_KEYS:
            yield f"{here}.{key}"
