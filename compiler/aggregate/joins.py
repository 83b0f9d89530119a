"""Find how each relation is joined to the root or to another relation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.checking import Predicate
from bygones.compiler.aggregate.conditions import (
    Condition,
    Reference,
    both,
    equal,
    shown,
    shown_name,
)
from bygones.compiler.aggregate.keys import (
    keeps_apart,
    leading_column,
    pinning_index,
    pins_a_row,
)
from bygones.compiler.aggregate.model import Path, Relation
from bygones.compiler.aggregate.parsing import Scope, parse
from bygones.compiler.declaration.table import dotted, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bygones.compiler.aggregate.model import Member
    from bygones.compiler.aggregate.problems import Problems
    from bygones.compiler.catalog.model import ForeignKey, Table
    from bygones.compiler.declaration import model as declared


@dataclass(frozen=True, slots=True)
class _Join:
    """A path, and what its keys say about the relation: None is nothing."""

    path: Path
    is_parent: bool | None


class Joiner:
    """Joins the relations of one archive, in any order of theirs."""

    def __init__(
        self,
        archive: declared.Archive,
        root: Member,
        tables: Mapping[str, Table | None],
        problems: Problems,
        schema: str,
    ) -> None:
        """Take the tables as far as they are there; mistakes go to `problems`."""
        self.archive = archive
        self.root = root
        self.tables: dict[str, Table] = {root.name: root.table}
        self.tables |= {name: table for name, table in tables.items() if table}
        self.problems = problems
        self.schema = schema
        self.declared = {relation.name: relation for relation in archive.relations}
        self.joined: dict[str, Relation | None] = {}
        # What only the server can judge.
        self.predicates: list[Predicate] = []

    def join(self, relation: declared.Relation) -> Relation | None:
        """Join a relation; None where a mistake keeps it from being joined."""
        if relation.name not in self.joined:
            self.joined[relation.name] = self._join(relation)
        return self.joined[relation.name]

    def _join(self, relation: declared.Relation) -> Relation | None:
        where = dotted("archive", self.archive.name, "relations", relation.name)
        narrowed = self._narrowed(relation, where)
        joins = [
            join
            for path in relation.paths
            if (join := self._path(relation, path, narrowed, where))
        ]
        if len(joins) < len(relation.paths):
            return None
        is_parent = self._is_parent(relation, joins, where)
        if is_parent is None:
            return None
        if not is_parent and relation.where is None:
            self._refuse_the_way_down(relation, where)
        return Relation(
            name=relation.name,
            table=self.tables[relation.name],
            kept=(),
            key=(),
            paths=tuple(join.path for join in joins),
            is_parent=is_parent,
            has_ordinal=False,
        )

    def _narrowed(self, relation: declared.Relation, where: str) -> Condition | None:
        if relation.where is None:
            return None
        # What every path comes by.
        ofs = {path.of for path in relation.paths}
        names = {relation.name, self.root.name, *(ofs if len(ofs) == 1 else ())}
        scope = self._scope(names, default=(relation.name,))
        return self._parsed(relation.name, relation.where, scope, f"{where}.where")

    def _scope(self, names: Iterable[str], default: tuple[str, ...]) -> Scope:
        tables = {name: table for name, table in self.tables.items() if name in names}
        return Scope(tables=tables, default=default)

    def _parsed(
        self, name: str, predicate: str, scope: Scope, where: str
    ) -> Condition | None:
        """Read a predicate of a relation; None where a mistake keeps it from it."""
        condition = parse(predicate, scope)
        for problem in scope.problems:
            self.problems.add(where, problem)
        if scope.problems:
            return None
        read = (name, *(reference.member for reference in condition.references()))
        tables = {each: self.tables[each] for each in read}
        self.predicates.append(
            Predicate(where=where, condition=condition, tables=tables)
        )
        return condition

    def _path(
        self,
        relation: declared.Relation,
        path: declared.RelationPath,
        narrowed: Condition | None,
        where: str,
    ) -> _Join | None:
        of = self.tables.get(path.of)
        if of is None:  # a mistake that is told where the relation is declared
            return None
        here = f"{where}.{path.place}" if path.place else where
        if path.on is None:
            found = self._by_foreign_key(relation, path, of, here)
        else:
            found = self._by_predicate(relation, path, path.on, f"{here}.on")
        if found is None:
            return None
        condition, is_parent = found
        if self._is_the_same_row(relation.name, path.of, condition):
            self.problems.add(
                here,
                f"each row of {quoted(of.name)} is joined to itself, by its own key; "
                "name the column that holds the key of the other row",
            )
            return None
        whole = both(condition, narrowed) if narrowed else condition
        return _Join(self._resolved(relation.name, path.of, whole), is_parent)

    def _by_foreign_key(
        self,
        relation: declared.Relation,
        path: declared.RelationPath,
        of: Table,
        where: str,
    ) -> tuple[Condition, bool | None] | None:
        name, table = relation.name, self.tables[relation.name]
        down = [_key_pairs(key, table, of) for key in self._keys(table, of)]
        up = [_key_pairs(key, of, table) for key in self._keys(of, table)]
        found: list[tuple[Condition, bool | None]] = [
            *((_joined_by(name, path.of, pairs), False) for pairs in down),
            *((_joined_by(name, path.of, _turned(pairs)), True) for pairs in up),
        ]
        if len(found) == 1:
            return found[0]
        between = f"between {quoted(table.name)} and {quoted(of.name)}"
        if not found:
            example = self._example(name, table, path.of, of)
            self.problems.add(
                where,
                f"found no foreign key {between}; say how they are joined: "
                f"{self._line(relation, path, example)}",
            )
            return None
        ways = "; ".join(
            self._line(relation, path, shown(condition)) for condition, _ in found
        )
        self.problems.add(
            where, f"found {len(found)} foreign keys {between}; write which: {ways}"
        )
        return None

    def _line(
        self, relation: declared.Relation, path: declared.RelationPath, on: str
    ) -> str:
        """Write what says how a path is joined."""
        if path.place or len(relation.paths) == 1:
            return f"on = {quoted(on)}"
        return f"paths = [{{ of = {quoted(path.of)}, on = {quoted(on)} }}, ...]"

    def _keys(self, table: Table, to: Table) -> list[ForeignKey]:
        """List the foreign keys by which a table points at another."""
        return [
            key
            for key in table.foreign_keys
            if key.to_schema == self.schema
            and key.to_table == to.name
            and all(to.column(column) for column in key.to_columns)
        ]

    def _example(self, name: str, table: Table, of_name: str, of: Table) -> str:
        """Write a join by columns that are named for it, where there are such."""
        if pairs := _named_pairs(table, of):
            return shown(_joined_by(name, of_name, pairs))
        if pairs := _named_pairs(of, table):
            return shown(_joined_by(name, of_name, _turned(pairs)))
        return f"{shown_name(name)}.<column> = {shown_name(of_name)}.<column>"

    def _by_predicate(
        self,
        relation: declared.Relation,
        path: declared.RelationPath,
        on: str,
        where: str,
    ) -> tuple[Condition, bool | None] | None:
        names = (relation.name, path.of)
        scope = self._scope((*names, self.root.name), default=names)
        condition = self._parsed(relation.name, on, scope, where)
        if condition is None:
            return None
        members = {reference.member for reference in condition.references()}
        for name in names:
            if name not in members:
                hint = (
                    "; what concerns the relation alone goes in where"
                    if members == {relation.name}
                    else ""
                )
                self.problems.add(
                    where,
                    f"found no column of {quoted(name)}; expected it to join "
                    f"{quoted(relation.name)} to {quoted(path.of)}{hint}",
                )
                return None
        return condition, self._direction(relation.name, path.of, condition)

    def _is_the_same_row(self, name: str, of: str, condition: Condition) -> bool:
        """Tell whether a join leads from a row to no other than itself."""
        table = self.tables[name]
        same = [
            ours
            for ours, theirs in _pairs(condition, name, of)
            if ours.lower() == theirs.lower()
        ]
        return table.name == self.tables[of].name and pins_a_row(table, same)

    def _direction(self, name: str, of: str, condition: Condition) -> bool | None:
        """Tell parent (True) from owned (False) by which side's key the join holds."""
        pairs = _pairs(condition, name, of)
        table, of_table = self.tables[name], self.tables[of]
        for key in self._keys(of_table, table):
            if set(_turned(_key_pairs(key, of_table, table))) <= set(pairs):
                return True
        for key in self._keys(table, of_table):
            if set(_key_pairs(key, table, of_table)) <= set(pairs):
                return False
        # First of all the key of what it is joined to: where both are keys, as with a
        # subtype that shares its root's, the row goes with the root.
        if pins_a_row(of_table, [theirs for _, theirs in pairs]):
            return False
        return True if pins_a_row(table, [ours for ours, _ in pairs]) else None

    def _is_parent(
        self, relation: declared.Relation, joins: Sequence[_Join], where: str
    ) -> bool | None:
        if relation.is_parent is not None:
            return relation.is_parent
        answers = {join.is_parent for join in joins}
        if len(answers) == 1 and None not in answers:
            return answers.pop()
        table = quoted(self.tables[relation.name].name)
        self.problems.add(
            where,
            (
                f"no key says whether {table} belongs to its root or is pointed at"
                if None in answers
                else f"{table} is owned by one path and a parent by another"
            )
            + "; write parent = true for what is pointed at, such as a customer, and "
            "parent = false for what belongs to the root, such as an item",
        )
        return None

    def _refuse_the_way_down(self, relation: declared.Relation, where: str) -> None:
        """Refuse to go up to a parent and down again without a word."""
        for path in relation.paths:
            of = self.declared.get(path.of)
            above = self.join(of) if of else None
            if above and above.is_parent:
                self.problems.add(
                    where,
                    f"{quoted(path.of)} is a parent, shared by many roots, and all its "
                    f"{quoted(relation.name)} would be kept with each; add a where "
                    "that picks those of this root",
                )

    def _resolved(self, name: str, of: str, condition: Condition) -> Path:
        table, of_table = self.tables[name], self.tables[of]
        pinned = [column for term in condition.terms() if (column := term.pinned(name))]
        pinning = [
            right
            for left, right in _pairs(condition, name, of)
            if (ours := table.column(left))
            and (theirs := of_table.column(right))
            and keeps_apart(ours, theirs)
        ]
        unique = pinning_index(of_table, pinning) if of != self.root.name else None
        return Path(
            of=of,
            condition=condition,
            pinned=tuple(dict.fromkeys(pinned)),
            is_reached_twice=of != self.root.name and unique is None,
            unique=unique.name if unique else None,
            leading=leading_column(table, pinned),
        )


