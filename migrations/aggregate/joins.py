"""Find how each relation is joined to the root or to another relation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrations.aggregate.conditions import (
    Condition,
    Reference,
    Scope,
    both,
    equal,
    parse,
)
from migrations.aggregate.keys import leading_column, pins_a_row, same_kind
from migrations.aggregate.model import Path, Relation
from migrations.declaration.table import dotted, quoted
from migrations.names import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from migrations.aggregate.model import Member
    from migrations.aggregate.resolving import Problems
    from migrations.catalog.model import ForeignKey, Table
    from migrations.declaration import model as declared


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
        where: str,
    ) -> None:
        """Take the tables as far as they are there; mistakes go to `problems`."""
        self.archive = archive
        self.root = root
        self.tables: dict[str, Table] = {root.name: root.table}
        self.tables |= {name: table for name, table in tables.items() if table}
        self.problems = problems
        self.where = where
        self.declared = {relation.name: relation for relation in archive.relations}
        self.joined: dict[str, Relation | None] = {}

    def join(self, relation: declared.Relation) -> Relation | None:
        """Join a relation; None where a mistake keeps it from being joined."""
        if relation.name not in self.tables:
            return None
        if relation.name not in self.joined:
            self.joined[relation.name] = self._join(relation)
        return self.joined[relation.name]

    def _join(self, relation: declared.Relation) -> Relation | None:
        where = dotted("archive", self.archive.name, "relations", relation.name)
        narrowed = self._narrowed(relation, where)
        joins = [
            join
            for number, path in enumerate(relation.paths)
            if (join := self._path(relation, path, number, narrowed, where))
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
        scope = Scope(
            tables={
                **self._reachable(relation),
                relation.name: self.tables[relation.name],
            },
            default=(relation.name,),
        )
        condition = parse(relation.where, scope)
        for problem in scope.problems:
            self.problems.add(f"{where}.where", problem)
        return condition

    def _reachable(self, relation: declared.Relation) -> dict[str, Table]:
        """List what every path of a relation comes by: the root, and a common `of`."""
        ofs = {path.of for path in relation.paths}
        names = {self.root.name, *(ofs if len(ofs) == 1 else ())}
        return {name: self.tables[name] for name in names if name in self.tables}

    def _path(
        self,
        relation: declared.Relation,
        path: declared.RelationPath,
        number: int,
        narrowed: Condition | None,
        where: str,
    ) -> _Join | None:
        of = self.tables.get(path.of)
        if of is None:  # a mistake that is told where the relation is declared
            return None
        several = f".paths[{number}]" if len(relation.paths) > 1 else ""
        found = (
            self._by_foreign_key(relation, path.of, of, where + several)
            if path.on is None
            else self._by_predicate(relation, path, path.on, where + several)
        )
        if found is None:
            return None
        condition, is_parent = found
        whole = both(condition, narrowed) if narrowed else condition
        return _Join(self._resolved(relation.name, path.of, whole), is_parent)

    def _by_foreign_key(
        self, relation: declared.Relation, of_name: str, of: Table, where: str
    ) -> tuple[Condition, bool | None] | None:
        table = self.tables[relation.name]
        down = [key for key in table.foreign_keys if self._leads(key, of)]
        up = [key for key in of.foreign_keys if self._leads(key, table)]
        found = [
            *((_down(key, relation.name, of_name), False) for key in down),
            *((_up(key, relation.name, of_name), True) for key in up),
        ]
        if len(found) == 1:
            return found[0]
        if not found:
            self.problems.add(
                where,
                f"found no foreign key between {quoted(table.name)} and "
                f"{quoted(of.name)}; say how they are joined: "
                f"{self._example(relation.name, table, of_name, of)}",
            )
            return None
        ways = "; ".join(f"on = {quoted(shown(condition))}" for condition, _ in found)
        self.problems.add(
            where,
            f"found {len(found)} foreign keys between {quoted(table.name)} and "
            f"{quoted(of.name)}; write which: {ways}",
        )
        return None

    def _leads(self, key: ForeignKey, table: Table) -> bool:
        return key.to_table == table.name and all(
            table.column(column) for column in key.to_columns
        )

    def _example(self, name: str, table: Table, of_name: str, of: Table) -> str:
        """Write a join by the first columns that look like one."""
        for column in table.columns:
            for key in of.primary_key:
                of_column = of.column(key)
                if (
                    of_column
                    and column.data_type == of_column.data_type
                    and column.name.lower() != key.lower()
                    and column.name.lower().endswith(key.lower())
                ):
                    pair = (Reference(name, column.name), Reference(of_name, key))
                    return f"on = {quoted(shown(equal([pair])))}"
        example = f"{_quoted_name(name)}.<column> = {_quoted_name(of_name)}.<column>"
        return f"on = {quoted(example)}"

    def _by_predicate(
        self,
        relation: declared.Relation,
        path: declared.RelationPath,
        on: str,
        where: str,
    ) -> tuple[Condition, bool | None] | None:
        tables = {
            name: self.tables[name] for name in (relation.name, path.of, self.root.name)
        }
        scope = Scope(tables=tables, default=(relation.name, path.of))
        condition = parse(on, scope)
        for problem in scope.problems:
            self.problems.add(f"{where}.on", problem)
        if scope.problems:
            return None
        members = {reference.member for reference in condition.references()}
        if relation.name not in members or members == {relation.name}:
            self.problems.add(
                f"{where}.on",
                f"found no column of {quoted(relation.name)} beside one of "
                f"{quoted(path.of)}; a condition on the relation alone goes in where",
            )
            return None
        return condition, self._direction(relation.name, path.of, condition)

    def _direction(self, name: str, of: str, condition: Condition) -> bool | None:
        """Tell parent (True) from owned (False) by which side's key the join holds."""
        pairs = _pairs(condition, name, of)
        ours = [left for left, _ in pairs]
        theirs = [right for _, right in pairs]
        for key in self.tables[of].foreign_keys:
            if self._leads(key, self.tables[name]) and set(theirs) == set(key.columns):
                return True
        # First of all the key of what it is joined to: where both are keys, as with a
        # subtype that shares its root's, the row goes with the root.
        if pins_a_row(self.tables[of], theirs):
            return False
        return True if pins_a_row(self.tables[name], ours) else None

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
        pinned = [
            reference.column
            for term in condition.terms()
            if (pair := term.equality())
            for reference in pair
            if reference and reference.member == name
        ]
        pinning = [
            right
            for left, right in _pairs(condition, name, of)
            if (ours := table.column(left))
            and (theirs := of_table.column(right))
            and same_kind(ours, theirs)
        ]
        return Path(
            of=of,
            condition=condition,
            pinned=tuple(dict.fromkeys(pinned)),
            is_reached_twice=of != self.root.name and not pins_a_row(of_table, pinning),
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


def shown(condition: Condition) -> str:
    """Write a condition as archives.toml would."""
    return condition.sql(
        lambda reference: (
            f"{_quoted_name(reference.member)}.{_quoted_name(reference.column)}"
        )
    )


def _quoted_name(name: str) -> str:
    return name if name.replace("_", "a").isalnum() else quote(name)


def _down(key: ForeignKey, name: str, of: str) -> Condition:
    """Join a relation by its own foreign key."""
    return equal(
        [
            (Reference(name, column), Reference(of, to_column))
            for column, to_column in zip(key.columns, key.to_columns, strict=True)
        ]
    )


def _up(key: ForeignKey, name: str, of: str) -> Condition:
    """Join a relation that is pointed at."""
    return equal(
        [
            (Reference(name, to_column), Reference(of, column))
            for column, to_column in zip(key.columns, key.to_columns, strict=True)
        ]
    )


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
