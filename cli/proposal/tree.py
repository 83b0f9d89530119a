"""Decide what belongs to a root, what it points at, and what a person decides."""

from __future__ import annotations

from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from bygones.cli.proposal.pointers import Pointer, Pointers
    from bygones.compiler.catalog.model import Table

# Pointers by the table that they decide about.
Found = dict[str, list["Pointer"]]


@dataclass(kw_only=True)
class Tree:
    """What hangs together with a root, and the pointers that say so."""

    root: Table
    # What belongs to the root by foreign keys or by names that leave no doubt, in the
    # order of discovery.
    owned: Found = field(default_factory=dict)
    # What it points at by these.
    parents: Found = field(default_factory=dict)
    # The same by names that do, or by way of what is here by such a name.
    likely: Found = field(default_factory=dict)
    likely_parents: Found = field(default_factory=dict)
    # What says in another column which table it points at.
    by_kind: Found = field(default_factory=dict)
    # What a parent points at; sideways, if that's a parent itself.
    grandparents: Found = field(default_factory=dict)
    sideways: Found = field(default_factory=dict)
    # What these point at in turn.
    further: Found = field(default_factory=dict)
    # What seems to point at one of many: customers.last_order_id.
    fleeting: Found = field(default_factory=dict)
    # Roots of other archives that point here.
    archives: Found = field(default_factory=dict)
    # What points at a parent, which many share.
    shared: Found = field(default_factory=dict)
    # What can't be archived as it is.
    unfit: Found = field(default_factory=dict)
    # Tables that point at themselves.
    selves: list[Pointer] = field(default_factory=list)
    # By which pointer a table that belongs to the root was found.
    found_by: dict[str, Pointer] = field(default_factory=dict)

    @property
    def sure(self) -> list[str]:
        """Name the root and what belongs to it for sure."""
        return [self.root.name, *self.owned]

    @property
    def belonging(self) -> list[str]:
        """Name the root and what belongs to it, likely or not."""
        return list(dict.fromkeys((*self.sure, *self.likely, *self.by_kind)))

    @property
    def above(self) -> list[str]:
        """Name the parents, likely or not."""
        return list(dict.fromkeys((*self.parents, *self.likely_parents)))


def is_fit(table: Table) -> bool:
    """Tell whether a table can be archived."""
    return table.engine == "InnoDB"


def grow(root: Table, pointers: Pointers, archives: Collection[str]) -> Tree:
    """Find the tree of a root; `archives` are the roots of other archives."""
    grower = _Grower(Tree(root=root), pointers, archives)
    grower.down_by_keys()
    grower.up_by_keys()
    grower.down_by_names()
    grower.up_by_names()
    grower.further_up()
    grower.note_what_is_left()
    return grower.completed()


