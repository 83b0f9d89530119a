"""Work out what the oracle reads of a source and of its history, and how."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain, takewhile
from typing import TYPE_CHECKING

from bygones.sandbox.errors import SandboxError
from bygones.sandbox.expectations import ExpectedRelation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pymysql.cursors import Cursor

    from bygones.sandbox.expectations import Expectation

_INTEGER_TYPES = ("tinyint", "smallint", "mediumint", "int", "bigint")

# A column of these types is compared by its number too: an ENUM's text doesn't tell ''
# from the error value, and a FLOAT's has six digits.
_NUMBERED_TYPES = ("enum", "set", "float")
_AS_NUMBER = " + 0"

# What history adds to a source's columns. A source's own column of such a name is kept
# as `<name>_source`.
_VERSION = "history_version"
_CHUNK = "history_chunk"
_ORDINAL = "history_ordinal"
_ROOT = "history_root_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """How the keys of the finished roots, and of those in history, are read."""

    # One integer: ranges of it bound what is read at once.
    has_integer_key: bool
    finished_query: str
    kept_query: str
    # Each key, and the chunk that it came with.
    chunks_query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one relation, or the root table itself, is read on both sides.

    A row is its root's key, the version, its own key, and the rest. A condition on the
    column that ranges are of may follow each query.
    """

    name: str
    root_length: int
    key_length: int
    # Told apart by their keys; otherwise equal rows are as many as they are.
    is_keyed: bool
    columns: tuple[str, ...]
    # What history should have and hasn't.
    absent: tuple[str, ...]
    # By place in the row, the first chunk that knew the column.
    added: Mapping[int, int]
    since: int
    source_queries: tuple[str, ...]
    source_range: str
    history_query: str
    history_range: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column of the source and its type there, and its name in history, if any."""

    name: str
    type: str
    kept: str | None
    # What history holds instead of it: SQL.
    converted: str | None

    def read(self, place: str) -> list[str]:
        """Write what is read of it at a place in a query, or is the label of that."""
        if self.type in _NUMBERED_TYPES:
            return [place, f"{place}{_AS_NUMBER}"]
        return [place]


class Planner:
    """Write the queries for one source, its history, and what is expected of them."""

    def __init__(
        self, cursor: Cursor, source: str, history: str, expected: Expectation
    ) -> None:
        """Read the columns of the root table."""
        self._cursor = cursor
        self._source = source
        self._history = history
        self._expected = expected
        self._root = ExpectedRelation(
            name=expected.root,
            joined="",
            key=expected.key,
            without=expected.without,
            renamed=expected.renamed,
            converted=expected.converted,
            added=expected.added,
        )
        self._columns, _ = self._columns_of(self._root)
        self._key = _picked(self._columns, expected.key, expected.root)

    def roots(self) -> Roots:
        """Write the queries that find the roots."""
        kept = _of_history(self._key)
        return Roots(
            has_integer_key=len(self._key) == 1 and self._key[0].type in _INTEGER_TYPES,
            finished_query=self._from_source(_of_source("o", self._key)),
            kept_query=self._from_history(self._root, kept),
            chunks_query=self._from_history(self._root, [*kept, f"r.{_CHUNK}"]),
        )

    def plans(self) -> tuple[Plan, ...]:
        """Plan the root table, then its relations."""
        rest = [column for column in self._columns if column not in self._key]
        root = self._plan(self._root, "o", self._key, (), rest)
        return (root, *map(self._plan_relation, self._expected.relations))

    def _plan_relation(self, relation: ExpectedRelation) -> Plan:
        columns, leading = self._columns_of(relation)
        if len(leading) != len(self._key):
            raise SandboxError(
                f"{relation.name}_history should begin with a column for each of the "
                f"root's key, {', '.join(self._expected.key)}; before {_VERSION} it "
                f"has: {', '.join(leading)}."
            )
        root_key = [
            replace(column, kept=kept)
            for column, kept in zip(self._key, leading, strict=True)
        ]
        key = _picked(columns, relation.key, relation.name)
        rest = [column for column in columns if column not in key]
        return self._plan(relation, "r", root_key, key, rest)

    def _plan(
        self,
        relation: ExpectedRelation,
        alias: str,
        root_key: Sequence[_Column],
        key: Sequence[_Column],
        rest: Sequence[_Column],
    ) -> Plan:
        """Write one relation's queries; `alias` names its rows in the source."""
        own = [*key, *(column for column in rest if column.kept)]
        root_labels, key_labels = _labels(root_key), _labels(key)
        columns = (*root_labels, _VERSION, *_labels(own))
        chunks = {name.lower(): chunk for name, chunk in relation.added.items()}
        of_source = [*_of_source("o", root_key), "1", *_of_source(alias, own)]
        of_history = [*_of_history(root_key), f"r.{_VERSION}", *_of_history(own)]
        paths = relation.joined
        return Plan(
            name=relation.name,
            root_length=len(root_labels),
            key_length=len(root_labels) + 1 + len(key_labels),
            is_keyed=bool(relation.key),
            columns=columns,
            absent=tuple(column.name for column in rest if not column.kept),
            added={
                place: chunks[name]
                for place, label in enumerate(columns)
                # Behind the root's key and the version, which may be called the same.
                if place > len(root_labels)
                and (name := label.removesuffix(_AS_NUMBER).lower()) in chunks
            },
            since=relation.since,
            source_queries=tuple(
                self._from_source(of_source, path)
                for path in ((paths,) if isinstance(paths, str) else paths)
            ),
            source_range=_of_source("o", root_key)[0],
            history_query=self._from_history(relation, of_history),
            history_range=_of_history(root_key)[0],
        )

    def _from_source(self, selected: Sequence[str], joined: str = "") -> str:
        source = _quoted(self._source)
        return (
            f"SELECT {', '.join(selected)} FROM {source}.{_quoted(self._expected.root)}"  # noqa: S608 - quoted
            f" AS o {joined.replace('{source}', source)}"
            f" WHERE ({self._expected.finished})"
        )

    def _from_history(self, relation: ExpectedRelation, selected: Sequence[str]) -> str:
        table = f"{_quoted(self._history)}.{_quoted(f'{relation.name}_history')}"
        return f"SELECT {', '.join(selected)} FROM {table} AS r WHERE TRUE"  # noqa: S608 - quoted

    def _columns_of(
        self, relation: ExpectedRelation
    ) -> tuple[list[_Column], tuple[str, ...]]:
        """Read a relation's columns, and the names with which its history begins."""
        types = self._types(self._source, relation.table or relation.name)
        history = self._types(self._history, f"{relation.name}_history")
        leading = tuple(takewhile(lambda name: name.lower() != _VERSION, history))
        if relation is self._root:
            kit = {_VERSION, _CHUNK}
        else:
            kit = {_VERSION, *(name.lower() for name in leading)}
            kit |= set() if relation.key else {_ORDINAL}
        renamed = {
            _found(name, types, relation.name): kept
            for kept, name in relation.renamed.items()
        }
        converted = {
            _found(name, types, relation.name): sql
            for name, sql in relation.converted.items()
        }
        without = {_found(name, types, relation.name) for name in relation.without}
        for name in relation.added:
            _found(name, types, relation.name)
        columns = [
            _Column(
                name=name,
                type=data_type,
                kept=renamed.get(name) or _kept_as(name, types, history, kit),
                converted=converted.get(name),
            )
            for name, data_type in types.items()
            if name not in without
        ]
        return columns, leading

    def _types(self, schema: str, table: str) -> dict[str, str]:
        # Unlike information_schema it takes a name as every other statement does.
        self._cursor.execute(f"SHOW COLUMNS FROM {_quoted(schema)}.{_quoted(table)}")
        return {
            name.decode(): re.split(rb"\W", data_type, maxsplit=1)[0].decode()
            for name, data_type, *_ in self._cursor
        }


