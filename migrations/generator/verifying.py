"""Write how history is compared with the source of today, a window of keys at a time.

Rows are reached and columns compared as by the proof. But a window goes over roots of
any chunk, and compares each only in what the shape of its chunk had.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrations.aggregate.model import VERSION, Relation
from migrations.generator.columns import in_letters_of_source
from migrations.generator.folding import indent
from migrations.generator.identifiers import name
from migrations.generator.members import MemberView, RelationView, comparisons
from migrations.generator.reach import From, Reach
from migrations.names import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from migrations.aggregate.conditions import Condition
    from migrations.aggregate.model import Aggregate, Kept, Member
    from migrations.generator.members import Writer

FIRST = 1


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


class WindowReach(Reach):
    """Begin with the roots of a window of keys, where they have a source."""

    def __init__(
        self,
        aggregate: Aggregate,
        source: str,
        *,
        window: list[str],
        since: int,
        tells_shapes: bool,
    ) -> None:
        """Take what bounds the window, and the first shape to reach."""
        super().__init__(aggregate, source)
        self.window = [*window, *([_has_shape("n.shape", since)] * (since > FIRST))]
        self.tells_shapes = tells_shapes

    def chunk(self, *, by_history: bool = False) -> From:
        """Begin with the roots of the window; those without a source are left out."""
        clause = self._kept_roots()
        self._beside_source(clause, "STRAIGHT_JOIN", "r")
        clause.aliases[self.root.name] = "r"
        clause.by_history = by_history
        return clause

    def root_source(self, join: str) -> From:
        """Reach the rows (`s`) of the roots themselves."""
        clause = self._kept_roots()
        self._beside_source(clause, join, "s")
        return clause

    def _kept_roots(self) -> From:
        lines = [f"FROM {name(self.root.history)} AS h FORCE INDEX (PRIMARY)"]
        if self.tells_shapes:
            lines += [
                "LEFT JOIN chunk AS n",
                (
                    f"    ON n.archive = {literal(self.aggregate.name)}"
                    " AND n.id = h.history_chunk"
                ),
            ]
        return From(
            lines=lines,
            root=self.root_key("h"),
            version=f"h.{VERSION}",
            where="\n    " + indent("\nAND ".join(self.window), 4),
            shape="n.shape" if self.tells_shapes else None,
        )

    def _beside_source(self, clause: From, join: str, alias: str) -> None:
        on = " AND ".join(
            f"{alias}.{name(kept.column.name)} = {in_letters_of_source(kept, value)}"
            for kept, value in zip(self.root.key_columns, clause.root, strict=True)
        )
        table = f"{name(self.source)}.{name(self.root.table.name)}"
        # Forced: after many were deleted, statistics may say that a scan is cheap.
        clause.lines += [
            f"{join} {table} AS {alias} FORCE INDEX (PRIMARY)",
            f"    ON {on}",
        ]


class VerifiedRoot(MemberView):
    """What templates write of the root that is verified."""

    has_ordinal = False
    is_parent = False

    def __init__(
        self, writer: Writer, member: Member, reach: Reach, since: Since
    ) -> None:
        """Take the root, how it is reached, and since when it is as it is."""
        super().__init__(writer, member, reach)
        self.since = since

    def columns(self) -> list[tuple[str, str]]:
        """Pair the names of columns, as JSON, with how they are compared."""
        clause = self.from_source("LEFT JOIN")
        return _columns(self.member, "h", clause.shape, self.since)


class VerifiedRelation(RelationView):
    """What templates write of a relation that is verified.

    Of a parent, that it is there: by what history points at, for what the source's
    rows point at today may be another one.
    """

    def __init__(
        self,
        writer: Writer,
        relation: Relation,
        reach: Reach,
        suffix: str,
        since: Since,
    ) -> None:
        """Take the relation, and since when it is as it is."""
        super().__init__(writer, relation, reach, suffix)
        self.since = since
        self.is_parent = relation.is_parent

    def from_source(self, join: str = "LEFT JOIN") -> From:
        """Reach the source's rows, each beside its copy where they have a key."""
        if not self.is_parent:
            return super().from_source(join)
        clause = self.reach.copied_from(self.relation)
        self.reach.beside_copy(self.relation, clause, join)
        return clause

    def columns(self) -> list[tuple[str, str]]:
        """Pair the names of columns, as JSON, with how they are compared."""
        if self.is_parent or self.has_ordinal:
            return []
        return _columns(self.member, "c", self.from_source().shape, self.since)

    @property
    def kept_values(self) -> list[str]:
        """Write the copy's values as text, those that its shape had."""
        return self._in_shape(super().kept_values, self.kept_from.shape)

    @property
    def source_values(self) -> list[str]:
        """Write the source's values as the same text."""
        return self._in_shape(super().source_values, self.from_source().shape)

    def _in_shape(self, values: Sequence[str], shape: str | None) -> list[str]:
        """Leave a value out where the chunk's shape hadn't its column."""
        if not self.member.kept:
            return list(values)
        first = self.since.member(self.member)
        return [
            value
            if (since := self.since.column(self.member, kept)) <= first
            else f"IF({_has_shape(shape, since)}, {value}, '-')"
            for kept, value in zip(self.member.kept, values, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Verified:
    """What of an archive is verified: the root, what it owns, and some parents."""

    root: VerifiedRoot
    relations: tuple[VerifiedRelation, ...]


def verified(
    writer: Writer,
    aggregate: Aggregate,
    *,
    window: list[str],
    since: Since,
    suffixes: Mapping[str, str],
) -> Verified:
    """Choose what is verified, and how it is reached in a window."""
    firsts = [since.member(member) for member in aggregate.members]
    firsts += [
        since.column(member, kept)
        for member in aggregate.members
        for kept in member.kept
    ]
    tells_shapes = max(firsts) > FIRST

    def reach(member: Member) -> WindowReach:
        return WindowReach(
            aggregate,
            writer.source,
            window=window,
            since=since.member(member),
            tells_shapes=tells_shapes,
        )

    root = aggregate.root
    return Verified(
        root=VerifiedRoot(writer, root, reach(root), since),
        relations=tuple(
            VerifiedRelation(
                writer, relation, reach(relation), suffixes[relation.name], since
            )
            for relation in aggregate.relations
            if is_owned(aggregate, relation) or is_pointed_at(relation)
        ),
    )


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


def _columns(
    member: Member, ours: str, shape: str | None, since: Since
) -> list[tuple[str, str]]:
    first = since.member(member)
    columns = []
    for kept, comparison in comparisons(member, ours, "s"):
        since_shape = since.column(member, kept)
        if since_shape > first:
            lines = indent(comparison, 4)
            comparison = f"(NOT {_has_shape(shape, since_shape)} OR ({lines}))"  # noqa: PLW2901
        columns.append((json_string(kept.column.name), comparison))
    return columns


def json_string(text: str) -> str:
    """Write a string as JSON does."""
    return json.dumps(text, ensure_ascii=False)


def _has_shape(shape: str | None, since: int) -> str:
    # A row of the log may have been pruned: then it is what all shapes had.
    return f"COALESCE({shape}, {FIRST}) >= {since}"
