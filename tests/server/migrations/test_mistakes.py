"""What the source hasn't, or the server refuses, is told before SQL is written."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.aggregate.resolving import resolve
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.declaration.reading import read_declaration
from bygones.compiler.errors import MigrationError
from bygones.compiler.names import quote
from bygones.compiler.sql import generate_archives
from bygones.migrations.session import PINS
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.shop import url_for
from tests.support.migrations.declaring import cases, write
from tests.support.procedures import query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.model import Aggregate
    from bygones.compiler.catalog.model import Catalog
    from bygones.sandbox.server import Server

# With history_root_ before it, it's as long as a name can be.
LONG = "k" * 51

TABLES = (
    "CREATE TABLE far.suppliers (id INT NOT NULL PRIMARY KEY)",
    "CREATE TABLE customers (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, name TEXT)",
    "CREATE TABLE addresses (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, town TEXT)",
    """
    CREATE TABLE orders (
        id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
        status ENUM ('open', 'closed') NOT NULL,
        reason ENUM ('it''s late', 'none') NULL,
        closed_at DATETIME NULL,
        closed_year SMALLINT GENERATED ALWAYS AS (YEAR(closed_at)) VIRTUAL,
        customer_id BIGINT UNSIGNED NOT NULL,
        billing_address_id BIGINT UNSIGNED NULL,
        `shipping address` BIGINT UNSIGNED NULL,
        parent_id BIGINT UNSIGNED NULL,
        code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
        gone_id INT NULL,
        supplier_id INT NULL,
        secret INT NULL INVISIBLE,
        FOREIGN KEY (customer_id) REFERENCES customers (id),
        FOREIGN KEY (billing_address_id) REFERENCES addresses (id),
        FOREIGN KEY (`shipping address`) REFERENCES addresses (id),
        FOREIGN KEY (parent_id) REFERENCES orders (id),
        FOREIGN KEY (gone_id) REFERENCES gone (id),
        FOREIGN KEY (supplier_id) REFERENCES far.suppliers (id)
    )
    """,
    """
    CREATE TABLE returns (
        id INT NOT NULL PRIMARY KEY,
        order_id BIGINT UNSIGNED NOT NULL,
        FOREIGN KEY (ORDER_ID) REFERENCES orders (ID)
    )
    """,
    "CREATE TABLE products (id INT NOT NULL PRIMARY KEY, name TEXT, stock INT)",
    """
    CREATE TABLE order_items (
        id INT NOT NULL PRIMARY KEY,
        order_id BIGINT UNSIGNED NOT NULL,
        product_id INT NOT NULL,
        return_id INT NULL,
        FOREIGN KEY (order_id) REFERENCES orders (id),
        FOREIGN KEY (product_id) REFERENCES products (id),
        FOREIGN KEY (return_id) REFERENCES returns (id)
    )
    """,
    """
    CREATE TABLE prices (
        id INT NOT NULL PRIMARY KEY,
        product_id INT NOT NULL,
        price DECIMAL(9, 2) NOT NULL,
        FOREIGN KEY (product_id) REFERENCES products (id)
    )
    """,
    """
    CREATE TABLE notes (
        id INT NOT NULL PRIMARY KEY,
        subject_id BIGINT UNSIGNED NOT NULL,
        subject_type VARCHAR(20) NOT NULL,
        status TINYINT NOT NULL,
        body TEXT
    )
    """,
    """
    CREATE TABLE vouchers (
        code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
        amount INT NOT NULL,
        PRIMARY KEY (code)
    )
    """,
    "CREATE TABLE payments (id INT NOT NULL PRIMARY KEY, order_id BIGINT UNSIGNED)",
    "CREATE TABLE scans (item_id INT NOT NULL, order_id BIGINT UNSIGNED, at DATETIME)",
    "CREATE TABLE old_orders (id INT NOT NULL PRIMARY KEY) ENGINE = MyISAM",
    "CREATE TABLE carts (id INT NOT NULL PRIMARY KEY) ENGINE = MEMORY",
    "CREATE VIEW open_orders AS SELECT id, status FROM orders WHERE status = 'open'",
    # What the kit's columns are called.
    """
    CREATE TABLE counters (
        id INT NOT NULL PRIMARY KEY,
        history_chunk INT,
        history_chunk_source INT
    )
    """,
    """
    CREATE TABLE kits (
        id INT NOT NULL PRIMARY KEY,
        order_id BIGINT UNSIGNED NOT NULL,
        History_Ordinal INT,
        history_ordinal_source INT,
        FOREIGN KEY (order_id) REFERENCES orders (id)
    )
    """,
    f"CREATE TABLE long_roots ({LONG} INT NOT NULL PRIMARY KEY)",
    f"""
    CREATE TABLE long_rows (
        id INT NOT NULL PRIMARY KEY,
        history_root_{LONG} INT NOT NULL,
        FOREIGN KEY (history_root_{LONG}) REFERENCES long_roots ({LONG})
    )
    """,
    # Roots that can't be.
    "CREATE TABLE log (at DATETIME NOT NULL, UNIQUE KEY (at))",
    "CREATE TABLE by_weight (weight FLOAT NOT NULL PRIMARY KEY)",
    "CREATE TABLE by_state (state ENUM ('a', 'b') NOT NULL PRIMARY KEY)",
    "CREATE TABLE by_moment (at TIMESTAMP(3) NOT NULL PRIMARY KEY)",
    """
    CREATE TABLE by_five (
        a INT NOT NULL, b INT NOT NULL, c INT NOT NULL, d INT NOT NULL, e INT NOT NULL,
        PRIMARY KEY (a, b, c, d, e)
    )
    """,
    "CREATE TABLE by_start (name VARCHAR(99) NOT NULL, PRIMARY KEY (name(9)))",
    "CREATE TABLE by_text (name VARCHAR(700) CHARACTER SET ascii NOT NULL PRIMARY KEY)",
    "CREATE FUNCTION doubled (a INT) RETURNS INT DETERMINISTIC NO SQL RETURN 2 * a",
)

IN_A_ROOT = r"""
table = "oders"
# table: found "oders" (did you mean "orders"?); expected a table of the schema "shop"
# that this account may read

