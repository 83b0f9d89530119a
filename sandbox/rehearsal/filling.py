"""Fill tables with made-up rows that agree with each other, a statement a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql

from bygones.compiler.aggregate.conditions import Condition, both
from bygones.compiler.names import quote
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.rehearsal.choices import Question, choose
from bygones.sandbox.rehearsal.rows import Rows
from bygones.sandbox.rehearsal.values import values_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from pymysql.cursors import Cursor

    from bygones.sandbox.rehearsal.choices import Choice
    from bygones.sandbox.rehearsal.links import Filled
    from bygones.sandbox.rehearsal.rules import Rules

NUMBERS = "`bygones numbers`"
DIGITS = " UNION ALL ".join(f"SELECT {n} AS n" for n in range(10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a table: how many rows were wanted, how many are there."""

    table: str
    wanted: int
    rows: int
    # What the server said to one of the others.
    refused: str = ""


def fill(
    connection: pymysql.Connection[Cursor],
    tables: Mapping[str, Filled],
    rules: Rules,
    *,
    roots: int,
    newest: date,
) -> list[Result]:
    """Fill the tables of the default schema; all moments are before the newest."""
    values = {
        (name, column.name): values_of(
            column, newest, rules.srids.get((name, column.name))
        )
        for name, filled in tables.items()
        for column in filled.table.columns
        if not column.is_generated
    }
    rows = Rows(tables, values, rules, roots)
    for filled in tables.values():
        rows.choices[filled.table.name] = _choose(connection, rows, filled, newest)
    with connection.cursor() as cursor:
        # In whatever order: what tables point at each other needs no row of both.
        cursor.execute("SET SESSION foreign_key_checks = 0")
        _count(cursor, rows.counts.most)
        return [_fill(cursor, rows, filled) for filled in tables.values()]


def _fill(cursor: Cursor, rows: Rows, filled: Filled) -> Result:
    name, table = filled.table.name, filled.table
    wanted = rows.counts.of(name)
    columns = [column for column in table.columns if not column.is_generated]
    names = ", ".join(quote(column.name) for column in columns)
    values = ", ".join(rows.value(name, column, "r.n") for column in columns)
    statement = (
        f"INTO {quote(name)} ({names}) SELECT {values} FROM {NUMBERS} AS r"  # noqa: S608 - ours
        f" WHERE r.n <= {wanted}"
    )
    try:
        cursor.execute(f"INSERT {statement}")
    except pymysql.Error as error:
        refused = _said(error)
    else:
        return Result(table=name, wanted=wanted, rows=wanted)
    try:  # without those that don't fit
        fitting = cursor.execute(f"INSERT IGNORE {statement}")
    except pymysql.Error as error:
        fitting, refused = 0, _said(error)
    if not fitting:
        raise SandboxError(
            f"No made-up row fits into {name}: {refused}; take out of the dump what "
            "refuses it"
        )
    return Result(table=name, wanted=wanted, rows=fitting, refused=refused)


def _choose(
    connection: pymysql.Connection[Cursor], rows: Rows, filled: Filled, newest: date
) -> list[Choice | None]:
    """Choose values where predicates ask for some; for each role, and for its roots."""
    name = filled.table.name
    wishes = [
        both(*role.wants, *root) if role.wants or root else None
        for role in filled.roles
        for root in _finished_or_not(filled)
    ]
    question = Question(
        table=filled.table,
        always=rows.rules.checks.get(name, []),
        wishes=wishes,
        samples=lambda column: rows.samples(name, column),
        can_choose=lambda column: rows.can_choose(name, column),
        generated=rows.rules.generated,
        newest=newest,
    )
    choices = choose(connection, question)
    # Where a wish can't be granted, what is merely allowed.
    fallback = next((choice for choice in choices if choice), None)
    return [choice or fallback for choice in choices]


def _finished_or_not(filled: Filled) -> list[list[Condition]]:
    if not filled.finished:
        return [[]]
    finished = both(*filled.finished)
    return [[finished], [Condition(("(", *finished.pieces, ") IS NOT TRUE"))]]


def _count(cursor: Cursor, most: int) -> None:
    """Make a table of the numbers from 1 on."""
    cursor.execute(f"CREATE TEMPORARY TABLE {NUMBERS} (n INT NOT NULL PRIMARY KEY)")
    digits = range(len(str(most)))
    number = " + ".join(f"d{place}.n * {10**place}" for place in digits)
    tables = ", ".join(f"({DIGITS}) AS d{place}" for place in digits)
    cursor.execute(
        f"INSERT INTO {NUMBERS} SELECT 1 + {number} FROM {tables}"  # noqa: S608 - ours
        f" WHERE {number} < {most}"
    )


def _said(error: pymysql.Error) -> str:
    errno, text = error.args
    return f"{text} (errno {errno})"
