"""A lean shop, orders with items and customers, filled in large steps: ten million.

Every hundredth order never finishes, the first one among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign, statements

if TYPE_CHECKING:
    import pymysql
    from pymysql.cursors import Cursor

ORDERS_PER_STEP = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How customers and items are spread over the orders."""

    name: str
    title: str
    # None for one customer in eight orders.
    customers: int | None = None
    # Of every other ten thousand orders; the rest have two.
    most_items: int = 2


EVEN = Kind(name="even", title="two items an order")
SHARED = Kind(name="shared", title="1,000 shared customers", customers=1_000)
SKEWED = Kind(name="skewed", title="2 or 20 items an order", most_items=20)


LEAN = Foreign(
    name="lean",
    tables=files(__package__).joinpath("lean_tables.sql").read_text("utf-8"),
    fill="",
    archives="""
[archive.orders]
table    = "orders"
finished = "status = 'done'"

[archive.orders.relations]
items     = {}
customers = {}
""",
    expected={},
    writes=(),
    traps={},
)

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="o.status = 'done'",
    relations=(
        ExpectedRelation(
            name="items",
            key=("id",),
            joined="JOIN {source}.items AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="customers",
            key=("id",),
            joined="JOIN {source}.customers AS r ON r.id = o.customer_id",
        ),
    ),
)


def fill(
    connection: pymysql.Connection[Cursor], source: str, finished: int, kind: Kind
) -> None:
    """Fill the empty tables with so many finished orders and the unfinished ones."""
    text = files(__package__).joinpath("lean_fill.sql").read_text("utf-8")
    head, _, step = text.partition("-- step\n")
    customers = kind.customers or finished // 8 + 1
    orders = finished + finished // 99 + 1
    connection.select_db(source)
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0")
        cursor.execute(
            "SET @customers = %s, @most_items = %s, @finished = %s",
            (customers, kind.most_items, finished),
        )
        for statement in statements(head):
            cursor.execute(statement)
        for first in range(1, orders + 1, ORDERS_PER_STEP):
            last = min(first + ORDERS_PER_STEP - 1, orders)
            cursor.execute("SET @first = %s, @last = %s", (first, last))
            for statement in statements(step):
                cursor.execute(statement)
        cursor.execute("DROP TABLE numbers")
        cursor.execute("SET SESSION foreign_key_checks = 1, unique_checks = 1")
