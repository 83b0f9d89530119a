"""Say what templates write of the root and of its relations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from migrations.aggregate.model import VERSION
from migrations.generator.columns import (
    digested,
    digested_source,
    equality,
    is_exact_as_key,
)
from migrations.generator.identifiers import name

if TYPE_CHECKING:
    from migrations.aggregate.model import Kept, Member, Relation
    from migrations.generator.reach import From, Reach


class Writer(Protocol):
    """What writes the objects of an archive."""

    source: str
    root_columns: list[str]

    def render(self, template: str, **values: object) -> str:
        """Fill in a template."""


class MemberView:
    """What templates write of the root or of a relation."""

    has_ordinal = False

    def __init__(self, writer: Writer, member: Member, reach: Reach) -> None:
        """Take the member, and how its rows are reached."""
        self.writer = writer
        self.reach = reach
        self.member = member
        self.name = member.name
        self.history = member.history
        self.chunk_index = f"{member.name}_history_chunk_ix"
        self.source = f"{name(writer.source)}.{name(member.table.name)}"

    @property
    def first_key(self) -> str:
        """Name the first column of its key."""
        return name(self.member.key[0])

    @property
    def kept_root(self) -> list[tuple[str, str]]:
        """Pair what holds the root's key in history with the kit's names for it."""
        values = self.reach.root_key("h")
        return list(zip(values, self.writer.root_columns, strict=True))

    @property
    def kept_from(self) -> From:
        """Reach its rows in history."""
        return self.reach.kept(self.member, "c")

    def from_source(self, join: str = "STRAIGHT_JOIN") -> From:
        """Reach its rows in the source, beside history."""
        return self.reach.root_source(join)

    def compared(self, alias: str) -> list[tuple[str, str]]:
        """Pair the names of columns with how a copy and the row `s` are compared."""
        return [
            (kept.column.name, comparison)
            for kept, comparison in comparisons(self.member, alias, "s")
        ]

    def equal(self, alias: str) -> list[str]:
        """Compare a copy with the row `s` of the source, column by column."""
        return _equalities(self.member, alias, "s") or ["TRUE"]

    @property
    def kept_values(self) -> list[str]:
        """Write the copy's values (`c`) as text."""
        return [
            _known(digested(kept.stored, f"c.{name(kept.name)}"))
            for kept in self.member.kept
        ] or ["''"]

    @property
    def source_values(self) -> list[str]:
        """Write the source's values (`s`) as the same text."""
        return [
            _known(digested_source(kept, f"s.{name(kept.column.name)}"))
            for kept in self.member.kept
        ] or ["''"]


class RelationView(MemberView):
    """What templates write of a relation."""

    def __init__(
        self, writer: Writer, relation: Relation, reach: Reach, suffix: str
    ) -> None:
        """Take the relation, how its rows are reached, and the end of variables."""
        super().__init__(writer, relation, reach)
        self.relation = relation
        self.suffix = suffix
        self.has_ordinal = relation.has_ordinal

    def from_source(self, join: str = "LEFT JOIN") -> From:
        """Reach the source's rows, each beside its copy where they have a key."""
        clause = self.reach.proved_by(self.relation)
        if not self.has_ordinal:
            self.reach.beside_copy(self.relation, clause, join)
        return clause

    def equal(self, alias: str) -> list[str]:
        """Compare a copy, if there is one, with the row `s` of the source."""
        compared = super().equal(alias)
        return [
            f"{alias}.{VERSION} IS NOT NULL",
            *(comparison for comparison in compared if comparison != "TRUE"),
        ]

    def multiset(self) -> str:
        """Count the equal rows of each root, in history and in the source."""
        columns = self.writer.root_columns
        return self.writer.render(
            "multiset.sql.j2",
            root_columns=columns,
            kept_root=self.kept_root,
            kept_values=self.kept_values,
            kept_from=self.kept_from,
            source_values=self.source_values,
            source_from=self.from_source(),
            grouped=[*(f"u.{column}" for column in columns), "u.digest"],
        ).rstrip("\n")


def comparisons(member: Member, ours: str, theirs: str) -> list[tuple[Kept, str]]:
    """Compare two rows of one key, by each column that their key doesn't settle."""
    exact = {
        column.name.lower()
        for column in (kept.column for kept in member.key_columns)
        if is_exact_as_key(column)
    }
    return [
        (
            kept,
            equality(
                kept, f"{ours}.{name(kept.name)}", f"{theirs}.{name(kept.column.name)}"
            ),
        )
        for kept in member.kept
        if kept.column.name.lower() not in exact
    ]


def _equalities(member: Member, ours: str, theirs: str) -> list[str]:
    return [comparison for _, comparison in comparisons(member, ours, theirs)]


def _known(value: str) -> str:
    """Tell NULL apart from every value, all of which are digits of some kind."""
    return f"COALESCE({value}, '-')"
