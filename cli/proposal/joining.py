"""Join proposed relations as the generator will, and see what that takes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Literal

from bygones.cli.proposal.words import literal, spelled
from bygones.compiler.aggregate.indexes import create_index
from bygones.compiler.aggregate.joins import Joiner
from bygones.compiler.aggregate.keys import key_of
from bygones.compiler.aggregate.model import Member
from bygones.compiler.aggregate.resolving import Problems
from bygones.compiler.declaration.model import Archive, Relation, RelationPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bygones.cli.proposal.pointers import Pointer
    from bygones.compiler.aggregate import model
    from bygones.compiler.catalog.model import Table

KEYLESS = "A row can come twice, and the table has no key: add a primary key first."

# Archived; archived if a person takes a mark away; or after something else is done.
State = Literal["live", "offered", "blocked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A relation of one table, before it's known how it is written."""

    name: str
    # All into one table if it is a parent, and else all out of one.
    ways: Sequence[Pointer]
    is_parent: bool = False
    # A person needn't decide about it.
    is_sure: bool = False
    # Which pointers it goes by, where that isn't written out.
    why: str = ""
    # What to think about.
    advice: str = ""
    # Relations to join it to, where they aren't all of the other table's.
    ofs: Sequence[str] = ()

    @property
    def table(self) -> Table:
        """The relation's table."""
        return self.ways[0].to if self.is_parent else self.ways[0].table

    def other(self, pointer: Pointer) -> Table:
        """Return the table that a pointer joins it to."""
        return pointer.table if self.is_parent else pointer.to


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A relation, and whether it's archived as the file is."""

    relation: Relation
    state: State
    why: str
    # It belongs to the root, or would: neither a parent, nor of one, nor of its own.
    is_owned: bool
    # What to do about it, a line each.
    notes: tuple[str, ...] = ()


