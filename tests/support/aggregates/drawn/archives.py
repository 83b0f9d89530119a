"""Draw what is archived of a schema: trees of relations, for which its tables grow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.support.aggregates.drawn.dice import Dice
from tests.support.aggregates.drawn.kinds import types
from tests.support.aggregates.drawn.names import (
    MOST_OF_A_COLUMN,
    MOST_OF_AN_ARCHIVE,
    Namer,
)
from tests.support.aggregates.drawn.predicates import Pieces, Predicates, Ref
from tests.support.aggregates.drawn.tables import Column, Link, Table, Tables

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_RELATIONS = 6
MOMENTS = {"date", "datetime", "timestamp"}


@dataclass(slots=True, eq=False)
class Path:
    of: str
    condition: Pieces
    link: Link
    is_down: bool
    # Whether archives.toml says it, or leaves it to the foreign key.
    is_declared: bool


@dataclass(slots=True, eq=False)
class Member:
    """A root, which has no paths, or a relation."""

    name: str
    table: Table
    paths: list[Path] = field(default_factory=list)
    where: Pieces = ()
    is_parent: bool | None = None
    without: list[str] = field(default_factory=list)
    # By the name in history the source's.
    renamed: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Archive:
    name: str
    root: Member
    relations: list[Member]
    finished: Pieces = ()
    settled: tuple[str, int] | None = None

    @property
    def members(self) -> list[Member]:
        return [self.root, *self.relations]

    def member(self, name: str) -> Member:
        return next(member for member in self.members if member.name == name)


@dataclass(slots=True, eq=False)
class Schema:
    # All that are there, archived or not.
    tables: list[Table]
    archives: list[Archive]
    character_set: str


@st.composite
def schemas(draw: st.DrawFn, *, is_mariadb: bool) -> Schema:
    """Draw a schema, and one archive of it or two."""
    dice = Dice(draw)
    tables = Tables(dice, types(is_mariadb=is_mariadb), is_mariadb=is_mariadb)
    namer = Namer(draw, MOST_OF_AN_ARCHIVE)
    archives = [_Grower(dice, tables, namer.name()).grow(MOST_RELATIONS)]
    if dice.seldom(8):
        archives.append(_Grower(dice, tables, namer.name()).grow(2))
    if dice.seldom(8):
        tables.beside()
    # When no column is added any more.
    for archive in archives:
        _Declarer(dice, tables, archive).declare()
    for table in tables.all:
        tables.finish(table)
    character_set = dice.one(("utf8mb4", "utf8mb4", "latin1", "utf8mb3"))
    return Schema(tables=tables.all, archives=archives, character_set=character_set)


class _Grower:
    """Grows the tree of one archive."""

    def __init__(self, dice: Dice, tables: Tables, name: str) -> None:
        self.dice = dice
        self.tables = tables
        root = tables.root()
        self.archive = Archive(name, Member(root.name, root), [])

    def grow(self, most: int) -> Archive:
        root = self.archive.root.table
        for _ in range(self.dice.number(1, 6)):
            self.tables.column(root)
        for _ in range(self.dice.number(0, most)):
            self.archive.relations.append(self.relation())
        return self.archive

    def relation(self) -> Member:
        of = self.dice.one(self.archive.members)
        ways = (
            self.child,
            self.parent,
            self.child,
            self.again,
            self.itself,
            self.several,
        )
        relation = self.dice.one(ways)(of)
        # Without it, the way up to a parent and down again is refused.
        is_needed = not relation.is_parent and any(
            self.archive.member(path.of).is_parent for path in relation.paths
        )
        if is_needed or self.dice.seldom(5):
            columns = relation.table.columns
            predicates = Predicates(self.dice, relation.name, columns)
            relation.where = predicates.predicate(self.dice.number(0, 1))
        return relation

    def child(self, of: Member) -> Member:
        """A new table below a member."""
        table = self.tables.new()
        link = self.tables.link(table, of.table, is_owned=True)
        self.tables.fill(table, link)
        return self.down(table.name, of, link)

    def parent(self, of: Member) -> Member:
        """A new table above a member."""
        table = self.tables.new()
        self.tables.fill(table)
        return self.up(table.name, of, self.tables.link(of.table, table))

    def again(self, of: Member) -> Member:
        """A table that is there, joined by columns of its own, under another name."""
        others = [each for each in self.tables.all if each is not of.table]
        if not others:
            return self.itself(of)
        table = self.dice.one(others)
        name = self.tables.namer.name()
        if self.dice.seldom(2):
            return self.up(name, of, self.tables.link(of.table, table))
        return self.down(name, of, self.tables.link(table, of.table))

    def itself(self, of: Member) -> Member:
        """A member's own table, one level up or down."""
        links = [each for each in of.table.links if each.to is of.table]
        link = self.dice.one(links) if links else self.tables.link(of.table, of.table)
        name = self.tables.namer.name()
        return self.dice.one((self.up, self.down))(name, of, link)

    def several(self, of: Member) -> Member:
        """A new table by several ways."""
        others = [each for each in self.archive.members if each is not of]
        if not others:
            return self.child(of)
        ofs = [of, self.dice.one(others)]
        table = self.tables.new()
        if self.dice.seldom(2):
            self.tables.fill(table)
            links = [self.tables.link(each.table, table) for each in ofs]
        else:
            links = [self.tables.link(table, each.table) for each in ofs]
            self.tables.fill(table)
        way = self.down if links[0].holder is table else self.up
        first, second = (
            way(table.name, each, link) for each, link in zip(ofs, links, strict=True)
        )
        first.paths += second.paths
        return first

    def down(self, name: str, of: Member, link: Link) -> Member:
        pairs = list(zip(link.columns, link.to_columns, strict=True))
        path = self.path(name, of, link, pairs, is_down=True)
        return Member(name, link.holder, [path], is_parent=False)

    def up(self, name: str, of: Member, link: Link) -> Member:
        pairs = list(zip(link.to_columns, link.columns, strict=True))
        path = self.path(name, of, link, pairs, is_down=False)
        return Member(name, link.to, [path], is_parent=True)

    def path(
        self,
        name: str,
        of: Member,
        link: Link,
        pairs: Sequence[tuple[Column, Column]],
        *,
        is_down: bool,
    ) -> Path:
        """Join a relation by pairs of columns, and sometimes by more."""
        pieces: list[str | Ref] = []
        for ours, theirs in pairs:
            pair = [self.ref(name, ours), self.ref(of.name, theirs)]
            left, right = pair[::-1] if self.dice.seldom(3) else pair
            pieces += [" AND "] if pieces else []
            pieces += [left, self.dice.one((" = ", "=", "\n  = ")), right]
        more = self.dice.seldom(8)
        if more:
            pieces += [" AND ", *self.narrower(name, of, self.dice.one(pairs)[0])]
        return Path(of.name, tuple(pieces), link, is_down, is_declared=more)

    def narrower(self, name: str, of: Member, column: Column) -> Pieces:
        """Narrow a join by a column of the root, or by a constant."""
        root = self.archive.root
        same = [
            each
            for each in root.table.columns
            if each.type.sql == column.type.sql and not each.generated
        ]
        if same and of is not root:
            sign = self.dice.one((" <> ", " = ", " <=> ", " >= "))
            return (
                self.ref(name, column),
                sign,
                self.ref(root.name, self.dice.one(same)),
            )
        return (self.ref(name, column), " <> ", self.dice.one(column.type.values))

    def ref(self, member: str, column: Column) -> Ref:
        return Ref(member, column.name, is_quoted=self.dice.seldom(2))


