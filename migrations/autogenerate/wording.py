"""Say in words what a revision has to do, for people who read `alembic check`."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from bygones.migrations.autogenerate.comparison import is_door
from bygones.migrations.operations.archives import (
    InstallArchive,
    Register,
    UninstallArchive,
)
from bygones.migrations.operations.changes import Change
from bygones.migrations.operations.objects import Create, Drop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bygones.migrations.operations.base import Said

# Why a step creates what revisions have installed.
NOT_AS_INSTALLED = ("missing", "changed by hand")

# As many names stand in a line; of more there is a count.
FEW = 3


def counted_by_kind(objects: Iterable[tuple[str, str]]) -> str:
    """Count objects, which are kinds and names: 71 procedures and 1 event."""
    counts = Counter(kind for kind, _ in objects)
    *most, last = [_counted(count, kind) for kind, count in counts.items()]
    return f"{', '.join(most)} and {last}" if most else last


def worded(steps: Mapping[str, Iterable[Said]]) -> Iterator[str]:
    """Say what is to be done of each archive, and of the control objects."""
    by_why: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for archive, said in steps.items():
        following = 0
        for step in said:
            if isinstance(step, Create) and step.why in NOT_AS_INSTALLED:
                by_why[step.why].append((step.kind, step.name))
            elif isinstance(step, Create | Drop | Change):
                following += not is_door(step)
            else:
                yield from _of_archive(archive, step)
        if following:
            verb = "follows" if following == 1 else "follow"
            yield f"{_counted(following, 'object')} of {archive} {verb}"
    for why, objects in by_why.items():
        verb = "is" if len(objects) == 1 else "are"
        names = ", ".join(name for _, name in objects)
        named = f": {names}" if len(objects) <= FEW else ""
        yield f"{counted_by_kind(objects)} {verb} {why}{named}"


def _of_archive(archive: str, step: Said) -> Iterator[str]:
    match step:
        case InstallArchive():
            yield f"the archive {archive} is new"
        case UninstallArchive():
            yield f"the archive {archive} is no longer declared"
        case Register(before=Register(shape=shape)) if shape == step.shape:
            yield f"{archive}: a full pass every {step.full_pass_hours} hours"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