def copy_order(relations: Iterable[Relation]) -> tuple[Relation, ...]:
    """Order relations: each after what it is joined to, and parents last.

    A customer or a product belongs to many roots and can change at any time, so its
    copy is kept close to the proof.
    """
    left = list(relations)
    names = {relation.name for relation in left}
    ordered: list[Relation] = []
    while left:
        done = {relation.name for relation in ordered}
        ready = [
            relation
            for relation in left
            if all(path.of in done or path.of not in names for path in relation.paths)
        ]
        following = next((r for r in ready if not r.is_parent), ready[0])
        left.remove(following)
        ordered.append(following)
    return tuple(ordered)


def _joined_by(name: str, of: str, pairs: Iterable[tuple[str, str]]) -> Condition:
    """Join a relation by pairs of columns: the relation's, then of's."""
    return equal(
        [(Reference(name, ours), Reference(of, theirs)) for ours, theirs in pairs]
    )


def _turned(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(right, left) for left, right in pairs]


def _key_pairs(key: ForeignKey, table: Table, to: Table) -> list[tuple[str, str]]:
    """Pair a foreign key's columns, named as their tables do."""
    return [
        (_named(table, column), _named(to, to_column))
        for column, to_column in zip(key.columns, key.to_columns, strict=True)
    ]


def _named(table: Table, name: str) -> str:
    column = table.column(name)
    return column.name if column else name


def _named_pairs(table: Table, to: Table) -> list[tuple[str, str]]:
    """Guess by which columns a table points at another's primary key."""
    pairs = []
    for key in to.primary_key:
        names = {key.lower()} - {"id"} | {
            f"{to.name[:length]}_{key}".lower() for length in range(3, len(to.name) + 1)
        }
        found = [
            column.name for column in table.columns if column.name.lower() in names
        ]
        if not found:
            return []
        pairs.append((found[0], key))
    return pairs


def _pairs(condition: Condition, name: str, of: str) -> list[tuple[str, str]]:
    """List the columns that a condition makes equal: the relation's, then of's."""
    pairs = []
    for term in condition.terms():
        match term.equality():
            case (Reference(member=a, column=ours), Reference(member=b, column=theirs)):
                if (a, b) == (name, of):
                    pairs.append((ours, theirs))
                elif (a, b) == (of, name):
                    pairs.append((theirs, ours))
    return pairs
