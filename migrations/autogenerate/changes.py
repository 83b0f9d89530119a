"""Tell what the next revision has to do, so that what's wanted is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.compiler.definitions import Definition
from bygones.migrations.autogenerate.comparison import Comparison
from bygones.migrations.autogenerate.drift import Drift
from bygones.migrations.autogenerate.wording import worded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bygones.compiler.project import Project
    from bygones.compiler.sql import ArchiveObjects
    from bygones.migrations.autogenerate.live import Live
    from bygones.migrations.autogenerate.replay import Installed, Object
    from bygones.migrations.operations.base import Said

# What bygones' own objects are of.
ITSELF = "bygones itself"


@dataclass(frozen=True, slots=True)
class Changes:
    """The steps of each archive, in their order, and what changed at the source."""

    steps: dict[str, list[Said]] = field(default_factory=dict)
    drift: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def all_steps(self) -> list[Said]:
        """Return what the revision does."""
        return [step for steps in self.steps.values() for step in steps]

    def words(self) -> list[str]:
        """Say what changed, and what follows."""
        return [*self.drift, *worded(self.steps)]


def find_changes(
    wanted: Iterable[ArchiveObjects],
    *,
    installed: Installed,
    live: Live,
    project: Project,
) -> Changes:
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
    comparison.refuse_triggers()
    changes = Changes(
        warnings=[each for objects in archives.values() for each in objects.warnings],
    )
    for archive in going:
        changes.steps[archive] = [comparison.uninstall(archive)]
    changes.steps[ITSELF] = [*comparison.control()]
    for archive in sorted(archives.keys() & installed.archives.keys()):
        _follow(archives[archive], comparison, changes)
    for archive in sorted(archives.keys() - installed.archives.keys()):
        changes.steps[archive] = [comparison.install(archives[archive])]
    return changes


def _follow(objects: ArchiveObjects, comparison: Comparison, changes: Changes) -> None:
    """Add what an installed archive needs, and why."""
    drift = Drift(objects, comparison.installed, comparison.project)
    if drift.is_an_index_more() and not comparison.change(drift.without_it()):
        return
    changes.steps[objects.archive] = [*comparison.change(objects)]
    changes.drift.extend(drift.words())


def _folders(installed: Installed, project: Project) -> dict[Object, str]:
    """Tell which archive each object is of."""
    return {
        (kind, name): Definition(kind, name, version).archive(project)
        for (kind, name), version in installed.versions.items()
    }
