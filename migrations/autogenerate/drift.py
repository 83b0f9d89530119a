"""Say in words what of the source changed: what SQL knew of it, and what it is now.

`_describe_drift` says the same in a CALL's error, as far as it has room.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bygones.compiler.catalog.knowing import known_traits
from bygones.compiler.catalog.traits import LEFT_OUT, Trait
from bygones.compiler.definitions import Definition
from bygones.migrations.operations.changes import check_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bygones.compiler.project import Project
    from bygones.compiler.sql import ArchiveObjects
    from bygones.migrations.autogenerate.replay import Installed


class Drift:
    """What an installed archive knows of the source, and what is there now."""

    def __init__(
        self, objects: ArchiveObjects, installed: Installed, project: Project
    ) -> None:
        """Read both from the SQL: what is installed, and what is wanted."""
        archive = objects.archive
        self._objects = objects
        check = Definition(
            "procedure",
            check_of(archive),
            installed.versions["procedure", check_of(archive)],
        )
        self._installed = {check.name: check.text(project)}
        wanted = {each.name: each.text for each in objects.objects}
        self.before, self.history = _known(self._installed[check.name])
        self.now, self.history_now = _known(wanted[check.name])

    def words(self) -> Iterator[str]:
        """Say what changed, by table and column.

        History follows the source: what changed of it is told where that didn't.
        """
        if {*self.before} == {*self.now}:
            return differences(self.history, self.history_now)
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


def _known(text: str) -> tuple[list[Trait], list[Trait]]:
    return known_traits(text), known_traits(text, "history")


def differences(before: Iterable[Trait], now: Iterable[Trait]) -> Iterator[str]:
    """Word each difference once, table by table."""
    was = {trait[:3]: trait for trait in before}
    found = {trait[:3]: trait for trait in now}
    changed = [key for key in {**was, **found} if was.get(key) != found.get(key)]
    stay = {table for table, *_ in was} & {table for table, *_ in found}
    said: dict[str, list[str | None]] = {table: [] for table, *_ in changed}
    for key in changed:
        words = _words(was.get(key), found.get(key))
        if key[0] not in stay:
            words = "copied from now on" if key in found else "no longer copied"
        said[key[0]].append(words)
    for table, words_of_it in said.items():
        for words in dict.fromkeys(words_of_it):
            if words:
                yield _shown(f"{table}: {words}")


def _shown(text: str) -> str:
    """Spell out what a name can hold and no line shows."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


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
        case (Trait(kind="key"), _) | (_, Trait(kind="key")):
            pass
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
