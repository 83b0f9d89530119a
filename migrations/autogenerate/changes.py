"""Tell what the next revision has to do, so that what's wanted is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrations.autogenerate.comparison import Comparison
from migrations.definitions import Definition

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrations.autogenerate.live import Live
    from migrations.autogenerate.replay import Installed, Object
    from migrations.generator import ArchiveObjects
    from migrations.operations.base import Said
    from migrations.project import Project


def find_changes(
    wanted: Iterable[ArchiveObjects],
    *,
    installed: Installed,
    live: Live,
    project: Project,
) -> list[Said]:
    """Compare what's wanted with what revisions installed, and that with what's there.

    What goes makes room for what comes, and bygones' own objects are there before the
    archives that use them.
    """
    archives = {objects.archive: objects for objects in wanted}
    going = sorted(installed.archives.keys() - archives.keys())
    folders = _folders(installed, project)
    comparison = Comparison(
        archives=archives,
        installed=installed,
        staying={
            k: v for k, v in installed.versions.items() if folders[k] not in going
        },
        folders=folders,
        live=live,
        project=project,
    )
    comparison.refuse_missing_tables()
    comparison.refuse_taken_tables()
    changes: list[Said] = [comparison.uninstall(archive) for archive in going]
    changes += comparison.control()
    for archive in sorted(archives.keys() & installed.archives.keys()):
        changes += comparison.change(archives[archive])
    for archive in sorted(archives.keys() - installed.archives.keys()):
        changes.append(comparison.install(archives[archive]))
    live.warn()
    return changes


def _folders(installed: Installed, project: Project) -> dict[Object, str]:
    """Tell which archive each object is of."""
    return {
        (kind, name): Definition(kind, name, version).archive(project)
        for (kind, name), version in installed.versions.items()
    }
