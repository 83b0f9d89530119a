"""Learn how a schema names its keys, and what names point at them."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from bygones.cli.proposal.words import (
    FEWEST_NAMES,
    GENERIC,
    IDS,
    joined,
    shared_word,
    singular,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from bygones.compiler.catalog.model import Catalog, Table

# Alone they are seldom a table's name: an `order` says what comes first.
NO_TABLE = {"order", "group", "level", "index", "state"}

# Where most tables, or all columns of one, begin alike, that is a prefix.
TABLES_WITH_PREFIX = 0.8
LONGEST_COLUMN_PREFIX = 3

# How a column's name says which key it holds: by the table's whole name, or the end of
# a root's; by the end of another's; by the key's own name alone.
WHOLE, SHORT, KEY = range(3)


@dataclass(frozen=True, slots=True)
class Hit:
    """A key that a name means."""

    table: Table
    key: str
    rank: int
    # The table's name alone, as in `orders.customer`.
    is_bare: bool = False


class Naming:
    """The names of a schema's tables and keys."""

    def __init__(self, catalog: Catalog, roots: Iterable[Table] = ()) -> None:
        """Read all names; whoever asks for a root means it by the end of its name."""
        self.tables = [table for table in catalog.tables.values() if table.columns]
        self.roots = {root.name for root in roots}
        self.prefix = shared_word(
            [words(table.name) for table in self.tables], least=TABLES_WITH_PREFIX
        )
        self.prefixes = {
            table.name: shared_word(
                [words(column.name) for column in table.columns], least=1
            )
            for table in self.tables
        }
        self.names_of = {table.name: self._names_of(table) for table in self.tables}
        self.ends_of = self._ends()
        # What tables, and what columns that point at a key, are called.
        self.tables_called: dict[str, list[Table]] = defaultdict(list)
        for names in (self.names_of, self.ends_of):
            for table in self.tables:
                for name in names[table.name]:
                    self.tables_called[name].append(table)
        self.keys_called: dict[str, list[Hit]] = defaultdict(list)
        # How often a name is that of a whole key.
        self.times = Counter(
            self.words_of(table, key)
            for table in self.tables
            for key in single_keys(table)
        )
        # And how often it says whose.
        self.own_times = Counter(
            self.words_of(table, key)
            for table in self.tables
            for key in single_keys(table)
            if self.is_own_name(table, key)
        )
        for table in self.tables:
            for key in single_keys(table):
                for name, hit in self._names_for(table, key):
                    self.keys_called[name].append(hit)

    def words_of(self, table: Table, column: str) -> tuple[str, ...]:
        """Split a column's name, without what all of its table's begin with."""
        found = words(column)
        prefix = self.prefixes[table.name]
        if prefix is not None and len(prefix) <= LONGEST_COLUMN_PREFIX:
            return found[1:]
        return found

    def role(
        self, table: Table, column: str, to: Table, key: str
    ) -> tuple[str, ...] | None:
        """Return what a column's name says beside what it points at, if it says that.

        That is ("billing",) of billing_address_id, and () of address_id.
        """
        found = self.words_of(table, column)
        names = {name for name, _ in self._names_for(to, key)}
        for start in range(len(found)):
            if joined(found[start:]) in names:
                return found[:start]
        for end in range(len(found) - 1, 1, -1):
            if found[0] in IDS and joined(found[:end]) in names:
                return found[end:]
        return None

    def readings(
        self, table: Table, column: str
    ) -> Iterator[tuple[tuple[str, ...], list[Hit]]]:
        """Read a column's name in all ways: its role, and the keys that it may hold."""
        found = self.words_of(table, column)
        whole = self._called(found)
        yield (), whole
        if (column,) == table.primary_key:
            return
        # id_address_delivery
        if found[:1] and found[0] in IDS:
            for end in range(len(found) - 1, 1, -1):
                yield found[end:], self._called(found[:end])
        # Another table's key of this very name leaves nothing to its end.
        if any(hit.table is not table and not hit.is_bare for hit in whole):
            return
        for start in range(1, len(found)):
            yield found[:start], self._called(found[start:])

    def is_own_name(self, table: Table, key: str) -> bool:
        """Tell whether a key is called as its table is: orders.order_no."""
        stem = _stem(self.words_of(table, key))
        names = self.names_of[table.name] | self.ends_of[table.name]
        return bool(stem) and (
            joined(stem) in names or _ends_with(words(table.name), stem)
        )

    def nearest(self, table: Table, hits: Iterable[Hit]) -> Hit | None:
        """Choose the key that a name means in a table; None where it could be two.

        Of wp_orders and wp_shop_orders, order_id means the second in wp_shop_notes.
        """
        ranked = sorted(
            (hit for hit in hits if self._is_meant(table, hit)),
            key=lambda hit: (
                hit.rank,
                -kinship(table, hit.table),
                not self._is_whole(hit),
                (hit.key,) != hit.table.primary_key,
            ),
        )
        if not ranked:
            return None
        best, *others = ranked
        is_torn = any(
            other.table is not best.table
            and other.rank == best.rank
            and kinship(table, other.table) == kinship(table, best.table)
            and self._is_whole(other) == self._is_whole(best)
            for other in others
        )
        return None if is_torn else best

    def table_called(self, name: str, beside: Table) -> Table | None:
        """Find what a name means in another table's rows; None where it could be two.

        Example: table_called("order", beside=comments).
        """
        ranks = {
            found.name: (kinship(beside, found), name in self.names_of[found.name])
            for found in self.tables_called.get(name, ())
        }
        best = [
            found
            for found in self.tables_called.get(name, ())
            if ranks[found.name] == max(ranks.values())
        ]
        return best[0] if len(best) == 1 else None

    def _is_meant(self, table: Table, hit: Hit) -> bool:
        """Tell whether a name that several keys have can mean this one here."""
        is_shared = self.times[self.words_of(hit.table, hit.key)] > 1
        return not (hit.rank == SHORT and is_shared and not kinship(table, hit.table))

    def _is_whole(self, hit: Hit) -> bool:
        return hit.rank == WHOLE and hit.table.name not in self.roots

    def _called(self, found: Iterable[str]) -> list[Hit]:
        return self.keys_called.get(joined(found), [])

    def _names_for(self, table: Table, key: str) -> Iterator[tuple[str, Hit]]:
        """Say what a column is called that points at this one."""
        own = self.words_of(table, key)
        is_primary = (key,) == table.primary_key
        ends = self.ends_of[table.name]
        ranks = (
            (WHOLE, self.names_of[table.name]),
            (WHOLE if table.name in self.roots else SHORT, ends),
        )
        known: set[str] = set()
        for rank, names in ranks:
            for name in sorted(names):
                forms = {name + joined(own)}
                if is_primary:
                    forms |= {f"{name}id", f"id{name}"}
                if rank == SHORT and self.times[own] > 1:
                    # entity_id, as many a table calls its key.
                    forms.discard(joined(own))
                for form in sorted(forms - known):
                    yield form, Hit(table, key, rank)
                known |= forms
                if is_primary and name not in NO_TABLE:
                    yield name, Hit(table, key, rank, is_bare=True)
        alone = self._rank_of(table, key)
        if alone is not None and joined(own) not in known:
            yield joined(own), Hit(table, key, alone)

    def _rank_of(self, table: Table, key: str) -> int | None:
        """Tell how much a key's own name says, which may be any table's."""
        own = self.words_of(table, key)
        stem = joined(_stem(own))
        if not stem:
            return None
        if stem in self.names_of[table.name]:
            return WHOLE
        if stem in self.ends_of[table.name] and table.name in self.roots:
            return WHOLE
        if self.is_own_name(table, key) and self.own_times[own] == 1:
            return SHORT
        if self.times[own] > 1:
            return None
        starts = [joined(own[:end]) for end in range(1, len(own) + 1)]
        is_anothers = any(
            other.name != table.name
            for start in starts
            for other in self.tables_called.get(start, ())
        )
        return None if is_anothers else KEY

    def _names_of(self, table: Table) -> set[str]:
        """Say what one row of a table is called, and several."""
        whole = words(table.name)
        forms = [whole]
        if len(whole) > 1 and whole[0] == self.prefix:
            forms.append(whole[1:])
        return _forms(forms)

    def _ends(self) -> dict[str, set[str]]:
        """Name tables by the ends of their names: without prefixes of any length.

        What many tables begin with, and none is called, is a prefix. Where two tables
        end alike, that says nothing, but of a root.
        """
        taken = {name for names in self.names_of.values() for name in names}
        starts = Counter(start for table in self.tables for start in _starts(table))
        prefixes = {
            start
            for start, times in starts.items()
            if times >= FEWEST_NAMES and joined(start) not in taken
        }
        ends = {
            table.name: _forms(
                words(table.name)[len(start) :]
                for start in _starts(table)
                if table.name in self.roots or start in prefixes
            )
            for table in self.tables
        }
        roots = {name for root in self.roots for name in ends.get(root, ())}
        times = Counter(name for names in ends.values() for name in names)
        return {
            name: found - self.names_of[name]
            if name in self.roots
            else {end for end in found - taken - roots if times[end] == 1}
            for name, found in ends.items()
        }


