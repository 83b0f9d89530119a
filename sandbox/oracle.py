"""The independent judge of an archive: history is the source, or isn't.

It reads both by plain SELECTs and compares them in Python, byte for byte. What belongs
together it is told by hand, by an `Expectation`; it shares nothing with what it judges.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from pymysql.cursors import Cursor

from bygones.sandbox.expectations import PHARMACY, Expectation, ExpectedRelation
from bygones.sandbox.plans import Planner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pymysql import Connection

    from bygones.sandbox.plans import Plan, Roots

    # As the server sent it: no character set, no conversion.
    _Row = tuple[bytes | None, ...]
    # What tells a row from all others, and the row.
    _Told = tuple[tuple[bytes | int | None, ...], _Row]

__all__ = ["PHARMACY", "Expectation", "ExpectedRelation", "Verdict", "compare"]

_MAX_EXAMPLES = 10
_MAX_VALUE_LENGTH = 60

# Bounds memory: some 30,000 rows of one relation, twice. Only where the root's key is
# one integer; roots with other keys are read at once.
_ROOTS_PER_READ = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a history compares with its source, counted in rows of all relations."""

    finished: int
    missing: int
    different: int
    surplus: int
    rows: int
    examples: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Tell whether history is the finished roots: no less, no more, no other."""
        return not (self.missing or self.different or self.surplus)


@dataclass(slots=True, kw_only=True)
class _Tally:
    root: str
    missing: int = 0
    different: int = 0
    surplus: int = 0
    rows: int = 0
    examples: list[str] = field(default_factory=list)

    def tell(self, plan: Plan, row: _Row, finding: str) -> None:
        if len(self.examples) < _MAX_EXAMPLES:
            # A row without a key is told by all its values.
            key = row[: plan.key_length] if plan.is_keyed else row
            length = plan.root_length
            root = ", ".join(_shown(value) for value in key[:length])
            names = plan.columns[length + 1 : len(key)]
            own = zip(names, key[length + 1 :], strict=True)
            words = [f"{name}={_shown(value)}" for name, value in own]
            if key[length] != b"1":
                words.append(f"version {_shown(key[length])}")
            place = f"{plan.name} of {self.root} {root}:"
            self.examples.append(" ".join([place, *words, finding]))


def compare(
    connection: Connection[Cursor],
    source: str,
    history: str,
    expected: Expectation = PHARMACY,
) -> Verdict:
    """Compare finished roots and their relations with history, every column.

    All is read in one snapshot, in a transaction of the function's own; one that the
    caller has open is an error (1568).
    """
    tally = _Tally(root=expected.root.removesuffix("s"))
    with _snapshot(connection) as cursor:
        planner = Planner(cursor, source, history, expected)
        roots, plans = planner.roots(), planner.plans()
        finished = set(_rows(cursor, roots.finished_query))
        ranges = _ranges(cursor, roots, finished)
        chunks = _chunks(cursor, roots, plans)
        for plan in plans:
            for bounds in ranges:
                _judge(
                    tally,
                    plan,
                    _known(plan, chunks, _expected(cursor, plan, bounds)),
                    _rows(
                        cursor,
                        plan.history_query + _within(plan.history_range, bounds),
                    ),
                )
    return Verdict(
        finished=len(finished),
        missing=tally.missing,
        different=tally.different,
        surplus=tally.surplus,
        rows=tally.rows,
        examples=tuple(tally.examples),
    )


@contextmanager
def _snapshot(connection: Connection[Cursor]) -> Iterator[Cursor]:
    """Give a cursor that reads raw bytes in one snapshot, and put the session back."""
    setting = "SET character_set_results = %s, time_zone = %s"
    decoding = connection.use_unicode, connection.decoders
    with connection.cursor(Cursor) as cursor:
        cursor.execute("SELECT @@character_set_results, @@time_zone")
        before = cursor.fetchone()
        # Refused inside a transaction, which has a snapshot of its own.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try:
            cursor.execute(setting, (None, "+00:00"))
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            connection.use_unicode, connection.decoders = False, {}
            yield cursor
        finally:
            connection.use_unicode, connection.decoders = decoding
            connection.rollback()
            cursor.execute(setting, before)


def _judge(
    tally: _Tally, plan: Plan, source: Iterable[_Row], history: Sequence[_Row]
) -> None:
    """Count how the rows of one range differ."""
    # A row that a root reaches twice, as a product can be, is one row.
    expected = dict(_told(plan, source))
    tally.rows += len(expected)
    # Nearly always all there is to do. By length too: a dict hides a row kept twice.
    found = dict(_told(plan, history))
    if len(found) == len(history) and found == expected and not plan.absent:
        return

    copies = defaultdict(list)
    for key, row in _told(plan, history):
        copies[key].append(row)
    for key, row in expected.items():
        if key not in copies:
            tally.missing += 1
            tally.tell(plan, row, "is missing")
        elif plan.absent:
            tally.different += 1
            tally.tell(plan, row, f"has no column {', '.join(plan.absent)} in history")
        elif row not in copies[key]:
            tally.different += 1
            tally.tell(plan, row, _difference(plan, row, copies[key][0]))
    for key, rows in copies.items():
        surplus = len(rows) - (key in expected)
        if surplus:
            tally.surplus += surplus
            tally.tell(plan, rows[0], f"is in history, {surplus} more than in source")


def _told(plan: Plan, rows: Iterable[_Row]) -> Iterator[_Told]:
    """Give each row with what tells it from the others.

    Without a key that is the row itself and how many like it came before.
    """
    if plan.is_keyed:
        for row in rows:
            yield row[: plan.key_length], row
    else:
        seen: Counter[_Row] = Counter()
        for row in rows:
            yield (*row, seen[row]), row
            seen[row] += 1


def _difference(plan: Plan, row: _Row, copy: _Row) -> str:
    """Name the first column that differs, and both of its values."""
    name, value, other = next(
        different
        for different in zip(plan.columns, row, copy, strict=True)
        if different[1] != different[2]
    )
    return f"column {name}: source {_shown(value)}, history {_shown(other)}"


def _expected(
    cursor: Cursor, plan: Plan, bounds: tuple[int | None, int | None]
) -> Iterator[_Row]:
    for query in plan.source_queries:
        yield from _rows(cursor, query + _within(plan.source_range, bounds))


def _known(
    plan: Plan, chunks: Mapping[_Row, int], rows: Iterable[_Row]
) -> Iterator[_Row]:
    """Leave out what the chunk that copied the root couldn't know."""
    if not (plan.added or plan.since):
        yield from rows
        return
    for row in rows:
        chunk = chunks.get(row[: plan.root_length])
        if chunk is None:
            yield row
        elif chunk >= plan.since:
            yield tuple(
                None if chunk < plan.added.get(place, chunk) else value
                for place, value in enumerate(row)
            )


