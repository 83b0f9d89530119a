"""Find what points at what: by a foreign key, or by the look of a name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrations.aggregate.following import WHOLE_UNICODE
from migrations.aggregate.keys import BINARIES, EXACT_NUMBERS, TEXTS, same_kind
from migrations.proposal.naming import single_keys
from migrations.proposal.words import GENERIC, joined, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from migrations.catalog.model import Catalog, Column, ForeignKey, Table
    from migrations.proposal.naming import Naming

# How a table that is shared points at one of many rows: customers.last_order_id.
FLEETING = {
    *("last", "latest", "newest", "recent", "current", "first", "previous", "next"),
    *("active", "open", "default", "main", "primary"),
}
PARENT = ("parent",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Columns of a table that hold a key of another table, or of the same."""

    table: Table
    columns: tuple[str, ...]
    to: Table
    to_columns: tuple[str, ...]
    is_foreign_key: bool = False
    # What the columns' name says beside what it points at: billing, last.
    role: tuple[str, ...] = ()
    # The column that says which table is pointed at, and its values for this one.
    where: tuple[str, tuple[str, ...]] | None = None
    # The server can't choose between the collations of the two.
    needs_collation: bool = False

    @property
    def is_optional(self) -> bool:
        """Tell whether a row may point at nothing."""
        columns = [self.table.column(name) for name in self.columns]
        return any(column is None or column.is_nullable for column in columns)

    @property
    def is_fleeting(self) -> bool:
        """Tell whether it looks like a pointer at the last or the current of many."""
        return self.is_optional and bool(self.role) and self.role[0] in FLEETING

    @property
    def strength(self) -> tuple[bool, bool, bool]:
        """Compare pointers: where two tables point at each other, one belongs."""
        return (not self.is_optional, not self.is_fleeting, not self.role)

    @property
    def place(self) -> tuple[str, tuple[str, ...], str, tuple[str, ...]]:
        """Sort pointers."""
        return (self.table.name, self.columns, self.to.name, self.to_columns)

    def __str__(self) -> str:
        """Name the columns that point."""
        return f"{self.table.name}.{', '.join(self.columns)}"


@dataclass(frozen=True, slots=True)
class Pointers:
    """All pointers of a schema, by the table at either end; sorted."""

    into: dict[str, list[Pointer]]
    out_of: dict[str, list[Pointer]]

    @classmethod
    def of(cls, pointers: Iterable[Pointer]) -> Pointers:
        """Sort pointers to both of their ends."""
        into: dict[str, list[Pointer]] = defaultdict(list)
        out_of: dict[str, list[Pointer]] = defaultdict(list)
        for pointer in sorted(pointers, key=lambda pointer: pointer.place):
            into[pointer.to.name].append(pointer)
            out_of[pointer.table.name].append(pointer)
        return cls(into, out_of)


def foreign_keys(catalog: Catalog, naming: Naming) -> Iterator[Pointer]:
    """List the foreign keys within a schema."""
    for table in catalog.tables.values():
        found: set[tuple[str, frozenset[tuple[str, str]]]] = set()
        for key in table.foreign_keys:
            to = target(catalog, key)
            if to is None:
                continue
            pairs = [
                (ours.name, theirs.name)
                for name, to_name in zip(key.columns, key.to_columns, strict=True)
                if (ours := table.column(name)) and (theirs := to.column(to_name))
            ]
            # Some shops have one key twice, under two names.
            known = (to.name, frozenset(pairs))
            if known not in found:
                found.add(known)
                yield Pointer(
                    table=table,
                    columns=tuple(ours for ours, _ in pairs),
                    to=to,
                    to_columns=tuple(theirs for _, theirs in pairs),
                    is_foreign_key=True,
                    role=_role(naming, table, to, pairs),
                )


def target(catalog: Catalog, key: ForeignKey) -> Table | None:
    """Find the table that a foreign key points at, if it's one of the schema's."""
    same_schema = key.to_schema.lower() == catalog.schema.lower()
    return catalog.find(key.to_table) if same_schema else None


def likely_pointers(naming: Naming) -> Iterator[Pointer]:
    """List the columns without a foreign key whose name and type are those of one."""
    for table in naming.tables:
        pointing = pointing_columns(table)
        for column in table.columns:
            if column.name.lower() not in pointing:
                found = _named(naming, table, column)
                if found is not None:
                    yield found
        yield from _several(naming, table, pointing)


def pointing_columns(table: Table) -> set[str]:
    """Name the columns of a table's foreign keys, in lower case."""
    return {name.lower() for key in table.foreign_keys for name in key.columns}


