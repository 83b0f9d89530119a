"""Find the column by which changed roots are noticed, where their keys don't tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.cli.proposal import writing
from bygones.cli.proposal.words import one_of, words
from bygones.compiler.aggregate.indexes import create_index
from bygones.compiler.aggregate.keys import INTEGERS, leading_column
from bygones.compiler.declaration.model import FULL_PASS_HOURS

if TYPE_CHECKING:
    from bygones.cli.proposal.values import Values
    from bygones.compiler.catalog.model import Column, Table

# What a moment is called that every change moves on, and with which words around it:
# updated_at, but neither created_at nor status_changed_at.
MOVES = {
    *("change", "changed", "edited", "modification", "modified", "modify", "mtime"),
    *("upd", "update", "updated"),
}
AROUND = {
    *("at", "date", "datetime", "gmt", "last", "on", "time", "timestamp", "ts", "utc"),
    "record",
    "row",
}
PRECISE = {"datetime", "timestamp"}


def noticed(root: Table, schema: str, values: Values) -> tuple[list[str], str, str]:
    """Return comments, the key with its mark, and the column; no key if there is none.

    Where keys count up, what is new is above the cursor, and nothing is written.
    """
    if _counts_up(root):
        return [], "", ""
    comments = writing.prose(
        f"Nothing makes keys of {root.name} ascend: without changed_at, one that comes "
        "under a key below the cursor is found by the next full pass, up to "
        f"{FULL_PASS_HOURS} h later."
    )
    column = _moved_on(root)
    if column is None:
        comments += writing.prose(
            "No column looks like a time that each change moves on; it takes one."
        )
        return comments, "", ""
    if leading_column(root, [column.name]) is None:
        comments += writing.prose("Once there is an index:")
        index = create_index(schema, root.name, [column.name])
        return [*comments, writing.verbatim(index)], "# changed_at", column.name
    if column.is_nullable and values.has_null(root, column.name) is not False:
        comments += writing.prose(
            f"If {column.name} is set from the first; some are NULL, which it misses."
        )
        return comments, "#changed_at", column.name
    if not column.is_moved_on:
        comments += writing.prose("If each change of a row moves it on:")
    return comments, "changed_at", column.name


def _counts_up(root: Table) -> bool:
    key = [column for name in root.primary_key if (column := root.column(name))]
    return len(key) == 1 and key[0].data_type in INTEGERS and key[0].is_counted


def _moved_on(root: Table) -> Column | None:
    """Choose the column that every change of a row moves on; the server's own first."""
    around = {*AROUND, *words(root.name), *words(one_of(root.name))}
    found = [
        column
        for column in root.columns
        if column.data_type in PRECISE
        and (
            column.is_moved_on
            or (
                not MOVES.isdisjoint(words(column.name))
                and set(words(column.name)) <= MOVES | around
            )
        )
    ]
    return max(
        found,
        key=lambda column: (
            column.is_moved_on,
            leading_column(root, [column.name]) is not None,
        ),
        default=None,
    )
