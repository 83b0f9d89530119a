"""Write how the rows of a relation are reached from the roots of a chunk.

Every way starts from the chunk's own roots in history (`h`), by the key on the chunk's
number. Copying goes by what the chunk has copied already; comparing goes by the source,
so that the joins are compared as well. Either way, each row is met once per root.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.keys import TEXTS, pins_a_row
from bygones.compiler.aggregate.model import VERSION
from bygones.compiler.aggregate.resolving import root_columns
from bygones.compiler.sql.columns import in_letters_of_source, key_equality
from bygones.compiler.sql.folding import indent
from bygones.compiler.sql.identifiers import is_plain, name

if TYPE_CHECKING:
    from bygones.compiler.aggregate.conditions import Condition, Reference
    from bygones.compiler.aggregate.model import Aggregate, Member, Path, Relation

INDENT = "    "

# The aliases of relations whose names are none.
NUMBERED = re.compile("t[0-9]+")

# Of a FROM clause, which is indented by up to 12.
ONE_LINE = 76


@dataclass(slots=True)
class From:
    """A FROM clause that is being written.

    `root` are the columns that hold the root's key in it, `version` the one that holds
    its version, and `where` bounds it to the chunk, unless an inner SELECT does.
    """

    lines: list[str]
    root: tuple[str, ...]
    version: str
    where: str | None
    # Whether what lies on the way is read from history; from the source otherwise.
    by_history: bool = False
    aliases: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Write the clause, with its WHERE."""
        lines = [*self.lines, *([f"WHERE {self.where}"] if self.where else [])]
        return "\n".join(lines)


