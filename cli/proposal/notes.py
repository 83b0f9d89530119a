"""Say what of a schema is left out of a proposal, and why."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bygones.cli.proposal import writing
from bygones.cli.proposal.pointers import can_be_key, pointing_columns, target
from bygones.cli.proposal.tree import is_fit
from bygones.cli.proposal.words import IDS, joined, literal, one_of, words
from bygones.compiler.aggregate.keys import BINARIES, INTEGERS, TEXTS
from bygones.compiler.names import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bygones.cli.proposal.naming import Naming
    from bygones.cli.proposal.owners import Owner
    from bygones.cli.proposal.pointers import Pointer, Pointers
    from bygones.cli.proposal.tree import Tree
    from bygones.compiler.catalog.model import Catalog, Column, Table

# A person reads three examples of what matters little, and counts the rest.
MOST_SHOWN = 3
# A longer text is no key.
LONGEST_KEY = 64


class Notes:
    """Comments on what is left out, one for each kind of it."""

    def __init__(
        self,
        tree: Tree,
        catalog: Catalog,
        naming: Naming,
        pointers: Pointers,
        owners: Sequence[Owner],
    ) -> None:
        """Take what was found."""
        self.tree = tree
        self.catalog = catalog
        self.naming = naming
        self.pointers = pointers
        self.owners = owners

    def lines(self, used: Collection[tuple[str, str]]) -> list[str]:
        """Write them; `used` are the columns that relations are joined by."""
        texts = (
            *self._unplaced(used),
            *self._misfits(),
            *self._unfit(),
            *self._elsewhere(),
            *self._owned_by_others(),
            *self._shared(),
            *self._sideways(),
            *self._further(),
        )
        return [line for text in texts for line in writing.prose(text)]

    def _unplaced(self, used: Collection[tuple[str, str]]) -> Iterator[str]:
        """Name the columns that look like pointers, and lead nowhere here."""
        tree = self.tree
        noted = {
            (pointer.table.name, column)
            for found in (tree.unfit, tree.shared, tree.sideways, tree.fleeting)
            for pointers in found.values()
            for pointer in pointers
            for column in pointer.columns
        }
        noted |= {(owner.table.name, owner.id.name) for owner in self.owners}
        noted |= {
            (name, column)
            for name in tree.belonging
            for pointer in self.pointers.out_of.get(name, ())
            if self._is_led_otherwise(pointer)
            for column in pointer.columns
        }
        targets: dict[tuple[str, str], str] = {
            (pointer.table.name, column): f" ({pointer.to.name}?)"
            for name in tree.belonging
            for pointer in (
                *self.pointers.out_of.get(name, ()),
                *self.pointers.into.get(name, ()),
            )
            if not pointer.where
            and not pointer.is_foreign_key
            and pointer.table.name not in tree.above
            for column in pointer.columns
        }
        for name in tree.belonging:
            table = self.catalog.tables[name]
            for column in table.columns:
                if _looks_like_a_pointer(table, column):
                    targets.setdefault((name, column.name), "")
        left = [
            f"{table}.{column}{targets[table, column]}"
            for table, column in sorted(targets)
            if (table, column) not in noted and (table, column) not in used
        ]
        if left:
            yield (
                "These look like pointers, and no table was found that they lead to: "
                f"{', '.join(left)}."
            )

    def _is_led_otherwise(self, pointer: Pointer) -> bool:
        """Tell whether a table's rows are found without a pointer that is left."""
        ways = [
            *self.tree.owned.get(pointer.table.name, ()),
            *self.tree.likely.get(pointer.table.name, ()),
        ]
        return pointer.to.name in self.tree.belonging and not all(
            way.is_optional for way in ways
        )

    def _misfits(self) -> Iterator[str]:
        """Name the columns that are called as the root's key, and can't hold it."""
        root = self.tree.root
        names = self.naming.names_of[root.name] | self.naming.ends_of[root.name]
        found = [
            f"{table.name}.{column.name} ({column.type})"
            for table in self.naming.tables
            if table is not root and table.name not in self.tree.belonging
            for column in table.columns
            for parts in [words(column.name)]
            if _is_named_as_key(parts)
            and joined(word for word in parts if word not in IDS) in names
            and column.name.lower() not in pointing_columns(table)
            and not any(
                column.name in pointer.columns
                for pointer in self.pointers.out_of.get(table.name, ())
            )
            and not (column.is_counted or (column.name,) == table.primary_key)
        ]
        if found:
            key = ", ".join(root.primary_key)
            yield (
                f"These are called as the key of {root.name}, and aren't of its type, "
                f"or could be another's; if they hold {root.name}.{key}, declare them "
                f"with an on: {', '.join(found)}."
            )

    def _shared(self) -> Iterator[str]:
        """Name the tables that belong to parents, by parent."""
        by_parent: dict[str, list[str]] = defaultdict(list)
        for name, pointers in self.tree.shared.items():
            by_parent[pointers[0].to.name].append(name)
        if by_parent:
            listed = "; ".join(
                f"{parent} <- {', '.join(names)}" for parent, names in by_parent.items()
            )
            yield (
                "Left out, for they point at parents, which many rows of "
                f"{self.tree.root.name} share; a where could pick those of one: "
                f"{listed}."
            )

    def _sideways(self) -> Iterator[str]:
        found = [
            f"{pointer} -> {pointer.to.name}"
            for pointers in self.tree.sideways.values()
            for pointer in pointers
        ]
        if found:
            yield (
                f"Pointers at parents that nothing is kept by: {_few(found)}; to keep "
                "such rows as well, add the table that points to what the parent is of."
            )

    def _further(self) -> Iterator[str]:
        if self.tree.further:
            yield (
                "Parents are shown two steps up; a third leads to "
                f"{_few(list(self.tree.further))}."
            )

    def _unfit(self) -> Iterator[str]:
        for name, pointers in self.tree.unfit.items():
            pointer = pointers[0]
            table = pointer.to if is_fit(pointer.table) else pointer.table
            looks = f"{pointer} looks like {pointer.to.name}.{pointer.to_columns[0]}"
            if table.is_view:
                yield (
                    f"{looks}, but {name} is a view: archive the tables that it reads."
                )
            else:
                yield (
                    f"{looks}, but {name} is {table.engine}, whose rows could be torn: "
                    f"ALTER TABLE {quote(name)} ENGINE = InnoDB, then propose again."
                )

    def _elsewhere(self) -> Iterator[str]:
        """Name the foreign keys that lead out of what can be read."""
        for name in self.tree.sure:
            for key in self.catalog.tables[name].foreign_keys:
                if target(self.catalog, key) is None:
                    yield (
                        f"{name}.{', '.join(key.columns)} points at "
                        f"{key.to_schema}.{key.to_table}, which is no table of "
                        f"{self.catalog.schema} that this account may read."
                    )

    def _owned_by_others(self) -> Iterator[str]:
        """Name the owners whose rows don't tell whether the root is among them."""
        root = self.tree.root
        for owner in self.owners:
            if owner.table is root or not owner.can_hold(root):
                continue
            kind = f"{owner.table.name}.{owner.kind.name}"
            if owner.is_open:
                guess = literal(one_of(root.name))
                yield f"{kind} doesn't tell yet: {guess} is a guess."
            elif owner.kind.data_type not in {*TEXTS, "enum"}:
                yield (
                    f"{owner.table.name}.{owner.id.name} may point at {root.name}, if "
                    f"{kind} says so: declare it with an on and a where."
                )
            elif root.name not in [to.name for to, _ in owner.tables]:
                values = ", ".join(map(literal, owner.values or ()))
                yield f"{kind} holds {values}: none of these seems to mean {root.name}."


def _looks_like_a_pointer(table: Table, column: Column) -> bool:
    """Tell whether a column without a foreign key is called and made like a key."""
    is_made_so = column.data_type in INTEGERS | BINARIES | {"uuid"} or (
        column.data_type in TEXTS and (column.length or 0) <= LONGEST_KEY
    )
    return (
        _is_named_as_key(words(column.name))
        and is_made_so
        and can_be_key(table, column)
        and (column.name,) != table.primary_key
        and not any(
            index.is_unique and index.columns == (column.name,)
            for index in table.indexes
        )
        and column.name.lower() not in pointing_columns(table)
    )


def _is_named_as_key(found: Sequence[str]) -> bool:
    """Tell whether a name says of what it is the key: order_id, orderid, id_order."""
    return (len(found) > 1 and bool(IDS.intersection((found[0], found[-1])))) or (
        len(found) == 1 and found[0].endswith("id") and len(found[0]) > len("void")
    )


def _few(names: Sequence[str]) -> str:
    more = len(names) - MOST_SHOWN
    shown = ", ".join(names[:MOST_SHOWN])
    return f"{shown} and {more} more" if more > 0 else shown
