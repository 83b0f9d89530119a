"""Write as SQL what each column of a made-up row holds, by the row's number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.sandbox.rehearsal.counting import Counting, tell_apart
from bygones.sandbox.rehearsal.counts import Counts
from bygones.sandbox.rehearsal.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bygones.compiler.catalog.model import Column
    from bygones.sandbox.rehearsal.choices import Choice
    from bygones.sandbox.rehearsal.links import Filled, Link
    from bygones.sandbox.rehearsal.rules import Rules
    from bygones.sandbox.rehearsal.values import Values

# One root in so many isn't finished, and one value in so many is missing.
UNFINISHED = 10
MISSING = 7

FIRST, SECOND = "1", "2"


@dataclass(slots=True)
class Rows:
    """Knows every value of every row."""

    tables: Mapping[str, Filled]
    # By table and column.
    values: Mapping[tuple[str, str], Values]
    rules: Rules
    roots: int
    # By table, for each of its roles: for finished roots, then for others.
    choices: dict[str, list[Choice | None]] = field(default_factory=dict)
    counts: Counts = field(init=False)
    routes: Routes = field(init=False)
    telling: dict[tuple[str, str], Counting] = field(init=False)
    _asked: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Decide how many rows there are, and which points at which."""
        self.counts = Counts(self.tables, self.values, self.roots)
        self.routes = Routes(self.tables, self.counts)
        self.telling = tell_apart(self.tables, self.values, self.counts, self.routes)

    def value(self, name: str, column: Column, number: str) -> str:
        """Write what a column of a table holds in a row."""
        place = (name, column.name)
        if place in self.routes.pinned:
            number = FIRST
        if place in self._asked:  # columns that point at each other
            return self._counted(name, column, number)
        self._asked.append(place)
        try:
            return self._value(name, column, number)
        finally:
            self._asked.pop()

    def can_choose(self, name: str, column: Column) -> bool:
        """Tell whether nothing else decides what a column holds."""
        filled = self.tables[name]
        links = [link for link in filled.all_links if column.name in link.columns]
        # A status is rather what the root's predicate wants than any status there is.
        is_single = all(len(link.columns) == 1 and not link.is_owned for link in links)
        return (
            not column.is_generated
            and (name, column.name) not in self.telling
            and (name, column.name) not in self.routes.pinned
            and (not links or (is_single and column.name in filled.told))
        )

    def samples(self, name: str, column: Column) -> list[str]:
        """Write what a column could hold, for a predicate that reads it too."""
        if column.is_generated:
            return ["NULL"]
        if self.can_choose(name, column):
            return [self.values[name, column.name].at(n) for n in ("0", "1")]
        return [self.value(name, column, number) for number in (FIRST, SECOND)]

    def _value(self, name: str, column: Column, number: str) -> str:
        if column.is_generated:
            return self._generated(name, column, number)
        choices = self.choices.get(name, [])
        if any(choice and column.name in choice.values for choice in choices):
            return self._chosen(name, column, number)
        filled = self.tables[name]
        owned = [_by(role.links, column) for role in filled.roles]
        if any(owned):
            free = "NULL" if column.is_nullable else self._counted(name, column, number)
            written = [
                self._linked(column, link, number) if link else free for link in owned
            ]
            return _case(self.routes.role(name, number), written)
        link = _by(sorted(filled.links, key=lambda link: link.is_own), column)
        if link:
            return self._linked(column, link, number)
        value = self._counted(name, column, number)
        return _missing(value, number) if self._may_miss(name, column) else value

    def _generated(self, name: str, column: Column, number: str) -> str:
        made = self.rules.generated.get((name, column.name))
        if made is None:
            return "NULL"
        return f"({made.sql(lambda each: self._named(name, each.column, number))})"

    def _named(self, name: str, column: str, number: str) -> str:
        found = self.tables[name].table.column(column)
        return self.value(name, found, number) if found else "NULL"

    def _linked(self, column: Column, link: Link, number: str) -> str:
        """Write what the row holds that this one points at."""
        to_column = link.to_columns[link.columns.index(column.name)]
        value = self._named(link.to, to_column, self.routes.route(link)(number))
        may_miss = not link.is_owned and len(link.columns) == 1
        if may_miss and self._may_miss(link.table, column):
            return _missing(value, number)
        return value

    def _counted(self, name: str, column: Column, number: str) -> str:
        """Make up a value, which tells the row apart if need be."""
        counting = self.telling.get((name, column.name), Counting())
        value = self.values[name, column.name].at(counting.index(number))
        seeds = self._seeds(name, column)
        if not seeds:
            return value
        return (
            f"IF({number} <= {len(seeds)}, ELT({number}, {', '.join(seeds)}), {value})"
        )

    def _seeds(self, name: str, column: Column) -> list[str]:
        """List the values that were chosen for what points here, such as a status."""
        chosen = [
            value
            for table, filled in self.tables.items()
            for link in filled.links
            if (link.to, link.to_columns) == (name, (column.name,))
            for choice in self.choices.get(table, ())
            for value in (choice.values.get(link.columns[0], ()) if choice else ())
        ]
        # Small numbers are there anyway.
        count = self.counts.of(name)
        return [
            value
            for value in dict.fromkeys(chosen)
            if value != "NULL" and not (value.isdecimal() and 1 <= int(value) <= count)
        ][:count]

    def _chosen(self, name: str, column: Column, number: str) -> str:
        """Write one of the values that were chosen, for the row's role."""
        index = self.routes.within_role(name, number)
        written = [
            f"ELT(1 + {index} MOD {choice.count}, "
            f"{', '.join(choice.values[column.name])})"
            if choice
            else self._counted(name, column, number)
            for choice in self.choices[name]
        ]
        if column.data_type == "bit":
            written = [f"CAST({each} AS UNSIGNED)" for each in written]
        if self.tables[name].finished:
            written = [
                f"IF({number} MOD {UNFINISHED} = 0, {unfinished}, {finished})"
                for finished, unfinished in zip(
                    written[::2], written[1::2], strict=True
                )
            ]
        return _case(self.routes.role(name, number), written)

    def _may_miss(self, name: str, column: Column) -> bool:
        """Tell whether some rows may be without a value."""
        filled = self.tables[name]
        is_key = any(
            column.name in index.columns
            for index in filled.table.indexes
            if index.is_unique
        )
        return column.is_nullable and not is_key and column.name not in filled.told


def _by(links: Sequence[Link], column: Column) -> Link | None:
    return next((link for link in links if column.name in link.columns), None)


def _missing(value: str, number: str) -> str:
    return f"IF({number} MOD {MISSING} = 0, NULL, {value})"


def _case(number: str, written: Sequence[str]) -> str:
    """Write one of several values, by a number from 0 on."""
    if len(set(written)) == 1:
        return written[0]
    cases = " ".join(f"WHEN {n} THEN {each}" for n, each in enumerate(written))
    return f"CASE {number} {cases} END"