table = "Orders"
# table: found "Orders" (did you mean "orders"?); expected a table of the schema "shop"
# that this account may read

table = "shipments"
# table: found "shipments" (did you mean "payments"?); expected a table of the schema
# "shop" that this account may read

table = "open_orders"
# table: "open_orders" is a view; archive the tables that it reads

table = "old_orders"
# table: the engine of "old_orders" is MyISAM, which has no read view: its rows could
# be torn; ALTER it to ENGINE=InnoDB, or leave it out

table = "carts"
# table: the engine of "carts" is MEMORY, which has no read view: its rows could be
# torn; ALTER it to ENGINE=InnoDB, or leave it out

table = "suppliers"
# table: found "suppliers", at which "orders" points in the schema "far"; expected a
# table of the schema "shop", the one that is archived

table = "gone"
# table: found "gone"; expected a table of the schema "shop" that this account may read

table = "log"
# table: "log" has no primary key, by which a root is known; add one

table = "by_weight"
# table: the primary key of "by_weight" holds "weight", float; expected one of bigint,
# binary, char, date, datetime, decimal, int, mediumint, smallint, time, tinyint,
# varbinary, varchar, year

table = "by_state"
# table: the primary key of "by_state" holds "state", enum('a','b'); expected one of
# bigint, binary, char, date, datetime, decimal, int, mediumint, smallint, time,
# tinyint, varbinary, varchar, year

table = "by_moment"
# table: the primary key of "by_moment" holds "at", timestamp(3); expected one of
# bigint, binary, char, date, datetime, decimal, int, mediumint, smallint, time,
# tinyint, varbinary, varchar, year

table = "by_five"
# table: the primary key of "by_five" has 5 columns; expected at most 4

