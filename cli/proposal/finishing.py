"""Guess which rows of a root are finished; never so that all of them would be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.cli.proposal.words import joined, literal, one_of, spelled, words
from bygones.compiler.aggregate.keys import INTEGERS, MOMENTS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bygones.cli.proposal.pointers import Pointer
    from bygones.cli.proposal.values import Held, Values
    from bygones.compiler.catalog.model import Column, Table

# No column has a name of two words without quotes, and no server takes it for a
# predicate: whoever forgets to edit it is told so.
EDIT_ME = "EDIT ME"

UNKNOWN = (
    "Which rows of {} are finished? No name tells for sure; until a predicate over its "
    "columns stands here, the file is refused."
)
GUESSED = "A guess by names. Check it: what is archived too early stays as it was then."

# What a status is called that nothing comes after.
FINAL = {
    *(
        "archived",
        "arrived",
        "canceled",
        "cancelled",
        "closed",
        "complete",
        "completed",
    ),
    *("delivered", "denied", "discarded", "dispensed", "done", "ended", "expired"),
    *("finalised", "finalized", "finished", "fulfilled", "refunded", "rejected"),
    *("resolved", "returned", "sent", "settled", "shipped", "terminated", "void"),
    *("voided", "withdrawn"),
}
# With one of these words it isn't that far.
NOT_YET = {
    *("almost", "awaiting", "being", "for", "in", "never", "not", "part", "partial"),
    *("partially", "partly", "pending", "ready", "requested", "to", "un", "waiting"),
}
# Of the final ones, those that a flag or a moment alone is enough for.
CLOSING = FINAL - {"arrived", "expired", "refunded", "returned", "sent", "shipped"}

# How a table of states calls them.
NAMED = {("name",), ("title",), ("label",), ("status",), ("state",)}
ADDRESSES = {"address", "bill", "billing", "customer", "home", "ship", "shipping"}
FLAGS = INTEGERS | {"bit"}
# A value that is longer is no status.
LONGEST_VALUE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A predicate for archives.toml, and what to know about it."""

    predicate: str
    comments: tuple[str, ...]


def guess_finished(
    table: Table, pointers: Sequence[Pointer], values: Values
) -> Finished:
    """Guess by a column of states, by flags, or by moments; or let a person edit it."""
    comments: list[str] = []
    predicate = None
    for column in states(table):
        states_found = _values(table, column, pointers, values)
        if states_found is None:
            continue
        comments.append(f"{column.name} {states_found.shown}.")
        predicate = predicate or _by_state(column, states_found.choices)
    others = [*_by_flags(table), *_by_moments(table)]
    if predicate is None and others:
        predicate, *others = others
    if predicate is None:
        return Finished(
            predicate=EDIT_ME,
            comments=(
                *comments,
                UNKNOWN.format(table.name),
            ),
        )
    comments += [f"Or: {other}" for other in others]
    return Finished(
        predicate=predicate,
        comments=(
            *comments,
            GUESSED,
        ),
    )


def states(table: Table) -> list[Column]:
    """List the columns that may hold a state, the likeliest first."""
    kinds = TEXTS | INTEGERS | {"enum"}
    ranked = [
        (rank, number, column)
        for number, column in enumerate(table.columns)
        if column.data_type in kinds and (rank := _rank(table, column)) is not None
    ]
    return [column for _, _, column in sorted(ranked, key=lambda found: found[:2])]


@dataclass(frozen=True, slots=True, kw_only=True)
class _States:
    """What a column can hold: each value as SQL, and what it is called."""

    choices: tuple[tuple[str, str], ...]
    shown: str


def _rank(table: Table, column: Column) -> int | None:
    found = words(column.name)
    if found[-1:] == ("id",):
        found = found[:-1]
    name = joined(found)
    own = joined(one_of(table.name).split("_"))
    for rank, wanted in enumerate(("status", "state", "phase", "stage")):
        if name in {wanted, own + wanted}:
            return rank
        if rank < 2 and name.endswith(wanted) and ADDRESSES.isdisjoint(found):  # noqa: PLR2004 - status and state
            return rank + 4
    return None


