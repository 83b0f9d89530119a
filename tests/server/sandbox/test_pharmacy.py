"""The sample pharmacy holds what it says, the awkward values above all."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from pymysql import Connection

from bygones.sandbox import pharmacy
from bygones.sandbox.pharmacy import POPULAR_PRODUCT, create_pharmacy

FINISHED = "o.status IN ('uncollected', 'cancelled', 'dispensed')"
ITEMS = "orders AS o JOIN order_items AS i ON i.order_id = o.id"
CUSTOMERS = "orders AS o JOIN customers AS c ON c.id = o.customer_id"
PRODUCTS = f"{ITEMS} JOIN products AS p ON p.id = i.product_id"
BATCHES = f"{ITEMS} JOIN batches AS b ON b.order_item_id = i.id"
PAYMENTS = "orders AS o JOIN payments AS y ON y.order_id = o.id"
NOTES = (
    "orders AS o JOIN notes AS n ON n.subject_type = 'order' AND n.subject_id = o.id"
)
PAIR_OF_LOTS = f"{BATCHES} JOIN batches AS x ON x.order_item_id = b.order_item_id"

AWKWARD = {
    "id 0": ("orders AS o", "o.id = 0"),
    "no items": (
        "orders AS o",
        "NOT EXISTS (SELECT 1 FROM order_items AS i WHERE i.order_id = o.id)",
    ),
    "an item without batches": (
        ITEMS,
        "NOT EXISTS (SELECT 1 FROM batches AS b WHERE b.order_item_id = i.id)",
    ),
    "a product in two items": (
        f"{ITEMS} JOIN order_items AS x ON x.order_id = o.id",
        "x.product_id = i.product_id AND x.id > i.id",
    ),
    "an order with two batches of an item": (PAIR_OF_LOTS, "x.lot <> b.lot"),
    "lots that differ in case": (
        PAIR_OF_LOTS,
        "x.lot > b.lot AND LOWER(x.lot) = LOWER(b.lot)",
    ),
    "lots that differ in accent": (PAIR_OF_LOTS, "b.lot = 'lot-é' AND x.lot = 'lot-e'"),
    "latin1 with ü": ("orders AS o", "HEX(o.reference) = HEX(X'4DFC6C6C6572')"),
    "latin1 in capitals": ("orders AS o", "BINARY o.reference = 'MULLER'"),
    "latin1 with é and the euro": ("orders AS o", "HEX(o.reference) LIKE '%E9%80%'"),
    "a latin1 city": (CUSTOMERS, "HEX(c.city) LIKE '4DFC%'"),
    "no reference": ("orders AS o", "o.reference IS NULL"),
    "an empty reference": ("orders AS o", "o.reference = ''"),
    "a reference with a trailing blank": ("orders AS o", "HEX(o.reference) LIKE '%20'"),
    "quotes and backslashes": (
        "orders AS o",
        "o.reference LIKE '%''%|\\%\"%' ESCAPE '|'",
    ),
    "4-byte text": ("orders AS o", "HEX(o.remark) LIKE '%F09F%'"),
    "a combining accent": ("orders AS o", "HEX(o.remark) = '63616665CC81'"),
    "a NUL in text": ("orders AS o", "INSTR(BINARY o.remark, X'00') > 0"),
    "no remark": ("orders AS o", "o.remark IS NULL"),
    "no JSON": ("orders AS o", "o.details IS NULL"),
    "a JSON null": ("orders AS o", "JSON_TYPE(o.details) = 'NULL'"),
    "nested JSON": ("orders AS o", "JSON_DEPTH(o.details) > 3"),
    "unicode JSON": ("orders AS o", "JSON_EXTRACT(o.details, '$.emoji') IS NOT NULL"),
    "a big JSON number": (
        "orders AS o",
        "JSON_EXTRACT(o.details, '$.big') = 18446744073709551615",
    ),
    "a customer's JSON": (CUSTOMERS, "JSON_DEPTH(c.preferences) > 3"),
    "a negative discount": ("orders AS o", "o.discount < 0"),
    "the greatest discount": ("orders AS o", "o.discount = 9999999999.99"),
    "microseconds": ("orders AS o", "MICROSECOND(o.placed_at) > 0"),
    "a zero date": ("orders AS o", "o.collect_by = '0000-00-00'"),
    "a zero month": ("orders AS o", "o.collect_by = '2021-00-10'"),
    "no date": ("orders AS o", "o.collect_by IS NULL"),
    "closed at no time": ("orders AS o", "o.closed_at = '0000-00-00 00:00:00'"),
    "a zero timestamp": ("orders AS o", "o.changed_at + 0 = 0"),
    "the last timestamp": ("orders AS o", "YEAR(o.changed_at) = 2038"),
    "born on a zero date": (CUSTOMERS, "c.born_on = '0000-00-00'"),
    "born in a zero month": (CUSTOMERS, "c.born_on = '2021-00-10'"),
    "an empty SET": (CUSTOMERS, "c.consents + 0 = 0"),
    "a SET of several": (CUSTOMERS, "c.consents = 'email,phone,research'"),
    "a customer with a trailing blank": (CUSTOMERS, "HEX(c.name) LIKE '%20'"),
    "an ENUM with an umlaut": (PRODUCTS, "p.form = 'Überzug'"),
    "no ENUM": (PRODUCTS, "p.form IS NULL"),
    "a NUL in bytes": (PRODUCTS, "INSTR(p.code, X'00') > 0"),
    "an invalid UTF-8 byte": (PRODUCTS, "INSTR(p.code, X'FF') > 0"),
    "a negative quantity": (ITEMS, "i.quantity < 0"),
    "a quantity of zero": (ITEMS, "i.quantity = 0"),
    "a negative price": (ITEMS, "i.unit_price < 0"),
    "a generated amount": (ITEMS, "i.amount = i.quantity * i.unit_price"),
    "all bits set": (ITEMS, "i.flags + 0 = 63"),
    "no bit set": (ITEMS, "i.flags + 0 = 0"),
    "a batch with a zero date": (BATCHES, "b.expires_on = '0000-00-00'"),
    "a batch without a seal": (BATCHES, "b.seal IS NULL"),
    "a batch with an empty seal": (BATCHES, "b.seal = X''"),
    "a negative number of units": (BATCHES, "b.units < 0"),
    "every byte in a BLOB": (PAYMENTS, "LENGTH(y.receipt) = 256"),
    "a note with 4-byte text": (NOTES, "HEX(n.body) LIKE '%F09F%'"),
    "an empty note": (NOTES, "n.body = ''"),
    "a note written at no time": (NOTES, "n.written_at = '0000-00-00 00:00:00'"),
    "a note of a customer with an order's id": (
        "orders AS o JOIN notes AS n ON n.subject_id = o.id",
        "n.subject_type = 'customer'",
    ),
    "a note of another word's order": (
        "orders AS o JOIN notes AS n ON n.subject_id = o.id",
        "n.subject_type = 'ORDER'",
    ),
}


@pytest.fixture
def schema(admin: Connection) -> Iterator[str]:
    name = f"b_pharmacy_{secrets.token_hex(4)}"
    yield name
    with admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute("SET sql_mode = DEFAULT, time_zone = DEFAULT")


def ask(admin: Connection, query: str) -> tuple[tuple[Any, ...], ...]:
    with admin.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def checksums(admin: Connection, schema: str) -> list[object]:
    tables = [row[0] for row in ask(admin, f"SHOW TABLES FROM {schema}")]
    named = ", ".join(f"{schema}.{table}" for table in tables)
    return [row[1] for row in ask(admin, f"CHECKSUM TABLE {named}")]


@pytest.mark.parametrize("finished", [0, 1, 3, 4, 40, 1615])
def test_has_exactly_the_finished_orders_asked_for(
    admin: Connection, schema: str, finished: int
) -> None:
    create_pharmacy(admin, schema, finished=finished)

    ids = ask(admin, f"SELECT o.id FROM orders AS o WHERE {FINISHED} ORDER BY o.id")
    assert [row[0] for row in ids] == [k + k // 4 for k in range(finished)]
    unfinished = ask(admin, f"SELECT o.id FROM orders AS o WHERE NOT {FINISHED}")
    assert [row[0] for row in unfinished] == [j * 5 + 4 for j in range(finished // 4)]


def test_forty_finished_orders_meet_every_awkward_value(
    admin: Connection, schema: str
) -> None:
    create_pharmacy(admin, schema, finished=40)
    # Lets a condition name a zero date.
    ask(admin, "SET sql_mode = 'STRICT_TRANS_TABLES'")

    found = {
        name
        for name, (tables, condition) in AWKWARD.items()
        if ask(
            admin,
            f"SELECT o.id FROM {tables} WHERE {FINISHED} AND ({condition}) LIMIT 1",
        )
    }

    assert AWKWARD.keys() - found == set()


def test_seals_hold_every_byte_value(admin: Connection, schema: str) -> None:
    create_pharmacy(admin, schema, finished=40)

    seals = ask(admin, f"SELECT b.seal FROM {BATCHES} WHERE {FINISHED}")

    found = {byte for (seal,) in seals for byte in seal or b""}
    assert found == set(range(256))


def test_half_of_the_orders_share_the_popular_product(
    admin: Connection, schema: str
) -> None:
    create_pharmacy(admin, schema)

    sharing = ask(
        admin,
        f"SELECT COUNT(DISTINCT o.id) FROM {ITEMS}"
        f" WHERE {FINISHED} AND i.product_id = {POPULAR_PRODUCT}",
    )

    assert 650 < sharing[0][0] < 950


def test_is_the_same_every_time(
    admin: Connection, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_pharmacy(admin, schema, finished=40)
    expected = checksums(admin, schema)
    ask(admin, f"DROP DATABASE {schema}")
    monkeypatch.setattr(pharmacy, "_ORDERS_PER_BATCH", 7)

    create_pharmacy(admin, schema, finished=40)

    assert checksums(admin, schema) == expected


def test_leaves_the_session_as_it_was(admin: Connection, schema: str) -> None:
    settings = "SELECT @@sql_mode, @@time_zone, @@collation_connection"
    ask(admin, "SET sql_mode = 'ANSI', time_zone = '+05:00'")
    ask(admin, "SET NAMES utf8mb4 COLLATE utf8mb4_swedish_ci")
    before = ask(admin, settings)

    create_pharmacy(admin, schema, finished=1)

    assert ask(admin, settings) == before