table = "by_start"
# table: the primary key of "by_start" holds the first characters of a column only;
# expected whole ones

table = "by_text"
# table: the primary key of "by_text" takes up to 1404 characters as text; expected at
# most 690

table = "counters"
# renamed: history would keep "history_chunk" and "history_chunk_source" under one
# name, "history_chunk_source"; give one of them another: { other_name =
# "history_chunk" }
"""

IN_FINISHED = r"""
finished = "stauts = 'closed' OR stauts = 'open'"
# finished: found "stauts" (did you mean "status"?), which is no column of "orders"

finished = "status = closed"
# finished: found "closed" (did you mean "closed_at"?), which is no column of "orders";
# as text it takes quotes: 'closed'

finished = "`at` < '2020-01-01'"
# finished: found "at", which is no column of "orders"

finished = "customers.name = 'x'"
# finished: found "customers.name"; expected a column of "orders"

finished = "oders.status = 'closed'"
# finished: found "oders.status" (did you mean "orders"?); expected a column of
# "orders"

finished = "orders.stauts = 'closed'"
# finished: found "orders.stauts" (did you mean "status"?), which is no column of
# "orders"

finished = "shop.orders.status = 'closed'"
# finished: found "shop.orders" with more behind it; expected <relation>.<column>,
# without a schema

finished = "far.doubled(id) = 2"
# finished: found the stored function "far.doubled"; expected columns and the server's
# own functions

finished = "PI() + ABS(id) = doubled(id) AND tripled(id) = doubled(5)"
# finished: found the function doubled, tripled, which the server doesn't have; expected
# its own, for stored ones can't be used

finished = "`doubled` (id) = 2"
# finished: found the function `doubled`, which the server doesn't have; expected its
# own, for stored ones can't be used

finished = "status = 'closed' AND"
# finished: the server expects more at its end (errno 1064)

finished = "status = 'closed' AND AND closed_at"
# finished: the server can't read it from "AND `orders`.`closed_at`" on (errno 1064)

finished = "LEFT(code) = 'a'"
# finished: the server can't read it from ") = 'a'" on (errno 1064)

finished = "COUNT(*) > 1"
# finished: the server refuses it: Invalid use of group function (errno 1111)

finished = "(id, code) = (1, 2, 3)"
# finished: the server refuses it: Operand should contain 2 column(s) (errno 1241)

finished = "closed_at < DATE '2020-13-01'"
# finished: the server refuses it: Incorrect DATE value: '2020-13-01' (errno 1525)

finished = "code COLLATE latin1_bin = 'a'"
# finished: the server refuses it: COLLATION 'latin1_bin' is not valid for CHARACTER
# SET 'utf8mb4' (errno 1253)

finished = "closed_at = NULL"
# finished: found = NULL, which is true of no row; write IS NULL

finished = "closed_at <> NULL AND status = 'closed'"
# finished: found <> NULL, which is true of no row; write IS NOT NULL

finished = "FALSE"
# finished: the server finds that it is true of no row

finished = "status = 'open' AND 1 = 2"
# finished: the server finds that it is true of no row

finished = "id IS NULL"
# finished: the server finds that it is true of no row

finished = "status = 'close'"
# finished: found 'close' (did you mean "closed"?), which "status" can't hold; expected
# one of "open", "closed"

finished = "status = 'open' OR status NOT IN ('open', 'canceled')"
# finished: found 'canceled', which "status" can't hold; expected one of "open",
# "closed"

finished = "status = 'closed' ORDER BY id"
# finished: found more than a predicate, such as ORDER BY or LIMIT; leave it out

finished = "status = 'closed' LIMIT 5"
# finished: found more than a predicate, such as ORDER BY or LIMIT; leave it out

finished = "status = 'closed' AND code = 2"
# finished: found "code", a text, beside the number 2; the first text that is no number
# would stop every CALL; write '2'

