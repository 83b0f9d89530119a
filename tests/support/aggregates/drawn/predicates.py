"""Predicates in pieces, so that each can be written for whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.aggregates.drawn.names import needs_quotes, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.support.aggregates.drawn.dice import Dice
    from tests.support.aggregates.drawn.tables import Column

# Of their columns only NULL is asked for.
OPAQUE = {"json", "geometry", "blob", "longtext", "vector", "address"}


@dataclass(frozen=True, slots=True)
class Ref:
    """A column of a member, and how archives.toml writes it."""

    member: str
    column: str
    is_qualified: bool = True
    is_quoted: bool = True


Pieces = tuple[str | Ref, ...]


def write(pieces: Pieces, column: Callable[[Ref], str]) -> str:
    """Write a predicate, with its columns as the function writes them."""
    return "".join(
        piece if isinstance(piece, str) else column(piece) for piece in pieces
    )


def declared(reference: Ref) -> str:
    """Write a column as archives.toml does."""
    written = [reference.column]
    if reference.is_qualified:
        written.insert(0, reference.member)
    return ".".join(
        quoted(name) if reference.is_quoted or needs_quotes(name) else name
        for name in written
    )


def under(aliases: Mapping[str, str]) -> Callable[[Ref], str]:
    """Write columns under aliases of their members."""
    return lambda reference: f"{aliases[reference.member]}.{quoted(reference.column)}"


class Predicates:
    """Draws predicates over the columns of one member."""

    def __init__(self, dice: Dice, member: str, columns: Sequence[Column]) -> None:
        self.dice = dice
        self.member = member
        self.columns = columns

    def predicate(self, depth: int) -> Pieces:
        return self.compound(depth) if depth else self.term(self.column(self.columns))

    def compound(self, depth: int) -> Pieces:
        parts = [self.predicate(depth - 1) for _ in range(self.dice.number(1, 2))]
        first, last = parts[0], parts[-1]
        nullable = [each for each in self.columns if each.is_nullable]
        column = self.ref(self.column(nullable or self.columns))
        return self.dice.one(
            (
                (*first, " OR ", *last),
                (*first, " AND ", *last),
                ("(", *first, " OR ", *last, ") AND ", column, " IS NOT NULL"),
                ("NOT (", *first, ")"),
                (*first, " XOR ", *last),
                ("CASE WHEN ", *first, " THEN 1 WHEN ", *last, " THEN 0 END = 1"),
                ("IF(", *first, ", ", column, " IS NULL, 1)"),
                ("(", *first, ") IS NOT TRUE OR ", column, " IS NOT NULL"),
                ("COALESCE(", *first, ", TRUE)"),
                (*first, "\n||\t", *last),
                ("!(", *first, ") && ", column, " IS NULL OR ", *last),
                ("((", *first, ")) or((", *last, "))"),
            )
        )

    def column(self, columns: Sequence[Column]) -> Column:
        return self.dice.one(columns)

    def ref(self, column: Column) -> Ref:
        return Ref(
            self.member,
            column.name,
            is_qualified=self.dice.seldom(3),
            is_quoted=self.dice.seldom(2),
        )

    def term(self, column: Column) -> Pieces:
        """Draw a comparison that the column's type allows."""
        ref = self.ref(column)
        terms: list[Pieces] = [(ref, " IS NOT NULL"), ("ISNULL(", ref, ") = 0")]
        if column.is_nullable:
            terms += [(ref, " IS NULL"), ("NOT ", ref, " IS NOT NULL")]
        family = column.type.family
        if family not in OPAQUE:
            values = column.type.values
            terms += self._terms(
                ref, family, self.dice.one(values), self.dice.one(values)
            )
        return self.dice.one(terms)

    def _terms(self, ref: Ref, family: str, one: str, two: str) -> list[Pieces]:
        if family == "float":
            return [(ref, " > 1"), (ref, " BETWEEN 0 AND ", ref, " + 1"), (ref,)]
        if family in {"enum", "set"}:
            return [(ref, " + 0 <> 2"), (ref, " IN (1, 3)"), (ref, " <> 4")]
        terms: list[Pieces] = [
            (ref, " <> ", one),
            (ref, " IN (", one, ", ", two, ")"),
            (ref, " NOT IN (", one, ", ", two, ") OR ", ref, " IS NULL"),
            (one, " <= ", ref),
            (ref, " BETWEEN ", one, " AND ", two),
            (ref, " NOT BETWEEN ", one, " AND ", two),
            ("COALESCE(", ref, ", ", one, ") <> ", two),
            ("CASE ", ref, " WHEN ", one, " THEN 0 ELSE 1 END"),
        ]
        if family == "text":
            terms += [
                (ref, " LIKE '%a%'"),
                (ref, " NOT LIKE '50|%-- #' ESCAPE '|'"),
                ("CHAR_LENGTH(", ref, ") > 1"),
                (ref, ' <> "it\'s; /* no */ comment"'),
                (ref, " <> _utf8mb4'a' AND TRIM(LEADING 'x' FROM ", ref, ") <> ''"),
            ]
        if family == "int":
            terms += [(ref, " DIV 2 >= 0"), (ref, "%2<>1")]
        if family in {"int", "decimal", "year"}:
            terms += [(ref,), (ref, " MOD 3 <> 1"), (ref, " * 1.5 > -1")]
        if family in {"date", "datetime", "timestamp"}:
            terms += [
                (ref, " > DATE '2020-01-05'"),
                ("EXTRACT(YEAR FROM ", ref, ") > 2019"),
                (ref, " > '2020-01-01' + INTERVAL 3 DAY"),
                ("DATEDIFF(", ref, ", '2020-01-04') > 0"),
                ("TIMESTAMPDIFF(DAY, '2020-01-03', ", ref, ") >= 0"),
                ("DATE(", ref, ") >= '2020-01-04'"),
            ]
        return terms
