"""Ask the source which values a column holds, where the answer is cheap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql

from bygones.compiler.aggregate.keys import leading_column
from bygones.compiler.names import quote
from bygones.runner.errors import StopError, from_driver

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

    from bygones.compiler.catalog.model import Catalog, Table

# Some milliseconds by a primary key, however large the table is.
ROWS = 10_000
# A column with more values is no status and no type.
MOST_VALUES = 20
# Of a statement, in case that a table is slow all the same.
SECONDS = 2

# The server ended the statement, for it took so long.
TOOK_TOO_LONG = {1317, 1969, 3024}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The values of a column, with the most frequent first; None is NULL."""

    counts: tuple[tuple[str | None, int], ...]
    # Of the newest rows, or of all there are.
    is_all: bool
    # No row of the table has another value, as far as its size lets one ask.
    is_whole: bool

    @property
    def values(self) -> tuple[str, ...]:
        """The values that aren't NULL."""
        return tuple(value for value, _ in self.counts if value is not None)


class Values:
    """Answers from the rows of one schema."""

    def __init__(
        self, connection: pymysql.Connection[Cursor], catalog: Catalog
    ) -> None:
        """Let no statement of this session take long from now on."""
        self.connection = connection
        self.schema = catalog.schema
        limit = (
            f"max_statement_time = {SECONDS}"
            if catalog.is_mariadb
            else f"max_execution_time = {SECONDS * 1000}"
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION {limit}")

    def held(self, table: Table, column: str) -> Held | None:
        """List the values in the newest rows; None where there are too many."""
        newest = ", ".join(f"{quote(name)} DESC" for name in table.primary_key)
        order = f" ORDER BY {newest}" if newest else ""
        rows = self._ask(
            f"SELECT held, COUNT(*) FROM (SELECT {quote(column)} AS held"  # noqa: S608 - quoted
            f" FROM {self._table(table)}{order} LIMIT {ROWS}) AS newest"
            f" GROUP BY held ORDER BY COUNT(*) DESC, held LIMIT {MOST_VALUES + 1}"
        )
        if rows is None or len(rows) > MOST_VALUES:
            return None
        counts = tuple((_text(value), int(str(count))) for value, count in rows)
        is_all = sum(count for _, count in counts) < ROWS
        if not is_all and leading_column(table, [column]):
            # An index tells the values of all rows, with one step for each of them.
            found = self._ask(
                f"SELECT DISTINCT {quote(column)}, 0 FROM {self._table(table)}"  # noqa: S608 - quoted
                f" LIMIT {MOST_VALUES + 1}"
            )
            if found is not None and len(found) <= MOST_VALUES:
                known = {value for value, _ in counts}
                texts = [_text(value) for value, _ in found]
                counts += tuple((text, 0) for text in texts if text not in known)
                return Held(counts=counts, is_all=False, is_whole=True)
        return Held(counts=counts, is_all=is_all, is_whole=is_all)

    def named(self, table: Table, key: str, name: str) -> dict[str, str] | None:
        """Read a small table's names by their keys; None where it isn't small."""
        rows = self._ask(
            f"SELECT {quote(key)}, {quote(name)} FROM {self._table(table)}"  # noqa: S608 - quoted
            f" ORDER BY {quote(key)} LIMIT {MOST_VALUES + 1}"
        )
        if rows is None or len(rows) > MOST_VALUES:
            return None
        return {str(number): str(text) for number, text in rows}

    def has_null(self, table: Table, column: str) -> bool | None:
        """Tell whether an indexed column is NULL anywhere; None where nobody says."""
        name = quote(column)
        rows = self._ask(
            f"SELECT 1, 0 FROM {self._table(table)} WHERE {name} IS NULL LIMIT 1"  # noqa: S608 - quoted
        )
        return None if rows is None else bool(rows)

    def _table(self, table: Table) -> str:
        return f"{quote(self.schema)}.{quote(table.name)}"

    def _ask(self, statement: str) -> list[tuple[object, object]] | None:
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)
                return [(first, second) for first, second in cursor.fetchall()]
        except pymysql.Error as error:
            # Whoever may not read a column knows less of it; that is no failure.
            ours = from_driver(error, "")
            if isinstance(ours, StopError) or ours.errno in TOOK_TOO_LONG:
                return None
            raise


def _text(value: object) -> str | None:
    return None if value is None else str(value)