finished = "code NOT IN (3, 4)"
# finished: found "code", a text, beside the number 3; the first text that is no number
# would stop every CALL; write '3'

finished = "code BETWEEN -1.5 AND 7"
# finished: found "code", a text, beside the number -1.5; the first text that is no
# number would stop every CALL; write '-1.5'

finished = "code = orders.id"
# finished: found orders.code = orders.id, a text beside a number; the first text that
# is no number would stop every CALL; write orders.code = CAST(orders.id AS CHAR)

finished = "closed_at >= code"
# finished: found orders.closed_at >= orders.code, a text beside a time; the first text
# that is no time would stop every CALL; write CAST(orders.closed_at AS CHAR) >=
# orders.code

finished = "id < code"
# finished: found orders.id < orders.code, a text beside a number; the first text that
# is no number would stop every CALL; write CAST(orders.id AS CHAR) < orders.code
"""

IN_AN_ARCHIVE = r"""
settled = { column = "closed", days = 1 }
# settled.column: found "closed" (did you mean "closed_at"?); expected a column of
# "orders"

settled = { column = "code", days = 1 }
# settled.column: "code" is varchar(20); expected a date, a datetime or a timestamp

changed_at = "updated_at"
# changed_at: found "updated_at"; expected a column of "orders"

changed_at = "closed_at"
# changed_at: "closed_at" leads no index, and every recheck would read all of "orders";
# CREATE INDEX `orders_closed_at_ix` ON `orders` (`closed_at`)

without = ["secrets"]
# without: found "secrets" (did you mean "secret"?); expected a column of "orders"

without = ["ID"]
# without: found "ID", a column of the key; expected others

renamed = { state = "stats" }
# renamed.state: found "stats" (did you mean "status"?); expected a column of "orders"

renamed = { status = "code" }
# renamed.status: found "code", but "status" is a column of "orders" still; expected a
# name that isn't one any more

renamed = { number = "code" }
without = ["code"]
# renamed.number: found "code", which without leaves out

renamed = { history_version_source = "code", history_version = "gone_id" }
# renamed: history would keep "code" and "gone_id" under one name,
# "history_version_source"; give one of them another: { other_name = "code" }

without = ["gone_id"]
[archive.orders.relations]
payments = { on = "order_id = orders.id AND orders.gone_id > 1 AND gone_id <> 3" }
# without: found "gone_id", which leads to "payments"; keep it
"""

IN_A_RELATION = r"""
oder_items = {}
# oder_items: found "oder_items" (did you mean "order_items"?); expected a table of the
# schema "shop" that this account may read

items = { table = "order_item" }
# items.table: found "order_item" (did you mean "order_items"?); expected a table of
# the schema "shop" that this account may read

open_orders = {}
# open_orders: "open_orders" is a view; archive the tables that it reads

old_orders = {}
# old_orders: the engine of "old_orders" is MyISAM, which has no read view: its rows
# could be torn; ALTER it to ENGINE=InnoDB, or leave it out

suppliers = {}
# suppliers: found "suppliers", at which "orders" points in the schema "far"; expected
# a table of the schema "shop", the one that is archived

gone = {}
# gone: found "gone"; expected a table of the schema "shop" that this account may read

payments = {}
# payments: found no foreign key between "payments" and "orders"; say how they are
# joined: on = "payments.order_id = orders.id"

vouchers = {}
# vouchers: found no foreign key between "vouchers" and "orders"; say how they are
# joined: on = "vouchers.code = orders.code"

notes = {}
# notes: found no foreign key between "notes" and "orders"; say how they are joined: on
# = "notes.<column> = orders.<column>"

products = {}
# products: found no foreign key between "products" and "orders"; say how they are
# joined: on = "products.<column> = orders.<column>"

addresses = {}
# addresses: found 2 foreign keys between "addresses" and "orders"; write which: on =
# "addresses.id = orders.billing_address_id"; on = "addresses.id = orders.`shipping
# address`"

