"""The judge sees whatever a faithful copy mustn't do, and nothing else."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pymysql
import pytest
from pymysql import Connection

from bygones.runner.connection import connect, parse_url
from bygones.sandbox import oracle
from bygones.sandbox.oracle import Verdict, compare
from bygones.sandbox.pharmacy import create_pharmacy
from bygones.sandbox.server import Server
from bygones.sandbox.shop import url_for
from tests.support.procedures import RELATIONS

FINISHED = "o.status IN ('uncollected', 'cancelled', 'dispensed')"
TABLES = ("orders", *RELATIONS)

# Each changes one row. On the left what a comparison under a collation, by number or
# by meaning would let pass.
ALTERATIONS = {
    "case_and_accent": "orders_history SET reference = 'MULLER' WHERE id = 0",
    "trailing_blank": "orders_history SET reference = 'MULLER ' WHERE id = 1",
    "null_for_empty": "orders_history SET reference = NULL WHERE id = 16",
    "empty_for_null": "orders_history SET reference = '' WHERE id = 5",
    "composed_accent": "orders_history SET remark = 'café' WHERE id = 3",
    "a_nul": "orders_history SET remark = CONCAT(remark, X'00') WHERE id = 5",
    "json_null": "orders_history SET details = NULL WHERE id = 1",
    "amount": "order_items_history SET amount = amount + 0.0001 WHERE id = 0",
    "bit": "order_items_history SET flags = flags + 1 WHERE id = 0",
    "bytes": "batches_history SET seal = REVERSE(seal) WHERE order_item_id = 5",
    "zero_date": "orders_history SET collect_by = NULL WHERE id = 1",
    "zero_month": "orders_history SET collect_by = '2021-01-10' WHERE id = 2",
    "microsecond": (
        "orders_history SET placed_at = placed_at + INTERVAL 1 MICROSECOND WHERE id = 0"
    ),
    "timestamp": (
        "orders_history SET changed_at = changed_at + INTERVAL 1 MICROSECOND"
        " WHERE id = 0"
    ),
    "set": "customers_history SET consents = 'phone' WHERE history_root_id = 1",
    "enum": ("products_history SET form = NULL WHERE history_root_id = 0 AND id = 1"),
    "note": "notes_history SET body = CONCAT(body, ' ') WHERE id = 0",
}


@dataclass(frozen=True, slots=True)
class Archive:
    admin: Connection
    source: str
    history: str

    def run(self, statement: str) -> int:
        """Execute `statement` in the history schema and return the rows it changed."""
        self.admin.select_db(self.history)
        with self.admin.cursor() as cursor:
            return cursor.execute(statement)

    def rows(self, table: str) -> int:
        with self.admin.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {self.history}.{table}_history")
            return int(cursor.fetchall()[0][0])

    def verdict(self) -> Verdict:
        return compare(self.admin, self.source, self.history)

    def counts(self) -> tuple[int, int, int]:
        verdict = self.verdict()
        return verdict.missing, verdict.different, verdict.surplus


@pytest.fixture(scope="module")
def pharmacy(server: Server) -> Iterator[str]:
    """A source for tests that only change history."""
    database = parse_url(url_for(server.url, "mysql"))
    with (
        closing(connect(database, schema=None, seconds=120)) as admin,
        created_pharmacy(admin) as source,
    ):
        yield source


@contextmanager
def created_pharmacy(admin: Connection) -> Iterator[str]:
    source = f"b_oracle_{secrets.token_hex(4)}"
    create_pharmacy(admin, source, finished=40)
    yield source
    with admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {source}")


@pytest.fixture
def archive(admin: Connection, pharmacy: str) -> Iterator[Archive]:
    with archived(admin, pharmacy) as archive:
        yield archive


@pytest.fixture
def own_archive(admin: Connection) -> Iterator[Archive]:
    """An archive with a source that a test may change."""
    with created_pharmacy(admin) as source, archived(admin, source) as archive:
        yield archive


@contextmanager
def archived(admin: Connection, source: str) -> Iterator[Archive]:
    """Forty finished orders, and their history copied by hand without any key."""
    archive = Archive(admin, source, f"{source}_history")
    joins = {
        "order_items": "r.order_id = o.id",
        "batches": (
            "r.order_item_id IN"
            f" (SELECT i.id FROM {source}.order_items AS i WHERE i.order_id = o.id)"
        ),
        "payments": "r.order_id = o.id",
        "deliveries": "r.order_id = o.id",
        "order_events": "r.order_id = o.id",
        "order_labels": "r.order_id = o.id",
        "labels": (
            "r.id IN (SELECT l.label_id FROM"
            f" {source}.order_labels AS l WHERE l.order_id = o.id)"
        ),
        "customers": "r.id = o.customer_id",
        "prescribers": "r.id = o.prescriber_id",
        "products": (
            "r.id IN (SELECT i.product_id FROM"
            f" {source}.order_items AS i WHERE i.order_id = o.id)"
        ),
        "notes": "r.subject_type = 'order' AND r.subject_id = o.id",
    }
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {archive.history} CHARACTER SET utf8mb4")
        cursor.execute("SET sql_mode = 'STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO'")
    archive.run(
        "CREATE TABLE orders_history AS"
        " SELECT o.*, 1 AS history_version, 1 AS history_chunk"
        f" FROM {source}.orders AS o WHERE {FINISHED}"
    )
    for table, join in joins.items():
        archive.run(
            f"CREATE TABLE {table}_history AS"
            " SELECT o.id AS history_root_id, 1 AS history_version, r.*"
            f" FROM {source}.orders AS o JOIN {source}.{table} AS r ON {join}"
            f" WHERE {FINISHED}"
        )
    archive.run("ALTER TABLE products_history DROP COLUMN stock")
    yield archive
    with admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {archive.history}")
        cursor.execute("SET sql_mode = DEFAULT, time_zone = DEFAULT")


def test_a_faithful_history_is_complete(archive: Archive) -> None:
    verdict = archive.verdict()

    assert verdict == Verdict(
        finished=40,
        missing=0,
        different=0,
        surplus=0,
        rows=sum(archive.rows(table) for table in TABLES),
        examples=(),
    )
    assert verdict.complete


@pytest.mark.parametrize("alteration", ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_altered_row_is_different(archive: Archive, alteration: str) -> None:
    assert archive.run(f"UPDATE {alteration}") == 1

    verdict = archive.verdict()

    assert (verdict.missing, verdict.different, verdict.surplus) == (0, 1, 0)
    assert not verdict.complete


def test_a_json_number_written_otherwise_is_different(archive: Archive) -> None:
    # The server takes 1.0 for 1 and wouldn't write it over the other.
    archive.run("UPDATE orders_history SET details = NULL WHERE id = 7")
    archive.run(
        """UPDATE orders_history SET details = '{"copies": 1.0, "number": 7}'"""
        " WHERE id = 7"
    )

    assert archive.counts() == (0, 1, 0)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("order_items", "unit_price DECIMAL(11, 5) NOT NULL"),
        ("orders", "discount DECIMAL(13, 3) NOT NULL"),
        ("notes", "written_at DATETIME(1) NOT NULL"),
    ],
)
def test_a_column_of_another_scale_differs_in_every_row(
    archive: Archive, table: str, column: str
) -> None:
    archive.run(f"ALTER TABLE {table}_history MODIFY {column}")

    assert archive.counts() == (0, archive.rows(table), 0)


def test_an_enum_with_its_members_in_another_order_is_different(
    archive: Archive,
) -> None:
    altered = archive.run("SELECT id FROM products_history WHERE form = 'cream'")
    archive.run(
        "ALTER TABLE products_history"
        " MODIFY form ENUM ('tablet', 'liquid', 'Überzug', 'cream') NULL"
    )

    verdict = archive.verdict()

    assert verdict.different > altered > 0
    assert "column form + 0: source 3, history 4" in verdict.examples[0]


def test_text_kept_in_another_character_set_is_different(archive: Archive) -> None:
    beyond_ascii = archive.run(
        "SELECT id FROM orders_history"
        " WHERE LENGTH(CONVERT(reference USING utf8mb4)) > LENGTH(reference)"
    )
    archive.run(
        "ALTER TABLE orders_history MODIFY reference VARCHAR(40) CHARSET utf8mb4"
    )

    assert archive.counts() == (0, beyond_ascii, 0)


@pytest.mark.parametrize("table", ["orders", "order_items", "batches", "notes"])
def test_a_deleted_row_is_missing(archive: Archive, table: str) -> None:
    archive.run(f"DELETE FROM {table}_history LIMIT 1")

    assert archive.counts() == (1, 0, 0)


@pytest.mark.parametrize("table", ["orders", "order_items", "batches", "notes"])
def test_a_row_kept_twice_is_surplus(archive: Archive, table: str) -> None:
    archive.run(f"INSERT INTO {table}_history SELECT * FROM {table}_history LIMIT 1")

    assert archive.counts() == (0, 0, 1)


def test_a_second_copy_that_differs_is_surplus_and_not_different(
    archive: Archive,
) -> None:
    archive.run("INSERT INTO notes_history SELECT * FROM notes_history WHERE id = 0")
    archive.run("UPDATE notes_history SET body = 'another' WHERE id = 0 LIMIT 1")

    assert archive.counts() == (0, 0, 1)


def test_one_row_in_the_place_of_another_is_missing_and_surplus(
    archive: Archive,
) -> None:
    archive.run("DELETE FROM notes_history WHERE id = 0")
    archive.run("INSERT INTO notes_history SELECT * FROM notes_history LIMIT 1")

    assert archive.counts() == (1, 0, 1)


def test_a_key_that_differs_in_case_is_another_row(archive: Archive) -> None:
    archive.run("UPDATE batches_history SET lot = 'Lot-a' WHERE lot = 'lot-a' LIMIT 1")

    assert archive.counts() == (1, 0, 1)


def test_an_unfinished_order_in_history_is_surplus(archive: Archive) -> None:
    archive.run(
        "INSERT INTO orders_history"
        f" SELECT o.*, 1, 1 FROM {archive.source}.orders AS o WHERE o.id = 4"
    )
    archive.run(
        "INSERT INTO customers_history"
        f" SELECT 4, 1, c.* FROM {archive.source}.customers AS c WHERE c.id = 4"
    )

    assert archive.counts() == (0, 0, 2)


@pytest.mark.parametrize("root", [-(2**63), -1, 10**12, 2**63 - 1])
def test_a_row_of_an_order_that_is_nowhere_is_surplus(
    archive: Archive, root: int
) -> None:
    archive.run(
        f"INSERT INTO products_history SELECT {root}, 1, p.id, p.code, p.name, p.form,"
        f" p.price FROM {archive.source}.products AS p WHERE p.id = 1"
    )

    verdict = archive.verdict()

    assert (verdict.missing, verdict.different, verdict.surplus) == (0, 0, 1)
    assert verdict.examples == (
        f"products of order {root}: id=1 is in history, 1 more than in source",
    )


def test_a_second_version_is_surplus(archive: Archive) -> None:
    archive.run("CREATE TEMPORARY TABLE t SELECT * FROM orders_history WHERE id = 0")
    archive.run("UPDATE t SET history_version = 2")
    archive.run("INSERT INTO orders_history SELECT * FROM t")

    assert archive.counts() == (0, 0, 1)


def test_a_row_deleted_at_the_source_is_surplus(own_archive: Archive) -> None:
    own_archive.run(f"DELETE FROM {own_archive.source}.notes WHERE id = 0")

    assert own_archive.counts() == (0, 0, 1)


def test_a_note_of_the_customer_with_the_orders_id_is_surplus(archive: Archive) -> None:
    archive.run(
        f"INSERT INTO notes_history SELECT n.subject_id, 1, n.* FROM"
        f" {archive.source}.notes AS n WHERE n.subject_type = 'customer' LIMIT 1"
    )

    assert archive.counts() == (0, 0, 1)


def test_an_empty_history_misses_every_row(archive: Archive) -> None:
    rows = archive.verdict().rows

    for table in TABLES:
        archive.run(f"TRUNCATE TABLE {table}_history")

    verdict = archive.verdict()

    assert (verdict.finished, verdict.missing, verdict.rows) == (40, rows, rows)
    assert len(verdict.examples) == 10


def test_a_column_that_history_lacks_makes_every_row_different(
    archive: Archive,
) -> None:
    archive.run("ALTER TABLE order_items_history DROP COLUMN flags")

    verdict = archive.verdict()

    assert verdict.different == archive.rows("order_items")
    assert "has no column flags in history" in verdict.examples[0]


def test_an_invisible_column_is_compared(own_archive: Archive) -> None:
    own_archive.run(
        f"ALTER TABLE {own_archive.source}.notes ADD COLUMN hidden INT INVISIBLE"
    )

    verdict = own_archive.verdict()

    assert verdict.different == own_archive.rows("notes")
    assert "hidden" in verdict.examples[0]


def test_the_stock_of_a_product_is_no_part_of_the_story(own_archive: Archive) -> None:
    own_archive.run(f"UPDATE {own_archive.source}.products SET stock = stock + 1")

    assert own_archive.verdict().complete


def test_an_example_names_the_row_the_column_and_both_values(archive: Archive) -> None:
    archive.run("UPDATE order_items_history SET unit_price = 1.6 WHERE id = 5")

    with archive.admin.cursor() as cursor:
        cursor.execute(
            f"SELECT unit_price FROM {archive.source}.order_items WHERE id = 5"
        )
        price = cursor.fetchall()[0][0]
    difference = f"column unit_price: source {price}, history 1.6000"
    assert archive.verdict().examples == (f"order_items of order 1: id=5 {difference}",)


def test_an_example_shows_what_hides_in_a_value(archive: Archive) -> None:
    archive.run("UPDATE orders_history SET reference = 'MULLER ' WHERE id = 1")

    assert archive.verdict().examples == (
        "orders of order 1: column reference: source MULLER, history 'MULLER '",
    )


def test_the_verdict_is_the_same_however_much_is_read_at_once(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.run("DELETE FROM batches_history WHERE history_root_id > 20 LIMIT 3")
    archive.run("UPDATE notes_history SET body = 'x' WHERE history_root_id = 40")
    whole = archive.verdict()
    monkeypatch.setattr(oracle, "_ROOTS_PER_READ", 3)

    assert archive.verdict() == whole
    assert whole.missing == 3
    assert whole.different > 0


def test_an_open_transaction_is_refused_and_kept(archive: Archive) -> None:
    archive.admin.begin()
    archive.run("UPDATE notes_history SET body = 'mine' WHERE id = 0")

    with pytest.raises(pymysql.MySQLError) as error:
        archive.verdict()

    assert error.value.args[0] == 1568
    archive.admin.rollback()
    assert archive.verdict().complete


def test_leaves_the_session_as_it_was(archive: Archive) -> None:
    archive.run("SET time_zone = '+05:00'")
    settings = "SELECT @@time_zone, @@character_set_results, @@autocommit"
    with archive.admin.cursor() as cursor:
        cursor.execute(settings)
        before = cursor.fetchall()

        archive.verdict()

        cursor.execute(settings)
        assert cursor.fetchall() == before
