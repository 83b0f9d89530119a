"""Write keys of roots: their columns, variables, and what comes after what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.compiler.sql.columns import decoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bygones.compiler.catalog.model import Column


@dataclass(frozen=True, slots=True)
class Key:
    """A column of the root's key, and what is written of it."""

    column: str
    suffix: str
    type: str
    definition: Column
    place: int

    def decoded(self, key: str) -> str:
        """Write the column's value in an encoded key."""
        return decoded(self.definition, self.place, key)


def follows(
    ours: Sequence[str],
    theirs: Sequence[str],
    sign: str,
    *,
    strictly: bool | None = None,
) -> str:
    """Compare two keys in the order of the key.

    Expanded, for row constructors keep the server from using the key as a range.
    `<` is up to and including; `>` is beyond.
    """
    including = sign == "<" and not strictly
    terms = []
    for place, (left, right) in enumerate(zip(ours, theirs, strict=True)):
        is_last = place == len(ours) - 1
        equals = [
            f"{a} = {b}" for a, b in zip(ours[:place], theirs[:place], strict=True)
        ]
        last = f"{left} {sign}{'=' if including and is_last else ''} {right}"
        terms.append(" AND ".join([*equals, last]))
    if len(terms) == 1:
        return terms[0]
    first, *rest = terms
    lines = [f"    {first}", *(f"    OR ({term})" for term in rest)]
    return "\n".join(["(", *lines, ")"])