parents = { table = "orders" }
# parents: found 2 foreign keys between "orders" and "orders"; write which: on =
# "parents.parent_id = orders.id"; on = "parents.id = orders.parent_id"

order_items = {}
[archive.orders.relations.payments]
paths = [
    {},
    { of = "order_items", on = "payments.order_id = order_items.order_id" },
]
# payments.paths[0]: found no foreign key between "payments" and "orders"; say how they
# are joined: on = "payments.order_id = orders.id"

payments = { on = "order_id = orders.ids" }
# payments.on: found "orders.ids" (did you mean "id"?), which is no column of "orders"

payments = { on = "order_id = oders.id" }
# payments.on: found "oders.id" (did you mean "orders"?); expected a column of "orders"
# or "payments"

payments = { on = "id = order_id" }
# payments.on: found "id"; write which: "payments.id" or "orders.id"

notes = { on = "status = orders.status AND subject_id = orders.id" }
# notes.on: found "status"; write which: "notes.status" or "orders.status"

payments = { on = "payments.order_id = 1" }
# payments.on: found no column of "orders"; expected it to join "payments" to "orders";
# what concerns the relation alone goes in where

payments = { on = "orders.id = 1" }
# payments.on: found no column of "payments"; expected it to join "payments" to
# "orders"

payments = { of = "order_items", on = "payments.order_id = orders.id" }
order_items = {}
# payments.on: found no column of "order_items"; expected it to join "payments" to
# "order_items"

notes = { on = "subject_id = orders.customer_id" }
# notes: no key says whether "notes" belongs to its root or is pointed at; write parent
# = true for what is pointed at, such as a customer, and parent = false for what
# belongs to the root, such as an item

returns = { of = ["orders", "order_items"] }
order_items = {}
# returns: "returns" is owned by one path and a parent by another; write parent = true
# for what is pointed at, such as a customer, and parent = false for what belongs to
# the root, such as an item

prices = { of = "products" }
products = { of = "order_items" }
order_items = {}
# prices: "products" is a parent, shared by many roots, and all its "prices" would be
# kept with each; add a where that picks those of this root

vouchers = { on = "vouchers.code = orders.code" }
# vouchers.on: the server refuses it: Illegal mix of collations
# (utf8mb4_unicode_ci,IMPLICIT) and (utf8mb4_general_ci,IMPLICIT) for operation '='
# (errno 1267); say by which to compare, such as vouchers.code = orders.code COLLATE
# utf8mb4_unicode_ci

vouchers = { on = "vouchers.code LIKE CONCAT(orders.code, '%')", parent = true }
# vouchers.on: the server refuses it: Illegal mix of collations
# (utf8mb4_unicode_ci,IMPLICIT) and (utf8mb4_general_ci,IMPLICIT) for operation 'like'
# (errno 1267); say by which to compare: write COLLATE and its name behind one of the
# two

vouchers = { on = "orders.id = vouchers.amount AND orders.code = vouchers.code" }
# vouchers.on: the server refuses it: Illegal mix of collations
# (utf8mb4_general_ci,IMPLICIT) and (utf8mb4_unicode_ci,IMPLICIT) for operation '='
# (errno 1267); say by which to compare, such as vouchers.code = orders.code COLLATE
# utf8mb4_unicode_ci

payments = { on = "payments.order_id = orders.id OR", parent = false }
# payments.on: the server expects more at its end (errno 1064)

notes = { on = "subject_id = orders.id", where = "kind = 'order'" }
# notes.where: found "kind" (did you mean "id"?), which is no column of "notes"

notes = { on = "subject_id = orders.id", where = "subject_tpye = 'order'" }
# notes.where: found "subject_tpye" (did you mean "subject_type"?), which is no column
# of "notes"

notes = { on = "subject_id = orders.id", where = "order_items.id = 1" }
order_items = {}
# notes.where: found "order_items.id" (did you mean "orders"?); expected a column of
# "orders" or "notes"

