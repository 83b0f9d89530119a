"""Decide what the history tables are, and what makes them so of what is there."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.following import (
    Followed,
    Use,
    follow,
    stores_the_same,
    way_between,
)
from bygones.compiler.aggregate.model import CHUNK, ORDINAL, VERSION, Kept, Relation
from bygones.compiler.aggregate.resolving import Problems, root_columns
from bygones.compiler.catalog.model import Column
from bygones.compiler.declaration.names import MAX_LENGTH
from bygones.compiler.declaration.table import bare, dotted, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bygones.compiler.aggregate.following import Way
    from bygones.compiler.aggregate.model import Aggregate, Member
    from bygones.compiler.catalog.model import Catalog, Table

KIT = {
    VERSION: Column(
        name=VERSION, type="smallint unsigned", data_type="smallint", is_nullable=False
    ),
    CHUNK: Column(
        name=CHUNK, type="bigint unsigned", data_type="bigint", is_nullable=False
    ),
    ORDINAL: Column(
        name=ORDINAL, type="int unsigned", data_type="int", is_nullable=False
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryColumn:
    """A column of a history table.

    All but keys can be NULL: a column that the source drops, or that it adds later,
    has no value in some rows.
    """

    name: str
    definition: Column
    is_nullable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A column that is added (`before` is None) or becomes another, and how."""

    column: HistoryColumn
    before: HistoryColumn | None
    way: Way
    # What it is added beside, for no type holds the values of both.
    beside: Column | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryTable:
    """A history table as it has to be, and the changes to what is there."""

    member: Member
    columns: tuple[HistoryColumn, ...]
    primary_key: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    # The server's estimate.
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An aggregate whose columns are those that history has for them."""

    aggregate: Aggregate
    tables: tuple[HistoryTable, ...]
    # What a person may know, and no catalog tells.
    questions: tuple[str, ...] = ()

    @property
    def copied(self) -> Mapping[str, frozenset[str]]:
        """Return the columns of history that chunks fill, by their members' names."""
        root = root_columns(self.aggregate.root)
        copied = {}
        for member in self.aggregate.members:
            kit = {*root, VERSION} if isinstance(member, Relation) else {VERSION, CHUNK}
            if isinstance(member, Relation) and member.has_ordinal:
                kit.add(ORDINAL)
            copied[member.name] = frozenset(
                {*kit, *(kept.name for kept in member.kept)}
            )
        return copied


def plan_history(
    aggregate: Aggregate,
    history: Catalog,
    *,
    copied: Mapping[str, frozenset[str]] | None,
    shape: int,
) -> Planned:
    """Plan the history tables of an archive.

    `copied` is what it copies, if it is installed: else tables of the same names are
    no concern of its. `shape` is the one that a change would make.
    """
    planner = _Planner(
        aggregate, None if copied is None else history, shape, copied or {}
    )
    if copied is not None and aggregate.root.name not in copied:
        planner.refuse_root()
    root = planner.member(aggregate.root)
    relations = tuple(planner.member(relation) for relation in aggregate.relations)
    planner.problems.refuse()
    return Planned(
        aggregate=replace(
            aggregate,
            root=root.member,
            relations=tuple(
                table.member
                for table in relations
                if isinstance(table.member, Relation)
            ),
        ),
        tables=(root, *relations),
        questions=tuple(planner.questions),
    )


