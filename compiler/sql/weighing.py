"""Write how many bytes the large values of a root have, over all relations.

Asked of the source before a chunk is copied, so that it isn't gigabytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bygones.compiler.sql.folding import indent
from bygones.compiler.sql.identifiers import name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.compiler.aggregate.conditions import Reference
    from bygones.compiler.aggregate.model import Aggregate, Member, Path, Relation

# More than 64 KB; what is smaller can't make gigabytes of a chunk.
LARGE = {"mediumtext", "longtext", "mediumblob", "longblob"}


class Weighing:
    """Writes the bytes of the roots (`s`) of one aggregate."""

    def __init__(self, aggregate: Aggregate, source: str) -> None:
        """Take the aggregate, and the source's name as archives.toml writes it."""
        self.aggregate = aggregate
        self.source = source

    @property
    def is_heavy(self) -> bool:
        """Tell whether every chunk has to be weighed, for it may be gigabytes."""
        return any(
            kept.column.data_type in LARGE
            for member in self.aggregate.members
            for kept in member.kept
        )

    def large_bytes(self) -> list[str]:
        """Write how many bytes a root's large values have: terms of a sum."""
        terms = [
            f"COALESCE(LENGTH(s.{column}), 0)" for column in _large(self.aggregate.root)
        ]
        for relation in self.aggregate.relations:
            lengths = [
                f"COALESCE(LENGTH(r.{column}), 0)" for column in _large(relation)
            ]
            if lengths:
                total = f"COALESCE(SUM({' + '.join(lengths)}), 0)"
                terms += self._of_each_way(relation, total)
        return terms

    def _of_each_way(self, relation: Relation, value: str) -> Iterator[str]:
        """Ask something of the rows that each way leads to; the relation is `r`."""
        for way in self._ways(relation):
            aliases = {self.aggregate.root.name: "s", relation.name: "r"}
            for place, (member, _) in enumerate(way[:-1], start=1):
                aliases[member.name] = f"r{place}"
            (first, path), *others = way
            lines = [
                f"SELECT {value}",
                f"FROM {self._table(first, aliases)}",
                *(
                    f"STRAIGHT_JOIN {self._table(member, aliases)}\n"
                    f"    ON {indent(_condition(each, aliases), 7)}"
                    for member, each in others
                ),
                f"WHERE {indent(_condition(path, aliases), 6)}",
            ]
            yield "(\n    " + indent("\n".join(lines), 4) + "\n)"

    def _table(self, member: Member, aliases: dict[str, str]) -> str:
        table = f"{name(self.source)}.{name(member.table.name)}"
        return f"{table} AS {aliases[member.name]}"

    def _ways(self, relation: Relation) -> Iterator[list[tuple[Member, Path]]]:
        """List the ways from the root to a relation: what is joined, by which path."""
        for path in relation.paths:
            if path.of == self.aggregate.root.name:
                yield [(relation, path)]
                continue
            for way in self._ways(self.aggregate.relation(path.of)):
                yield [*way, (relation, path)]


def _condition(path: Path, aliases: dict[str, str]) -> str:
    def write(reference: Reference) -> str:
        return f"{aliases[reference.member]}.{name(reference.column)}"

    return "\nAND ".join(term.sql(write) for term in path.condition.terms())


def _large(member: Member) -> list[str]:
    return [
        name(kept.column.name) for kept in member.kept if kept.column.data_type in LARGE
    ]
