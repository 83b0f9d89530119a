"""Choose the relations of a tree: their names, and why each is proposed."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from bygones.cli.proposal.columns import to_leave_out
from bygones.cli.proposal.joining import Draft, Joins, Proposed, led
from bygones.cli.proposal.roles import by_role
from bygones.cli.proposal.words import one_of, words
from bygones.compiler.aggregate.keys import key_of
from bygones.compiler.declaration.table import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bygones.cli.proposal.pointers import Pointer, Pointers
    from bygones.cli.proposal.relation_names import RelationNames
    from bygones.cli.proposal.tree import Found, Tree
    from bygones.compiler.catalog.model import Table

# More reasons than these say no more.
MOST_SHOWN = 3
LONGEST_COMMENT = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Relations that are proposed for one reason."""

    heading: str
    relations: Sequence[Proposed]


class Relations:
    """Proposes the relations of one archive."""

    def __init__(
        self, tree: Tree, pointers: Pointers, names: RelationNames, joins: Joins
    ) -> None:
        """Take the names that the file has already."""
        self.tree = tree
        self.pointers = pointers
        self.names = names
        self.joins = joins

    def sections(self) -> list[Section]:
        """Propose all of them; what is certain has first choice of a name."""
        tree = self.tree
        root = tree.root.name
        owned = self._owned()
        parents = self._parents(tree.parents, is_sure=True)
        likely, of_a_kind = self._likely()
        likely_parents = self._parents(tree.likely_parents)
        found = (
            (f"These belong to {root}: they point at it, or at what does.", owned),
            (f"Parents: {root} points at these, or what belongs to it does.", parents),
            (
                "These may belong to it, by names and types, or by way of others.",
                likely,
            ),
            ("These may be parents, by names and types.", likely_parents),
            ("Another column says at which table these point.", of_a_kind),
            ("Parents of parents.", self._parents(tree.grandparents)),
            (
                "These seem to be shared, and to point at one of many.",
                self._children(tree.fleeting),
            ),
            ("Where a table points at itself: a step up, a step down.", self._selves()),
            (
                "These are archives of their own, and point at this one.",
                self._children(tree.archives),
            ),
        )
        return [
            Section(heading=heading, relations=relations)
            for heading, relations in found
            if relations
        ]

    def secrets(self, table: Table) -> list[str]:
        """Name the columns of a root or what belongs to it that seem secret."""
        found = to_leave_out(table, self._needed(table), is_parent=False)
        return found[1] if found else []

    def _owned(self) -> list[Proposed]:
        found = self.tree.owned
        names = self._take_all(found)
        written = {
            name: self._child(names[name], found[name]) for name in _ordered(found)
        }
        return [written[name] for name in _by_branch(self.tree)]

    def _likely(self) -> tuple[list[Proposed], list[Proposed]]:
        """Write what belongs to the root by names, or by what a column says."""
        tree = self.tree
        names = self._take_all(tree.likely)
        by_kind = [
            (self._take_by_kind(pointer), pointer)
            for pointers in tree.by_kind.values()
            for pointer in sorted(pointers, key=lambda one: one.to is not tree.root)
        ]
        both = {
            name: [*tree.likely.get(name, ()), *tree.by_kind.get(name, ())]
            for name in (*tree.likely, *tree.by_kind)
        }
        likely, of_a_kind = [], []
        for name in _ordered(both):
            if name in names:
                likely.append(self._child(names[name], tree.likely[name]))
            of_a_kind += [
                self.joins.write(
                    Draft(name=relation, ways=[pointer], is_sure=pointer.is_exact)
                )
                for relation, pointer in by_kind
                if pointer.table.name == name
            ]
        return likely, of_a_kind

    def _child(
        self, name: str, ways: Sequence[Pointer], *, is_offered: bool = False
    ) -> Proposed:
        table = ways[0].table
        is_sure = not is_offered and all(way.is_sure for way in ways)
        ways = led(ways) if is_sure else ways
        why = f"by {_columns(ways)}"
        if len(ways) > 1:
            why += "; each row once"
        others = self._other_ways(table, ways) if is_sure else []
        if others:
            is_enough = all(way.to is self.tree.root for way in ways) and not all(
                way.is_optional for way in ways
            )
            would = "find no others" if is_enough else "lead in a circle"
            why += f"; {_columns(others)} would {would}"
        return self.joins.write(
            Draft(
                name=name,
                ways=ways,
                is_sure=is_sure,
                why=why,
                advice="; ".join(
                    filter(
                        None,
                        (
                            *_said(ways),
                            self._left_by(ways),
                            self._without(table, is_parent=False),
                        ),
                    )
                ),
            )
        )

    def _left_by(self, ways: Sequence[Pointer]) -> str:
        """Say which rows no way leads to, where all could lead nowhere."""
        is_direct = any(way.to is self.tree.root for way in ways)
        if is_direct or not all(way.is_optional for way in ways):
            return ""
        return f"rows where {_columns(ways)} is NULL stay out"

    def _other_ways(self, table: Table, ways: Sequence[Pointer]) -> list[Pointer]:
        """List the foreign keys that lead to the root too, and aren't taken."""
        return [
            pointer
            for pointer in self.pointers.out_of[table.name]
            if pointer.is_foreign_key
            and not pointer.is_fleeting
            and pointer not in ways
            and pointer.to is not table
            and pointer.to.name in self.tree.sure
        ]

    def _children(self, found: Found) -> list[Proposed]:
        return [
            self._child(self._take(ways[0].table), ways, is_offered=True)
            for ways in found.values()
        ]

    def _parents(self, found: Found, *, is_sure: bool = False) -> list[Proposed]:
        return [
            self.joins.write(
                Draft(
                    name=self._take(ways[0].to, *(role or self._second(ways, found))),
                    ways=ways,
                    is_parent=True,
                    is_sure=is_sure,
                    why=f"by {_columns(ways, whole=True)}",
                    advice="; ".join(
                        filter(
                            None,
                            (*_said(ways), self._without(ways[0].to, is_parent=True)),
                        )
                    ),
                )
            )
            for pointers in found.values()
            for role, ways in by_role(pointers)
        ]

    def _second(self, ways: Sequence[Pointer], found: Found) -> tuple[str, ...]:
        """Name what is pointed at a second time by the columns that do."""
        is_first = found is self.tree.parents
        if is_first or ways[0].to.name not in self.tree.parents:
            return ()
        return words("_".join(ways[0].columns))

    def _selves(self) -> list[Proposed]:
        """Go up and down where a table points at itself; from a parent only up."""
        proposed = []
        for pointer in self.tree.selves:
            table = pointer.table
            role = "_".join(pointer.role) or "other"
            ofs = list(self.joins.called[table.name])
            steps = [(f"{role}_{table.name}", True)]
            if not self.joins.parents.issuperset(ofs):
                down = f"{table.name}_by_{role}"
                if role == "parent":
                    down = f"child_{table.name}"
                steps.append((down, False))
            for wanted, is_parent in steps:
                name = self.names.take(wanted, self.joins.archive)
                self.joins.tables[name] = table
                draft = Draft(name=name, ways=[pointer], is_parent=is_parent, ofs=ofs)
                proposed.append(self.joins.write(draft))
        return proposed

    def _take(self, table: Table, *role: str) -> str:
        """Name a relation as its table, and what that is to the other, if need be."""
        name = self.names.take("_".join((*role, table.name)), self.joins.archive)
        self.joins.called[table.name].append(name)
        self.joins.tables[name] = table
        return name

    def _take_all(self, found: Found) -> dict[str, str]:
        """Name relations before any is written: they are joined to each other."""
        return {name: self._take(ways[0].table) for name, ways in found.items() if ways}

    def _take_by_kind(self, pointer: Pointer) -> str:
        if self.joins.called.get(pointer.table.name):
            return self._take(pointer.table, one_of(pointer.to.name))
        return self._take(pointer.table)

    def _without(self, table: Table, *, is_parent: bool) -> str:
        found = to_leave_out(table, self._needed(table), is_parent=is_parent)
        if found is None:
            return ""
        why, columns = found
        return f"{why}? without = [{', '.join(map(quoted, columns))}]"

    def _needed(self, table: Table) -> set[str]:
        """Name the columns of a table that history can't do without."""
        return {
            *key_of(table),
            *(
                name
                for pointer in self.pointers.out_of.get(table.name, ())
                for name in (*pointer.columns, *((pointer.where or ())[:1]))
            ),
            *(
                name
                for pointer in self.pointers.into.get(table.name, ())
                for name in pointer.to_columns
            ),
        }


def _said(ways: Iterable[Pointer]) -> list[str]:
    """Repeat the comments of columns that say where they point."""
    comments = dict.fromkeys(way.comment for way in ways if way.comment)
    return [
        f"its comment: {textwrap.shorten(comment, LONGEST_COMMENT, placeholder='…')}"
        for comment in comments
    ]


def _ordered(found: Found) -> list[str]:
    """Order tables so that each comes after those that it points at."""
    graph = {name: [way.to.name for way in ways] for name, ways in found.items()}
    return [name for name in TopologicalSorter(graph).static_order() if name in found]


def _by_branch(tree: Tree) -> Iterator[str]:
    """Order what belongs to a root as a person would tell it: branch by branch."""
    branches = defaultdict(list)
    for name in sorted(tree.owned, reverse=True):
        branches[tree.found_by[name].to.name].append(name)
    left = branches[tree.root.name]
    while left:
        name = left.pop()
        yield name
        left += branches[name]


def _columns(pointers: Iterable[Pointer], *, whole: bool = False) -> str:
    """Name the columns that point, up to a few of them."""
    shown = [
        str(pointer) if whole else ", ".join(pointer.columns) for pointer in pointers
    ]
    more = len(shown) - MOST_SHOWN
    return ", ".join(shown[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
