"""Find what points at what: by a foreign key, or by the look of a name."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bygones.cli.proposal.naming import SHORT, WHOLE, kinship, single_keys
from bygones.cli.proposal.words import GENERIC, IDS, joined, words
from bygones.compiler.aggregate.following import WHOLE_UNICODE
from bygones.compiler.aggregate.keys import (
    BINARIES,
    EXACT_NUMBERS,
    INTEGERS,
    TEXTS,
    same_kind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bygones.cli.proposal.naming import Hit, Naming
    from bygones.compiler.catalog.model import Catalog, Column, ForeignKey, Table

# How a table that is shared points at one of many rows: customers.last_order_id.
FLEETING = {
    *("last", "latest", "newest", "recent", "current", "first", "previous", "next"),
    *("active", "open", "default", "main", "primary"),
}
PARENT = ("parent",)

# What begins, or is in, the name of a flag and of an amount.
FLAGS = {"is", "has", "had", "was", "can", "use", "allow", "show", "enable"}
AMOUNTS = {
    *("amount", "cost", "count", "fee", "percent", "price", "qty", "quantity", "rate"),
    *("subtotal", "sum", "total", "weight"),
}

HAS_SCALE = re.compile(r"^decimal\(\d+,[1-9]")

# COMMENT 'references providers.ppid', 'providers(ppid)'.
MENTION = re.compile(r"(\w+)`?\s*[.(]\s*`?(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Columns of a table that hold a key of another table, or of the same."""

    table: Table
    columns: tuple[str, ...]
    to: Table
    to_columns: tuple[str, ...]
    is_foreign_key: bool = False
    # Its name says no more and no less than which key it holds, and its type fits.
    is_exact: bool = False
    # The column's comment, if that is what says so.
    comment: str = ""
    # What the columns' name says beside what it points at: billing, last.
    role: tuple[str, ...] = ()
    # The column that says which table is pointed at, and its values for this one.
    where: tuple[str, tuple[str, ...]] | None = None
    # The server can't choose between the collations of the two.
    needs_collation: bool = False

    @property
    def is_sure(self) -> bool:
        """Tell whether a person needn't decide about it."""
        return self.is_foreign_key or self.is_exact

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


def likely_pointers(catalog: Catalog, naming: Naming) -> Iterator[Pointer]:
    """List the columns without a foreign key whose name and type are those of one."""
    for table in naming.tables:
        pointing = pointing_columns(table)
        several = list(_several(naming, table, pointing))
        whole = {name for pointer in several for name in pointer.columns}
        for column in table.columns:
            if column.name.lower() in pointing or column.is_counted:
                continue
            named = _named(naming, table, column, is_part=column.name in whole)
            said = _mentioned(catalog, table, column)
            # A comment is asked about, unless the name says the same.
            if said and not (named and _ends(named) == _ends(said)):
                yield said
            elif named:
                yield named
        yield from several


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


def can_be_key(table: Table, column: Column) -> bool:
    """Tell whether a column of a table could hold another's key, by its looks.

    A number that counts by itself is the row's own; amounts and flags are no keys.
    """
    found = words(column.name)
    is_named = bool(IDS.intersection((*found[:1], *found[-1:])))
    return not (
        column.is_counted
        or (
            not is_named
            and column.name not in table.primary_key
            and (
                HAS_SCALE.search(column.type)
                or FLAGS.intersection(found[:1])
                or AMOUNTS.intersection(found)
            )
        )
    )


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


def _named(
    naming: Naming, table: Table, column: Column, *, is_part: bool
) -> Pointer | None:
    """Find what a column points at by its name, if it points at anything.

    One that is a part of a larger key has no meaning alone, unless its name is whole.
    """
    is_key = column.name in single_keys(table)
    if not can_be_key(table, column) or (
        is_key and naming.is_own_name(table, column.name)
    ):
        return None
    is_part = is_part or (
        table.name in naming.roots
        and len(table.primary_key) > 1
        and column.name in table.primary_key
    )
    # Its own key is another's too where the names are the same, as with a subtype.
    most = WHOLE if is_part else SHORT if (column.name,) == table.primary_key else None
    for role, hits in naming.readings(table, column.name):
        hit = naming.nearest(
            table,
            [
                hit
                for hit in hits
                if (most is None or hit.rank <= most)
                and (hit.table is not table or (role and hit.key != column.name))
                and _fits(column, hit)
            ],
        )
        if hit is not None:
            return _if_alike(table, column, hit.table, hit.key, role, hit)
    related = _of_the_family(naming, table, column)
    if related is not None:
        return related
    found = naming.words_of(table, column.name)
    keys = single_keys(table)
    if keys and found in {PARENT, (*PARENT, *naming.words_of(table, keys[0]))}:
        return _if_alike(table, column, table, keys[0], PARENT)
    return None


