"""Made-up schemas, as they are read: large ones, and ones that point all over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.compiler.catalog.model import Catalog, Column, ForeignKey, Index, Table

if TYPE_CHECKING:
    import random

SCHEMA = "made_up"

NAMES = (
    *(
        "order_items",
        "customers",
        "addresses",
        "notes",
        "comments",
        "products",
        "users",
    ),
    *(
        "payments",
        "shipments",
        "invoices",
        "labels",
        "order_labels",
        "returns",
        "items",
    ),
    *("return_items", "lane", "waiting_orders", "GROUP", "Odd Table", 'we`ird "t"'),
    *("b/c", ".dot", "Customers2", "people", "x_history", "orders_history", "a" * 50),
)
COLUMNS = (
    *("stock", "password", "updated_at", "parent_id", "subject_id", "owner_id"),
    *("order_id", "orders_id", "customer_id", "product", "item_id", "last_order_id"),
    *("order_no", "region", "number", "user_id", "created_by", "comment_id"),
)
KINDS = ("subject_type", "owner_type", "item_type", "status")
COLLATIONS = ("utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_0900_ai_ci")


@dataclass(kw_only=True)
class Draft:
    """A table that is being made up."""

    name: str
    engine: str | None = "InnoDB"
    columns: dict[str, Column] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    uniques: list[tuple[str, ...]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)

    def add(self, name: str, like: Column, *, is_nullable: bool) -> None:
        """Add a column of the type of another."""
        self.columns.setdefault(
            name,
            Column(
                name=name,
                type=like.type,
                data_type=like.data_type,
                character_set=like.character_set,
                collation=like.collation,
                length=like.length,
                octets=like.octets,
                is_nullable=is_nullable,
            ),
        )

    def point(self, to: Draft, columns: tuple[str, ...], schema: str = SCHEMA) -> None:
        """Add a foreign key."""
        self.foreign_keys.append(
            ForeignKey(
                name=f"{self.name}_{len(self.foreign_keys)}_fk",
                columns=columns,
                to_schema=schema,
                to_table=to.name,
                to_columns=to.key,
            )
        )

    def table(self) -> Table:
        """Return the table as it is read."""
        keys = [self.key] if self.key else []
        plain = [key.columns for key in self.foreign_keys]
        return Table(
            name=self.name,
            engine=self.engine,
            collation=None,
            columns=tuple(self.columns.values()),
            primary_key=self.key,
            indexes=tuple(
                Index(name=f"index {n}", columns=columns, is_unique=is_unique)
                for n, (columns, is_unique) in enumerate(
                    [(key, True) for key in (*keys, *self.uniques)]
                    + [(columns, False) for columns in plain]
                )
            ),
            foreign_keys=tuple(self.foreign_keys),
        )


INT = Column(name="", type="int", data_type="int", is_nullable=False)


def text(collation: str) -> Column:
    return Column(
        name="",
        type="varchar(20)",
        data_type="varchar",
        character_set="utf8mb4",
        collation=collation,
        length=20,
        octets=80,
        is_nullable=False,
    )


def states(*values: str) -> Column:
    listed = ",".join(f"'{value}'" for value in values)
    return Column(name="", type=f"enum({listed})", data_type="enum", is_nullable=False)


def large() -> Catalog:
    """Make 200 tables of 20 columns, and 300 foreign keys, with `t0` above them all."""
    drafts = [Draft(name=f"t{n}", key=("id",)) for n in range(200)]
    for n, draft in enumerate(drafts):
        draft.add("id", INT, is_nullable=False)
        draft.add("status", states("open", "done"), is_nullable=False)
        for to in {n // 3, n * 7 // 11} - {n}:
            draft.add(f"to_{to}", INT, is_nullable=to % 2 == 0)
            draft.point(drafts[to], (f"to_{to}",))
        draft.add(f"t{n // 5}_id", INT, is_nullable=True)
        for number in range(20 - len(draft.columns)):
            draft.add(f"c{number}", INT, is_nullable=True)
    return _catalog(drafts)


def any_schema(chance: random.Random) -> Catalog:
    """Make a few tables that point at each other, and at themselves, by chance."""
    names = ["orders", *chance.sample(NAMES, chance.randint(1, 20))]
    drafts = [_any_table(chance, name) for name in names]
    keyed = [draft for draft in drafts if draft.engine == "InnoDB" and draft.key]
    for _ in range(chance.randint(0, 2 * len(names))):
        table = chance.choice([draft for draft in drafts if draft.engine == "InnoDB"])
        to = chance.choice([*keyed, drafts[0], drafts[0]])
        role = chance.choice(["", "", "last_", "billing_", "parent_"])
        columns = tuple(f"{role}{to.name[:20]}_{key}" for key in to.key)
        for name, key in zip(columns, to.key, strict=True):
            is_nullable = chance.random() < 0.5
            table.add(name, to.columns[key], is_nullable=is_nullable)
        table.point(to, columns, chance.choice([SCHEMA] * 20 + ["elsewhere"]))
    return _catalog(drafts)


def _any_table(chance: random.Random, name: str) -> Draft:
    is_root = name == "orders"
    draft = Draft(name=name)
    if not is_root:
        draft.engine = chance.choice(["InnoDB"] * 8 + ["MyISAM", None])
    kind = chance.choice(["id", "id", "named", "text", "several", "none"])
    if draft.engine and (kind != "none" or is_root):
        draft.key = {
            "named": (f"{name[:30].rstrip('s')}_id",),
            "text": ("code",),
            "several": ("region", "number"),
        }.get(kind, ("id",))
    like = text(chance.choice(COLLATIONS)) if kind == "text" else INT
    for key in draft.key or ("v",):
        draft.add(key, like, is_nullable=not draft.key)
    for column in chance.sample(COLUMNS, chance.randint(0, 3)):
        draft.add(column, INT, is_nullable=chance.random() < 0.5)
        if draft.engine and chance.random() < 0.2:
            draft.uniques.append((column,))
    for column in chance.sample(KINDS, chance.randint(0, 2)):
        values = chance.sample(["order", "Customer", "item", "comment", "done"], 3)
        draft.add(column, states(*values), is_nullable=chance.random() < 0.5)
    return draft


def _catalog(drafts: list[Draft]) -> Catalog:
    tables = {draft.name: draft.table() for draft in drafts}
    return Catalog(
        schema=SCHEMA,
        is_mariadb=False,
        tables={name: tables[name] for name in sorted(tables)},
    )
