"""Put steps into an order that can be gone through while chunks are copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bygones.migrations.operations.changes import Change, Close
from bygones.migrations.operations.objects import Create, Drop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bygones.migrations.operations.base import Step

# Procedures that nobody calls any more go when their callers have been replaced, and
# events come last, for the server may refuse them (1044).
RANKS = (
    *(
        "close",
        "create table",
        "change table",
        "create view",
        "create function",
        "create procedure",
        "create trigger",
        "register",
    ),
    *("drop event", "drop view", "drop procedure", "drop function", "drop trigger"),
    "create event",
)

AnyStep = TypeVar("AnyStep", bound="Step")


def ordered(steps: Iterable[AnyStep], *, last: str | None = None) -> list[AnyStep]:
    """Sort steps by what they do, then by name; one procedure can be the last.

    It comes after triggers too, which a check expects to be there.
    """
    return sorted(steps, key=lambda step: _rank(step, last))


def _rank(step: Step, last: str | None) -> tuple[int, bool, str]:
    match step:
        case Close():
            return RANKS.index("close"), False, ""
        case Create(kind="procedure", name=name) if name == last:
            return RANKS.index("create trigger"), True, name
        case Create(kind=kind, name=name):
            return RANKS.index(f"create {kind}"), False, name
        case Drop(kind=kind, name=name):
            return RANKS.index(f"drop {kind}"), False, name
        case Change(name=name):
            return RANKS.index("change table"), False, name
        case _:
            return RANKS.index("register"), False, ""