def alike(ours: Column, theirs: Column) -> bool:
    """Tell whether two columns can hold the same key."""
    if ours.data_type in TEXTS and theirs.data_type in TEXTS:
        sets = {ours.character_set, theirs.character_set}
        return len(sets) == 1 or not sets.isdisjoint(WHOLE_UNICODE)
    is_key = ours.data_type in EXACT_NUMBERS | BINARIES or ours.data_type == "uuid"
    return is_key and same_kind(ours, theirs)


def need_collation(ours: Column, theirs: Column) -> bool:
    """Tell whether two texts have collations of which neither wins."""
    return (
        ours.character_set is not None
        and ours.character_set == theirs.character_set
        and not same_kind(ours, theirs)
    )


def _role(
    naming: Naming, table: Table, to: Table, pairs: list[tuple[str, str]]
) -> tuple[str, ...]:
    """Read what the columns of a foreign key say beside what they point at."""
    for ours, theirs in pairs:
        if ours.lower() == theirs.lower():
            continue
        role = naming.role(table, ours, to, theirs)
        if role is not None:
            return role
        found = naming.words_of(table, ours)
        while found and found[-1] in GENERIC:
            found = found[:-1]
        for start in range(len(found)):
            if joined(found[start:]) in naming.names_of[to.name]:
                return found[:start]
        return found
    return ()


def _named(naming: Naming, table: Table, column: Column) -> Pointer | None:
    """Find what a column points at by its name, if it points at anything."""
    found = naming.words_of(table, column.name)
    for start in range(len(found)):
        hits = naming.keys_called.get(joined(found[start:]), [])
        for to, key in hits:
            if start == 0 and to is table:
                continue
            pointer = _if_alike(table, column, to, key, found[:start])
            if pointer is not None:
                return pointer
    related = _of_the_family(naming, table, column)
    if related is not None:
        return related
    keys = single_keys(table)
    if keys and found in {PARENT, (*PARENT, *naming.words_of(table, keys[0]))}:
        return _if_alike(table, column, table, keys[0], PARENT)
    return None


def _of_the_family(naming: Naming, table: Table, column: Column) -> Pointer | None:
    """Find the key of the same name in what a table is named after: voucher_uses."""
    whole = words(table.name)
    if column.name in single_keys(table):
        return None
    for end in range(len(whole) - 1, 0, -1):
        for to in naming.tables_called.get(joined(whole[:end]), ()):
            if to is not table and [column.name] == list(to.primary_key):
                return _if_alike(table, column, to, column.name, ())
    return None


def _if_alike(
    table: Table, column: Column, to: Table, key: str, role: tuple[str, ...]
) -> Pointer | None:
    theirs = to.column(key)
    if theirs is None or not alike(column, theirs):
        return None
    return Pointer(
        table=table,
        columns=(column.name,),
        to=to,
        to_columns=(key,),
        role=role,
        needs_collation=need_collation(column, theirs),
    )


def _several(naming: Naming, table: Table, pointing: set[str]) -> Iterator[Pointer]:
    """List the keys of several columns that a table has all columns for."""
    by_words = {
        joined(naming.words_of(table, column.name)): column for column in table.columns
    }
    for to in naming.tables:
        if len(to.primary_key) < 2 or to is table:  # noqa: PLR2004 - several
            continue
        if any(key.to_table == to.name for key in table.foreign_keys):
            continue
        pairs = [
            (ours, theirs)
            for name in to.primary_key
            if (theirs := to.column(name))
            and (ours := _holder(naming, table, by_words, to, name))
        ]
        names = {ours.name.lower() for ours, _ in pairs}
        if (
            len(names) == len(to.primary_key)
            and not names <= pointing
            and any(
                joined(naming.words_of(to, key)) not in GENERIC
                for key in to.primary_key
            )
            and all(alike(ours, theirs) for ours, theirs in pairs)
            and not any(need_collation(ours, theirs) for ours, theirs in pairs)
        ):
            yield Pointer(
                table=table,
                columns=tuple(ours.name for ours, _ in pairs),
                to=to,
                to_columns=to.primary_key,
            )


def _holder(
    naming: Naming, table: Table, by_words: dict[str, Column], to: Table, key: str
) -> Column | None:
    """Find the column that holds a part of another table's key."""
    own = joined(naming.words_of(to, key))
    for name in sorted(naming.names_of[to.name]):
        if name + own in by_words:
            return by_words[name + own]
    # Its own id is no other table's.
    return table.column(key) if (key,) != table.primary_key else None
