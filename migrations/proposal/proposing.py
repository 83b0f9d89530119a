"""Read a live schema and propose what archives.toml could say about it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pymysql

from migrations.aggregate.resolving import resolve
from migrations.catalog.reading import read_catalog
from migrations.declaration.model import Archive, Declaration
from migrations.declaration.names import name_mistakes
from migrations.declaration.table import dotted, quoted
from migrations.errors import MigrationError
from migrations.proposal import writing
from migrations.proposal.columns import moments
from migrations.proposal.finishing import guess_finished
from migrations.proposal.joining import Joins
from migrations.proposal.naming import Naming
from migrations.proposal.notes import notes
from migrations.proposal.owners import find_owners
from migrations.proposal.pointers import Pointers, foreign_keys, likely_pointers
from migrations.proposal.relation_names import RelationNames, archive_name
from migrations.proposal.relations import Relations
from migrations.proposal.tree import grow
from migrations.proposal.values import Values
from runner.connection import SETTING, connect
from runner.errors import StopError, from_driver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migrations.catalog.model import Catalog, Table
    from migrations.proposal.owners import Owner
    from migrations.proposal.pointers import Pointer
    from runner.connection import Database

# For all tables of a large schema at once.
READ_SECONDS = 120.0

HEAD = (
    "What to archive of {}, proposed by foreign keys and names. Read it, edit it, save "
    "it as archives.toml. A line that begins with # and no space is a proposal too: "
    "take its # away to archive that too."
)


def propose(database: Database, roots: Sequence[str]) -> str:
    """Read the live schema, and return an archives.toml for these roots."""
    with closing(connect(database, schema=None, seconds=READ_SECONDS)) as connection:
        try:
            catalog = read_catalog(connection, database.source)
            return proposal(catalog, Values(connection, catalog), roots)
        except MigrationError as error:
            raise StopError(str(error)) from None
        except pymysql.Error as error:
            raise from_driver(error, f"Reading {database.source}") from None


def proposal(catalog: Catalog, values: Values, roots: Sequence[str]) -> str:
    """Propose archives of what a catalog holds."""
    archives = _archives(catalog, roots)
    naming = Naming(catalog)
    owners = list(find_owners(naming, values))
    pointers = Pointers.of(
        [
            *foreign_keys(catalog, naming),
            *_without_owners(likely_pointers(naming), owners),
            *(
                pointer
                for owner in owners
                for pointer in owner.pointers(root for _, root in archives)
            ),
        ]
    )
    names = RelationNames((name, root.name) for name, root in archives)
    lines = writing.prose(HEAD.format(catalog.schema))
    lines.append(f"source = {quoted(catalog.schema)}")
    for name, root in archives:
        tree = grow(root, pointers, {other.name for _, other in archives} - {root.name})
        joins = Joins(name, root, catalog.schema)
        relations = Relations(tree, pointers, names, joins)
        lines += _archive(name, root, relations, pointers, values)
        sections = relations.sections()
        lines += ["", f"[{dotted('archive', name, 'relations')}]"]
        lines += writing.relations(sections, root.name)
        left = notes(tree, catalog, owners)
        lines += ["", *left] if left else []
    return "\n".join(lines) + "\n"


def _archives(catalog: Catalog, roots: Sequence[str]) -> list[tuple[str, Table]]:
    """Name an archive for each root, and refuse what can't be one."""
    if not catalog.tables:
        raise MigrationError(
            f"found no table in the schema {quoted(catalog.schema)} that this account "
            f"may read; check the name in {SETTING}, and grant SELECT on it"
        )
    tables = [(root, catalog.find(root)) for root in dict.fromkeys(roots)]
    archives = [
        Archive(name=archive_name(name), table=name, finished="TRUE")
        for root, table in tables
        for name in [table.name if table else root]
    ]
    mistakes = [
        mistake for archive in archives for mistake in _mistakes(catalog, archive)
    ]
    if not mistakes:
        whole = Declaration(source=catalog.schema, archives=tuple(archives))
        mistakes = list(name_mistakes(whole))
    if mistakes:
        raise MigrationError("\n".join(mistakes))
    return [
        (archive.name, table)
        for archive, (_, table) in zip(archives, tables, strict=True)
        if table
    ]


def _mistakes(catalog: Catalog, archive: Archive) -> Iterator[str]:
    """Tell why a table can't be a root, as Alembic would when it reads the file."""
    alone = Declaration(source=catalog.schema, archives=(archive,))
    mistakes = list(name_mistakes(alone))
    try:
        resolve(alone, catalog)
    except MigrationError as error:
        mistakes += str(error).splitlines()
    where = dotted("archive", archive.name)
    for mistake in mistakes:
        # There is no file yet that it could be in.
        _, _, problem = mistake.partition(f"{where}.table: ")
        yield f"{archive.table}: {problem or mistake}"


def _archive(
    name: str,
    root: Table,
    relations: Relations,
    pointers: Pointers,
    values: Values,
) -> list[str]:
    """Write what an archive says of its root."""
    finished = guess_finished(root, pointers.out_of.get(root.name, ()), values)
    entries = [("table", quoted(root.name)), ("finished", quoted(finished.predicate))]
    rests = moments(root)
    if rests:
        settled = f"{{ column = {quoted(rests[0].name)}, days = 30 }}"
        entries.append(("#settled", settled))
    secrets = relations.secrets(root)
    if secrets:
        entries.append(("#without", f"[{', '.join(map(quoted, secrets))}]"))
    table, predicate, *others = writing.pairs(entries)
    lines = ["", f"[{dotted('archive', name)}]", table]
    for comment in finished.comments:
        lines += writing.prose(comment)
    lines.append(predicate)
    if rests:
        more = ", ".join(column.name for column in rests[1:])
        lines += writing.prose(
            "And at rest for so long" + (f"; or by {more}." if more else ".")
        )
        lines.append(others.pop(0))
    if secrets:
        lines += [*writing.prose("Secret, by its name."), *others]
    return lines


def _without_owners(
    likely: Iterable[Pointer], owners: Iterable[Owner]
) -> Iterator[Pointer]:
    """Leave out columns that hold ids of several tables."""
    owned = {(owner.table.name, (owner.id.name,)) for owner in owners}
    for pointer in likely:
        if (pointer.table.name, pointer.columns) not in owned:
            yield pointer
