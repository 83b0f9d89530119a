"""Which files were released: they never change, and a change is a file beside them.

The list is what `sha256sum --check` reads, with a line above those of each release.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from bygones.compiler.definitions import ALTERATIONS, FILE, ROLES
from bygones.compiler.project import CONTROL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from bygones.compiler.definitions import Kind

LIST = CONTROL / "RELEASED.sha256"


@dataclass(frozen=True, slots=True)
class Released:
    """A file as it was released, named from the repository's top."""

    release: str
    digest: str
    file: str


def released() -> list[Released]:
    """Read the list; it is empty before the first release."""
    found, release = [], ""
    for line in LIST.read_text("utf-8").splitlines():
        if line.startswith("#"):
            release = line.removeprefix("# ")
        else:
            digest, file = line.split("  ", 1)
            found.append(Released(release, digest, file))
    return found


def versions_of(paths: Iterable[Path]) -> dict[tuple[Kind, str], int]:
    """Return the last version of each object that files define."""
    return {
        key: int(path.stem.rpartition("_v")[2]) for key, path in newest(paths).items()
    }


def newest(paths: Iterable[Path]) -> dict[tuple[Kind, str], Path]:
    """Return the file with the last version of each object that files define."""
    found: dict[tuple[Kind, str], Path] = {}
    # In the order of their names, a later version comes after an earlier one.
    for path in sorted(paths, key=lambda path: path.name):
        match = FILE.fullmatch(path.name)
        if match and path.parent.name != ALTERATIONS:
            folder = path.parent.parent if path.parent.name in ROLES else path.parent
            found[cast("Kind", folder.name.removesuffix("s")), match["name"]] = path
    return found