def _values(
    table: Table, column: Column, pointers: Iterable[Pointer], values: Values
) -> _States | None:
    """Find out what a column of states can hold."""
    if column.data_type == "enum":
        literals = re.findall(r"'(?:[^']|'')*'", column.type)
        choices = tuple((text, text[1:-1].replace("''", "'")) for text in literals)
        return _States(choices=choices, shown=f"is one of {', '.join(literals)}")
    for pointer in pointers:
        if pointer.columns == (column.name,) and not pointer.where:
            looked_up = _looked_up(pointer, values)
            if looked_up is not None:
                return looked_up
    held = values.held(table, column.name)
    if held is None:
        return None
    if column.data_type in TEXTS:
        choices = tuple((literal(value), value) for value in held.values)
    else:
        choices = tuple((value, "") for value in held.values)
    return _States(choices=choices, shown=_counted(choices, held))


def _counted(choices: Sequence[tuple[str, str]], held: Held) -> str:
    if not held.counts:
        return "holds nothing yet"
    texts = iter(text for text, _ in choices)
    counted = ", ".join(
        f"{'NULL' if value is None else next(texts)} ({count:,})"
        for value, count in held.counts
    )
    rows = sum(count for _, count in held.counts)
    return (
        f"holds, in {'all' if held.is_all else 'the newest'} {rows:,} rows: {counted}"
    )


def _looked_up(pointer: Pointer, values: Values) -> _States | None:
    """Read the names of states that are a table of their own."""
    to, (key,) = pointer.to, pointer.to_columns
    texts = [
        column
        for column in to.columns
        if column.data_type in TEXTS and column.name not in to.primary_key
    ]
    texts.sort(key=lambda column: words(column.name)[-1:] not in NAMED)
    if not texts or to.is_view:
        return None
    named = values.named(to, key, texts[0].name)
    if not named:
        return None
    number = to.column(key)
    is_text = number is not None and number.data_type in TEXTS
    choices = tuple(
        (literal(value) if is_text else value, name) for value, name in named.items()
    )
    listed = ", ".join(f"{value} {name}" for value, name in choices)
    return _States(
        choices=choices, shown=f"points at {to.name}, by {texts[0].name}: {listed}"
    )


def _by_state(column: Column, choices: Sequence[tuple[str, str]]) -> str | None:
    final = [text for text, name in choices if _sounds_final(name)]
    if not final:
        return None
    if len(final) == 1:
        return f"{spelled(column.name)} = {final[0]}"
    return f"{spelled(column.name)} IN ({', '.join(final)})"


def _sounds_final(value: str) -> bool:
    found = set(words(value))
    return (
        len(value) <= LONGEST_VALUE
        and not found.isdisjoint(FINAL)
        and found.isdisjoint(NOT_YET)
    )


def _by_flags(table: Table) -> Iterator[str]:
    for column in table.columns:
        found = [
            word for word in words(column.name) if word not in {"is", "was", "has"}
        ]
        own = words(one_of(table.name))
        if column.data_type in FLAGS and (
            joined(found) in CLOSING
            or (tuple(found[:-1]) == own and found[-1] in CLOSING)
        ):
            yield f"{spelled(column.name)} = 1"


def _by_moments(table: Table) -> Iterator[str]:
    """Find moments that are missing until a row is closed, or cancelled."""
    found = [
        f"{spelled(column.name)} IS NOT NULL"
        for column in table.columns
        if column.data_type in MOMENTS
        and column.is_nullable
        and not CLOSING.isdisjoint(words(column.name))
        and NOT_YET.isdisjoint(words(column.name))
    ]
    if found:
        yield " OR ".join(found)