order_items = {}
[archive.orders.relations.notes]
paths = [
    { on = "notes.subject_id = orders.id" },
    { of = "order_items", on = "notes.subject_id = order_items.id" },
]
where = "order_items.id = 1"
# notes.where: found "order_items.id" (did you mean "orders"?); expected a column of
# "orders" or "notes"

notes = { on = "subject_id = orders.id", where = "subject_type = NULL" }
# notes.where: found = NULL, which is true of no row; write IS NULL

notes = { on = "subject_id = orders.id", where = "triple(subject_id) = 3" }
# notes.where: found the function triple, which the server doesn't have; expected its
# own, for stored ones can't be used

order_items = { without = ["product_id"] }
products = { of = "order_items" }
# order_items.without: found "product_id", which leads to "products"; keep it

order_items = { without = ["id"] }
# order_items.without: found "id", a column of the key; expected others

order_items = { without = ["prodct_id"] }
# order_items.without: found "prodct_id" (did you mean "product_id"?); expected a
# column of "order_items"

order_items = { renamed = { product = "product" } }
# order_items.renamed.product: found the old name again; expected the new one

order_items = { renamed = { product_id = "return_id" } }
# order_items.renamed.product_id: found "return_id", but "product_id" is a column of
# "order_items" still; expected a name that isn't one any more

order_items = {}
[archive.orders.relations.scans]
of = "order_items"
on = "scans.item_id = order_items.product_id"
parent = false
# scans: a row of "scans" can be reached more than once, and nothing tells its rows
# apart; add a primary key

order_items = {}
[archive.orders.relations.scans]
paths = [
    { on = "scans.order_id = orders.id" },
    { of = "order_items", on = "scans.item_id = order_items.id" },
]
# scans: a row of "scans" can be reached more than once, and nothing tells its rows
# apart; add a primary key

kits = {}
# kits.renamed: history would keep "History_Ordinal" and "history_ordinal_source" under
# one name, "history_ordinal_source"; give one of them another: { other_name =
# "History_Ordinal" }

order_items = { where = "order_items.oder_id = orders.id" }
# order_items.where: found "order_items.oder_id" (did you mean "order_id"?), which is
# no column of "order_items"

customers = { where = "customers.id = orders.`customer id`" }
# customers.where: found "orders.customer id" (did you mean "customer_id"?), which is
# no column of "orders"

events = { table = "scans", on = "events.at = orders.closed_at AND scans.item_id = 1" }
# events.on: found "scans.item_id"; expected a column of "orders" or "events"

order_items = {}
[archive.orders.relations.payments]
paths = [
    { on = "payments.order_id = orders.id" },
    { of = "order_items", on = "payments.id = order_items.return_id <" },
]
parent = false
# payments.paths[1].on: the server expects more at its end (errno 1064)
"""

ORDERS = """
source = "pharmacy"
[archive.orders]
table = "orders"
finished = "status = 'closed'"
"""
RELATIONS = ORDERS + "[archive.orders.relations]\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A schema, what it holds, and another that it points at."""

    schema: str
    far: str
    catalog: Catalog
    connection: pymysql.Connection[Cursor] = field(repr=False)

    def resolve(self, folder: Path, text: str) -> tuple[Aggregate, ...]:
        declaration = read_declaration(write(folder, text))
        return resolve(declaration, self.catalog, self.connection)

    def mistakes(self, folder: Path, text: str) -> list[str]:
        """Return the mistakes, the schemas in them by the names that tests have."""
        with pytest.raises(MigrationError) as caught:
            self.resolve(folder, text)
        said = str(caught.value).replace(f'"{self.far}"', '"far"')
        return said.replace(f'"{self.schema}"', '"shop"').splitlines()


