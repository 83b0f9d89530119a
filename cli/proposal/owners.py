"""Find columns that point at rows of any table, which another column names."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bygones.cli.proposal.naming import single_keys
from bygones.cli.proposal.pointers import (
    Pointer,
    alike,
    need_collation,
    pointing_columns,
)
from bygones.cli.proposal.words import IDS, joined, one_of, singular, words
from bygones.compiler.aggregate.following import values as members
from bygones.compiler.aggregate.keys import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bygones.cli.proposal.naming import Naming
    from bygones.cli.proposal.values import Values
    from bygones.compiler.catalog.model import Column, Table

# subject_type and subject_id.
KINDS = {"type", "kind", "class", "table"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """A column of ids, the column that says of which table, and the tables found."""

    table: Table
    kind: Column
    id: Column
    # None: they weren't asked for, or there are too many.
    values: tuple[str, ...] | None
    # No row has another.
    is_whole: bool
    tables: Sequence[tuple[Table, tuple[str, ...]]]

    @property
    def is_open(self) -> bool:
        """Tell whether its values could be anything: no row tells them."""
        return not self.values and self.kind.data_type in {*TEXTS, "enum"}

    def pointers(self, roots: Iterable[Table]) -> Iterator[Pointer]:
        """List what it points at, each with the values that say so."""
        for to, values in self.tables:
            yield self._pointer(to, values)
        for root in roots:
            if self.is_open and self.can_hold(root):
                yield self._pointer(root, (one_of(root.name),))

    def _pointer(self, to: Table, values: tuple[str, ...]) -> Pointer:
        (key, *_) = single_keys(to)
        return Pointer(
            table=self.table,
            columns=(self.id.name,),
            to=to,
            to_columns=(key,),
            is_exact=self.is_whole and not self.is_open,
            where=(self.kind.name, values),
        )

    def can_hold(self, to: Table) -> bool:
        """Tell whether the ids can be those of a table."""
        keys = single_keys(to)
        column = to.column(keys[0]) if keys else None
        return column is not None and (
            alike(self.id, column) and not need_collation(self.id, column)
        )


def find_owners(naming: Naming, values: Values) -> Iterator[Owner]:
    """List all pairs of columns that look like an owner's."""
    for table in naming.tables:
        pointing = pointing_columns(table)
        by_words = {words(column.name): column for column in table.columns}
        for found, kind in by_words.items():
            if len(found) < 2 or found[-1] not in KINDS:  # noqa: PLR2004 - a name and "type"
                continue
            for last in sorted(IDS):
                ids = by_words.get((*found[:-1], last))
                if (
                    ids
                    and ids.name.lower() not in pointing
                    and not ids.is_counted
                    and (ids.name,) != table.primary_key
                ):
                    owner = _owner(naming, values, table, kind, ids)
                    # An item's type says what the item is, if it names no tables.
                    is_name = joined(map(singular, found[:-1])) in naming.tables_called
                    if owner.tables or not is_name:
                        yield owner


def _owner(
    naming: Naming, values: Values, table: Table, kind: Column, ids: Column
) -> Owner:
    held: tuple[str, ...] | None = None
    is_whole = kind.data_type == "enum"
    if is_whole:
        held = tuple(members(kind))
    elif kind.data_type in TEXTS and not table.is_view:
        found = values.held(table, kind.name)
        held = tuple(sorted(found.values)) if found else None
        is_whole = found is not None and found.is_whole
    owner = Owner(
        table=table, kind=kind, id=ids, values=held, is_whole=is_whole, tables=()
    )
    called: dict[str, list[str]] = defaultdict(list)
    tables: dict[str, Table] = {}
    for value in held or ():
        to = _table_called(naming, value, table)
        if to is not None and owner.can_hold(to):
            tables[to.name] = to
            called[to.name].append(value)
    return replace(
        owner, tables=[(to, tuple(called[name])) for name, to in tables.items()]
    )


def _table_called(naming: Naming, value: str, beside: Table) -> Table | None:
    """Find a table by its name, or by that of a class: App.Order."""
    *_, last = re.split(r"[\\./:]", value)
    found = words(last)
    name = joined((*found[:-1], singular(found[-1]))) if found else ""
    return naming.table_called(name, beside)
