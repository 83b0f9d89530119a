"""Find the joins that no index leads, and say what each will cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pymysql.cursors import DictCursor

from bygones.compiler.declaration.names import MAX_LENGTH
from bygones.compiler.names import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.conditions import Reference
    from bygones.compiler.aggregate.model import Aggregate, Path, Relation
    from bygones.compiler.catalog.model import Catalog

# So many rows are read about as fast with an index as without.
SMALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingIndex:
    """A join without an index: how many rows it reads, and what would lead it."""

    relation: str
    table: str
    # What the server expects to read for every chunk.
    rows: int
    create: str

    def __str__(self) -> str:
        """Say it to the person who reads the log."""
        return (
            f"no index leads to the rows of {self.relation}: every chunk will read all "
            f"of {self.table}, about {self.rows:,} rows now; to have one, which CALLs "
            f"use at once, without a revision: {self.create}"
        )


def missing_indexes(
    aggregate: Aggregate, catalog: Catalog, connection: pymysql.Connection[Cursor]
) -> Iterator[MissingIndex]:
    """List the joins of an archive that read a whole table."""
    for relation in aggregate.relations:
        for path in relation.paths:
            if path.leading is None:
                yield MissingIndex(
                    relation=relation.name,
                    table=relation.table.name,
                    rows=_rows(aggregate, relation, path, catalog, connection),
                    create=_create(relation, path, catalog.schema),
                )


def warnings_of(missing: Iterable[MissingIndex]) -> Iterator[str]:
    """Warn of each join that costs, and once of all tables that are small today."""
    small = {}
    for each in missing:
        if each.rows > SMALL:
            yield str(each)
        else:
            small[each.relation] = each
    if small:
        yield (
            f"no index leads to the rows of {', '.join(small)}, {SMALL} at most now: "
            "if they grow, `bygones doctor` prints what makes one"
        )


def _rows(
    aggregate: Aggregate,
    relation: Relation,
    path: Path,
    catalog: Catalog,
    connection: pymysql.Connection[Cursor],
) -> int:
    """Ask the server how many rows the join reads of the relation's table."""
    root = aggregate.root
    members = {root.name: root.table}
    if path.of != root.name:
        members[path.of] = aggregate.relation(path.of).table
    names = list(members)

    def write(reference: Reference) -> str:
        if reference.member == relation.name:
            return f"s.{quote(reference.column)}"
        return f"t{names.index(reference.member)}.{quote(reference.column)}"

    schema = quote(catalog.schema)
    before = " STRAIGHT_JOIN ".join(
        f"{schema}.{quote(table.name)} AS t{n}"
        for n, table in enumerate(members.values())
    )
    table = f"{schema}.{quote(relation.table.name)} AS s"
    # MySQL's default is a tree in words; MariaDB's is the table, and it has no name.
    form = "" if catalog.is_mariadb else "FORMAT = TRADITIONAL "
    with connection.cursor(DictCursor) as cursor:
        cursor.execute(
            f"EXPLAIN {form}SELECT 1 FROM {before}"  # noqa: S608 - quoted
            f" STRAIGHT_JOIN {table} ON {path.condition.sql(write)}"
        )
        found = [row["rows"] for row in cursor.fetchall() if row["table"] == "s"]
    # Nothing for a table that is empty.
    return int(found[0] or 0) if found else relation.table.rows


def _create(relation: Relation, path: Path, schema: str) -> str:
    columns = list(path.pinned)
    if not columns:
        return "there is no column that an index could go by"
    return create_index(schema, relation.table.name, columns)


def create_index(schema: str, table: str, columns: Sequence[str]) -> str:
    """Return the statement that makes an index on these columns."""
    index = f"{table}_{'_'.join(columns)}_ix"[:MAX_LENGTH]
    listed = ", ".join(map(quote, columns))
    return f"CREATE INDEX {quote(index)} ON {quote(schema)}.{quote(table)} ({listed});"
