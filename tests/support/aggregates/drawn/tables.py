"""Draw tables: their keys, their columns, and what links one to another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.aggregates.drawn.kinds import WIDE, Type
from tests.support.aggregates.drawn.names import (
    MOST_OF_A_COLUMN,
    MOST_OF_A_TABLE,
    Namer,
    names,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.support.aggregates.drawn.dice import Dice

# Of InnoDB, with room for a root's key; and what a root's key may take as text.
MOST_INDEX_BYTES = 3000
MOST_KEY_CHARACTERS = 450

MOST_ROWS = 50

OPTIONS = (
    *("", "", "", "ROW_FORMAT = COMPRESSED", "CHARACTER SET latin1"),
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin COMMENT 'it''s a table'",
)

KEYS = ("new", "with link", "link", "new", "unique", "none", "wide", "prefix")


@dataclass(slots=True, eq=False)
class Column:
    name: str
    type: Type
    is_nullable: bool = True
    # AS (...), or nothing.
    generated: str = ""
    # INVISIBLE, DEFAULT, COMMENT and the like.
    attributes: str = ""

    def definition(self) -> str:
        null = "" if self.generated else "NULL" if self.is_nullable else "NOT NULL"
        words = (
            quoted(self.name),
            self.type.sql,
            self.generated,
            null,
            self.attributes,
        )
        return " ".join(word for word in words if word)


@dataclass(slots=True, eq=False)
class Link:
    """Columns of a table that hold those of another, with a foreign key or without."""

    holder: Table
    columns: list[Column]
    to: Table
    to_columns: list[Column]
    is_foreign_key: bool


@dataclass(slots=True, eq=False)
class Table:
    name: str
    columns: list[Column] = field(default_factory=list)
    # What tells its rows apart, if anything does: a primary or a unique key.
    key: list[Column] = field(default_factory=list)
    is_primary: bool = True
    # How much of the key's last column is in it; 0 is all.
    prefix: int = 0
    # What an index is of, one by one.
    indexes: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    options: str = ""
    rows: int = 0

    def create(self) -> str:
        lines = [column.definition() for column in self.columns]
        if self.key:
            kind = "PRIMARY KEY" if self.is_primary else "UNIQUE KEY `the key`"
            prefix = f" ({self.prefix})" if self.prefix else ""
            lines.append(f"{kind} ({listed(self.key)}{prefix})")
        lines += self.indexes
        lines += [
            f"FOREIGN KEY ({listed(link.columns)})"
            f" REFERENCES {quoted(link.to.name)} ({listed(link.to_columns)})"
            for link in self.links
            if link.is_foreign_key
        ]
        body = ",\n    ".join(lines)
        return (
            f"CREATE TABLE {quoted(self.name)} (\n    {body}\n) {self.options}".strip()
        )


def listed(columns: Iterable[Column]) -> str:
    return ", ".join(quoted(column.name) for column in columns)


class Tables:
    """Draws the tables of a schema, which grow as others are linked to them."""

    def __init__(self, dice: Dice, types: Sequence[Type], *, is_mariadb: bool) -> None:
        self.dice = dice
        self.types = types
        self.is_mariadb = is_mariadb
        self.namer = Namer(dice.draw, MOST_OF_A_TABLE)
        self.all: list[Table] = []
        self.namers: dict[Table, Namer] = {}

    def new(self, name: str | None = None) -> Table:
        table = Table(name=name or self.namer.name())
        table.rows = self.dice.number(0, MOST_ROWS)
        table.options = self.dice.one(OPTIONS)
        self.all.append(table)
        self.namers[table] = Namer(self.dice.draw, MOST_OF_A_COLUMN)
        return table

    def root(self) -> Table:
        """Draw a table with a key that a root may have."""
        table = self.new()
        table.rows += 20
        known = [each for each in self.types if each.is_root_key]
        number = self.dice.number(1, 4) if self.dice.seldom(2) else 1
        table.key = self.key(table, known, number)
        return table

    def beside(self) -> None:
        """Draw a table that nobody archives, with nearly the name of one that is."""
        name = self.dice.one(self.all).name
        other = name.upper() if name.upper() != name else name.lower()
        if other not in {table.name for table in self.all}:
            self.column(self.new(other))

    # Columns

    def column(self, table: Table) -> Column:
        """Add a column of any type."""
        column = Column(
            self.namers[table].name(),
            self.dice.one(self.types),
            is_nullable=not self.dice.seldom(3),
        )
        if self.dice.seldom(8):
            self._generate(table, column)
        elif self.dice.seldom(5):
            column.attributes = self.dice.one(self._attributes(table, column))
        self._place(table, column)
        return column

    def _attributes(self, table: Table, column: Column) -> list[str]:
        attributes = ["COMMENT 'it''s a \\\\ column'"]
        if column.is_nullable and any(not each.attributes for each in table.columns):
            attributes.append("INVISIBLE")
        if column.type.family == "int":
            attributes += ["DEFAULT 1"]
        if column.type.family in {"datetime", "timestamp"}:
            precision = column.type.sql[-3:] if column.type.sql.endswith(")") else ""
            now = f"CURRENT_TIMESTAMP{precision}"
            attributes += [f"DEFAULT {now}", f"DEFAULT {now} ON UPDATE {now}"]
        return attributes

    def _generate(self, table: Table, column: Column) -> None:
        """Let a column be computed from one of the table, where there is one."""
        plain = [
            each
            for each in table.columns
            if not each.generated and each.type.family in {"int", "text", "decimal"}
        ]
        if not plain:
            return
        of = self.dice.one(plain)
        kept = self.dice.one(("VIRTUAL", "STORED"))
        if of.type.family == "text":
            # By the session's character set, MariaDB says of UPPER and CONCAT.
            column.generated = f"AS (LEFT({quoted(of.name)}, 3)) {kept}"
            column.type = of.type.wider()
        else:
            column.generated = f"AS ({quoted(of.name)} / 3) {kept}"
            column.type = Type(sql="DOUBLE", family="float", values=("1",))
        column.is_nullable = True

    def _place(self, table: Table, column: Column) -> None:
        """Put a column at any place of its table."""
        if self.dice.seldom(3) and not column.generated:
            table.columns.insert(self.dice.number(0, len(table.columns)), column)
        else:
            table.columns.append(column)

    # Keys

    def key(self, table: Table, known: Sequence[Type], number: int) -> list[Column]:
        """Add columns for a key, which fit an index and the note of a root."""
        columns: list[Column] = []
        for _ in range(number):
            taken = sum(column.type.characters + 8 for column in columns)
            fitting = [
                each for each in known if taken + each.characters < MOST_KEY_CHARACTERS
            ]
            type_ = self.dice.one(fitting)
            column = Column(self.namers[table].name(), type_, is_nullable=False)
            columns.append(column)
            self._place(table, column)
        return columns

    def fill(self, table: Table, link: Link | None = None) -> None:
        """Give a new table its key, by the link or beside it, and more columns."""
        kind = self.dice.one(KEYS)
        known = [each for each in self.types if each.is_indexed and each.numbered]
        linked = link.columns if link else []
        fits = bool(linked) and _bytes(linked) < MOST_INDEX_BYTES / 2
        # A row that is reached twice needs a key.
        if kind == "none" and link and link.to.key == link.to_columns:
            table.key = []
        elif kind == "link" and fits:
            table.key = list(linked)
        elif kind == "with link" and fits:
            table.key = [*linked, *self.key(table, known, 1)]
        elif kind == "wide":
            column = Column(self.namers[table].name(), WIDE)
            self._place(table, column)
            table.key = [column]
        else:
            number = self.dice.number(1, 3) if self.dice.seldom(2) else 1
            table.key = self.key(table, known, number)
            table.is_primary = kind != "unique"
            if kind == "prefix" and table.key[-1].type.family == "text":
                table.prefix = 3
        for column in table.key:
            column.is_nullable = False
            column.attributes = ""
        for _ in range(self.dice.number(0, 4)):
            self.column(table)

    # Links

    def link(self, holder: Table, to: Table, *, is_owned: bool = False) -> Link:
        """Give a table the columns that hold a key of another, or other columns."""
        by_key = bool(to.key) and not self.dice.seldom(6)
        to_columns = list(to.key) if by_key else [self._joinable(to)]
        is_foreign_key = (
            by_key
            and not to.prefix
            and _bytes(to_columns) < MOST_INDEX_BYTES
            and not self.dice.seldom(3)
        )
        is_nullable = not is_owned or self.dice.seldom(2)
        columns = []
        for column in to_columns:
            type_ = column.type if is_foreign_key else self._related(column.type)
            name = f"{to.name[:30]}_{column.name[:30]}"
            if self.dice.seldom(2):
                name = self.dice.draw(names(MOST_OF_A_COLUMN))
            mine = Column(
                self.namers[holder].free(name), type_, is_nullable=is_nullable
            )
            self._place(holder, mine)
            columns.append(mine)
        link = Link(holder, columns, to, to_columns, is_foreign_key)
        holder.links.append(link)
        return link

    def _joinable(self, table: Table) -> Column:
        known = [
            each
            for each in table.columns
            if each.type.is_indexed
            and each.type.family != "float"
            and not each.generated
        ]
        if known:
            return self.dice.one(known)
        column = Column(self.namers[table].free("number"), self.types[0])
        table.columns.append(column)
        return column

    def _related(self, type_: Type) -> Type:
        """Draw a type whose values can be compared with those of another."""
        if type_.group is None or not self.dice.seldom(3):
            return type_
        same = [each for each in self.types if each.group == type_.group]
        # Two collations can be compared where one of them is by bytes.
        if type_.collation and not type_.is_bytewise and not self.dice.seldom(20):
            same = [
                each
                for each in same
                if each.collation == type_.collation or each.is_bytewise
            ]
        return self.dice.one(same)

    # Indexes

    def finish(self, table: Table) -> None:
        """Give a table its indexes: those that joins have, and useless ones."""
        for link in table.links:
            if not link.is_foreign_key and not self.dice.seldom(3):
                table.indexes.append(f"KEY ({listed(link.columns)})")
        if self.dice.seldom(4):
            table.indexes += self._useless(table)

    def _useless(self, table: Table) -> list[str]:
        column = self.dice.one(table.columns)
        name = quoted(column.name)
        family = column.type.family
        if family in {"longtext", "blob"}:
            return [f"KEY ({name} (5))"]
        if (
            family == "geometry"
            and not column.is_nullable
            and "SRID" in column.type.sql
        ):
            return [f"SPATIAL KEY ({name})"]
        if not column.type.is_indexed:
            return []
        kinds = [f"KEY ({name} DESC)", f"KEY ({name}) COMMENT 'x'"]
        if not self.is_mariadb:
            kinds += [f"KEY ({name}) INVISIBLE", f"KEY (({name} IS NULL))"]
        elif not column.generated:
            kinds += [f"KEY ({name}) IGNORED"]
        return [self.dice.one(kinds)]


def _bytes(columns: Iterable[Column]) -> int:
    return sum(column.type.bytes for column in columns)
