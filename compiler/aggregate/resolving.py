"""Resolve archives.toml against the catalog of the source, and tell all mistakes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.checking import Predicate, check
from bygones.compiler.aggregate.joins import Joiner, copy_order
from bygones.compiler.aggregate.keeping import find_column, keep, left_out
from bygones.compiler.aggregate.keys import (
    MOMENTS,
    fits_a_key,
    has_prefix,
    key_of,
    leading_column,
    root_key_problem,
)
from bygones.compiler.aggregate.model import (
    CHUNK,
    ORDINAL,
    VERSION,
    Aggregate,
    Member,
    Relation,
)
from bygones.compiler.aggregate.parsing import Scope, parse
from bygones.compiler.aggregate.problems import FILE, Problems
from bygones.compiler.declaration.names import MAX_LENGTH
from bygones.compiler.declaration.table import dotted, quoted, suggestion
from bygones.compiler.names import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.conditions import Condition
    from bygones.compiler.catalog.model import Catalog, Column, Table
    from bygones.compiler.declaration import model as declared

__all__ = ["FILE", "Problems", "resolve", "root_columns"]


def resolve(
    declaration: declared.Declaration,
    catalog: Catalog,
    connection: pymysql.Connection[Cursor] | None = None,
) -> tuple[Aggregate, ...]:
    """Resolve every archive; the mistakes of all of them are one error, one a line.

    Predicates are shown to the server, where there is a connection to it.
    """
    problems = Problems()
    resolvers = [
        _Resolver(archive, catalog, problems) for archive in declaration.archives
    ]
    aggregates = [resolver.aggregate() for resolver in resolvers]
    if connection is not None:
        for resolver in resolvers:
            check(resolver.predicates, catalog, connection, problems)
    problems.sort(declaration.archives)
    problems.refuse()
    return tuple(aggregate for aggregate in aggregates if aggregate)


class _Resolver:
    """Resolves one archive."""

    def __init__(
        self, archive: declared.Archive, catalog: Catalog, problems: Problems
    ) -> None:
        self.archive = archive
        self.catalog = catalog
        self.problems = problems
        self.where = dotted("archive", archive.name)
        # What only the server can judge.
        self.predicates: list[Predicate] = []

    def aggregate(self) -> Aggregate | None:
        """Resolve the root, then each relation after those that it is joined to.

        None where a mistake keeps it from that; as many as can be are found.
        """
        table = self._table(f"{self.where}.table", self.archive.table)
        tables = {
            relation.name: self._relation_table(relation)
            for relation in self.archive.relations
        }
        if table is None:
            self._check_without_root(tables)
            return None
        if problem := root_key_problem(table):
            self.problems.add(f"{self.where}.table", problem)
        root = self._root(table)
        finished = self._finished(root)
        settled = self._settled(table)
        changed_at = self._changed_at(table)
        joiner = Joiner(self.archive, root, tables, self.problems, self.catalog.schema)
        relations = [
            relation
            for each in self.archive.relations
            if (relation := self._relation(each, tables[each.name], root, joiner))
        ]
        self.predicates += joiner.predicates
        self._check_joins_are_kept(root, relations)
        self._check_finished_is_kept(root, finished, settled)
        if len(relations) < len(self.archive.relations):
            return None
        return Aggregate(
            archive=self.archive,
            root=root,
            relations=copy_order(relations),
            finished=finished,
            settled=settled,
            settled_days=self.archive.settled.days if self.archive.settled else 0,
            changed_at=changed_at,
        )

    def _check_without_root(self, tables: Mapping[str, Table | None]) -> None:
        """Find what mistakes can be found in relations alone."""
        for relation in self.archive.relations:
            if table := tables[relation.name]:
                keep(self._where(relation), relation, table, (), self.problems)

    def _where(self, relation: declared.Relation) -> str:
        return dotted("archive", self.archive.name, "relations", relation.name)

    def _table(self, where: str, name: str) -> Table | None:
        """Find a table that can be archived."""
        table = self.catalog.find(name)
        if table is None:
            self.problems.add(where, self._no_table(name))
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

    def _no_table(self, name: str) -> str:
        schema = quoted(self.catalog.schema)
        for table in self.catalog.tables.values():
            for key in table.foreign_keys:
                if key.to_table == name and key.to_schema != self.catalog.schema:
                    return (
                        f"found {quoted(name)}, at which {quoted(table.name)} points "
                        f"in the schema {quoted(key.to_schema)}; expected a table of "
                        f"the schema {schema}, the one that is archived"
                    )
        near = suggestion(name, list(self.catalog.tables))
        return (
            f"found {quoted(name)}{near}; expected a table of the schema {schema} that "
            "this account may read"
        )

    def _relation_table(self, relation: declared.Relation) -> Table | None:
        where = self._where(relation)
        if relation.table != relation.name:
            where += ".table"
        return self._table(where, relation.table)

    def _root(self, table: Table) -> Member:
        root = Member(
            name=self.archive.table, table=table, kept=(), key=table.primary_key
        )
        kept = keep(self.where, self.archive, table, (VERSION, CHUNK), self.problems)
        return replace(root, kept=kept, without=left_out(table, kept))

    def _finished(self, root: Member) -> Condition:
        tables = {root.name: root.table}
        scope = Scope(tables=tables, default=(root.name,))
        finished = parse(self.archive.finished, scope)
        where = f"{self.where}.finished"
        for problem in scope.problems:
            self.problems.add(where, problem)
        if not scope.problems:
            self.predicates.append(
                Predicate(where=where, condition=finished, tables=tables)
            )
        return finished

    def _settled(self, table: Table) -> Column | None:
        settled = self.archive.settled
        if settled is None:
            return None
        return self._moment(f"{self.where}.settled.column", table, settled.column)

    def _changed_at(self, table: Table) -> Column | None:
        if self.archive.changed_at is None:
            return None
        where = f"{self.where}.changed_at"
        column = self._moment(where, table, self.archive.changed_at)
        if column and not leading_column(table, [column.name]):
            index = quote(f"{table.name}_{column.name}_ix"[:64])
            self.problems.add(
                where,
                f"{quoted(column.name)} leads no index, and every recheck would read "
                f"all of {quoted(table.name)}; CREATE INDEX {index} ON "
                f"{quote(table.name)} ({quote(column.name)})",
            )
        return column

    def _moment(self, where: str, table: Table, name: str) -> Column | None:
        """Find a column that holds a time."""
        column = find_column(where, table, name, self.problems)
        if column and column.data_type not in MOMENTS:
            self.problems.add(
                where,
                f"{quoted(column.name)} is {column.type}; expected a date, a datetime "
                "or a timestamp",
            )
        return column

    def _relation(
        self,
        relation: declared.Relation,
        table: Table | None,
        root: Member,
        joiner: Joiner,
    ) -> Relation | None:
        """Join a relation, and decide what history keeps of it."""
        if table is None:
            return None
        where = self._where(relation)
        key = key_of(table)
        kit = (VERSION, ORDINAL, *root_columns(root))
        kept = keep(where, relation, table, kit, self.problems)
        joined = joiner.join(relation)
        if joined is None:
            return None
        if not key and joined.is_reached_twice:
            self.problems.add(
                where,
                f"a row of {quoted(table.name)} can be reached more than once, and "
                "nothing tells its rows apart; add a primary key",
            )
        columns = [column for name in key if (column := table.column(name))]
        root_key = [column.column for column in root.key_columns]
        return replace(
            joined,
            kept=kept,
            key=key,
            without=left_out(table, kept),
            has_ordinal=(
                not key or has_prefix(table) or not fits_a_key(root_key, columns)
            ),
        )

    def _check_joins_are_kept(self, root: Member, relations: list[Relation]) -> None:
        """Refuse to leave out a column that leads from one relation to another."""
        members: dict[str, tuple[str, Member]] = {root.name: (self.where, root)}
        for relation in relations:
            where = dotted("archive", self.archive.name, "relations", relation.name)
            members[relation.name] = (where, relation)
        for relation in relations:
            for path in relation.paths:
                for column in path.condition.references():
                    where, member = members.get(column.member, ("", relation))
                    if member is not relation and column.column in member.without:
                        self.problems.add(
                            f"{where}.without",
                            f"found {quoted(column.column)}, which leads to "
                            f"{quoted(relation.name)}; keep it",
                        )

    def _check_finished_is_kept(
        self, root: Member, finished: Condition, settled: Column | None
    ) -> None:
        """Refuse to leave out what says that a root is finished: it is compared too."""
        read = [column.column for column in finished.references()]
        read += [settled.name] if settled else []
        for name in dict.fromkeys(read):
            if name in root.without:
                self.problems.add(
                    f"{self.where}.without",
                    f"found {quoted(name)}, by which a root is known as finished; "
                    "keep it",
                )


def root_columns(root: Member) -> tuple[str, ...]:
    """Name the kit's columns that hold the root's key in a relation's history."""
    kept = {each.column.name.lower(): each.name for each in root.kept}
    names = tuple(f"history_root_{kept.get(key.lower(), key)}" for key in root.key)
    if all(len(name) <= MAX_LENGTH for name in names):
        return names
    return tuple(f"history_root_{n}" for n, _ in enumerate(names, start=1))
