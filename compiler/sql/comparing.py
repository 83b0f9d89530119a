"""Write how the chunks of history are compared with the source, relation by relation.

Each is written once: a chunk is compared so by the statement that copies it, and later,
as often as anybody likes, by verification. Rows are reached by the source, so that the
joins are compared as well. A chunk is compared in what its shape had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.model import VERSION, Relation
from bygones.compiler.names import literal
from bygones.compiler.sql.columns import (
    digested,
    digested_source,
    equality,
    in_letters_of_source,
    is_exact_as_key,
)
from bygones.compiler.sql.folding import indent
from bygones.compiler.sql.identifiers import name
from bygones.compiler.sql.reach import From, Reach, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bygones.compiler.aggregate.conditions import Condition
    from bygones.compiler.aggregate.model import Aggregate, Kept, Member
    from bygones.compiler.sql.members import Writer

FIRST = 1

# The columns that differ are the bits of one number: MAKE_SET takes 64 at most.
BITS = 60


@dataclass(frozen=True, slots=True)
class Since:
    """Tell from which shape on history has what it has now, without a gap."""

    shape: int
    # By the shape, which columns of history chunks filled, by their members' names.
    filled: Mapping[int, Mapping[str, frozenset[str]]]

    def member(self, member: Member) -> int:
        """Return the first shape that had the root or a relation."""
        return self._first(lambda filled: member.name in filled)

    def column(self, member: Member, kept: Kept) -> int:
        """Return the first shape that had a column."""
        return self._first(lambda filled: kept.name in filled.get(member.name, ()))

    def _first(self, had: Callable[[Mapping[str, frozenset[str]]], bool]) -> int:
        first = self.shape
        while first - 1 in self.filled and had(self.filled[first - 1]):
            first -= 1
        return first


class ComparedReach(Reach):
    """Begin with the roots of a chunk that the source still has."""

    def chunk(self, *, by_history: bool = False) -> From:
        """Begin with them; of the others nothing is compared."""
        clause = super().chunk(by_history=by_history)
        self._beside_source(clause, "STRAIGHT_JOIN", "r")
        clause.aliases[self.root.name] = "r"
        return clause

    def root_source(self) -> From:
        """Reach the chunk's roots, each beside its row (`s`) of the source, if any."""
        clause = super().chunk()
        self._beside_source(clause, "LEFT JOIN", "s")
        return clause

    def _beside_source(self, clause: From, join: str, alias: str) -> None:
        on = [
            f"{alias}.{name(kept.column.name)} = {in_letters_of_source(kept, value)}"
            for kept, value in zip(self.root.key_columns, clause.root, strict=True)
        ]
        table = f"{name(self.source)}.{name(self.root.table.name)}"
        # Forced: after many were deleted, statistics may say that a scan is cheap.
        clause.lines += joined(f"{join} {table} AS {alias} FORCE INDEX (PRIMARY)", on)


