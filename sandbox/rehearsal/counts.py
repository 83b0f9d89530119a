"""Decide how many rows each table gets, from plausible numbers and unique keys."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.keys import pins_a_row
from bygones.sandbox.rehearsal.values import PLENTY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bygones.compiler.catalog.model import Index, Table
    from bygones.sandbox.rehearsal.links import Filled, Link
    from bygones.sandbox.rehearsal.values import Values

# A plausible order has so many items; a customer has so many orders.
CHILDREN = 3
SHARERS = 20
# Of a table for a root: deep trees grow fast.
MOST_ROWS_A_ROOT = 10


@dataclass(slots=True)
class Counts:
    """How many rows there are, by table."""

    tables: Mapping[str, Filled]
    # By table and column.
    values: Mapping[tuple[str, str], Values]
    roots: int
    # How many rows of a table belong to the same owner, in each role.
    children: dict[str, int] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Decide about all tables."""
        for name in self.tables:
            self.of(name)

    @property
    def most(self) -> int:
        """The rows of the largest table."""
        return max(self._rows.values())

    def of(self, name: str) -> int:
        """Tell how many rows a table gets."""
        if name not in self._rows:
            if name in self._asked:  # tables that point at each other
                return self.roots
            self._asked.add(name)
            self._rows[name] = min(self._wanted(name), self._room(name))
        return self._rows[name]

    def _wanted(self, name: str) -> int:
        """Count the rows that a table should have, if its keys have room for them."""
        filled = self.tables[name]
        owners = [
            max((self.of(link.to) for link in role.links), default=0)
            for role in filled.roles
        ]
        if any(owners):
            self.children[name] = self._children(filled, max(owners))
            return sum(owners) * self.children[name]
        if filled.finished:
            return self.roots
        pointing = [
            self._shared(link)
            for other in self.tables.values()
            for link in other.links
            if link.to == name and not link.is_own and link.is_followed
        ]
        return max(pointing, default=self.roots)

    def _children(self, filled: Filled, owners: int) -> int:
        """Decide how many rows belong to one owner: one where a key allows no more."""
        if owners * CHILDREN > self.roots * MOST_ROWS_A_ROOT:
            return 1
        rooms = [
            self._free_room(filled, key, link.columns) // len(filled.roles)
            for role in filled.roles
            for link in role.links
            for key in unique_keys(filled.table)
            if not set(link.columns).isdisjoint(key.columns)
        ]
        return max(min([CHILDREN, *rooms]), 1)

    def _shared(self, link: Link) -> int:
        """Decide how many rows are enough to be pointed at."""
        pointing = self.of(link.table)
        if pins_a_row(self.tables[link.table].table, link.columns):
            return pointing
        # One for each child; and pairs of two such rows tell all pointing rows apart.
        fewest = max(CHILDREN, math.isqrt(pointing) + 1)
        return max(math.ceil(pointing / SHARERS), fewest)

    def _room(self, name: str) -> int:
        """Count the rows that the unique keys of a table have room for."""
        filled = self.tables[name]
        linked = {column for link in filled.all_links for column in link.columns}
        rooms = [
            self._free_room(filled, key, ())
            for key in unique_keys(filled.table)
            if linked.isdisjoint(key.columns)
        ]
        return min(rooms, default=PLENTY)

    def _free_room(self, filled: Filled, key: Index, owned: Collection[str]) -> int:
        """Multiply the room of a key's columns that no owner decides about."""
        room = 1
        for column in key.columns:
            place = (filled.table.name, column)
            if column in owned or place not in self.values:
                continue
            is_linked = any(column in link.columns for link in filled.links)
            room *= PLENTY if is_linked else self.values[place].room
        return min(room, PLENTY)


def unique_keys(table: Table) -> list[Index]:
    """List the keys that tell rows apart, those of few columns first."""
    keys = [index for index in table.indexes if index.is_unique]
    return sorted(keys, key=lambda key: len(key.columns))
