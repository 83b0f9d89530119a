"""Write the SQL of every archive that archives.toml declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrations.aggregate.checking import check
from migrations.aggregate.resolving import resolve
from migrations.generator.archives import ArchiveObjects, Generated, write_archive

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pymysql
    from pymysql.cursors import Cursor

    from migrations.catalog.model import Catalog
    from migrations.declaration.model import Declaration

__all__ = ["ArchiveObjects", "Generated", "generate_archives"]


def generate_archives(
    declaration: Declaration,
    catalog: Catalog,
    connection: pymysql.Connection[Cursor],
    shapes: Mapping[str, int],
) -> tuple[ArchiveObjects, ...]:
    """Resolve every archive against the live source, check it there, and write it.

    `shapes` are the shapes of the archives that are installed; a new one's is 1.
    """
    aggregates = resolve(declaration, catalog)
    check(aggregates, catalog, connection)
    return tuple(
        write_archive(
            aggregate,
            source=declaration.source,
            shape=shapes.get(aggregate.name, 1),
            is_mariadb=catalog.is_mariadb,
        )
        for aggregate in aggregates
    )
