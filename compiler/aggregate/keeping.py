"""Decide what history keeps of a table's columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.compiler.aggregate.keys import key_of
from bygones.compiler.aggregate.model import Kept
from bygones.compiler.declaration.names import MAX_LENGTH, writing_problem
from bygones.compiler.declaration.table import bare, quoted, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bygones.compiler.aggregate.problems import Problems
    from bygones.compiler.catalog.model import Column, Table
    from bygones.compiler.declaration import model as declared


def keep(
    where: str,
    declaration: declared.Archive | declared.Relation,
    table: Table,
    kit: Iterable[str],
    problems: Problems,
) -> tuple[Kept, ...]:
    """Decide which columns history keeps, and under which names.

    `kit` are the names that it has columns of its own for.
    """
    without = _without(f"{where}.without", declaration.without, table, problems)
    olds = _olds(f"{where}.renamed", declaration.renamed, table, without, problems)
    taken = {name.lower() for name in kit}
    kept = []
    for column in table.columns:
        if column.name.lower() in without:
            continue
        name = olds.get(column.name.lower(), column.name)
        if name.lower() in taken:
            name += "_source"
        kept.append(Kept(column=column, name=name, stored=column))
    _check_names(f"{where}.renamed", kept, problems)
    return tuple(kept)


def left_out(table: Table, kept: Iterable[Kept]) -> tuple[str, ...]:
    """Name the columns that history doesn't keep."""
    names = {column.column.name for column in kept}
    return tuple(column.name for column in table.columns if column.name not in names)


def find_column(
    where: str, table: Table, name: str, problems: Problems
) -> Column | None:
    """Find a column that is declared, or note that it isn't there."""
    column = table.column(name)
    if column is None:
        known = [column.name for column in table.columns]
        problems.add(
            where,
            f"found {quoted(name)}{suggestion(name, known)}; expected a column of "
            f"{quoted(table.name)}",
        )
    return column


def _without(
    where: str, names: Iterable[str], table: Table, problems: Problems
) -> set[str]:
    """Find the columns that are left out, in lower case."""
    key = {column.lower() for column in key_of(table)}
    without = set()
    for name in names:
        if name.lower() in key:
            problems.add(
                where, f"found {quoted(name)}, a column of the key; expected others"
            )
        elif find_column(where, table, name, problems):
            without.add(name.lower())
    return without


def _olds(
    where: str,
    declaration: Sequence[declared.Renamed],
    table: Table,
    without: set[str],
    problems: Problems,
) -> dict[str, str]:
    """Find the names that columns had before, by the columns in lower case."""
    news = {renamed.new.lower() for renamed in declaration}
    olds = {}
    for renamed in declaration:
        here = f"{where}.{bare(renamed.old)}"
        old, new = quoted(renamed.old), quoted(renamed.new)
        if find_column(here, table, renamed.new, problems) is None:
            continue
        if renamed.new.lower() in without:
            problems.add(here, f"found {new}, which without leaves out")
        elif table.column(renamed.old) and renamed.old.lower() not in news | without:
            problems.add(
                here,
                f"found {new}, but {old} is a column of {quoted(table.name)} "
                "still; expected a name that isn't one any more",
            )
        else:
            olds[renamed.new.lower()] = renamed.old
    return olds


def _check_names(where: str, kept: Iterable[Kept], problems: Problems) -> None:
    names: dict[str, str] = {}
    for column in kept:
        ours = column.column.name
        if problem := writing_problem(ours) or writing_problem(column.name):
            problems.add(
                where,
                f"history can't keep {quoted(ours)}: {problem}; name it in without",
            )
        other = names.setdefault(column.name.lower(), ours)
        if other != ours:
            problems.add(
                where,
                f"history would keep {quoted(other)} and {quoted(ours)} under one "
                f"name, {quoted(column.name)}; give one of them another: "
                f"{{ other_name = {quoted(other)} }}",
            )
        if len(column.name) > MAX_LENGTH:
            problems.add(
                where,
                f"history would keep {quoted(ours)} as {quoted(column.name)}, "
                f"which is longer than {MAX_LENGTH} characters; give it a shorter "
                f"name: {{ shorter = {quoted(ours)} }}",
            )
