"""Read from the installed procedures which columns of history an archive fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.compiler.definitions import Definition, words
from bygones.compiler.names import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bygones.compiler.project import Project
    from bygones.migrations.autogenerate.replay import Object

COPY = "_copy_"


def copied_columns(
    archive: str, versions: Mapping[Object, int], project: Project
) -> Mapping[str, frozenset[str]]:
    """Return them by the names of the root table and of the relations."""
    copied = {}
    for (kind, name), version in versions.items():
        if kind != "procedure" or not name.startswith(COPY):
            continue
        definition = Definition(kind, name, version)
        others = {f"{COPY}{which}_{archive}" for which in ("new", "waiting")}
        if definition.archive(project) == archive and name not in others:
            copied[name.removeprefix(COPY)] = _inserted(definition.text(project))
    return copied


def _inserted(text: str) -> frozenset[str]:
    """List the columns of INSERT INTO table (column, ...)."""
    said = words(text)
    start = said.index("(", said.index("INTO")) + 1
    return frozenset(
        unquote(word) for word in said[start : said.index(")", start)] if word != ","
    )
