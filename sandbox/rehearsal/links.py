"""Read from archives and foreign keys which columns point at which table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.conditions import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bygones.compiler.aggregate.conditions import Condition
    from bygones.compiler.aggregate.model import Aggregate, Path, Relation
    from bygones.compiler.catalog.model import Catalog, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Columns of a table that hold what columns of a row of another one hold."""

    table: str
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]
    # The row belongs to what it points at: several, as a rule, to one.
    is_owned: bool = False
    # Of an archive, and no foreign key beside one.
    is_followed: bool = True

    @property
    def is_own(self) -> bool:
        """Tell whether it leads to a row of the same table."""
        return self.table == self.to


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """As what a row is there: for which owner, and with what in its columns.

    One table may hold the notes of orders and those of customers.
    """

    links: tuple[Link, ...] = ()
    wants: tuple[Condition, ...] = ()


@dataclass(slots=True)
class Filled:
    """A table that is to be filled."""

    table: Table
    roles: list[Role] = field(default_factory=list)
    # Whatever its role, a row points at these.
    links: list[Link] = field(default_factory=list)
    # What makes a row a finished root, by archive.
    finished: list[Condition] = field(default_factory=list)
    # When it is at rest.
    settled: set[str] = field(default_factory=set)

    @property
    def told(self) -> set[str]:
        """Name the columns that predicates of archives read."""
        conditions = [
            *self.finished,
            *(want for role in self.roles for want in role.wants),
        ]
        return self.settled | {
            each.column for condition in conditions for each in condition.references()
        }

    @property
    def all_links(self) -> list[Link]:
        """List the links of all roles, then the others."""
        return [*(link for role in self.roles for link in role.links), *self.links]


def find_links(aggregates: Iterable[Aggregate], catalog: Catalog) -> dict[str, Filled]:
    """List the tables of all archives, with what leads from one to another."""
    tables: dict[str, Filled] = {}
    roles: dict[str, list[Role]] = defaultdict(list)

    def filled(table: Table) -> Filled:
        return tables.setdefault(table.name, Filled(table))

    for aggregate in aggregates:
        root = filled(aggregate.root.table)
        root.finished.append(aggregate.finished)
        if aggregate.settled:
            root.settled.add(aggregate.settled.name)
        for relation in aggregate.relations:
            for path in relation.paths:
                link, wants = _read_path(aggregate, relation, path)
                filled(relation.table)
                owned = bool(link and link.is_owned and not link.is_own)
                role = Role(links=(link,) if link and owned else (), wants=wants)
                roles[relation.table.name].append(role)
                if link and not owned:
                    _add(filled(catalog.tables[link.table]).links, link)
    for name, each in tables.items():
        each.roles = _merged(roles[name], each.table)
        for link in _foreign_keys(each, tables, catalog):
            _add(each.links, link)
    return tables


def _read_path(
    aggregate: Aggregate, relation: Relation, path: Path
) -> tuple[Link | None, tuple[Condition, ...]]:
    """Read the pairs of columns that a path makes equal, and what else it asks."""
    is_root = path.of == aggregate.root.name
    of = aggregate.root if is_root else aggregate.relation(path.of)
    pairs: dict[str, str] = {}
    wants = []
    for term in path.condition.terms():
        members = {reference.member for reference in term.references()}
        if members == {relation.name}:
            wants.append(term)
        match term.equality():
            case (Reference(left, a), Reference(right, b)):
                if (left, right) == (relation.name, path.of):
                    pairs.setdefault(a, b)
                elif (right, left) == (relation.name, path.of):
                    pairs.setdefault(b, a)
    if not pairs:
        return None, tuple(wants)
    ours, theirs = tuple(pairs), tuple(pairs.values())
    if relation.is_parent:
        link = Link(
            table=of.table.name,
            columns=theirs,
            to=relation.table.name,
            to_columns=ours,
        )
    else:
        link = Link(
            table=relation.table.name,
            columns=ours,
            to=of.table.name,
            to_columns=theirs,
            is_owned=True,
        )
    return link, tuple(wants)


def _add(links: list[Link], link: Link) -> None:
    """Add a link, unless these columns lead there already."""
    if not any((known.columns, known.to) == (link.columns, link.to) for known in links):
        links.append(link)


def _foreign_keys(
    filled: Filled, tables: dict[str, Filled], catalog: Catalog
) -> Iterator[Link]:
    """List the foreign keys to other tables that are filled."""
    known = [(set(link.columns), link.to) for link in filled.all_links]
    for key in filled.table.foreign_keys:
        to = catalog.find(key.to_table) if key.to_schema == catalog.schema else None
        if to and to.name in tables and (set(key.columns), to.name) not in known:
            yield Link(
                table=filled.table.name,
                columns=_as_named(filled.table, key.columns),
                to=to.name,
                to_columns=_as_named(to, key.to_columns),
                is_followed=False,
            )


def _as_named(table: Table, names: Iterable[str]) -> tuple[str, ...]:
    """Name columns in the case that the table has them in."""
    return tuple(column.name for name in names if (column := table.column(name)))


def _merged(roles: list[Role], table: Table) -> list[Role]:
    """Put roles together that one row can have at once."""
    merged: list[Role] = []
    for role in roles:
        for number, other in enumerate(merged):
            if role == other or _fit(role, other, table):
                merged[number] = Role(
                    links=tuple(dict.fromkeys((*other.links, *role.links))),
                    wants=tuple(dict.fromkeys((*other.wants, *role.wants))),
                )
                break
        else:
            merged.append(role)
    return merged or [Role()]


def _fit(one: Role, other: Role, table: Table) -> bool:
    """Tell whether a row may be there for both."""
    if set(one.wants) != set(other.wants):
        return False
    ours = [link for link in one.links if link not in other.links]
    theirs = [link for link in other.links if link not in one.links]
    if any(set(a.columns) & set(b.columns) for a in ours for b in theirs):
        return False
    # An invoice's document is no delivery's, where either may be missing.
    names = {name for link in (*ours, *theirs) for name in link.columns}
    columns = [column for name in names if (column := table.column(name))]
    return not (ours and theirs and all(column.is_nullable for column in columns))
