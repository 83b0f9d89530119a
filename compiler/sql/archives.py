"""Write the SQL of an archive: one object, one text, from one template each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.compiler.sql.checks import Checks
from bygones.compiler.sql.objects import ArchiveObjects
from bygones.compiler.sql.steps import Steps
from bygones.compiler.sql.tables import Tables
from bygones.compiler.sql.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.compiler.aggregate.history import Planned
    from bygones.compiler.sql.comparing import Since


def write_archive(
    planned: Planned, *, source: str, since: Since, is_mariadb: bool
) -> ArchiveObjects:
    """Write all objects of an archive, in the names of archives.toml."""
    aggregate, shape = planned.aggregate, since.shape
    writer = Writer(aggregate, source, since)
    steps = Steps(writer, Checks(writer, planned, is_mariadb))
    objects = (
        *Tables(writer, planned).tables(),
        *steps.procedures(),
        *steps.triggers(),
        steps.event(),
    )
    return ArchiveObjects(
        archive=aggregate.name,
        shape=shape,
        full_pass_hours=aggregate.archive.full_pass_hours,
        objects=tuple(sorted(objects, key=lambda each: (each.kind, each.name))),
        warnings=(*_rebuilds(planned), *_splits(planned), *planned.questions),
    )


def _rebuilds(planned: Planned) -> Iterator[str]:
    for table in planned.tables:
        rebuilt = [change for change in table.changes if change.way == "COPY"]
        if rebuilt:
            columns = ", ".join(change.column.name for change in rebuilt)
            yield (
                f"{table.member.history} will be written anew, about {table.rows:,} "
                f"rows, for the type of {columns} can't be changed in place; chunks "
                "wait meanwhile, and nobody else"
            )


def _splits(planned: Planned) -> Iterator[str]:
    for table in planned.tables:
        for change in table.changes:
            if change.beside:
                old, new = change.beside, change.column
                yield (
                    f"{table.member.history}: no type holds both {old.type} and "
                    f"{new.definition.type}, so {old.name} stays as it is, and is NULL "
                    f"in new rows, whose values go to {new.name}: read both"
                )
