"""Choose the columns that tell rows apart, and let them count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bygones.sandbox.rehearsal.counts import unique_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bygones.sandbox.rehearsal.counts import Counts
    from bygones.sandbox.rehearsal.links import Filled
    from bygones.sandbox.rehearsal.routes import Routes
    from bygones.sandbox.rehearsal.values import Values


@dataclass(frozen=True, slots=True)
class Counting:
    """Count rows on every so many, and begin again after so many."""

    division: int = 1
    most: int | None = None

    def index(self, number: str) -> str:
        """Write the count of a row, from 0 on."""
        index = f"({number} - 1)"
        if self.most is not None:
            index = f"({index} MOD {self.most})"
        return index if self.division == 1 else f"({index} DIV {self.division})"


def tell_apart(
    tables: Mapping[str, Filled],
    values: Mapping[tuple[str, str], Values],
    counts: Counts,
    routes: Routes,
) -> dict[tuple[str, str], Counting]:
    """Choose for each unique key as few columns as have room, by table and column."""
    telling: dict[tuple[str, str], Counting] = {}
    for name, filled in tables.items():
        rooms = {
            column.name: values[name, column.name].room
            for column in filled.table.columns
            if (name, column.name) in values
            and (name, column.name) not in routes.pinned
            and not any(column.name in link.columns for link in filled.all_links)
        }
        for key in unique_keys(filled.table):
            is_owned = any(
                link.is_owned and not set(link.columns).isdisjoint(key.columns)
                for link in filled.all_links
            )
            # Lines are counted anew for each owner, which has at most that many.
            most = counts.children[name] * len(filled.roles) if is_owned else None
            free = [column for column in key.columns if column in rooms]
            known = [telling.get((name, column)) for column in free]
            if Counting() in known or Counting(most=most) in known:
                continue
            division = 1
            for column in sorted(
                free, key=lambda column: (column in filled.told, -rooms[column])
            ):
                if division < (most or counts.of(name)):
                    telling.setdefault((name, column), Counting(division, most))
                    division *= rooms[column]
    return telling
