"""Choose values that make predicates true, by asking the server which do.

Whatever literals a predicate holds, and values next to them, are tried in all columns
that it reads: all combinations at once, in a temporary table of these columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.conditions import Condition, Reference
from bygones.compiler.aggregate.keys import (
    BINARIES,
    LONG_BINARIES,
)
from bygones.compiler.names import quote
from bygones.sandbox.rehearsal.candidates import NUMBERS, literals, near

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.catalog.model import Column, Table

# So many combinations are tried, and so many of those that do are used.
MOST_TRIED = 5_000
MOST_USED = 8

# Without a form that one could read.
SHAPES = {
    *("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring"),
    *("multipolygon", "geometrycollection", "geomcollection", "vector"),
}

TRIED = "`bygones tried values`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of some columns of a table.

    `always` must not be false, and each of the wishes be true: apart from the others.
    """

    table: Table
    always: Sequence[Condition]
    wishes: Sequence[Condition | None]
    # What to try in a column that nothing is chosen for.
    samples: Callable[[Column], Iterable[str]]
    can_choose: Callable[[Column], bool]
    # How columns are generated from others.
    generated: Mapping[tuple[str, str], Condition]
    newest: date

    def columns(self) -> list[Column]:
        """List the columns that it's about."""
        names = dict.fromkeys(
            reference.column
            for condition in (*self.always, *self.wishes)
            if condition
            for reference in self._plain(condition).references()
        )
        return [column for column in self.table.columns if column.name in names]

    def candidates(self, column: Column) -> list[str]:
        """List what to try in a column, as SQL."""
        if not self.can_choose(column):
            return [*self.samples(column)]
        texts = [
            text
            for condition in (*self.always, *self.wishes)
            if condition
            for term in self._plain(condition).terms()
            if any(each.column == column.name for each in term.references())
            for text in literals(term)
        ]
        found = [*near(column, texts, self.newest)]
        if column.data_type not in NUMBERS:
            found += self.samples(column)
        if column.is_nullable:
            found.append("NULL")
        return list(dict.fromkeys(found))

    def written(self, condition: Condition) -> str:
        """Write a condition over the columns, without those that are generated."""
        return self._plain(condition).sql(lambda each: quote(each.column))

    def _plain(self, condition: Condition) -> Condition:
        pieces: list[str | Reference] = []
        for piece in condition.pieces:
            made = (
                self.generated.get((self.table.name, piece.column))
                if isinstance(piece, Reference)
                else None
            )
            pieces += ["(", *self._plain(made).pieces, ")"] if made else [piece]
        return Condition(tuple(pieces))


@dataclass(frozen=True, slots=True)
class Choice:
    """Values for columns, as SQL: those at one place in all lists belong together."""

    values: Mapping[str, Sequence[str]]
    count: int


def choose(
    connection: pymysql.Connection[Cursor], question: Question
) -> list[Choice | None]:
    """Choose values for each wish; None where nothing that was tried grants it."""
    columns = question.columns()
    if not any(map(question.can_choose, columns)):
        return [None for _ in question.wishes]
    with connection.cursor() as cursor:
        _try(cursor, question, columns)
        choices = [_granted(cursor, question, wish) for wish in question.wishes]
        cursor.execute(f"DROP TEMPORARY TABLE {TRIED}")
    return choices


def _try(cursor: Cursor, question: Question, columns: Sequence[Column]) -> None:
    """Put all combinations into a table of these columns; what doesn't fit is made to.

    In a SELECT, columns keep their types; keys and defaults stay behind.
    """
    candidates = [question.candidates(column) for column in columns]
    while _product(candidates) > MOST_TRIED:
        longest = max(candidates, key=len)
        # The values in between: literals are in front, NULL is at the end.
        del longest[len(longest) // 2]
    names = ", ".join(quote(column.name) for column in columns)
    source = quote(question.table.name)
    cursor.execute(
        f"CREATE TEMPORARY TABLE {TRIED} SELECT {names} FROM {source} LIMIT 0"  # noqa: S608 - quoted
    )
    tables = ", ".join(
        f"({' UNION ALL '.join(f'SELECT {each} AS v' for each in values)}) AS t{number}"
        for number, values in enumerate(candidates)
    )
    selected = ", ".join(f"t{number}.v" for number, _ in enumerate(candidates))
    cursor.execute(f"INSERT IGNORE INTO {TRIED} SELECT {selected} FROM {tables}")  # noqa: S608 - ours


def _granted(
    cursor: Cursor, question: Question, wish: Condition | None
) -> Choice | None:
    chosen = [each for each in question.columns() if question.can_choose(each)]
    conditions = [
        f"({question.written(condition)}) IS NOT FALSE" for condition in question.always
    ]
    if wish:
        conditions.append(f"({question.written(wish)}) IS TRUE")
    cursor.execute(
        f"SELECT DISTINCT {', '.join(map(_written, chosen))} FROM {TRIED}"  # noqa: S608 - quoted
        f" WHERE {' AND '.join(conditions) or 'TRUE'} LIMIT {MOST_TRIED}"
    )
    rows = cursor.fetchall()
    if not rows:
        return None
    step = max(len(rows) // MOST_USED, 1)
    used = rows[::step][:MOST_USED]
    values = {
        column.name: [str(row[number]) for row in used]
        for number, column in enumerate(chosen)
    }
    return Choice(values=values, count=len(used))


def _written(column: Column) -> str:
    """Have the server write a value as SQL."""
    name = quote(column.name)
    if column.data_type in NUMBERS:
        return f"IFNULL(CAST({name} + 0 AS CHAR), 'NULL')"
    if column.data_type in BINARIES | LONG_BINARIES | SHAPES:
        return f"IFNULL(CONCAT('X''', HEX({name}), ''''), 'NULL')"
    return f"QUOTE(CAST({name} AS CHAR))"


def _product(candidates: Sequence[Sequence[str]]) -> int:
    product = 1
    for values in candidates:
        product *= len(values)
    return product