class _Planner:
    """Plans the history tables of one archive, that of the root first."""

    def __init__(
        self,
        aggregate: Aggregate,
        history: Catalog | None,
        shape: int,
        copied: Mapping[str, frozenset[str]],
    ) -> None:
        self.aggregate = aggregate
        self.copied = copied
        self.questions: list[str] = []
        self.history = history
        self.is_mariadb = bool(history and history.is_mariadb)
        self.shape = shape
        self.problems = Problems()
        # As history stores it, which is what relations hold too.
        self.root_key: tuple[Column, ...] = ()
        # What joins compare with the source, by its member and name.
        self.compared = {
            (reference.member, reference.column.lower())
            for relation in aggregate.relations
            for path in relation.paths
            for reference in path.condition.references()
            if reference.member != relation.name
        }

    def member(self, member: Member) -> HistoryTable:
        """Plan the history table of the root or of a relation."""
        existing = self.history.find(member.history) if self.history else None
        if existing is None:
            return self._new(member)
        return self._existing(member, existing)

    def refuse_root(self) -> None:
        """Refuse a root table of another name, for its history has that of the old."""
        root = self.aggregate.root
        self.problems.add(
            self._where(root),
            f"the history of this archive is of another table than {quoted(root.name)},"
            " which is what its history tables are named by; let the table have its "
            f"name of then, or {self._begin_anew(root)}",
        )

    def _new(self, member: Member) -> HistoryTable:
        self._keep_root_key(member)
        columns = [*self._kit(member), *self._own(member)]
        if member is self.aggregate.root:
            columns = [*self._own(member), *self._kit(member)]
        return HistoryTable(
            member=member,
            columns=tuple(columns),
            primary_key=self._primary_key(member),
        )

    def _existing(self, member: Member, existing: Table) -> HistoryTable:
        has_ordinal = existing.column(ORDINAL) is not None
        if isinstance(member, Relation) and has_ordinal:
            # As its rows are told apart already.
            member = replace(member, has_ordinal=True)
        followed = [self._follow(member, kept, existing) for kept in member.kept]
        changes = [change for _, change in followed if change]
        is_root = member.name == self.aggregate.root.name
        member = replace(member, kept=tuple(kept for kept, _ in followed))
        self.questions += self._renames(member, existing, changes)
        if is_root:
            self._keep_root_key(member)
        else:
            changes += self._follow_root_key(existing)
        self._check_key(member, existing)
        changed = {change.column.name.lower(): change.column for change in changes}
        columns = [
            changed.pop(column.name.lower())
            if column.name.lower() in changed
            else self._as_it_is(member, column)
            for column in existing.columns
        ]
        return HistoryTable(
            member=member,
            columns=(*columns, *changed.values()),
            primary_key=existing.primary_key,
            changes=tuple(changes),
            rows=existing.rows,
        )

    def _keep_root_key(self, member: Member) -> None:
        if member.name == self.aggregate.root.name:
            self.root_key = tuple(kept.stored for kept in member.key_columns)

    def _kit(self, member: Member) -> list[HistoryColumn]:
        if member.name == self.aggregate.root.name:
            return [_kit(VERSION), _kit(CHUNK)]
        ordinal = isinstance(member, Relation) and member.has_ordinal
        return [
            *(
                HistoryColumn(name=name, definition=column, is_nullable=False)
                for name, column in zip(
                    root_columns(self.aggregate.root), self.root_key, strict=True
                )
            ),
            _kit(VERSION),
            *([_kit(ORDINAL)] if ordinal else []),
        ]

    def _own(self, member: Member) -> list[HistoryColumn]:
        key = {name.lower() for name in self._primary_key(member)}
        return [
            HistoryColumn(
                name=kept.name,
                definition=kept.stored,
                is_nullable=kept.name.lower() not in key,
            )
            for kept in member.kept
        ]

    def _primary_key(self, member: Member) -> tuple[str, ...]:
        own = tuple(kept.name for kept in member.key_columns)
        if member.name == self.aggregate.root.name:
            return (*own, VERSION)
        if isinstance(member, Relation) and member.has_ordinal:
            own = (ORDINAL,)
        return (*root_columns(self.aggregate.root), VERSION, *own)

    def _follow(
        self, member: Member, kept: Kept, existing: Table
    ) -> tuple[Kept, Change | None]:
        """Find the column of history that keeps a column, or add one."""
        name, ours = self._latest(member, kept.name, existing)
        key = {column.lower() for column in member.key if self._is_key(member)}
        is_nullable = kept.column.name.lower() not in key
        if ours is None:
            return kept, _added(kept.name, kept.column)
        use = Use(
            is_key=not is_nullable,
            is_compared=not is_nullable
            or (member.name, kept.column.name.lower()) in self.compared,
        )
        followed = follow(ours, kept.column, is_mariadb=self.is_mariadb, use=use)
        if followed is not None:
            kept = replace(kept, name=name, stored=followed.column)
            return kept, _change(name, ours, followed, is_nullable=is_nullable)
        if not is_nullable:
            self._refuse_key_type(member, kept.column, ours)
            return kept, None
        name = self._free_name(member, kept.name, existing)
        if len(name) > MAX_LENGTH:
            self.problems.add(
                self._where(member),
                f"history can't keep {quoted(kept.column.name)} beside what it was: "
                f"{quoted(name)} is longer than {MAX_LENGTH} characters; give it "
                "another name by renamed",
            )
        return replace(kept, name=name), _added(name, kept.column, beside=ours)

    def _renames(
        self, member: Member, existing: Table, changes: Iterable[Change]
    ) -> Iterator[str]:
        """Ask whether a column that came is one that went, under another name."""
        copied = {name.lower() for name in self.copied.get(member.name, ())}
        copied -= {VERSION, CHUNK, ORDINAL, *root_columns(self.aggregate.root)}
        copied -= {kept.name.lower() for kept in member.kept}
        added = [each for each in changes if each.before is None]
        copied -= {each.beside.name.lower() for each in added if each.beside}
        new = [each.column for each in added if not each.beside]
        for gone in existing.columns:
            if gone.name.lower() not in copied or member.table.column(gone.name):
                continue
            for column in new:
                if stores_the_same(gone, column.definition, is_mariadb=self.is_mariadb):
                    new.remove(column)
                    yield (
                        f"{self._where(member).removesuffix('.table')}: "
                        f"{quoted(gone.name)} is gone, and {quoted(column.name)} of "
                        "the same type has come: was it renamed? Then write renamed = "
                        f"{{ {bare(gone.name)} = {quoted(column.name)} }}, or history "
                        "goes on in a column of the new name, and leaves the old one"
                    )
                    break

    def _is_key(self, member: Member) -> bool:
        return not (isinstance(member, Relation) and member.has_ordinal)

    def _latest(
        self, member: Member, name: str, existing: Table
    ) -> tuple[str, Column | None]:
        """Find the column that keeps one of the source since its last change."""
        pattern = re.compile(rf"history_(\d+)_{re.escape(name)}", re.IGNORECASE)
        of_others = {kept.name.lower() for kept in member.kept}
        found = {
            int(match[1]): column
            for column in existing.columns
            if (match := pattern.fullmatch(column.name))
            and column.name.lower() not in of_others
        }
        if found:
            column = found[max(found)]
            return column.name, column
        return name, existing.column(name)

    def _free_name(self, member: Member, name: str, existing: Table) -> str:
        """Name a column beside what it was, by the shape or a later one."""
        taken = {
            *(column.name.lower() for column in existing.columns),
            *(kept.name.lower() for kept in member.kept),
        }
        names = (f"history_{shape}_{name}" for shape in itertools.count(self.shape))
        return next(each for each in names if each.lower() not in taken)

    def _follow_root_key(self, existing: Table) -> list[Change]:
        """Let a relation's columns for the root's key follow the root's history."""
        use = Use(is_key=True, is_compared=True)
        changes = []
        names = root_columns(self.aggregate.root)
        for name, wanted in zip(names, self.root_key, strict=True):
            ours = existing.column(name)
            if ours and not stores_the_same(ours, wanted, is_mariadb=self.is_mariadb):
                way = way_between(ours, wanted, is_mariadb=self.is_mariadb, use=use)
                change = _change(name, ours, Followed(wanted, way), is_nullable=False)
                changes += [change] if change else []
        return changes

    def _check_key(self, member: Member, existing: Table) -> None:
        """Refuse a key by which the rows of history aren't told apart."""
        wanted = [column.lower() for column in self._primary_key(member)]
        known = [column.lower() for column in existing.primary_key]
        is_root = member.name == self.aggregate.root.name
        # Cursors go by the order of the root's.
        if wanted == known or (not is_root and set(wanted) == set(known)):
            return
        self.problems.add(
            self._where(member),
            f"the key of {quoted(member.table.name)} has changed, and the rows of "
            f"{quoted(member.history)} are told apart by "
            f"({', '.join(existing.primary_key)}), not by "
            f"({', '.join(self._primary_key(member))}); if columns only got other "
            'names, say so by renamed = { old = "new" }; else '
            f"{self._begin_anew(member)}",
        )

    def _refuse_key_type(self, member: Member, column: Column, ours: Column) -> None:
        self.problems.add(
            self._where(member),
            f"{quoted(column.name)} of the key was {ours.type} and is {column.type} "
            f"now, and no type holds both; {self._begin_anew(member)}",
        )

    def _begin_anew(self, member: Member) -> str:
        """Tell what to do where history can't go on."""
        if member.name == self.aggregate.root.name:
            return (
                "move the history of this archive elsewhere, take the archive out of "
                "archives.toml, upgrade, and declare it again"
            )
        return (
            "declare it under another name, whose history begins anew, such as "
            f"{member.name}_2 = {{ table = {quoted(member.table.name)} }}"
        )

    def _where(self, member: Member) -> str:
        if member.name == self.aggregate.root.name:
            return f"{dotted('archive', self.aggregate.name)}.table"
        return dotted("archive", self.aggregate.name, "relations", member.name)

    def _as_it_is(self, member: Member, column: Column) -> HistoryColumn:
        """Leave a column of history alone."""
        for kept in member.kept:
            if kept.name.lower() == column.name.lower():
                # JSON is stored as text by MariaDB, and declared for both families.
                return HistoryColumn(
                    name=column.name,
                    definition=kept.stored,
                    is_nullable=column.is_nullable,
                )
        return HistoryColumn(
            name=column.name, definition=column, is_nullable=column.is_nullable
        )


def _kit(name: str) -> HistoryColumn:
    return HistoryColumn(name=name, definition=KIT[name], is_nullable=False)


def _change(
    name: str, ours: Column, followed: Followed, *, is_nullable: bool
) -> Change | None:
    if followed.way is None:
        return None
    before, after = (
        HistoryColumn(name=name, definition=column, is_nullable=is_nullable)
        for column in (ours, followed.column)
    )
    return Change(column=after, before=before, way=followed.way)


def _added(name: str, column: Column, beside: Column | None = None) -> Change:
    added = HistoryColumn(name=name, definition=column, is_nullable=True)
    return Change(column=added, before=None, way="INSTANT", beside=beside)
