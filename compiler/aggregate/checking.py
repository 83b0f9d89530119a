"""Ask the live server whether it takes what archives.toml says in SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pymysql
from pymysql.cursors import DictCursor

from bygones.compiler.aggregate.conditions import Condition, shown
from bygones.compiler.aggregate.enums import enum_problems
from bygones.compiler.aggregate.numbers import number_problems
from bygones.compiler.declaration.table import quoted
from bygones.compiler.names import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.problems import Problems
    from bygones.compiler.catalog.model import Catalog, Table

NO_DATABASE = 1046
COLLATIONS = 1267
NO_FUNCTION = 1305

# What EXPLAIN says where no row has to be read to know.
NEVER = "Impossible WHERE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """What archives.toml says in SQL: at which key, and over which tables.

    The first of them is the relation's, or the root's in `finished`.
    """

    where: str
    condition: Condition
    tables: Mapping[str, Table]


def check(
    predicates: Iterable[Predicate],
    catalog: Catalog,
    connection: pymysql.Connection[Cursor],
    problems: Problems,
) -> None:
    """Have the server explain each predicate, which reads no row, and note its no.

    The session has no default schema, so that no stored function is found.
    """
    with connection.cursor(DictCursor) as cursor:
        for predicate in predicates:
            problem = _problem(predicate, catalog.schema, cursor)
            found = (
                [problem]
                if problem
                else [*enum_problems(predicate), *number_problems(predicate)]
            )
            for each in found:
                problems.add(predicate.where, each)


def _problem(predicate: Predicate, schema: str, cursor: DictCursor) -> str | None:
    tables = ", ".join(
        f"{quote(schema)}.{quote(table.name)} AS {quote(alias)}"
        for alias, table in predicate.tables.items()
    )
    condition = predicate.condition.sql(
        lambda each: f"{quote(each.member)}.{quote(each.column)}"
    )
    # Nothing formats its %: there are no arguments.
    explain = f"EXPLAIN FORMAT = TRADITIONAL SELECT 1 FROM {tables} WHERE "  # noqa: S608 - the team's own
    try:
        cursor.execute(explain + condition)
    except pymysql.Error as error:
        errno, text = error.args
        return _refusal(errno, text, predicate, cursor)
    if any(row["Extra"] == NEVER for row in cursor.fetchall()):
        return "the server finds that it is true of no row"
    try:
        cursor.execute(f"{explain}({condition})")
    except pymysql.Error:
        return "found more than a predicate, such as ORDER BY or LIMIT; leave it out"
    return None


def _refusal(errno: int, text: str, predicate: Predicate, cursor: DictCursor) -> str:
    if errno in {NO_DATABASE, NO_FUNCTION}:
        words = predicate.condition.words()
        functions = dict.fromkeys(
            name for name, after in pairwise(words) if after == "("
        )
        unknown = [function for function in functions if _is_unknown(function, cursor)]
        return (
            f"found the function {', '.join(unknown)}, which the server doesn't have; "
            "expected its own, for stored ones can't be used"
        )
    near = re.search("near '(.*)' at line [0-9]+$", text, re.DOTALL)
    if near:
        if not near[1]:
            return f"the server expects more at its end (errno {errno})"
        return f"the server can't read it from {quoted(near[1])} on (errno {errno})"
    said = f"the server refuses it: {text} (errno {errno})"
    if errno == COLLATIONS:
        said += f"; say by which to compare{_example(predicate)}"
    return said


def _is_unknown(function: str, cursor: DictCursor) -> bool:
    try:
        cursor.execute(f"EXPLAIN SELECT {function}()")
    except pymysql.Error as error:
        return error.args[0] in {NO_DATABASE, NO_FUNCTION}
    return False


def _example(predicate: Predicate) -> str:
    """Write a comparison that the relation's own index can lead."""
    ours = next(iter(predicate.tables))
    for term in predicate.condition.terms():
        match term.equality():
            case (left, right) if right:
                if right.member == ours:
                    left, right = right, left
                collations = [
                    column.collation
                    for each in (left, right)
                    if (column := predicate.tables[each.member].column(each.column))
                ]
                if len(set(collations)) > 1:
                    collate = f" COLLATE {collations[0]}"
                    return (
                        f", such as {shown(Condition((left, ' = ', right, collate)))}"
                    )
    return ": write COLLATE and its name behind one of the two"
