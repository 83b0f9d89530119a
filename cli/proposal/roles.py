"""Tell apart the parts that one table plays for another: billing, shipping address."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from bygones.cli.proposal.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bygones.cli.proposal.pointers import Pointer

Role = tuple[str, ...]


def by_role(
    pointers: Sequence[Pointer],
) -> Iterator[tuple[Role, list[Pointer]]]:
    """Group the pointers at one table, by what they point at it as.

    Where a table has one pointer, that needs no name.
    """
    times = Counter(pointer.table.name for pointer in pointers)
    roles = Counter((pointer.table.name, pointer.role) for pointer in pointers)
    groups: dict[Role, list[Pointer]] = defaultdict(list)
    for pointer in pointers:
        name = pointer.table.name
        role = () if times[name] == 1 else pointer.role
        if times[name] > 1 and roles[name, pointer.role] > 1:
            role = words("_".join(pointer.columns))
        groups[role].append(pointer)
    yield from sorted(groups.items())
