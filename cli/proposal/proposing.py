"""Read a live schema and propose what archives.toml could say about it."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql

from bygones.cli.proposal import writing
from bygones.cli.proposal.columns import moments
from bygones.cli.proposal.finishing import guess_finished
from bygones.cli.proposal.joining import Joins
from bygones.cli.proposal.naming import Naming
from bygones.cli.proposal.notes import Notes
from bygones.cli.proposal.noticing import noticed
from bygones.cli.proposal.owners import find_owners
from bygones.cli.proposal.pointers import Pointers, foreign_keys, likely_pointers
from bygones.cli.proposal.relation_names import RelationNames, archive_name
from bygones.cli.proposal.relations import Relations
from bygones.cli.proposal.tree import grow
from bygones.cli.proposal.values import Values
from bygones.compiler.aggregate.resolving import resolve
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.declaration.model import Archive, Declaration
from bygones.compiler.declaration.names import name_mistakes
from bygones.compiler.declaration.table import dotted, quoted
from bygones.compiler.errors import MigrationError
from bygones.runner.connection import SETTING, connect
from bygones.runner.errors import StopError, from_driver

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from bygones.cli.proposal.owners import Owner
    from bygones.cli.proposal.pointers import Pointer
    from bygones.cli.proposal.relations import Section
    from bygones.compiler.catalog.model import Catalog, Table
    from bygones.runner.connection import Database

# For all tables of a large schema at once.
READ_SECONDS = 120.0

HEAD = (
    "What to archive of {}, proposed by foreign keys and names. Read it, edit it, save "
    "it as archives.toml. A line that begins with # and no space is a proposal too: "
    "take its # away to archive that too."
)
# More names than these aren't read.
MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An archives.toml, and what whoever takes it as it is must know."""

    text: str
    warnings: tuple[str, ...]


def propose(database: Database, roots: Sequence[str]) -> Proposal:
    """Read the live schema, and propose an archives.toml for these roots."""
    with closing(connect(database, schema=None, seconds=READ_SECONDS)) as connection:
        try:
            catalog = read_catalog(connection, database.source)
            return proposal(catalog, Values(connection, catalog), roots)
        except MigrationError as error:
            raise StopError(str(error)) from None
        except pymysql.Error as error:
            raise from_driver(error, f"Reading {database.source}") from None


def proposal(catalog: Catalog, values: Values, roots: Sequence[str]) -> Proposal:
    """Propose archives of what a catalog holds."""
    archives = _archives(catalog, roots)
    naming = Naming(catalog, [root for _, root in archives])
    owners = list(find_owners(naming, values))
    pointers = Pointers.of(
        [
            *foreign_keys(catalog, naming),
            *_without_owners(likely_pointers(catalog, naming), owners),
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
    warnings = []
    for name, root in archives:
        tree = grow(root, pointers, {other.name for _, other in archives} - {root.name})
        joins = Joins(name, root, catalog.schema)
        relations = Relations(tree, pointers, names, joins)
        lines += _archive(name, root, relations, pointers, values)
        sections = relations.sections()
        left_out, warning = _left_out(root, sections)
        if warning:
            warnings.append(warning)
        lines += ["", f"[{dotted('archive', name, 'relations')}]"]
        for text in filter(None, (warning, left_out)):
            lines += writing.prose(text)
        written = writing.relations(sections, root.name)
        lines += ["", *written] if (warning or left_out) and written else written
        notes = Notes(tree, catalog, naming, pointers, owners).lines(joins.used)
        lines += ["", *notes] if notes else []
    return Proposal(text="\n".join(lines) + "\n", warnings=tuple(warnings))


def write(proposal: Proposal, file: Path) -> None:
    """Write a new file, all of it or nothing; StopError where it can't be.

    Example: write(proposal, Path("archives.toml")).
    """
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        part.write_text(proposal.text, encoding="utf-8")
        # Unlike a move, a link overwrites nothing.
        file.hardlink_to(part)
    except FileExistsError:
        refuse_to_overwrite(file)
    except OSError as error:
        raise StopError(f"{file} can't be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def refuse_to_overwrite(file: Path) -> None:
    """Tell, before anything is asked, that there is such a file: StopError."""
    if os.path.lexists(file):
        raise StopError(
            f"{file} is there already, and nothing was written: propose to another "
            "file, and take over what is new"
        )


def _left_out(root: Table, sections: Sequence[Section]) -> tuple[str, str]:
    """Say what isn't archived as the file stands; and warn if nothing but roots is."""
    found = [relation for section in sections for relation in section.relations]
    out = [each for each in found if each.state != "live"]
    owned = [each.relation.name for each in out if each.is_owned]
    text = ""
    if out:
        text = _counted(len(out), "relation is", "relations are") + " commented out"
        if owned:
            more = len(owned) - MOST_NAMED
            text += f" ({', '.join(owned[:MOST_NAMED])}"
            text += f" and {more} more" if more > 0 else ""
            text += " may belong to it)" if len(out) > len(owned) else ")"
        text += f". As it stands, rows of {root.name} are archived without them."
    if any(each.is_owned and each.state == "live" for each in found):
        return text, ""
    return text, (
        f"Nothing was found that belongs to {root.name} for sure: as it stands, its "
        "rows are archived alone. Declare the tables that hold the rest of one."
    )


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


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
    rests = moments(root)
    secrets = relations.secrets(root)
    more = ", ".join(column.name for column in rests[1:])
    said: list[tuple[list[str], str, str]] = [
        ([], "table", quoted(root.name)),
        (
            [line for each in finished.comments for line in writing.prose(each)],
            "finished",
            quoted(finished.predicate),
        ),
    ]
    if rests:
        said.append(
            (
                writing.prose(
                    "And at rest for so long" + (f"; or by {more}." if more else ".")
                ),
                "#settled",
                f"{{ column = {quoted(rests[0].name)}, days = 30 }}",
            )
        )
    changed, key, column = noticed(root, relations.joins.schema, values)
    if key:
        said.append((changed, key, quoted(column)))
    if secrets:
        listed = f"[{', '.join(map(quoted, secrets))}]"
        said.append((writing.prose("Secret, by its name."), "#without", listed))
    written = writing.pairs([(key, value) for _, key, value in said])
    lines = ["", f"[{dotted('archive', name)}]"]
    for (comments, _, _), line in zip(said, written, strict=True):
        lines += [*comments, line]
    return lines if key else lines + changed


def _without_owners(
    likely: Iterable[Pointer], owners: Iterable[Owner]
) -> Iterator[Pointer]:
    """Leave out columns that hold ids of several tables."""
    owned = {(owner.table.name, (owner.id.name,)) for owner in owners}
    for pointer in likely:
        if (pointer.table.name, pointer.columns) not in owned:
            yield pointer