class _Grower:
    """Finds what hangs together with one root, step by step."""

    def __init__(
        self, tree: Tree, pointers: Pointers, archives: Collection[str]
    ) -> None:
        self.tree = tree
        self.pointers = pointers
        self.archives = archives

    def down_by_keys(self) -> None:
        """Find what belongs to the root for sure, at any depth."""
        for pointer in self._into(lambda: self.tree.sure):
            child = pointer.table
            if child.name in self.tree.sure:
                continue
            if child.name in self.archives:
                _add(self.tree.archives, child, pointer)
            elif (
                pointer.is_sure
                and not pointer.where
                and is_fit(child)
                and not pointer.is_fleeting
                and not self._is_above(pointer, self.tree.sure)
            ):
                self._find(self.tree.owned, pointer)

    def up_by_keys(self) -> None:
        """Find what these point at."""
        for pointer in self._out_of(self.tree.sure):
            if (
                pointer.is_sure
                and not pointer.where
                and is_fit(pointer.to)
                and pointer.to.name not in self.tree.sure
            ):
                _add(self.tree.parents, pointer.to, pointer)

    def down_by_names(self) -> None:
        """Find what else may belong to the root, and to what belongs to it."""
        tree = self.tree

        def placed() -> tuple[str, ...]:
            return (*tree.sure, *tree.likely, *tree.parents)

        for pointer in self._into(lambda: tree.belonging):
            child = pointer.table
            if child.name in self.archives:
                continue
            if not is_fit(child):
                _add(tree.unfit, child, pointer)
            elif pointer.where:
                self._find(tree.by_kind, pointer)
            elif child.name in placed() or self._is_above(pointer, tree.belonging):
                continue
            elif pointer.is_fleeting:
                _add(tree.fleeting, child, pointer)
            else:
                self._find(tree.likely, pointer)

    def up_by_names(self) -> None:
        """Find what else is pointed at."""
        tree = self.tree
        for pointer in self._out_of(tree.belonging):
            to = pointer.to
            if pointer.where or to.name in tree.belonging:
                continue
            if not is_fit(to):
                _add(tree.unfit, to, pointer)
            elif to.name not in tree.parents:
                _add(tree.likely_parents, to, pointer)
            elif pointer.table.name not in tree.sure:
                _add(tree.sideways, to, pointer)
            elif not pointer.is_sure:
                _add(tree.likely_parents, to, pointer)

    def further_up(self) -> None:
        """Find what the parents point at."""
        tree = self.tree
        for pointer in self._out_of(tree.above):
            to = pointer.to
            if pointer.where or not is_fit(to):
                continue
            if to.name in tree.above:
                _add(tree.sideways, to, pointer)
            elif to.name not in tree.belonging:
                _add(tree.grandparents, to, pointer)
        for pointer in self._out_of(list(tree.grandparents)):
            to = pointer.to
            known = (*tree.belonging, *tree.above, *tree.grandparents)
            if not pointer.where and to.name not in known:
                _add(tree.further, to, pointer)

    def note_what_is_left(self) -> None:
        """Leave nothing out that points at what is archived."""
        tree = self.tree
        placed = {*tree.belonging, *tree.above, *tree.grandparents, *tree.archives}
        for place in (tree.fleeting, tree.unfit):
            for name in [name for name in place if name in placed]:
                del place[name]
            placed.update(place)
        for name in tree.above:
            for pointer in self.pointers.into.get(name, ()):
                if pointer.table.name not in placed:
                    _add(tree.shared, pointer.table, pointer)
                elif (
                    pointer.where
                    and name in tree.parents
                    and pointer.table.name in tree.by_kind
                ):
                    _add(tree.by_kind, pointer.table, pointer)
        for name in (*tree.belonging, *tree.above):
            for pointer in self.pointers.out_of.get(name, ()):
                if pointer.to.name == name and not pointer.where:
                    tree.selves.append(pointer)

    def completed(self) -> Tree:
        """Find all ways by which tables that belong to the root reach it."""
        tree = self.tree
        for found, names in ((tree.owned, tree.sure), (tree.likely, tree.belonging)):
            for name in found:
                found[name] = self._ways(name, names, by_names=found is tree.likely)
        _cut_cycles(tree.owned, tree.found_by)
        # A table can be in both: a comment on an order, and on a comment's picture.
        both = {
            name: [*tree.likely.get(name, ()), *tree.by_kind.get(name, ())]
            for name in (*tree.likely, *tree.by_kind)
        }
        _cut_cycles(both, tree.found_by)
        tree.likely = _kept(tree.likely, both)
        tree.by_kind = _kept(tree.by_kind, both)
        return tree

    def _ways(
        self, name: str, names: Collection[str], *, by_names: bool
    ) -> list[Pointer]:
        first = self.tree.found_by[name]
        root = self.tree.root
        ways = [
            pointer
            for pointer in self._out_of([name])
            if pointer.to.name in names
            and not pointer.where
            and (pointer is first or not pointer.is_fleeting)
            and (pointer.is_sure or by_names)
        ]
        ways.sort(key=lambda way: way.to is not root)
        direct = [way for way in ways if way.to is root]
        # Others would find nothing new where the root is never missing.
        if first in direct and not all(way.is_optional for way in direct):
            return direct
        return ways

    def _find(self, place: Found, pointer: Pointer) -> None:
        _add(place, pointer.table, pointer)
        self.tree.found_by.setdefault(pointer.table.name, pointer)

    def _into(self, names: Callable[[], list[str]]) -> Iterator[Pointer]:
        """List what points at tables, while there come to be more of these."""
        done: set[str] = set()
        while left := [name for name in names() if name not in done]:
            for name in left:
                done.add(name)
                for pointer in self.pointers.into.get(name, ()):
                    if pointer.table.name != name:
                        yield pointer

    def _out_of(self, names: list[str]) -> Iterator[Pointer]:
        """List what tables point at, but for themselves."""
        for name in names:
            for pointer in self.pointers.out_of.get(name, ()):
                if pointer.to.name != name:
                    yield pointer

    def _is_above(self, pointer: Pointer, names: Collection[str]) -> bool:
        """Tell whether a stronger pointer leads from one of these to the table.

        Of two tables that point at each other, the one that a foreign key names is it.
        """
        return any(
            back.strength > pointer.strength
            or (
                back.strength == pointer.strength
                and back.table is pointer.to
                and back.is_foreign_key > pointer.is_foreign_key
            )
            for name in names
            for back in self.pointers.out_of.get(name, ())
            if back.to is pointer.table
            and not back.where
            and back.is_foreign_key >= pointer.is_foreign_key
            and back.is_sure >= pointer.is_sure
        )


def _add(place: Found, table: Table, pointer: Pointer) -> None:
    place.setdefault(table.name, []).append(pointer)


def _kept(found: Found, kept: Found) -> Found:
    """Leave the pointers that are kept."""
    return {
        name: [pointer for pointer in pointers if pointer in kept[name]]
        for name, pointers in found.items()
    }


def _cut_cycles(found: Found, found_by: Mapping[str, Pointer]) -> None:
    """Leave out the weakest ways that lead in a circle, and never all of a table's."""
    while True:
        graph = {
            name: list(dict.fromkeys(way.to.name for way in ways))
            for name, ways in found.items()
        }
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            steps = [(name, to) for to, name in pairwise(error.args[1])]
            name, to = min(
                (step for step in steps if found_by[step[0]].to.name != step[1]),
                key=lambda step: (_strength(found[step[0]], step[1]), step),
            )
            found[name] = [way for way in found[name] if way.to.name != to]
        else:
            return


def _strength(ways: list[Pointer], to: str) -> tuple[bool, bool, bool]:
    return max(way.strength for way in ways if way.to.name == to)
