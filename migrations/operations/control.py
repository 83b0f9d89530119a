"""Bring what all archives share to its last versions."""

from __future__ import annotations

from bygones.compiler.project import CONTROL
from bygones.compiler.released import first_versions, versions_of
from bygones.migrations.operations.objects import Create


def control_steps() -> list[Create]:
    """Create what is newer than the first release, in the order of 0001."""
    first, last = first_versions(), versions_of(CONTROL.rglob("*.sql"))
    kinds = ("table", "view", "function", "procedure")
    return [
        Create(kind=kind, name=name, version=version, before=first.get((kind, name)))
        for kind, name in sorted(last, key=lambda each: (kinds.index(each[0]), each[1]))
        if (version := last[kind, name]) != first.get((kind, name))
    ]