class Compared:
    """What templates write of the root that is compared."""

    is_root = True
    has_ordinal = False
    is_pointed_at = False
    is_verified = True
    copy = "h"

    def __init__(
        self, writer: Writer, member: Member, reach: ComparedReach, since: Since
    ) -> None:
        """Take the member, how it is reached, and since when it is as it is."""
        self.writer = writer
        self.member = member
        self.reach = reach
        self.since = since
        self.name = member.name
        self.place = reach.aggregate.members.index(member)
        self.there = f"s.{name(member.key[0])}" if member.key else ""

    @property
    def first_shape(self) -> int | None:
        """Return the first shape that had it, unless all have."""
        first = self.since.member(self.member)
        return first if first > FIRST else None

    @property
    def copied(self) -> From:
        """Reach its rows in history."""
        return self.reach.kept(self.member, "c")

    @property
    def in_source(self) -> From:
        """Reach its rows in the source, each beside its copy where they have a key."""
        return self.reach.root_source()

    @property
    def equal(self) -> list[str]:
        """Compare a copy with the row `s` of the source, column by column."""
        return [
            f"{self.there} IS NOT NULL",
            *(comparison for _, comparison in self._columns()),
        ]

    @property
    def differing(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Write what tells which columns differ: numbers of bits, and their names.

        By the number's name: of each column its name, and its bit.
        """
        columns = [] if self.has_ordinal else self._columns()
        groups = [columns[n : n + BITS] for n in range(0, len(columns), BITS)]
        return [
            (
                f"differs_{place}",
                [
                    (
                        literal(kept.column.name),
                        f"IF({indent(comparison, 4)}, 0, {1 << bit})",
                    )
                    for bit, (kept, comparison) in enumerate(group)
                ],
            )
            for place, group in enumerate(groups, start=1)
        ]

    def multiset(self) -> str:
        """Count the equal rows of each root, in history and in the source."""
        columns = self.writer.root_columns
        values = self.reach.root_key("h")
        return self.writer.render(
            "multiset.sql.j2",
            root_columns=columns,
            kept_root=list(zip(values, columns, strict=True)),
            kept_values=self._texts(digested_copy),
            kept_from=self.copied,
            source_values=self._texts(digested_original),
            source_from=self.in_source,
            grouped=[*(f"u.{column}" for column in columns), "u.digest"],
        ).rstrip("\n")

    def _columns(self) -> list[tuple[Kept, str]]:
        """Compare two rows of one key, by each column that their key doesn't settle."""
        exact = {
            kept.column.name.lower()
            for kept in self.member.key_columns
            if is_exact_as_key(kept.column)
        }
        columns = []
        for kept in self.member.kept:
            if kept.column.name.lower() in exact:
                continue
            comparison = equality(
                kept, f"{self.copy}.{name(kept.name)}", f"s.{name(kept.column.name)}"
            )
            since = self._since(kept)
            if since:
                comparison = f"(in_shape < {since} OR ({indent(comparison, 4)}))"
            columns.append((kept, comparison))
        return columns

    def _texts(self, write: Callable[[Kept], str]) -> list[str]:
        """Write a row's values as text, those that the chunk's shape had."""
        texts = []
        for kept in self.member.kept:
            # NULL is no value, all of which are digits of some kind.
            text = f"COALESCE({write(kept)}, '-')"
            since = self._since(kept)
            texts.append(f"IF(in_shape < {since}, '-', {text})" if since else text)
        return texts or ["''"]

    def _since(self, kept: Kept) -> int | None:
        """Return the first shape that had a column, if it came after its table."""
        since = self.since.column(self.member, kept)
        return since if since > self.since.member(self.member) else None


class ComparedRelation(Compared):
    """What templates write of a relation that is compared."""

    is_root = False
    copy = "c"

    def __init__(
        self, writer: Writer, relation: Relation, reach: ComparedReach, since: Since
    ) -> None:
        """Take the relation, how it is reached, and since when it is as it is."""
        super().__init__(writer, relation, reach, since)
        self.relation = relation
        self.there = f"c.{VERSION}"
        self.has_ordinal = relation.has_ordinal
        self.is_pointed_at = is_pointed_at(relation)
        # What lies below a parent may have changed since it was copied.
        self.is_verified = self.is_pointed_at or is_owned(reach.aggregate, relation)

    @property
    def in_source(self) -> From:
        """Reach its rows in the source, each beside its copy where they have a key.

        Parents by what history points at, which is compared as well: later, the
        source's rows may point at others.
        """
        if self.is_pointed_at:
            clause = self.reach.copied_from(self.relation)
        else:
            clause = self.reach.found_by_source(self.relation)
        if not self.has_ordinal:
            self.reach.beside_copy(self.relation, clause, "LEFT JOIN")
        return clause


def digested_copy(kept: Kept) -> str:
    """Write a value of the copy (`c`) as text."""
    return digested(kept.stored, f"c.{name(kept.name)}")


def digested_original(kept: Kept) -> str:
    """Write the value of the source (`s`) as the same text."""
    return digested_source(kept, f"s.{name(kept.column.name)}")


def compared(writer: Writer, aggregate: Aggregate, since: Since) -> Iterator[Compared]:
    """List what is compared: the root, and every relation."""
    reach = ComparedReach(aggregate, writer.source)
    yield Compared(writer, aggregate.root, reach, since)
    for relation in aggregate.relations:
        yield ComparedRelation(writer, relation, reach, since)


def is_owned(aggregate: Aggregate, relation: Relation) -> bool:
    """Tell whether rows belong to one root: no parent lies on their way."""
    return not relation.is_parent and all(
        path.of == aggregate.root.name
        or is_owned(aggregate, aggregate.relation(path.of))
        for path in relation.paths
    )


def is_pointed_at(relation: Relation) -> bool:
    """Tell whether a parent is found by what points at it, and by no value of its own.

    A value of its own may be another one today.
    """
    return (
        relation.is_parent
        and not relation.has_ordinal
        and all(
            _points(relation, term)
            for path in relation.paths
            for term in path.condition.terms()
        )
    )


def _points(relation: Relation, term: Condition) -> bool:
    members = [reference.member for reference in term.references()]
    match term.equality():
        case (left, right) if right is not None:
            return left.member != right.member
        case _:
            return relation.name not in members
