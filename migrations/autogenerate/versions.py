"""Find the version of a definition, or give it a new one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bygones.compiler.definitions import Definition
from bygones.compiler.project import CONTROL
from bygones.compiler.released import versions_of
from bygones.migrations.operations.base import NewFile

if TYPE_CHECKING:
    from collections.abc import Collection

    from bygones.compiler.project import Project
    from bygones.compiler.sql import Generated
    from bygones.migrations.autogenerate.replay import Object

UTF8 = re.compile(r"\butf8(?=_|\b)")


def control_versions() -> dict[Object, int]:
    """Return the last version of each of bygones' own objects."""
    return versions_of(CONTROL.rglob("*.sql"))


def find_version(
    generated: Generated,
    *,
    archive: str,
    named: Collection[Definition],
    project: Project,
) -> tuple[int, NewFile | None]:
    """Return the version that says the same, or the next with its file to write.

    The next is the one after the last that a revision names: a file that none names
    was never released.
    """
    kind, name = generated.kind, generated.name
    before = {d.version for d in named if (d.kind, d.name) == (kind, name)}
    for version in sorted(before, reverse=True):
        definition = Definition(kind, name, version)
        is_own = definition.archive(project) == archive
        if is_own and _spelled(definition.text(project)) == _spelled(generated.text):
            return version, None
    definition = Definition(kind, name, 1 + max(before, default=0))
    path = project.sql / archive / definition.file
    return definition.version, NewFile(path=path, text=generated.text)


def _spelled(text: str) -> str:
    """Spell names as servers do since MySQL 8.0.30: utf8mb3 had been utf8 before."""
    return UTF8.sub("utf8mb3", text)
