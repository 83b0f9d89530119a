"""Read archives.toml, and tell all its mistakes at once.

What only the source can answer, such as whether a column is there, isn't asked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.compiler.declaration.model import (
    FULL_PASS_HOURS,
    Archive,
    Declaration,
    Relation,
    Renamed,
    Settled,
)
from bygones.compiler.declaration.names import (
    identifier_problem,
    name_mistakes,
    source_problem,
)
from bygones.compiler.declaration.paths import cycle_mistakes, read_paths
from bygones.compiler.declaration.predicates import JOINED, OF_ROOT, read_predicate
from bygones.compiler.declaration.table import Table, load, quoted
from bygones.compiler.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_KEYS = ("source", "archive")
ARCHIVE_KEYS = (
    "table",
    "finished",
    "settled",
    "changed_at",
    "full_pass_hours",
    "without",
    "renamed",
    "relations",
)
SETTLED_KEYS = ("column", "days")
RELATION_KEYS = ("table", "of", "on", "paths", "where", "parent", "without", "renamed")

# A year: whoever wants it more seldom wants none.
MOST_FULL_PASS_HOURS = 8784
# A century: with much more, the server would count back to no date at all.
MOST_DAYS = 36500


def read_declaration(path: Path) -> Declaration:
    """Read the file; its mistakes are one error, one a line."""
    file = Table(values=load(path), mistakes=[])
    declaration = Declaration(source=_source(file), archives=tuple(_archives(file)))
    mistakes = [
        *file.mistakes,
        *cycle_mistakes(declaration),
        *name_mistakes(declaration),
    ]
    if mistakes:
        raise MigrationError("\n".join(f"{path.name}: {line}" for line in mistakes))
    return declaration


def _source(file: Table) -> str:
    file.refuse_unknown(FILE_KEYS)
    file.require("source", '"shop"')
    source = file.text("source") or ""
    problem = source_problem(source) if source else None
    if problem:
        file.refuse("source", problem)
    return source


def _archives(file: Table) -> Iterator[Archive]:
    archives = file.table("archive", "[archive.orders]")
    if archives is not None:
        for name, table in archives.subtables("[archive.orders]"):
            yield _archive(name, table)


def _archive(name: str, table: Table) -> Archive:
    table.refuse_unknown(ARCHIVE_KEYS)
    table.require("table", quoted(name))
    table.require("finished", "\"status = 'closed'\"")
    root = table.text("table") or ""
    hours = table.number("full_pass_hours", most=MOST_FULL_PASS_HOURS)
    return Archive(
        name=name,
        table=root,
        finished=read_predicate(table, "finished", OF_ROOT) or "",
        settled=_settled(table),
        changed_at=_column(table, "changed_at"),
        full_pass_hours=hours or FULL_PASS_HOURS,
        without=_without(table),
        renamed=tuple(_renamed(table)),
        relations=tuple(_relations(table, root)),
    )


def _settled(archive: Table) -> Settled | None:
    table = archive.table("settled", '{ column = "closed_at", days = 30 }')
    if table is None:
        return None
    table.refuse_unknown(SETTLED_KEYS)
    table.require("column", '"closed_at"')
    table.require("days", "30")
    return Settled(
        column=_column(table, "column") or "",
        days=table.number("days", most=MOST_DAYS) or 0,
    )


def _relations(archive: Table, root: str) -> Iterator[Relation]:
    relations = archive.table("relations", "{ order_items = {} }")
    if relations is not None:
        for name, table in relations.subtables("{}"):
            yield _relation(name, table, (root, *relations.values))


def _relation(name: str, table: Table, known: tuple[str, ...]) -> Relation:
    table.refuse_unknown(RELATION_KEYS)
    return Relation(
        name=name,
        table=table.text("table") or name,
        paths=read_paths(name, table, known),
        where=read_predicate(table, "where", JOINED),
        is_parent=table.flag("parent"),
        without=_without(table),
        renamed=tuple(_renamed(table)),
    )


def _without(table: Table) -> tuple[str, ...]:
    columns = table.texts("without")
    for column in columns:
        _check_column(table, "without", column)
    return columns


def _renamed(owner: Table) -> Iterator[Renamed]:
    table = owner.table("renamed", '{ old_name = "new_name" }')
    if table is None:
        return
    olds: dict[str, str] = {}
    for old in table.values:
        new = _column(table, old)
        if new is None:
            continue
        _check_column(table, old, old)
        # MySQL's names of columns know no case.
        other = olds.setdefault(new.lower(), old)
        if new == old:
            table.refuse(old, "found the old name again; expected the new one")
        elif other != old:
            table.refuse(old, f"found {quoted(new)}, the new name of {quoted(other)}")
        yield Renamed(old=old, new=new)


def _column(table: Table, key: str) -> str | None:
    column = table.text(key)
    if column is not None:
        _check_column(table, key, column)
    return column


def _check_column(table: Table, key: str, column: str) -> None:
    problem = identifier_problem(column)
    if problem:
        table.refuse(key, problem)