def single_keys(table: Table) -> list[str]:
    """List the columns that tell a table's rows apart, each of them alone."""
    keys = [
        table.primary_key,
        *(index.columns for index in table.indexes if index.is_unique),
    ]
    prefixed = {index.columns for index in table.indexes if index.has_prefix}
    return [
        key[0]
        for key in dict.fromkeys(keys)
        if len(key) == 1
        and key not in prefixed
        and (column := table.column(key[0]))
        and not column.is_nullable
    ]


def kinship(table: Table, other: Table) -> int:
    """Count the words that the names of two tables begin with, both of them."""
    pairs = zip(words(table.name), words(other.name), strict=False)
    return len(
        list(takewhile(lambda pair: singular(pair[0]) == singular(pair[1]), pairs))
    )


def _stem(found: tuple[str, ...]) -> tuple[str, ...]:
    """Leave of a key's name what it is the key of: order, of order_no or id_order."""
    while found and found[-1] in GENERIC:
        found = found[:-1]
    while found and found[0] in IDS:
        found = found[1:]
    return found


def _starts(table: Table) -> list[tuple[str, ...]]:
    found = words(table.name)
    return [found[:end] for end in range(1, len(found))]


def _ends_with(name: tuple[str, ...], end: tuple[str, ...]) -> bool:
    last = (*name[:-1], singular(name[-1])) if name else ()
    return end in (name[-len(end) :], last[-len(end) :])


def _forms(names: Iterable[Collection[str]]) -> set[str]:
    return {
        form
        for name in names
        if name and not joined(name).isdigit()
        for *others, last in [tuple(name)]
        for form in (joined((*others, last)), joined((*others, singular(last))))
    }
