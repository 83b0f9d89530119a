"""Resolve archives.toml against the catalog of the source, and tell all mistakes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from migrations.aggregate.conditions import Scope, parse
from migrations.aggregate.joins import Joiner, copy_order
from migrations.aggregate.keys import (
    MAX_ROOT_KEY_CHARACTERS,
    MAX_ROOT_KEY_COLUMNS,
    MOMENTS,
    ROOT_KEY_TYPES,
    fits_a_key,
    key_of,
    root_key_characters,
)
from migrations.aggregate.model import (
    CHUNK,
    ORDINAL,
    VERSION,
    Aggregate,
    Kept,
    Member,
    Relation,
)
from migrations.declaration.names import MAX_LENGTH
from migrations.declaration.table import dotted, quoted, suggestion
from migrations.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrations.catalog.model import Catalog, Column, Table
    from migrations.declaration import model as declared

# The file that all mistakes are in.
FILE = "archives.toml"


@dataclass(slots=True)
class Problems:
    """The mistakes found so far, each with the key of archives.toml that it is in."""

    lines: list[str] = field(default_factory=list)

    def add(self, where: str, problem: str) -> None:
        """Note a mistake."""
        self.lines.append(f"{FILE}: {where}: {problem}")

    def refuse(self) -> None:
        """Raise all mistakes as one error, if there are any."""
        if self.lines:
            raise MigrationError("\n".join(self.lines))


def resolve(
    declaration: declared.Declaration, catalog: Catalog
) -> tuple[Aggregate, ...]:
    """Resolve every archive; the mistakes of all of them are one error, one a line."""
    problems = Problems()
    resolved = [
        _Resolver(archive, catalog, problems).aggregate()
        for archive in declaration.archives
    ]
    problems.refuse()
    return tuple(aggregate for aggregate in resolved if aggregate)


class _Resolver:
    """Resolves one archive."""

    def __init__(
        self, archive: declared.Archive, catalog: Catalog, problems: Problems
    ) -> None:
        self.archive = archive
        self.catalog = catalog
        self.problems = problems
        self.where = dotted("archive", archive.name)

    def aggregate(self) -> Aggregate | None:
        """Resolve the root, then each relation after those that it is joined to."""
        found = self._table(f"{self.where}.table", self.archive.table)
        if found is None or not self._has_root_key(found):
            return None
        root = self._root(found)
        tables = {
            relation.name: self._relation_table(relation)
            for relation in self.archive.relations
        }
        joiner = Joiner(self.archive, root, tables, self.problems, self.where)
        relations = []
        for relation in self.archive.relations:
            table = tables[relation.name]
            joined = joiner.join(relation) if table else None
            if table and joined:
                relations.append(self._relation(relation, table, root, joined))
        condition_scope = Scope(tables={root.name: found}, default=(root.name,))
        finished = parse(self.archive.finished, condition_scope)
        for problem in condition_scope.problems:
            self.problems.add(f"{self.where}.finished", problem)
        if len(relations) < len(self.archive.relations):
            return None
        self._check_joins_are_kept([root, *relations], relations)
        settled = self.archive.settled
        return Aggregate(
            archive=self.archive,
            root=root,
            relations=copy_order(relations),
            finished=finished,
            settled=self._settled(found) if settled else None,
            settled_days=settled.days if settled else 0,
        )

    def _table(self, where: str, name: str) -> Table | None:
        """Find a table that can be archived."""
        table = self.catalog.find(name)
        if table is None:
            near = suggestion(name, list(self.catalog.tables))
            self.problems.add(
                where,
                f"found {quoted(name)}{near}; expected a table of the schema "
                f"{quoted(self.catalog.schema)} that this account may read",
            )
        elif table.is_view:
            self.problems.add(
                where,
                f"{quoted(name)} is a view; archive the tables that it reads",
            )
        elif table.engine != "InnoDB":
            self.problems.add(
                where,
                f"the engine of {quoted(name)} is {table.engine}, which has no read "
                "view: its rows could be torn; ALTER it to ENGINE=InnoDB, or leave it "
                "out",
            )
        else:
            return table
        return None

    def _relation_table(self, relation: declared.Relation) -> Table | None:
        where = dotted("archive", self.archive.name, "relations", relation.name)
        if relation.table != relation.name:
            where += ".table"
        return self._table(where, relation.table)

    def _has_root_key(self, table: Table) -> bool:
        where = f"{self.where}.table"
        key = [column for name in table.primary_key if (column := table.column(name))]
        odd = [column for column in key if column.data_type not in ROOT_KEY_TYPES]
        if not key:
            self.problems.add(
                where,
                f"{quoted(table.name)} has no primary key, by which a root is known; "
                "add one",
            )
        elif len(key) > MAX_ROOT_KEY_COLUMNS:
            self.problems.add(
                where,
                f"the primary key of {quoted(table.name)} has {len(key)} columns; "
                f"expected at most {MAX_ROOT_KEY_COLUMNS}",
            )
        elif odd:
            self.problems.add(
                where,
                f"the primary key of {quoted(table.name)} holds {quoted(odd[0].name)}, "
                f"{odd[0].type}; expected one of {', '.join(sorted(ROOT_KEY_TYPES))}",
            )
        elif any(
            index.name == "PRIMARY" and index.has_prefix for index in table.indexes
        ):
            self.problems.add(
                where,
                f"the primary key of {quoted(table.name)} holds the first characters "
                "of a column only; expected whole columns",
            )
        elif root_key_characters(key) > MAX_ROOT_KEY_CHARACTERS:
            self.problems.add(
                where,
                f"the primary key of {quoted(table.name)} takes up to "
                f"{root_key_characters(key)} characters as text; expected at most "
                f"{MAX_ROOT_KEY_CHARACTERS}",
            )
        else:
            return True
        return False

    def _root(self, table: Table) -> Member:
        root = Member(
            name=self.archive.table, table=table, kept=(), key=table.primary_key
        )
        kept = self._kept(
            self.where, self.archive, table, root.key, kit={VERSION, CHUNK}
        )
        return replace(root, kept=kept, without=_left_out(table, kept))

    def _relation(
        self,
        relation: declared.Relation,
        table: Table,
        root: Member,
        joined: Relation,
    ) -> Relation:
        """Complete a joined relation by what history keeps of it."""
        where = dotted("archive", self.archive.name, "relations", relation.name)
        key = key_of(table)
        columns = [column for name in key if (column := table.column(name))]
        has_prefix = any(
            index.name == "PRIMARY" and index.has_prefix for index in table.indexes
        )
        root_key = [kept.column for kept in root.key_columns]
        has_ordinal = not key or has_prefix or not fits_a_key(root_key, columns)
        if not key and joined.is_reached_twice:
            self.problems.add(
                where,
                f"a row of {quoted(table.name)} can be reached more than once, and "
                "nothing tells its rows apart; add a primary key",
            )
        kit = {VERSION, ORDINAL, *root_columns(root)}
        kept = self._kept(where, relation, table, key, kit=kit)
        return replace(
            joined,
            kept=kept,
            key=key,
            without=_left_out(table, kept),
            has_ordinal=has_ordinal,
        )

    def _kept(
        self,
        where: str,
        declaration: declared.Archive | declared.Relation,
        table: Table,
        key: tuple[str, ...],
        *,
        kit: set[str],
    ) -> tuple[Kept, ...]:
        """Decide which columns history keeps, and under which names."""
        self._check_columns(f"{where}.without", table, declaration.without)
        self._check_columns(
            f"{where}.renamed", table, [renamed.new for renamed in declaration.renamed]
        )
        without = {column.lower() for column in declaration.without}
        for name in key:
            if name.lower() in without:
                self.problems.add(
                    f"{where}.without",
                    f"found {quoted(name)}, a column of the key; expected others",
                )
        olds = {renamed.new.lower(): renamed.old for renamed in declaration.renamed}
        kept = []
        for column in table.columns:
            if column.name.lower() in without:
                continue
            kept_name = olds.get(column.name.lower(), column.name)
            if kept_name.lower() in {taken.lower() for taken in kit}:
                kept_name += "_source"
            kept.append(Kept(column=column, name=kept_name, stored=column))
        self._check_kept_names(where, table, kept)
        return tuple(kept)

    def _check_columns(self, where: str, table: Table, names: Iterable[str]) -> None:
        for name in names:
            if table.column(name) is None:
                known = [column.name for column in table.columns]
                self.problems.add(
                    where,
                    f"found {quoted(name)}{suggestion(name, known)}; expected columns "
                    f"of {quoted(table.name)}",
                )

    def _check_kept_names(self, where: str, table: Table, kept: list[Kept]) -> None:
        names: dict[str, str] = {}
        for column in kept:
            other = names.setdefault(column.name.lower(), column.column.name)
            if other != column.column.name:
                self.problems.add(
                    f"{where}.renamed",
                    f"history would keep both {quoted(other)} and "
                    f"{quoted(column.column.name)} of {quoted(table.name)} as "
                    f"{quoted(column.name)}; choose another old name",
                )
            if len(column.name) > MAX_LENGTH:
                self.problems.add(
                    where,
                    f"history can't keep the column {quoted(column.column.name)}: "
                    f"{quoted(column.name)} is longer than {MAX_LENGTH} characters; "
                    "name it in without",
                )

    def _check_joins_are_kept(
        self, members: list[Member], relations: list[Relation]
    ) -> None:
        """Refuse to leave out a column that leads from one relation to another."""
        by_name = {member.name: member for member in members}
        for relation in relations:
            for path in relation.paths:
                for reference in path.condition.references():
                    member = by_name.get(reference.member)
                    if member is None or member is relation:
                        continue
                    if reference.column in member.without:
                        where = (
                            dotted("archive", self.archive.name)
                            if member is members[0]
                            else dotted(
                                "archive", self.archive.name, "relations", member.name
                            )
                        )
                        self.problems.add(
                            f"{where}.without",
                            f"found {quoted(reference.column)}, which leads to "
                            f"{quoted(relation.name)}; keep it",
                        )

    def _settled(self, table: Table) -> Column | None:
        settled = self.archive.settled
        if settled is None:
            return None
        where = f"{self.where}.settled.column"
        self._check_columns(where, table, [settled.column])
        column = table.column(settled.column)
        if column and column.data_type not in MOMENTS:
            self.problems.add(
                where,
                f"{quoted(column.name)} is {column.type}; expected a date, a datetime "
                "or a timestamp",
            )
        return column


def root_columns(root: Member) -> tuple[str, ...]:
    """Name the kit's columns that hold the root's key in a relation's history."""
    names = tuple(f"history_root_{column}" for column in root.key)
    if all(len(name) <= MAX_LENGTH for name in names):
        return names
    return tuple(f"history_root_{n}" for n, _ in enumerate(names, start=1))


def _left_out(table: Table, kept: Iterable[Kept]) -> tuple[str, ...]:
    names = {column.column.name for column in kept}
    return tuple(column.name for column in table.columns if column.name not in names)
