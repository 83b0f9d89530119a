"""Say in words what of the source changed: what SQL knew of it, and what it is now.

`_describe_<archive>_drift` says the same in a CALL's error, as far as it has room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migrations.catalog.fingerprint import LEFT_OUT, Trait
from migrations.catalog.knowing import known_traits
from migrations.definitions import Definition
from migrations.operations.changes import check_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migrations.autogenerate.replay import Installed
    from migrations.generator import ArchiveObjects
    from migrations.project import Project


class Drift:
    """What an installed archive knows of the source, and what is there now."""

    def __init__(
        self, objects: ArchiveObjects, installed: Installed, project: Project
    ) -> None:
        """Read both from the SQL: what is installed, and what is wanted."""
        archive = objects.archive
        self._objects = objects
        self._describer = f"_describe_{archive}_drift"
        self._installed = {
            name: Definition(kind, name, version).text(project)
            for (kind, name), version in installed.versions.items()
            if name in (self._describer, check_of(archive))
        }
        wanted = {each.name: each.text for each in objects.objects}
        self.before = known_traits(self._installed[self._describer])
        self.now = known_traits(wanted[self._describer])

    def words(self) -> Iterator[str]:
        """Say what changed, by table and column."""
        return differences(self.before, self.now)

    def is_an_index_more(self) -> bool:
        """Tell whether all that is new is an index that leads a join.

        CALLs go on with it and without it, until a revision that is due for another
        reason makes it required.
        """
        more = {*self.now} - {*self.before}
        return {*self.before} < {*self.now} and {t.kind for t in more} == {"index"}

    def without_it(self) -> ArchiveObjects:
        """Return what would be wanted if that index weren't there."""
        return replace(
            self._objects,
            objects=tuple(
                replace(each, text=self._installed.get(each.name, each.text))
                for each in self._objects.objects
            ),
        )


def differences(before: Iterable[Trait], now: Iterable[Trait]) -> Iterator[str]:
    """Word each difference once, by table and column."""
    was = {trait[:3]: trait for trait in before}
    found = {trait[:3]: trait for trait in now}
    stay = {table for table, *_ in was} & {table for table, *_ in found}
    said: dict[str, None] = {}
    for key in {**was, **found}:
        if was.get(key) == found.get(key):
            continue
        table = key[0]
        if table in stay:
            words = _words(was.get(key), found.get(key))
        else:
            words = "copied from now on" if key in found else "no longer copied"
        if words:
            said[f"{table}: {words}"] = None
    yield from said


def _words(was: Trait | None, found: Trait | None) -> str | None:
    """Say what is different of one trait; nothing of a column that never counted."""
    words: str | None = "another primary key"
    match was, found:
        case (None, Trait(more="left out")) | (Trait(more="left out"), None):
            words = None
        case None, Trait(kind="column", name=name, type=type_):
            words = f"a column more, {name} {type_}"
        case Trait(kind="column", name=name), None:
            words = f"a column less, {name}"
        case Trait(kind="column", name=name), Trait():
            words = f"{name} {_change(was, found)}"
        case Trait(kind="engine", type=before), Trait(type=now):
            words = f"the engine was {before}, is {now}"
        case Trait(kind="index", name=name), None:
            words = f"the index on {name} is gone"
        case None, Trait(kind="index", name=name):
            words = f"an index more, on {name}"
        case (Trait(name=name), _) | (_, Trait(name=name)) if name:
            words = f"the unique index {name} changed"
    return words


def _change(was: Trait, found: Trait) -> str:
    if LEFT_OUT in (was.more, found.more):
        return f"is {'copied' if was.more == LEFT_OUT else LEFT_OUT} from now on"
    # Of type and more, what differs.
    parts = [
        [trait[place] or "" for place in (3, 4) if was[place] != found[place]]
        for trait in (was, found)
    ]
    return "was {}, is {}".format(*map(" ".join, parts))
