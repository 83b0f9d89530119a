"""Decide which row points at which.

Rows are numbered from 1. What a row points at follows from its number alone, so that
the columns of both can be made up apart and agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.keys import pins_a_row
from bygones.sandbox.rehearsal.counts import CHILDREN, unique_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bygones.sandbox.rehearsal.counts import Counts
    from bygones.sandbox.rehearsal.links import Filled, Link

    # From the number of a row, as SQL, to that of another.
    Route = Callable[[str], str]

# No plausible number of rows is a multiple of all of them, and with one that isn't,
# all rows come round.
STRIDES = (7919, 7907, 7901)


@dataclass(slots=True)
class Routes:
    """Leads from rows to those that they point at."""

    tables: Mapping[str, Filled]
    counts: Counts
    # Columns that hold the same in all rows, for two links ask for a value of them.
    pinned: set[tuple[str, str]] = field(default_factory=set)
    _routes: dict[str, dict[Link, Route]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Decide about all tables."""
        for name in self.tables:
            self._of(name)

    def route(self, link: Link) -> Route:
        """Lead from a row to the one that it points at by a link."""
        return self._of(link.table)[link]

    def role(self, name: str, number: str) -> str:
        """Say in SQL in which role a row is there."""
        return f"(({number} - 1) MOD {len(self.tables[name].roles)})"

    def within_role(self, name: str, number: str) -> str:
        """Count a row, from 0 on, among those in its role."""
        roles = len(self.tables[name].roles)
        return f"({number} - 1)" if roles == 1 else f"(({number} - 1) DIV {roles})"

    def _of(self, name: str) -> dict[Link, Route]:
        """Lead from a row of a table to all that it points at."""
        if name not in self._routes:
            self._routes[name] = {}
            routes: dict[Link, Route] = {}
            # What leads further comes first, for others may come by it.
            for link in sorted(
                self.tables[name].all_links,
                key=lambda link: -len(self._reached(link.to, set())),
            ):
                routes[link] = self._composed(link, routes) or self._direct(link)
            self._routes[name] = routes
        return self._routes[name]

    def _direct(self, link: Link) -> Route:
        """Lead to a row by an order of its own."""
        table, count = link.table, self.counts.of(link.to)
        if link.is_own:
            # A tenant's rows point at its own.
            pairs = zip(link.columns, link.to_columns, strict=True)
            self.pinned |= {(table, ours) for ours, theirs in pairs if ours == theirs}
            return lambda n: f"GREATEST(({n} + 1) DIV {CHILDREN}, 1)"
        if link.is_owned:
            children = self.counts.children[table]
            return lambda n: (
                f"(1 + {self.within_role(table, n)} DIV {children} MOD {count})"
            )
        stride = next(each for each in STRIDES if math.gcd(each, count) == 1)
        if pins_a_row(self.tables[table].table, link.columns):
            stride = 1
        division = self._division(link)
        return lambda n: f"(1 + ({n} - 1) DIV {division} * {stride} MOD {count})"

    def _division(self, link: Link) -> int:
        """Let one link count on where those before it in a unique key begin again."""
        filled = self.tables[link.table]
        for key in unique_keys(filled.table):
            links = [
                other
                for other in filled.links
                if not other.is_own and set(other.columns) <= set(key.columns)
            ]
            if link in links:
                before = links[: links.index(link)]
                return math.prod(self.counts.of(other.to) for other in before)
        return 1

    def _composed(self, link: Link, routes: Mapping[Link, Route]) -> Route | None:
        """Come by another link that shares a column with this one, if one can.

        The order of a returned item is that of the item.
        """
        for other, route in routes.items():
            shared = set(link.columns) & set(other.columns)
            if not shared or link.is_own or other.is_own:
                continue
            further = self._way(other.to, link.to, {link.table})
            if further:
                return _then(route, further)
            if len(self.tables[link.table].roles) == 1:
                self._pin((link, other), shared)
        return None

    def _pin(self, links: tuple[Link, Link], columns: set[str]) -> None:
        """Let columns hold the same in all rows, on both sides of two links.

        Not where they are a key: then they count up in both tables alike.
        """
        pinned = set()
        for link in links:
            pairs = zip(link.columns, link.to_columns, strict=True)
            there = [to_column for column, to_column in pairs if column in columns]
            if pins_a_row(self.tables[link.to].table, there):
                return
            pinned |= {(link.to, column) for column in there}
        self.pinned |= pinned | {(links[0].table, column) for column in columns}

    def _way(self, start: str, end: str, passed: set[str]) -> Route | None:
        """Find a way from one table to another by links."""
        if start == end:
            return lambda n: n
        if start in passed or len(self.tables[start].roles) > 1:
            return None
        for link, route in self._of(start).items():
            further = self._way(link.to, end, passed | {start})
            if further and not link.is_own:
                return _then(route, further)
        return None

    def _reached(self, name: str, passed: set[str]) -> set[str]:
        """Name all tables that links lead to from a table on, itself too."""
        if name not in passed:
            passed.add(name)
            for link in self.tables[name].all_links:
                self._reached(link.to, passed)
        return passed


def _then(first: Route, second: Route) -> Route:
    return lambda n: second(first(n))