@pytest.fixture(scope="module")
def source(server: Server) -> Iterator[Source]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    schema, far = f"mistakes_{worker}", f"mistakes_far_{worker}"
    database = parse_url(url_for(server.url, schema))
    with closing(connect(database, schema=None, seconds=60)) as connection:
        for statement in PINS:
            query(connection, statement)
        try:
            for name in (schema, far):
                query(connection, f"CREATE SCHEMA {quote(name)} CHARACTER SET utf8mb4")
            with closing(connect(database, schema=schema, seconds=60)) as creator:
                # The table that is gone.
                query(creator, "SET SESSION foreign_key_checks = OFF")
                for statement in TABLES:
                    query(creator, statement.replace(" far.", f" {quote(far)}."))
            yield Source(
                schema=schema,
                far=far,
                catalog=read_catalog(connection, schema),
                connection=connection,
            )
        finally:
            for name in (schema, far):
                query(connection, f"DROP SCHEMA IF EXISTS {quote(name)}")


@pytest.mark.parametrize(("line", "mistake"), cases(IN_A_ROOT))
def test_a_mistake_in_a_root_is_told(
    source: Source, tmp_path: Path, line: str, mistake: str
) -> None:
    text = f"source = 'pharmacy'\n[archive.orders]\nfinished = 'TRUE'\n{line}"

    assert source.mistakes(tmp_path, text) == [
        f"archives.toml: archive.orders.{mistake}"
    ]


@pytest.mark.core
@pytest.mark.parametrize(("line", "mistake"), cases(IN_FINISHED))
def test_a_mistake_in_finished_is_told(
    source: Source, tmp_path: Path, line: str, mistake: str
) -> None:
    text = f"source = 'pharmacy'\n[archive.orders]\ntable = 'orders'\n{line}"

    assert source.mistakes(tmp_path, text) == [
        f"archives.toml: archive.orders.{mistake}"
    ]


@pytest.mark.parametrize(("lines", "mistake"), cases(IN_AN_ARCHIVE))
def test_a_mistake_in_an_archive_is_told(
    source: Source, tmp_path: Path, lines: str, mistake: str
) -> None:
    assert source.mistakes(tmp_path, ORDERS + lines) == [
        f"archives.toml: archive.orders.{mistake}"
    ]


@pytest.mark.parametrize(("lines", "mistake"), cases(IN_A_RELATION))
def test_a_mistake_in_a_relation_is_told(
    source: Source, tmp_path: Path, lines: str, mistake: str
) -> None:
    assert source.mistakes(tmp_path, RELATIONS + lines) == [
        f"archives.toml: archive.orders.relations.{mistake}"
    ]


def test_each_path_without_a_foreign_key_is_told(
    source: Source, tmp_path: Path
) -> None:
    line = 'refunds = { table = "payments", of = ["orders", "order_items"] }'

    assert source.mistakes(tmp_path, f"{RELATIONS}{line}\norder_items = {{}}") == [
        (
            "archives.toml: archive.orders.relations.refunds: found no foreign key "
            'between "payments" and "orders"; say how they are joined: '
            'paths = [{ of = "orders", on = "refunds.order_id = orders.id" }, ...]'
        ),
        (
            "archives.toml: archive.orders.relations.refunds: found no foreign key "
            'between "payments" and "order_items"; say how they are joined: paths = '
            '[{ of = "order_items", on = "refunds.order_id = order_items.id" }, ...]'
        ),
    ]