def _chunks(cursor: Cursor, roots: Roots, plans: Iterable[Plan]) -> dict[_Row, int]:
    """Read which chunk copied each root, where something depends on that."""
    if not any(plan.added or plan.since for plan in plans):
        return {}
    rows = _rows(cursor, roots.chunks_query)
    return {row[:-1]: int(row[-1] or 0) for row in rows}


def _ranges(
    cursor: Cursor, roots: Roots, finished: set[_Row]
) -> list[tuple[int | None, int | None]]:
    """Divide all keys there can be into ranges that hold a bounded number of roots."""
    if not roots.has_integer_key:
        return [(None, None)]
    kept = _rows(cursor, roots.kept_query)
    keys = sorted({int(key or 0) for (key,) in finished.union(kept)})
    return list(pairwise((None, *keys[_ROOTS_PER_READ::_ROOTS_PER_READ], None)))


def _within(column: str, bounds: tuple[int | None, int | None]) -> str:
    start, end = bounds
    return ("" if start is None else f" AND {column} >= {start}") + (
        "" if end is None else f" AND {column} < {end}"
    )


def _rows(cursor: Cursor, query: str) -> tuple[_Row, ...]:
    cursor.execute(query)
    return cursor.fetchall()


def _shown(value: bytes | None) -> str:
    """Show a value as it is, or quoted where blanks or control characters hide."""
    if value is None:
        return "NULL"
    text = value.decode(errors="backslashreplace")
    if not text.isprintable() or text != text.strip() or text in ("", "NULL"):
        text = repr(text)
    if len(text) > _MAX_VALUE_LENGTH:
        text = text[:_MAX_VALUE_LENGTH] + "…"
    return text