class _Declarer:
    """Draws what archives.toml says of an archive whose tables are drawn."""

    def __init__(self, dice: Dice, tables: Tables, archive: Archive) -> None:
        self.dice = dice
        self.tables = tables
        self.archive = archive

    def declare(self) -> None:
        root = self.archive.root
        for relation in self.archive.relations:
            if self.dice.seldom():
                self.collide(relation.table)
        predicates = Predicates(self.dice, root.name, root.table.columns)
        self.archive.finished = predicates.predicate(self.dice.number(0, 2))
        moments = [each for each in root.table.columns if each.type.family in MOMENTS]
        if moments and self.dice.seldom(3):
            self.archive.settled = self.dice.one(moments).name, 30
        for relation in self.archive.relations:
            self.leave_to_keys(relation)
        for member in self.archive.members:
            self.leave_out(member)

    def collide(self, table: Table) -> None:
        """Give a table a column that is called as one of the kit's."""
        key = self.dice.one(self.archive.root.table.key).name
        name = f"history_root_{key}"[:MOST_OF_A_COLUMN].rstrip()
        free = self.tables.namers[table].free(name)
        table.columns.append(Column(free, self.tables.types[0]))

    def leave_to_keys(self, relation: Member) -> None:
        """Let foreign keys say how a relation is joined, where they do."""
        for path in relation.paths:
            of = self.archive.member(path.of).table
            keys = [
                link
                for holder, to in ((relation.table, of), (of, relation.table))
                for link in holder.links
                if link.to is to and link.is_foreign_key
            ]
            if keys != [path.link] or self.dice.seldom(4):
                path.is_declared = True
        if not any(path.is_declared for path in relation.paths):
            relation.is_parent = None

    def leave_out(self, member: Member) -> None:
        """Leave out some columns that nothing leads from, and rename others."""
        needed = {column.name for column in member.table.key}
        if member is self.archive.root:
            needed |= _columns(self.archive.finished, member.name)
            needed |= {self.archive.settled[0]} if self.archive.settled else set()
        for relation in self.archive.relations:
            if relation is not member:
                needed |= _columns(relation.where, member.name)
                for path in relation.paths:
                    needed |= _columns(path.condition, member.name)
        namer = Namer(self.dice.draw, MOST_OF_A_COLUMN)
        namer.taken |= self.tables.namers[member.table].taken
        for column in member.table.columns:
            if self.dice.seldom(20) and column.name not in needed:
                member.without.append(column.name)
            elif self.dice.seldom(20):
                member.renamed[namer.name()] = column.name


def _columns(pieces: Pieces, member: str) -> set[str]:
    """Name the columns of a member that a predicate reads."""
    return {
        piece.column
        for piece in pieces
        if isinstance(piece, Ref) and piece.member == member
    }
