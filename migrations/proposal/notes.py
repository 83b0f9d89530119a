"""Say what of a schema is left out of a proposal, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrations.aggregate.keys import TEXTS
from migrations.declaration.table import quoted
from migrations.names import quote
from migrations.proposal import writing
from migrations.proposal.pointers import target
from migrations.proposal.tree import is_fit
from migrations.proposal.words import literal, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migrations.catalog.model import Catalog
    from migrations.proposal.owners import Owner
    from migrations.proposal.tree import Tree


def notes(tree: Tree, catalog: Catalog, owners: Sequence[Owner]) -> list[str]:
    """Write comments, one for each table that is left out."""
    lines = list(_shared(tree))
    for text in (
        *_sideways(tree),
        *_unfit(tree),
        *_elsewhere(tree, catalog),
        *_owned_by_others(tree, owners),
    ):
        lines += writing.prose(text)
    return lines


def _shared(tree: Tree) -> Iterator[str]:
    if tree.shared:
        yield from writing.prose(
            f"Left out, for they point at parents, which many rows of {tree.root.name} "
            "share; a where could pick those of one:"
        )
    for pointers in tree.shared.values():
        to = ", ".join(dict.fromkeys(pointer.to.name for pointer in pointers))
        columns = ", ".join(str(pointer) for pointer in pointers)
        yield from writing.prose(f"{columns} -> {to}", indent="  ")


def _sideways(tree: Tree) -> Iterator[str]:
    for pointers in tree.sideways.values():
        for pointer in pointers:
            to = pointer.to.name
            yield (
                f"{pointer} points at {to} too; to keep these as well, add "
                f"{quoted(pointer.table.name)} to what {to} is of."
            )


def _unfit(tree: Tree) -> Iterator[str]:
    for name, pointers in tree.unfit.items():
        pointer = pointers[0]
        table = pointer.to if is_fit(pointer.table) else pointer.table
        looks = f"{pointer} looks like {pointer.to.name}.{pointer.to_columns[0]}"
        if table.is_view:
            yield f"{looks}, but {name} is a view: archive the tables that it reads."
        else:
            yield (
                f"{looks}, but {name} is {table.engine}, whose rows could be torn: "
                f"ALTER TABLE {quote(name)} ENGINE = InnoDB, then propose again."
            )


def _elsewhere(tree: Tree, catalog: Catalog) -> Iterator[str]:
    """Name the foreign keys that lead out of what can be read."""
    for name in tree.sure:
        for key in catalog.tables[name].foreign_keys:
            if target(catalog, key) is None:
                yield (
                    f"{name}.{', '.join(key.columns)} points at "
                    f"{key.to_schema}.{key.to_table}, which is no table of "
                    f"{catalog.schema} that this account may read."
                )


def _owned_by_others(tree: Tree, owners: Sequence[Owner]) -> Iterator[str]:
    """Name the owners whose rows don't tell whether the root is among them."""
    root = tree.root
    for owner in owners:
        if owner.table is root or not owner.can_hold(root):
            continue
        kind = f"{owner.table.name}.{owner.kind.name}"
        if owner.is_open:
            yield f"{kind} doesn't tell yet: {literal(one_of(root.name))} is a guess."
        elif owner.kind.data_type not in {*TEXTS, "enum"}:
            yield (
                f"{owner.table.name}.{owner.id.name} may point at {root.name}, if "
                f"{kind} says so: declare it with an on and a where."
            )
        elif root.name not in [to.name for to, _ in owner.tables]:
            values = ", ".join(map(literal, owner.values or ()))
            yield f"{kind} holds {values}: none of these seems to mean {root.name}."
