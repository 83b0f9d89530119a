"""The ORM loop that the pharmacy's team started with, in SQLAlchemy.

Finished orders come in pages of 100 by OFFSET and LIMIT with their relations loaded;
their history is saved and committed entity by entity, each row being one. They are
merged, so that after a crash the loop can begin again. Better loops commit once an
order, or once a page, where plain adding does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect, make_url, select
from sqlalchemy.orm import Session, selectinload

from benchmarks.peers import orm_models as orm
from benchmarks.peers.command import SESSION, parser, run

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 100
FINISHED = ("uncollected", "cancelled", "dispensed")

WITH_RELATIONS = (
    select(orm.Order)
    .where(orm.Order.status.in_(FINISHED))
    .order_by(orm.Order.id)
    .options(
        selectinload(orm.Order.items).selectinload(orm.Item.product),
        selectinload(orm.Order.items).selectinload(orm.Item.batches),
        selectinload(orm.Order.payments),
        selectinload(orm.Order.delivery),
        selectinload(orm.Order.events),
        selectinload(orm.Order.order_labels).selectinload(orm.OrderLabel.label),
        selectinload(orm.Order.notes),
        selectinload(orm.Order.customer),
        selectinload(orm.Order.prescriber),
    )
)


def copy(url: str, source: str, history: str, commit: str) -> None:
    """Copy all finished orders; commit after each entity, order or page."""
    engine = create_engine(
        make_url(url)
        .set(drivername="mysql+pymysql", database=source)
        .difference_update_query(["tls"]),
        connect_args={"init_command": SESSION, "charset": "utf8mb4"},
        execution_options={"schema_translate_map": {"history": history}},
    )
    offset = 0
    while True:
        with Session(engine, expire_on_commit=False) as session:
            save = session.add if commit == "page" else session.merge
            page = session.scalars(WITH_RELATIONS.offset(offset).limit(PAGE)).all()
            if not page:
                break
            for order in page:
                for entity in history_of(order):
                    save(entity)
                    if commit == "entity":
                        session.commit()
                if commit == "order":
                    session.commit()
            session.commit()
        offset += PAGE
    engine.dispose()


def history_of(order: orm.Order) -> Iterator[orm.Base]:
    """Give the history of an order and of all that belongs to it."""
    root = order.id
    yield orm.OrderHistory(**values(order))
    for item in order.items:
        yield orm.ItemHistory(history_root_id=root, **values(item))
        for batch in item.batches:
            yield orm.BatchHistory(history_root_id=root, **values(batch))
    for product in {item.product for item in order.items}:
        yield orm.ProductHistory(history_root_id=root, **values(product))
    for payment in order.payments:
        yield orm.PaymentHistory(history_root_id=root, **values(payment))
    if order.delivery:
        yield orm.DeliveryHistory(history_root_id=root, **values(order.delivery))
    for event in order.events:
        yield orm.EventHistory(history_root_id=root, **values(event))
    for note in order.notes:
        yield orm.NoteHistory(history_root_id=root, **values(note))
    for link in order.order_labels:
        yield orm.OrderLabelHistory(history_root_id=root, **values(link))
        yield orm.LabelHistory(history_root_id=root, **values(link.label))
    yield orm.CustomerHistory(history_root_id=root, **values(order.customer))
    if order.prescriber:
        yield orm.PrescriberHistory(history_root_id=root, **values(order.prescriber))


def values(entity: orm.Base) -> dict[str, object]:
    """Return an entity's columns."""
    columns = inspect(type(entity)).column_attrs
    return {column.key: getattr(entity, column.key) for column in columns}


if __name__ == "__main__":
    arguments = parser(__doc__)
    arguments.add_argument(
        "--commit", choices=("entity", "order", "page"), default="entity"
    )
    given = arguments.parse_args()
    run(lambda: copy(given.url, given.source, given.history, given.commit))