def _mentioned(catalog: Catalog, table: Table, column: Column) -> Pointer | None:
    """Find the key that a column's comment names: references providers.ppid."""
    for name, key in MENTION.findall(column.comment):
        to = catalog.find(name)
        theirs = to.column(key) if to else None
        if to and theirs and theirs.name in single_keys(to) and theirs is not column:
            found = _if_alike(table, column, to, theirs.name, ())
            if found is not None:
                return replace(
                    found,
                    role=() if to is not table else (column.name,),
                    comment=column.comment,
                )
    return None


def _ends(pointer: Pointer) -> tuple[str, tuple[str, ...]]:
    return pointer.to.name, pointer.to_columns


def _of_the_family(naming: Naming, table: Table, column: Column) -> Pointer | None:
    """Find the key of the same name in what a table is named after: voucher_uses."""
    whole = words(table.name)
    is_key = column.name in single_keys(table)
    # An id of its own is called so by every table.
    if is_key and GENERIC.issuperset(naming.words_of(table, column.name)):
        return None
    for end in range(len(whole) - 1, 0, -1):
        for to in naming.tables_called.get(joined(whole[:end]), ()):
            if to is not table and [column.name] == list(to.primary_key):
                return _if_alike(table, column, to, column.name, ())
    return None


def _fits(column: Column, hit: Hit) -> bool:
    """Tell whether a column can hold the key; a bare name says less than its type."""
    key = hit.table.column(hit.key)
    return (
        key is not None
        and alike(column, key)
        and (not hit.is_bare or column.type == key.type)
    )


def _is_exact(table: Table, column: Column, hit: Hit, role: tuple[str, ...]) -> bool:
    """Tell whether there is nothing to ask about a name."""
    key = hit.table.column(hit.key)
    return (
        key is not None
        and not role
        and not hit.is_bare
        and (hit.rank == WHOLE or (hit.rank == SHORT and kinship(table, hit.table) > 0))
        and (
            column.type == key.type
            or (column.data_type in INTEGERS and key.data_type in INTEGERS)
            or (column.data_type in TEXTS and column.length == key.length)
        )
        and not need_collation(column, key)
    )


def _if_alike(  # noqa: PLR0913, PLR0917 - both ends of a pointer
    table: Table,
    column: Column,
    to: Table,
    key: str,
    role: tuple[str, ...],
    hit: Hit | None = None,
) -> Pointer | None:
    theirs = to.column(key)
    if theirs is None or not alike(column, theirs):
        return None
    return Pointer(
        table=table,
        columns=(column.name,),
        to=to,
        to_columns=(key,),
        is_exact=hit is not None and _is_exact(table, column, hit, role),
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
            and all(_may_mean(table, ours, to, theirs) for ours, theirs in pairs)
            and not any(need_collation(ours, theirs) for ours, theirs in pairs)
        ):
            yield Pointer(
                table=table,
                columns=tuple(ours.name for ours, _ in pairs),
                to=to,
                to_columns=to.primary_key,
                is_exact=kinship(table, to) > 0
                and any(naming.is_own_name(to, key) for key in to.primary_key)
                and all(
                    (ours.name.lower(), ours.type) == (theirs.name.lower(), theirs.type)
                    for ours, theirs in pairs
                ),
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
    is_own = (key,) == table.primary_key or {"id", "guid", "uuid"}.issuperset(
        words(key)
    )
    return None if is_own else table.column(key)


def _may_mean(table: Table, ours: Column, to: Table, theirs: Column) -> bool:
    """Tell whether no foreign key says that a column is a third table's key."""
    third = _targets(table, ours)
    return not third or bool(third & _targets(to, theirs))


def _targets(table: Table, column: Column) -> set[tuple[str, str]]:
    return {
        (key.to_table, to_name.lower())
        for key in table.foreign_keys
        for name, to_name in zip(key.columns, key.to_columns, strict=True)
        if name.lower() == column.name.lower()
    }
