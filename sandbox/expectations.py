"""What an archive's history should hold, said by hand: the oracle's only source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRelation:
    """The rows `r` that belong to a root `o`.

    `joined` leads from `o` to `r`, once for each path: SQL in which `{source}` stands
    for the quoted schema. A row with a key counts once for each root, by however many
    paths it is reached; one without counts as often as it is reached.
    """

    # Its history table is `<name>_history`.
    name: str
    # Where that isn't the relation's name.
    table: str | None = None
    joined: str | tuple[str, ...]
    key: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    # By the history's column the source's, where they differ.
    renamed: Mapping[str, str] = field(default_factory=dict)
    # Columns that history keeps in another type, and the value that it should hold: SQL
    # over `r`.
    converted: Mapping[str, str] = field(default_factory=dict)
    # Columns, and the first chunk that knew them: what is older holds NULL.
    added: Mapping[str, int] = field(default_factory=dict)
    # The first chunk that knew the relation: what is older has no rows.
    since: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """An archive: its root table, and which of its rows `o` are finished.

    What a relation can have besides, the root table can: there too a row is `o`.
    """

    root: str
    key: tuple[str, ...]
    finished: str
    relations: tuple[ExpectedRelation, ...] = ()
    without: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    converted: Mapping[str, str] = field(default_factory=dict)
    added: Mapping[str, int] = field(default_factory=dict)


_ITEMS = "JOIN {source}.order_items AS i ON i.order_id = o.id"

PHARMACY = Expectation(
    root="orders",
    key=("id",),
    finished="o.status IN ('uncollected', 'cancelled', 'dispensed')",
    relations=(
        ExpectedRelation(
            name="order_items",
            key=("id",),
            joined="JOIN {source}.order_items AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="batches",
            key=("order_item_id", "lot"),
            joined=f"{_ITEMS} JOIN {{source}}.batches AS r ON r.order_item_id = i.id",
        ),
        ExpectedRelation(
            name="payments",
            key=("id",),
            joined="JOIN {source}.payments AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="deliveries",
            key=("order_id",),
            joined="JOIN {source}.deliveries AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="order_events",
            key=("id",),
            joined="JOIN {source}.order_events AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="order_labels",
            key=("order_id", "label_id"),
            joined="JOIN {source}.order_labels AS r ON r.order_id = o.id",
        ),
        ExpectedRelation(
            name="labels",
            key=("id",),
            joined=(
                "JOIN {source}.order_labels AS l ON l.order_id = o.id"
                " JOIN {source}.labels AS r ON r.id = l.label_id"
            ),
        ),
        ExpectedRelation(
            name="prescribers",
            key=("id",),
            joined="JOIN {source}.prescribers AS r ON r.id = o.prescriber_id",
        ),
        ExpectedRelation(
            name="customers",
            key=("id",),
            joined="JOIN {source}.customers AS r ON r.id = o.customer_id",
        ),
        ExpectedRelation(
            name="products",
            key=("id",),
            joined=f"{_ITEMS} JOIN {{source}}.products AS r ON r.id = i.product_id",
            without=("stock",),
        ),
        ExpectedRelation(
            name="notes",
            key=("id",),
            joined=(
                "JOIN {source}.notes AS r"
                " ON r.subject_type = 'order' AND r.subject_id = o.id"
            ),
        ),
    ),
)
