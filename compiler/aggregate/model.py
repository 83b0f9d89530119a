"""A declared archive, resolved: every table, key and join is known and checked.

The root and its relations are both *members* of the aggregate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bygones.compiler.aggregate.conditions import Condition
    from bygones.compiler.catalog.model import Column, Table
    from bygones.compiler.declaration.model import Archive

VERSION = "history_version"
CHUNK = "history_chunk"
ORDINAL = "history_ordinal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """An archive's root and its relations, in the order in which they are copied."""

    archive: Archive
    root: Member
    relations: tuple[Relation, ...]
    finished: Condition
    # The column by which a finished root must have been at rest, and for how long.
    settled: Column | None = None
    settled_days: int = 0
    # The column by which a look finds roots that changed, wherever their keys are.
    changed_at: Column | None = None

    @property
    def name(self) -> str:
        """The archive's name."""
        return self.archive.name

    @property
    def members(self) -> tuple[Member, ...]:
        """The root, then its relations."""
        return (self.root, *self.relations)

    def relation(self, name: str) -> Relation:
        """Find a relation that is there, by its name."""
        return next(relation for relation in self.relations if relation.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A table whose rows are kept, and as what."""

    name: str
    table: Table
    kept: tuple[Kept, ...]
    # The columns that tell its rows apart; empty where nothing does.
    key: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def history(self) -> str:
        """Its history table."""
        return f"{self.name}_history"

    def kept_column(self, column: str) -> Kept:
        """Return how history keeps a column."""
        for kept in self.kept:
            if kept.column.name.lower() == column.lower():
                return kept
        raise KeyError(column)

    @property
    def key_columns(self) -> tuple[Kept, ...]:
        """Return the columns of the key as they are kept."""
        by_name = {kept.column.name.lower(): kept for kept in self.kept}
        return tuple(by_name[name.lower()] for name in self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation(Member):
    """A member that is joined to the root, by one path or several."""

    paths: tuple[Path, ...]
    is_parent: bool
    # Its rows are numbered within their root, for lack of a key that fits.
    has_ordinal: bool

    @property
    def is_reached_twice(self) -> bool:
        """Tell whether its joins can meet one row more than once within a root."""
        return len(self.paths) > 1 or self.paths[0].is_reached_twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A column of the source, and the column of history that keeps it.

    That one is defined as the source's, unless either has changed since.
    """

    column: Column
    name: str
    stored: Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """How rows of a relation are joined to those of the root or of another relation.

    `condition` is all of the join, what narrows it included.
    """

    of: str
    condition: Condition
    # The relation's columns that the condition pins, each to a column or a constant.
    pinned: tuple[str, ...]
    # Whether one row of the relation can belong to several rows of `of`.
    is_reached_twice: bool
    # The unique index of `of` by which it can't.
    unique: str | None
    # The index of the relation's table that the join can use; its leading column.
    leading: str | None
