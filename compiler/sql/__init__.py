"""Write the SQL of every archive that archives.toml declares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.history import plan_history
from bygones.compiler.aggregate.indexes import missing_indexes, warnings_of
from bygones.compiler.aggregate.resolving import resolve
from bygones.compiler.sql.archives import write_archive
from bygones.compiler.sql.comparing import Since
from bygones.compiler.sql.objects import ArchiveObjects, Generated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.model import Aggregate
    from bygones.compiler.catalog.model import Catalog
    from bygones.compiler.declaration.model import Declaration

__all__ = ["ArchiveObjects", "Generated", "Installed", "generate_archives"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An archive that is installed: its shape, and what it copies.

    That is, by the name of the root table and of each relation, columns of history.
    """

    shape: int
    copied: Mapping[str, frozenset[str]]
    # The same of each shape that it had, and has.
    shapes: Mapping[int, Mapping[str, frozenset[str]]]


def generate_archives(
    declaration: Declaration,
    source: Catalog,
    history: Catalog,
    connection: pymysql.Connection[Cursor],
    installed: Mapping[str, Installed],
) -> tuple[ArchiveObjects, ...]:
    """Resolve every archive against the live source, check it there, and write it.

    `installed` tells of the archives that are; their tables are found in `history`, and
    what has to change of them makes another shape.
    """
    aggregates = resolve(declaration, source, connection)
    written = [
        _generate(aggregate, declaration, source, history, installed)
        for aggregate in aggregates
    ]
    return tuple(
        replace(
            archive,
            warnings=(
                *archive.warnings,
                *_alone(aggregate),
                *warnings_of(missing_indexes(aggregate, source, connection)),
            ),
        )
        for aggregate, archive in zip(aggregates, written, strict=True)
    )


def _alone(aggregate: Aggregate) -> Iterator[str]:
    """Warn where nothing goes with a root but what it points at."""
    if all(relation.is_parent for relation in aggregate.relations):
        yield (
            f"{aggregate.name}: no relation is declared that belongs to "
            f"{aggregate.root.name}, so its rows are archived alone; `bygones propose "
            f"{aggregate.root.name}` lists what seems to belong to them"
        )


def _generate(
    aggregate: Aggregate,
    declaration: Declaration,
    source: Catalog,
    history: Catalog,
    installed: Mapping[str, Installed],
) -> ArchiveObjects:
    known = installed.get(aggregate.name)
    shape = known.shape if known else 1
    planned = plan_history(
        aggregate,
        history,
        copied=known.copied if known else None,
        shape=shape + 1,
    )
    if known and (
        known.copied != planned.copied or any(table.changes for table in planned.tables)
    ):
        shape += 1
    return write_archive(
        planned,
        source=declaration.source,
        since=Since(shape, known.shapes if known else {}),
        is_mariadb=source.is_mariadb,
    )