def test_a_name_that_gets_too_long_in_history_is_told(
    source: Source, tmp_path: Path
) -> None:
    text = f"""
        source = "pharmacy"
        [archive.roots]
        table = "long_roots"
        finished = "{LONG} > 0"
        [archive.roots.relations]
        long_rows = {{}}
        """

    (mistake,) = source.mistakes(tmp_path, text)

    assert mistake == (
        "archives.toml: archive.roots.relations.long_rows.renamed: "
        f'history would keep "history_root_{LONG}" as "history_root_{LONG}_source", '
        "which is longer than 64 characters; give it a shorter name: "
        f'{{ shorter = "history_root_{LONG}" }}'
    )


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(
    source: Source, tmp_path: Path
) -> None:
    text = """
        source = "pharmacy"
        [archive.returns]
        table = "returns"
        finished = "TRUE AND"
        settled = { column = "at", days = 1 }
        without = ["b"]
        renamed = { a = "b" }
        [archive.returns.relations]
        inner = { of = "order_items", on = "inner.id = order_items.product_id" }
        order_items = { where = "return_id > ", without = ["x"] }
        carts = {}
        seen = { of = "carts", on = "seen.item_id = carts.id", table = "scans" }
        order_notes = { table = "notes", on = "order_notes.id = returns.a" }
        [archive.lost]
        table = "lost"
        finished = "no AND such"
        [archive.lost.relations]
        payments = { on = "payments.id =", renamed = { a = "b" } }
        open_orders = {}
        [archive."by five"]
        table = "by_five"
        finished = "`a` = = b"
        """

    assert [line.split(": ")[1] for line in source.mistakes(tmp_path, text)] == [
        "archive.returns.finished",
        "archive.returns.settled.column",
        "archive.returns.without",
        "archive.returns.renamed.a",
        "archive.returns.relations.inner",
        "archive.returns.relations.order_items.where",
        "archive.returns.relations.order_items.without",
        "archive.returns.relations.carts",
        "archive.returns.relations.order_notes.on",
        "archive.lost.table",
        "archive.lost.relations.payments.renamed.a",
        "archive.lost.relations.open_orders",
        'archive."by five".table',
        'archive."by five".finished',
    ]


def test_whoever_generates_is_told_what_the_server_refuses(
    source: Source, tmp_path: Path
) -> None:
    declaration = read_declaration(write(tmp_path, ORDERS.replace("'closed'", "")))
    history = replace(source.catalog, tables={})

    with pytest.raises(MigrationError) as caught:
        generate_archives(declaration, source.catalog, history, source.connection, {})

    assert str(caught.value) == (
        "archives.toml: archive.orders.finished: the server expects more at its end "
        "(errno 1064)"
    )


@pytest.mark.parametrize(
    "text",
    [
        ORDERS + 'without = ["SECRET"]',
        ORDERS + 'settled = { column = "Closed_At", days = 1 }',
        ORDERS + 'renamed = { code = "gone_id", gone_id = "code" }',
        ORDERS + 'renamed = { status_of_old = "code", code = "status" }',
        ORDERS + 'renamed = { gone_id = "code" }\nwithout = ["gone_id"]',
        ORDERS.replace("status = 'closed'", "closed_year < 2020 AND Secret <=> NULL"),
        ORDERS.replace("status = 'closed'", "Orders.STATUS IN ('CLOSED', '')"),
        ORDERS.replace("status = 'closed'", "status = '2' OR code IN ('%s%%')"),
        ORDERS.replace("status = 'closed'", "reason = 'it''s late'"),
        ORDERS.replace("status = 'closed'", "TRUE"),
        RELATIONS + "returns = {}",
        RELATIONS + 'returns = { without = ["order_id"] }',
        RELATIONS + "customers = {}\norder_items = {}",
        RELATIONS + 'Notes = { table = "notes", on = "SUBJECT_ID = orders.ID" }',
        RELATIONS + 'scans = { on = "scans.order_id = orders.id" }',
        RELATIONS
        + 'vouchers = { parent = true, on = "vouchers.code = orders.code COLLATE'
        + ' utf8mb4_unicode_ci" }',
        RELATIONS
        + 'children = { table = "orders", on = "children.parent_id = orders.id" }',
        RELATIONS
        + "order_items = {}\nproducts = { of = 'order_items' }\n"
        + "prices = { of = 'products', where = 'prices.price > orders.gone_id' }",
        ORDERS.replace('"orders"', '"counters"').replace("status = 'closed'", "id > 0")
        + 'renamed = { other_name = "history_chunk" }',
    ],
)
def test_what_is_unusual_and_right_is_resolved(
    source: Source, tmp_path: Path, text: str
) -> None:
    (aggregate,) = source.resolve(tmp_path, text)

    assert aggregate.name == "orders"
