"""The pharmacy and its history as a team maps them in SQLAlchemy.

An entity and its history share their columns by a mixin. Dates are text, because this
shop's can be zero, and so is JSON, which has to arrive as it is.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - SQLAlchemy reads the annotations
from decimal import Decimal  # noqa: TC003 - the same

from sqlalchemy import ForeignKey
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    configure_mappers,
    mapped_column,
    relationship,
)


class Base(DeclarativeBase):
    """The source's tables, in the connection's schema."""


class Historic:
    """What every row of history has beside the row that it keeps."""

    __table_args__ = {"schema": "history"}  # noqa: RUF012 - SQLAlchemy's own way

    history_root_id: Mapped[int] = mapped_column(primary_key=True)
    history_version: Mapped[int] = mapped_column(primary_key=True, default=1)


class OrderColumns:
    """An order's columns."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customer_id: Mapped[int]
    prescriber_id: Mapped[int | None]
    status: Mapped[str]
    reference: Mapped[str | None]
    remark: Mapped[str | None]
    details: Mapped[str | None]
    discount: Mapped[Decimal]
    placed_at: Mapped[datetime]
    collect_by: Mapped[str | None]
    closed_at: Mapped[str | None]
    changed_at: Mapped[str]


class ItemColumns:
    """An item's columns."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    product_id: Mapped[int]
    quantity: Mapped[int]
    unit_price: Mapped[Decimal]
    amount: Mapped[Decimal]
    flags: Mapped[bytes]


class BatchColumns:
    """A batch's columns."""

    order_item_id: Mapped[int] = mapped_column(primary_key=True)
    lot: Mapped[str] = mapped_column(primary_key=True)
    units: Mapped[Decimal]
    expires_on: Mapped[str]
    seal: Mapped[bytes | None]


class PaymentColumns:
    """A payment's columns."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    method: Mapped[str]
    amount: Mapped[Decimal]
    paid_at: Mapped[datetime]
    receipt: Mapped[bytes | None]


class DeliveryColumns:
    """A delivery's columns."""

    order_id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]
    delivered_at: Mapped[str | None]


class EventColumns:
    """An event's columns."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    order_id: Mapped[int]
    event: Mapped[str]
    happened_at: Mapped[datetime]


class NoteColumns:
    """A note's columns."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject_type: Mapped[str]
    subject_id: Mapped[int]
    body: Mapped[str]
    written_at: Mapped[str]


class OrderLabelColumns:
    """The columns of the link between an order and a label."""

    order_id: Mapped[int] = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(primary_key=True)


class LabelColumns:
    """A label's columns."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]


class CustomerColumns:
    """A customer's columns."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    city: Mapped[str | None]
    born_on: Mapped[str]
    consents: Mapped[str]
    preferences: Mapped[str | None]
    changed_at: Mapped[str]


class PrescriberColumns:
    """A prescriber's columns."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    licence: Mapped[str]
    name: Mapped[str]


class ProductColumns:
    """A product's columns, but for its stock."""

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[bytes]
    name: Mapped[str]
    form: Mapped[str | None]
    price: Mapped[Decimal]


class Customer(CustomerColumns, Base):
    __tablename__ = "customers"


class Prescriber(PrescriberColumns, Base):
    __tablename__ = "prescribers"


class Product(ProductColumns, Base):
    __tablename__ = "products"


class Label(LabelColumns, Base):
    __tablename__ = "labels"


class OrderLabel(OrderLabelColumns, Base):
    __tablename__ = "order_labels"
    order_id = mapped_column(ForeignKey("orders.id"), primary_key=True)
    label_id = mapped_column(ForeignKey("labels.id"), primary_key=True)
    label: Mapped[Label] = relationship()


class Batch(BatchColumns, Base):
    __tablename__ = "batches"
    order_item_id = mapped_column(ForeignKey("order_items.id"), primary_key=True)


class Item(ItemColumns, Base):
    __tablename__ = "order_items"
    order_id = mapped_column(ForeignKey("orders.id"))
    product_id = mapped_column(ForeignKey("products.id"))
    product: Mapped[Product] = relationship()
    batches: Mapped[list[Batch]] = relationship()


class Payment(PaymentColumns, Base):
    __tablename__ = "payments"
    order_id = mapped_column(ForeignKey("orders.id"))


class Delivery(DeliveryColumns, Base):
    __tablename__ = "deliveries"
    order_id = mapped_column(ForeignKey("orders.id"), primary_key=True)


class Event(EventColumns, Base):
    __tablename__ = "order_events"
    order_id = mapped_column(ForeignKey("orders.id"))


class Note(NoteColumns, Base):
    __tablename__ = "notes"


class Order(OrderColumns, Base):
    __tablename__ = "orders"
    customer_id = mapped_column(ForeignKey("customers.id"))
    prescriber_id = mapped_column(ForeignKey("prescribers.id"))
    customer: Mapped[Customer] = relationship()
    prescriber: Mapped[Prescriber | None] = relationship()
    items: Mapped[list[Item]] = relationship()
    payments: Mapped[list[Payment]] = relationship()
    delivery: Mapped[Delivery | None] = relationship()
    events: Mapped[list[Event]] = relationship()
    order_labels: Mapped[list[OrderLabel]] = relationship()
    notes: Mapped[list[Note]] = relationship(
        primaryjoin=(
            "and_(foreign(Note.subject_id) == Order.id, Note.subject_type == 'order')"
        ),
        viewonly=True,
    )


class OrderHistory(OrderColumns, Base):
    __tablename__ = "orders_history"
    __table_args__ = Historic.__table_args__
    history_version: Mapped[int] = mapped_column(primary_key=True, default=1)
    history_chunk: Mapped[int] = mapped_column(default=0)


class ItemHistory(Historic, ItemColumns, Base):
    __tablename__ = "order_items_history"


class BatchHistory(Historic, BatchColumns, Base):
    __tablename__ = "batches_history"


class PaymentHistory(Historic, PaymentColumns, Base):
    __tablename__ = "payments_history"


class DeliveryHistory(Historic, DeliveryColumns, Base):
    __tablename__ = "deliveries_history"


class EventHistory(Historic, EventColumns, Base):
    __tablename__ = "order_events_history"


class NoteHistory(Historic, NoteColumns, Base):
    __tablename__ = "notes_history"


class OrderLabelHistory(Historic, OrderLabelColumns, Base):
    __tablename__ = "order_labels_history"


class LabelHistory(Historic, LabelColumns, Base):
    __tablename__ = "labels_history"


class CustomerHistory(Historic, CustomerColumns, Base):
    __tablename__ = "customers_history"


class PrescriberHistory(Historic, PrescriberColumns, Base):
    __tablename__ = "prescribers_history"


class ProductHistory(Historic, ProductColumns, Base):
    __tablename__ = "products_history"


configure_mappers()  # here, so that it isn't measured