class Reach:
    """Writes the ways to the relations of one aggregate."""

    def __init__(self, aggregate: Aggregate, source: str) -> None:
        """Take the aggregate, and the source's name as archives.toml writes it."""
        self.aggregate = aggregate
        self.root = aggregate.root
        self.source = source
        self.root_columns = root_columns(self.root)

    def chunk(self, *, by_history: bool = False) -> From:
        """Begin with the roots of the chunk."""
        root = self.root
        index = name(f"{root.name}_history_chunk_ix")
        return From(
            lines=[f"FROM {name(root.history)} AS h FORCE INDEX ({index})"],
            root=self.root_key("h"),
            version=f"h.{VERSION}",
            where="h.history_chunk = in_chunk_id",
            by_history=by_history,
        )

    def kept(self, relation: Member, alias: str) -> From:
        """Reach what the chunk has copied of a relation."""
        clause = self.chunk(by_history=True)
        clause.aliases[relation.name] = alias
        clause.lines += joined(
            f"STRAIGHT_JOIN {name(relation.history)} AS {alias}",
            self.same_root(clause, alias),
        )
        return clause

    def copied_from(self, relation: Relation) -> From:
        """Reach the rows (`s`) to copy, by what was copied before."""
        return self._rows(relation, "s", by_history=True)

    def found_by_source(self, relation: Relation) -> From:
        """Reach the rows (`s`) that the source has now, by the source."""
        return self._rows(relation, "s", by_history=False)

    def root_match(self, ours: str, theirs: str) -> str:
        """Write that two rows are the same root; `h` is its history."""
        return " AND ".join(
            f"{left} = {right}"
            for left, right in zip(
                self.root_key(ours), self.root_key(theirs), strict=True
            )
        )

    def root_key(self, alias: str) -> tuple[str, ...]:
        """Write the columns of the root's key; `h` is its history."""
        return tuple(
            f"{alias}.{name(kept.name if alias == 'h' else kept.column.name)}"
            for kept in self.root.key_columns
        )

    def beside_copy(self, relation: Relation, clause: From, join: str) -> None:
        """Join the copy (`c`) of each row `s` of the source."""
        on = self.same_root(clause, "c")
        on += [
            key_equality(kept, f"c.{name(kept.name)}", f"s.{name(kept.column.name)}")
            for kept in relation.key_columns
        ]
        clause.lines += joined(f"{join} {name(relation.history)} AS c", on)

    def same_root(self, clause: From, alias: str) -> list[str]:
        """Write that a row of history belongs to the root that a clause reaches."""
        return [
            *(
                f"{alias}.{name(column)} = {value}"
                for column, value in zip(self.root_columns, clause.root, strict=True)
            ),
            f"{alias}.{VERSION} = {clause.version}",
        ]

    def _rows(self, relation: Relation, alias: str, *, by_history: bool) -> From:
        if relation.is_reached_twice:
            return self._once(relation, alias, by_history=by_history)
        clause = self._way(relation.paths[0], by_history=by_history)
        self._join(clause, relation, relation.paths[0], alias)
        return clause

    def _way(self, path: Path, *, by_history: bool) -> From:
        """Reach what a path joins its relation to."""
        if path.of == self.root.name:
            return self.chunk(by_history=by_history)
        of = self.aggregate.relation(path.of)
        if by_history:
            return self.kept(of, self.alias(of))
        return self._rows(of, self.alias(of), by_history=False)

    def _once(self, relation: Relation, alias: str, *, by_history: bool) -> From:
        """Reach rows that several ways lead to, each once per root."""
        keys, match, selects = self._distinct(relation, by_history=by_history)
        word = "\nUNION\n" if len(selects) > 1 else ""
        of = relation.paths[0].of
        comment = (
            "-- Several ways can lead to one row: it is archived once.\n"
            if len(selects) > 1
            else f"-- Several {of} can lead to one row: it is archived once.\n"
        )
        inner = INDENT + indent(comment + word.join(selects), len(INDENT))
        clause = From(
            lines=["FROM (", inner, ") AS k"],
            root=tuple(f"k.{name(column)}" for column in self.root_columns),
            version=f"k.{VERSION}",
            where=None,
        )
        on = " AND ".join(
            f"{alias}.{name(ours)} = k.{name(key)}"
            for ours, key in zip(match, keys, strict=True)
        )
        table = self._table(relation)
        clause.lines += joined(f"STRAIGHT_JOIN {table} AS {alias}", [on])
        clause.aliases[relation.name] = alias
        return clause

    def _distinct(
        self, relation: Relation, *, by_history: bool
    ) -> tuple[list[str], list[str], list[str]]:
        """Write the SELECTs of the keys by which each row is found once.

        Where the relation's key is what the path joins by, as with a parent, there is
        no need to read the relation for it.
        """
        pairs = self._parent_pairs(relation)
        if pairs:
            path = relation.paths[0]
            clause = self._way(path, by_history=by_history)
            columns = [self._value(clause, reference) for _, reference in pairs]
            match = [ours for ours, _ in pairs]
            keys = self._free_names([reference.column for _, reference in pairs])
            return keys, match, [self._select(clause, columns, keys, distinct=True)]
        match = list(relation.key)
        keys = self._free_names(match)
        selects = []
        for path in relation.paths:
            clause = self._way(path, by_history=by_history)
            self._join(clause, relation, path, "s")
            columns = [f"s.{name(column)}" for column in match]
            selects.append(
                self._select(clause, columns, keys, distinct=len(relation.paths) == 1)
            )
        return keys, match, selects

    def _parent_pairs(self, relation: Relation) -> list[tuple[str, Reference]]:
        """Return by which columns a parent is pointed at, if that's all of its join."""
        (path, *others) = relation.paths
        pairs: list[tuple[str, Reference]] = []
        if others or path.of == self.root.name:
            return []
        of = self.aggregate.relation(path.of).table
        for term in path.condition.terms():
            match term.equality():
                case (left, right) if right is not None:
                    ours, theirs = (
                        (left, right) if left.member == relation.name else (right, left)
                    )
                    if ours.member != relation.name or theirs.member != path.of:
                        return []
                    pairs.append((ours.column, theirs))
                    column = relation.table.column(ours.column)
                    other = of.column(theirs.column)
                    # What is one value here must be one there.
                    if (
                        column is None
                        or other is None
                        or (column.data_type in TEXTS) != (other.data_type in TEXTS)
                        or column.collation != other.collation
                    ):
                        return []
                case _:
                    return []
        if not pins_a_row(relation.table, [ours for ours, _ in pairs]):
            return []
        return pairs

    def _free_names(self, wanted: list[str]) -> list[str]:
        """Name the columns of an inner SELECT so that none has a name twice."""
        taken = {column.lower() for column in (*self.root_columns, VERSION)}
        names = [column.lower() for column in wanted]
        if len(set(names)) == len(names) and not taken & set(names):
            return wanted
        return [f"key_{number}" for number, _ in enumerate(wanted, start=1)]

    def _select(
        self, clause: From, columns: list[str], keys: list[str], *, distinct: bool
    ) -> str:
        selected = [
            *(
                _as(value, column)
                for value, column in zip(clause.root, self.root_columns, strict=True)
            ),
            _as(clause.version, VERSION),
            *(_as(value, key) for value, key in zip(columns, keys, strict=True)),
        ]
        listed = ",\n".join(INDENT + column for column in selected)
        return f"SELECT{' DISTINCT' if distinct else ''}\n{listed}\n{clause.text()}"

    def _join(
        self,
        clause: From,
        relation: Relation,
        path: Path,
        alias: str,
    ) -> None:
        """Join a relation's table of the source, by a path."""
        self._reach_root(clause, path.condition)
        clause.aliases[relation.name] = alias
        on = [
            term.sql(lambda reference: self._value(clause, reference, relation.name))
            for term in path.condition.terms()
        ]
        clause.lines += joined(f"STRAIGHT_JOIN {self._table(relation)} AS {alias}", on)

    def _reach_root(self, clause: From, condition: Condition) -> None:
        """Join the root's table where a condition reads more of it than its key."""
        key = {column.lower() for column in self.root.key}
        if (
            not clause.by_history
            and self.root.name not in clause.aliases
            and any(
                reference.member == self.root.name
                and reference.column.lower() not in key
                for reference in condition.references()
            )
        ):
            clause.aliases[self.root.name] = "r"
            on = [
                f"r.{name(kept.column.name)} = {in_letters_of_source(kept, value)}"
                for kept, value in zip(self.root.key_columns, clause.root, strict=True)
            ]
            clause.lines += joined(f"STRAIGHT_JOIN {self._table(self.root)} AS r", on)

    def _value(
        self, clause: From, reference: Reference, source: str | None = None
    ) -> str:
        """Write a column that a condition reads; `source` is the relation it joins."""
        if reference.member == self.root.name:
            key = [column.lower() for column in self.root.key]
            if reference.column.lower() in key:
                place = key.index(reference.column.lower())
                return in_letters_of_source(
                    self.root.key_columns[place], clause.root[place]
                )
            alias = "h" if clause.by_history else "r"
            member: Member = self.root
        else:
            alias = clause.aliases[reference.member]
            member = self.aggregate.relation(reference.member)
        if clause.by_history and reference.member != source:
            kept = member.kept_column(reference.column)
            return in_letters_of_source(kept, f"{alias}.{name(kept.name)}")
        return f"{alias}.{name(reference.column)}"

    def _table(self, member: Member) -> str:
        return f"{name(self.source)}.{name(member.table.name)}"

    def alias(self, relation: Relation) -> str:
        """Name a relation on the way to another one."""
        if (
            is_plain(relation.name)
            and len(relation.name) > 1
            and not NUMBERED.fullmatch(relation.name)
            and relation.name not in {self.source, f"{self.source}_history"}
        ):
            return relation.name
        return f"t{self.aggregate.relations.index(relation) + 1}"


def joined(table: str, on: list[str]) -> list[str]:
    """Write a join, its terms on as few lines as they take."""
    line = f"{table} ON {' AND '.join(on)}"
    if len(line) <= ONE_LINE and len(on) == 1:
        return [line]
    lines = [table, f"{INDENT}ON {on[0]}"]
    for term in on[1:]:
        if len(lines[-1]) + len(f" AND {term}") <= ONE_LINE:
            lines[-1] += f" AND {term}"
        else:
            lines.append(f"{INDENT}{INDENT}AND {term}")
    return lines


def _as(value: str, column: str) -> str:
    """Write a selected value under a name, which says nothing where it's its own."""
    own = value.partition(".")[2]
    return value if own == name(column) else f"{value} AS {name(column)}"
