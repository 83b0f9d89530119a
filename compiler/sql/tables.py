"""Write history tables, and what makes them of those that are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.model import CHUNK
from bygones.compiler.sql.columns import type_of
from bygones.compiler.sql.folding import fold
from bygones.compiler.sql.identifiers import name
from bygones.compiler.sql.objects import Generated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bygones.compiler.aggregate.history import HistoryColumn, HistoryTable, Planned
    from bygones.compiler.aggregate.model import Member
    from bygones.compiler.sql.writer import Writer


@dataclass(frozen=True, slots=True)
class Tables:
    """The history tables of one archive."""

    _sql: Writer
    _planned: Planned

    def tables(self) -> Iterator[Generated]:
        """Write the history tables, and what changes those that are there."""
        for table in self._planned.tables:
            member = table.member
            text = self._sql.render(
                "table.sql.j2",
                table={
                    "name": member.history,
                    "lines": list(self._lines(table)),
                    "is_encrypted": member.table.is_encrypted,
                    "comment": self._table_comment(member),
                },
            )
            changed = bool(table.changes)
            yield Generated(
                kind="table",
                name=member.history,
                text=fold(text),
                alteration=self._alteration(table) if changed else None,
                reversal=self._reversal(table) if changed else None,
            )

    def _lines(self, table: HistoryTable) -> Iterator[str]:
        for column in table.columns:
            yield _definition(column)
        yield f"PRIMARY KEY ({', '.join(map(name, table.primary_key))})"
        if table.member.name == self._sql.aggregate.root.name:
            yield f"KEY {name(f'{table.member.name}_history_chunk_ix')} ({CHUNK})"

    def _alteration(self, table: HistoryTable) -> str:
        """Write what makes the table of what is there: a statement for each way."""
        return self._statements(
            table,
            [
                (change.way, _change(change.column, change.before))
                for change in table.changes
            ],
        )

    def _reversal(self, table: HistoryTable) -> str:
        """Write what takes the changes back; it fails where that would lose a value."""
        clauses: list[tuple[str, str]] = []
        for change in reversed(table.changes):
            if change.before is None:
                drop = f"DROP COLUMN {name(change.column.name)}"
                clauses.append(("INSTANT", drop))
            else:
                clauses.append(("COPY", _change(change.before, change.column)))
        return self._statements(table, clauses)

    def _statements(
        self, table: HistoryTable, clauses: Sequence[tuple[str, str]]
    ) -> str:
        ways = dict.fromkeys(way for way, _ in clauses)
        statements = [
            self._sql.render(
                "alteration.sql.j2",
                table=table,
                way=way,
                clauses=[clause for each, clause in clauses if each == way],
            )
            for way in ways
        ]
        return fold("\n".join(statements))

    def _table_comment(self, member: Member) -> str:
        root = self._sql.aggregate.root.name
        if member.name == root:
            return f"The {root} that are history, as they were when they were copied."
        what = f"The {member.name} of the {root} in history"
        if self._sql.aggregate.relation(member.name).is_parent:
            return f"{what}, once per root, as they were."
        return f"{what}."


def _change(column: HistoryColumn, before: HistoryColumn | None) -> str:
    word = "ADD" if before is None else "MODIFY"
    return f"{word} COLUMN {_definition(column)}"


def _definition(column: HistoryColumn) -> str:
    null = "NULL" if column.is_nullable else "NOT NULL"
    type_ = type_of(column.definition)
    # Its type begins with a comment.
    between = "\n" if column.definition.data_type == "json" else " "
    return f"{name(column.name)}{between}{type_} {null}"