class Joins:
    """The relations of one archive that are written so far."""

    def __init__(self, archive: str, root: Table, schema: str) -> None:
        """Begin with the root."""
        self.archive = archive
        self.root = Member(name=root.name, table=root, kept=(), key=root.primary_key)
        self.schema = schema
        # Which relations a table is in, and which table a relation is of.
        self.called: dict[str, list[str]] = defaultdict(list, {root.name: [root.name]})
        self.tables: dict[str, Table] = {}
        self.written: dict[str, Proposed] = {}
        self.parents: set[str] = set()
        # Tables and their columns that relations are joined by.
        self.used: set[tuple[str, str]] = set()

    def write(self, draft: Draft) -> Proposed:
        """Write a relation after all that it's joined to."""
        state, steps, left = self._steps(draft)
        paths = tuple(
            RelationPath(of=of, on=self._on(draft, of, pointer))
            for of, pointer in steps
        )
        relation = Relation(
            name=draft.name,
            table=draft.table.name,
            paths=paths,
            where=_where(draft),
        )
        # What a chunk would read all of a table for is a person's to decide.
        index = self._missing_index(draft)
        if index is not None and state == "live":
            state = "offered"
        joined = self._join(relation)
        if joined is None or joined.is_parent != draft.is_parent:
            relation = replace(relation, is_parent=draft.is_parent)
            joined = self._join(relation)
        notes = []
        if index is not None:
            notes.append(f"Without an index, each chunk reads all of it: {index}")
        if joined and joined.is_reached_twice and not key_of(draft.table):
            state = "blocked"
            notes.append(KEYLESS)
        why = draft.why if any(path.on is None for path in paths) else ""
        proposed = Proposed(
            relation=relation,
            state=state,
            is_owned=not (
                draft.is_parent
                or draft.ofs
                or any(path.of in self.parents for path in paths)
            ),
            why="; ".join(
                filter(
                    None,
                    (
                        why,
                        f"with {', '.join(left)}: of that too" if left else "",
                        draft.advice,
                    ),
                )
            ),
            notes=tuple(notes),
        )
        self.written[draft.name] = proposed
        self.used |= {
            (pointer.table.name, column)
            for pointer in draft.ways
            for column in pointer.columns
        }
        if draft.is_parent:
            self.parents.add(draft.name)
        return proposed

    def _missing_index(self, draft: Draft) -> str | None:
        """Return how to make the index that a join goes by, where it's missing."""
        for way in draft.ways:
            sought = way.to_columns if draft.is_parent else way.columns
            kind = way.where[:1] if way.where else ()
            if not _is_led(draft.table, sought, kind):
                columns = (*sought, *kind)
                return create_index(self.schema, draft.table.name, columns)
        return None

    def _steps(
        self, draft: Draft
    ) -> tuple[State, list[tuple[str, Pointer]], list[str]]:
        """Choose what to join a relation to: what is live is joined to nothing else.

        The last are relations that it is joined to once these are archived too.
        """
        steps: dict[State, list[tuple[str, Pointer]]] = defaultdict(list)
        for pointer in draft.ways:
            for of in draft.ofs or self.called[draft.other(pointer).name]:
                # What isn't written yet is only reached by way of this one; and a
                # parent is shared, so that what belongs to it isn't the root's.
                is_written = of == self.root.name or of in self.written
                is_shared = of in self.parents and not draft.is_parent
                if not is_written or (is_shared and not pointer.where):
                    continue
                state = self._state(of)
                if is_shared and state == "live":
                    state = "offered"
                steps[state].append((of, pointer))
        if draft.is_sure and steps["live"]:
            left = [of for state in ("offered", "blocked") for of, _ in steps[state]]
            return "live", steps["live"], list(dict.fromkeys(left))
        offered = [*steps["live"], *steps["offered"]]
        if offered:
            return "offered", offered, []
        return "blocked", steps["blocked"], []

    def _state(self, name: str) -> State:
        return "live" if name == self.root.name else self.written[name].state

    def _join(self, relation: Relation) -> model.Relation | None:
        """Join a relation; None where the generator must be told more."""
        archive = Archive(
            name=self.archive,
            table=self.root.name,
            finished="",
            relations=(relation,),
        )
        joiner = Joiner(archive, self.root, self.tables, Problems(), self.schema)
        return joiner.join(relation)

    def _on(self, draft: Draft, of: str, pointer: Pointer) -> str | None:
        """Write a join, unless the one foreign key between two tables says it."""
        table, to = pointer.table, pointer.to
        keys = [
            key
            for one, other in ((table, to), (to, table))
            for key in one.foreign_keys
            if key.to_schema == self.schema and key.to_table == other.name
        ]
        if pointer.is_foreign_key and len(keys) == 1:
            return None
        pairs = [
            (key, column) if draft.is_parent else (column, key)
            for column, key in zip(pointer.columns, pointer.to_columns, strict=True)
        ]
        name, other = spelled(draft.name), spelled(of)
        on = " AND ".join(
            f"{name}.{spelled(ours)} = {other}.{spelled(theirs)}"
            for ours, theirs in pairs
        )
        column = draft.table.column(pairs[0][0])
        if pointer.needs_collation and column:
            # The relation's own, by which its index is sorted.
            on += f" COLLATE {column.collation}"
        return on


def _where(draft: Draft) -> str | None:
    """Write which values of a column mean the table that is pointed at."""
    if draft.ways[0].where is None:
        return None
    column, values = draft.ways[0].where
    listed = ", ".join(map(literal, values))
    which = f"= {listed}" if len(values) == 1 else f"IN ({listed})"
    return f"{spelled(draft.name)}.{spelled(column)} {which}"


def led(ways: Sequence[Pointer]) -> Sequence[Pointer]:
    """Take the ways to a table that an index leads; all of them if none does."""
    found = [way for way in ways if _is_led(way.table, way.columns)]
    return found or ways


def _is_led(table: Table, columns: Sequence[str], kind: Sequence[str] = ()) -> bool:
    """Tell whether an index leads to columns' values, perhaps by way of their kind."""
    sought, known = ({name.lower() for name in names} for names in (columns, kind))
    for index in table.indexes:
        used = takewhile(
            lambda name: name in sought | known, map(str.lower, index.columns)
        )
        if not sought.isdisjoint(used):
            return True
    return False