def _kept_as(
    name: str, types: Iterable[str], history: Iterable[str], kit: set[str]
) -> str | None:
    """Find the name in history of a column that wasn't renamed."""
    others = {each.lower() for each in types}
    kept = {each.lower() for each in history}
    is_reserved = name.lower() in {_VERSION, _CHUNK, _ORDINAL, *kit}
    apart = f"{name}_source"
    if is_reserved and apart.lower() in kept - others:
        return apart
    return name if name.lower() in kept - kit else None


def _picked(
    columns: Sequence[_Column], names: Iterable[str], table: str
) -> tuple[_Column, ...]:
    """Return the columns of a key in its own order."""
    by_name = {column.name: column for column in columns}
    key = tuple(by_name[_found(name, by_name, table)] for name in names)
    for column in key:
        if not column.kept:
            raise SandboxError(f"{table}_history has no column {column.name}, a key's.")
    return key


def _found(name: str, names: Iterable[str], table: str) -> str:
    """Return a column's name as the server writes it."""
    for each in names:
        if each.lower() == name.lower():
            return each
    raise SandboxError(f"{table} has no column {name}, which is expected of it.")


def _labels(columns: Iterable[_Column]) -> list[str]:
    return _each(column.read(column.name) for column in columns)


def _of_source(alias: str, columns: Iterable[_Column]) -> list[str]:
    return _each(
        column.read(column.converted or f"{alias}.{_quoted(column.name)}")
        for column in columns
    )


def _of_history(columns: Iterable[_Column]) -> list[str]:
    return _each(column.read(f"r.{_quoted(column.kept or '')}") for column in columns)


def _each(read: Iterable[list[str]]) -> list[str]:
    return list(chain.from_iterable(read))


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
