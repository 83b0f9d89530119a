"""Two foreign keys to one table: an order's billing and its shipping address.

Joined by both at once, only orders that are sent where they are billed have an address;
a single relation for both loses one of two. Order 1 has the same address in both
places, order 2 none for shipping, order 3 two that the street alone tells apart.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE countries (
    code CHAR(2) NOT NULL,
    title VARCHAR(40) NOT NULL,
    PRIMARY KEY (code)
);
CREATE TABLE addresses (
    id INT NOT NULL AUTO_INCREMENT,
    country CHAR(2) NOT NULL,
    street VARCHAR(60) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT addresses_countries_fk FOREIGN KEY (country) REFERENCES countries (code)
);
CREATE TABLE orders (
    id INT NOT NULL AUTO_INCREMENT,
    state VARCHAR(10) NOT NULL,
    billing_address_id INT NOT NULL,
    shipping_address_id INT NULL,
    PRIMARY KEY (id),
    CONSTRAINT orders_billing_fk
    FOREIGN KEY (billing_address_id) REFERENCES addresses (id),
    CONSTRAINT orders_shipping_fk
    FOREIGN KEY (shipping_address_id) REFERENCES addresses (id)
);
"""

FILL = """
INSERT INTO countries (code, title)
VALUES ('de', 'Germany'), ('DK', 'Denmark'), ('fr', 'France');
INSERT INTO addresses (id, country, street)
SELECT n, ELT(1 + n % 3, 'de', 'DK', 'fr'), CONCAT('Street ', n DIV 2)
FROM numbers
WHERE n < 700;
INSERT INTO orders (id, state, billing_address_id, shipping_address_id)
SELECT
    n,
    IF(n % 6 = 5, 'new', 'sent'),
    n % 700,
    CASE WHEN n % 7 = 1 THEN n % 700 WHEN n % 7 = 2 THEN NULL ELSE n * 3 % 700 END
FROM numbers
WHERE n < 2500;
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "state = 'sent'"

[archive.orders.relations.billing_addresses]
table = "addresses"
on    = "billing_addresses.id = orders.billing_address_id"

[archive.orders.relations.shipping_addresses]
table = "addresses"
on    = "orders.shipping_address_id = shipping_addresses.id"

[archive.orders.relations.billing_countries]
table = "countries"
of    = "billing_addresses"

[archive.orders.relations.countries]
of = ["shipping_addresses", "billing_addresses"]
"""

EXPECTED = Expectation(
    root="orders",
    key=("id",),
    finished="o.state = 'sent'",
    relations=(
        ExpectedRelation(
            name="billing_addresses",
            table="addresses",
            key=("id",),
            joined="JOIN {source}.addresses AS r ON r.id = o.billing_address_id",
        ),
        ExpectedRelation(
            name="shipping_addresses",
            table="addresses",
            key=("id",),
            joined="JOIN {source}.addresses AS r ON r.id = o.shipping_address_id",
        ),
        ExpectedRelation(
            name="billing_countries",
            table="countries",
            key=("code",),
            joined=(
                "JOIN {source}.addresses AS a ON a.id = o.billing_address_id"
                " JOIN {source}.countries AS r ON r.code = a.country"
            ),
        ),
        ExpectedRelation(
            name="countries",
            key=("code",),
            joined=tuple(
                f"JOIN {{source}}.addresses AS a ON a.id = o.{use}_address_id"
                " JOIN {source}.countries AS r ON r.code = a.country"
                for use in ("billing", "shipping")
            ),
        ),
    ),
)

WRITES = (
    (
        (
            "INSERT INTO addresses (id, country, street)"
            " VALUES (10000 + %(n)s, 'de', 'New Street')"
        ),
        (
            "INSERT INTO orders (id, state, billing_address_id, shipping_address_id)"
            " VALUES (10000 + %(n)s, 'sent', 10000 + %(n)s, 10000 + %(n)s)"
        ),
    ),
    ("UPDATE orders SET shipping_address_id = 5 WHERE id = 6 * %(n)s + 5",),
    (
        (
            "UPDATE orders SET state = 'sent',"
            " billing_address_id = shipping_address_id, shipping_address_id = NULL"
            " WHERE id = 6 * %(n)s + 5"
        ),
    ),
)

SCHEMA = Foreign(
    name="same_table_twice",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT CONCAT_WS(',', b.id, s.id) FROM orders_history AS o"
        " LEFT JOIN billing_addresses_history AS b ON b.history_root_id = o.id"
        " LEFT JOIN shipping_addresses_history AS s ON s.history_root_id = o.id"
        " WHERE o.id = 1": "1,1",
        "SELECT CONCAT_WS(',', b.id, COALESCE(s.id, '-')) FROM orders_history AS o"
        " LEFT JOIN billing_addresses_history AS b ON b.history_root_id = o.id"
        " LEFT JOIN shipping_addresses_history AS s ON s.history_root_id = o.id"
        " WHERE o.id = 2": "2,-",
        "SELECT COUNT(*) FROM countries_history WHERE history_root_id = 3": 1,
        "SELECT COUNT(*) FROM countries_history WHERE history_root_id = 4": 2,
    },
)
