"""A parent without a primary key, told apart by a unique one; and names that differ.

Countries have a unique code and nothing else, rates two unique keys, of which one may
be NULL. A generator that asks for a primary key refuses them, one that takes them for
rows without a key keeps a country as often as it is reached; one that takes the first
unique key takes rates that are NULL there for one.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE ref_country (
    title VARCHAR(40) NULL,
    code CHAR(2) NOT NULL,
    UNIQUE KEY (code)
);
CREATE TABLE ref_rate (
    alias VARCHAR(10) NULL,
    country CHAR(2) NOT NULL,
    year SMALLINT NOT NULL,
    rate DECIMAL(5, 3) NOT NULL,
    UNIQUE KEY a_alias_uq (alias),
    UNIQUE KEY b_country_uq (country, year)
);
CREATE TABLE sales_order (
    id INT NOT NULL AUTO_INCREMENT,
    ship_to CHAR(2) NULL,
    bill_to CHAR(2) NULL,
    year SMALLINT NOT NULL,
    state VARCHAR(10) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT sales_order_ship_fk FOREIGN KEY (ship_to) REFERENCES ref_country (code),
    CONSTRAINT sales_order_bill_fk FOREIGN KEY (bill_to) REFERENCES ref_country (code)
);
CREATE TABLE sales_order_line (
    sales_order_id INT NOT NULL,
    line INT NOT NULL,
    made_in CHAR(2) NULL,
    UNIQUE KEY (sales_order_id, line),
    CONSTRAINT sales_order_line_fk
    FOREIGN KEY (sales_order_id) REFERENCES sales_order (id),
    CONSTRAINT sales_order_line_country_fk
    FOREIGN KEY (made_in) REFERENCES ref_country (code)
);
"""

FILL = """
INSERT INTO ref_country (title, code)
VALUES ('Germany', 'de'), ('France', 'fr'), (NULL, 'xx'), (NULL, 'yy');
INSERT INTO ref_rate (alias, country, year, rate)
SELECT
    IF(n < 2, CONCAT('a', n), NULL),
    ELT(1 + n % 3, 'de', 'fr', 'xx'),
    2020 + n DIV 3,
    n / 8
FROM numbers
WHERE n < 18;
INSERT INTO sales_order (id, ship_to, bill_to, year, state)
SELECT n, ELT(1 + n % 4, 'de', 'DE', 'xx', NULL), ELT(1 + n % 3, 'de', 'fr', NULL),
    2020 + n % 6, IF(n % 6 = 0, 'new', 'shipped')
FROM numbers
WHERE n BETWEEN 1 AND 2500;
INSERT INTO sales_order_line (sales_order_id, line, made_in)
SELECT o.id, n.n, ELT(1 + (o.id + n.n) % 5, 'de', 'fr', 'xx', 'yy', NULL)
FROM sales_order AS o
JOIN numbers AS n ON n.n < 3;
"""

ARCHIVES = """
[archive.sales]
table    = "sales_order"
finished = "state = 'shipped'"

[archive.sales.relations]
lines = { table = "sales_order_line" }
makers = { table = "ref_country", of = "lines" }

[archive.sales.relations.countries]
table = "ref_country"
paths = [
    { on = "countries.code = sales_order.ship_to" },
    { on = "countries.code = sales_order.bill_to" },
]

[archive.sales.relations.rates]
table = "ref_rate"
of    = "countries"
on    = "rates.country = countries.code"
where = "rates.year = sales_order.year"
"""

COUNTRIES = (
    "JOIN {source}.ref_country AS r ON r.code = o.ship_to",
    "JOIN {source}.ref_country AS r ON r.code = o.bill_to",
)

EXPECTED = Expectation(
    root="sales_order",
    key=("id",),
    finished="o.state = 'shipped'",
    relations=(
        ExpectedRelation(
            name="lines",
            table="sales_order_line",
            key=("sales_order_id", "line"),
            joined="JOIN {source}.sales_order_line AS r ON r.sales_order_id = o.id",
        ),
        ExpectedRelation(
            name="makers",
            table="ref_country",
            key=("code",),
            joined=(
                "JOIN {source}.sales_order_line AS l ON l.sales_order_id = o.id"
                " JOIN {source}.ref_country AS r ON r.code = l.made_in"
            ),
        ),
        ExpectedRelation(
            name="countries",
            table="ref_country",
            key=("code",),
            joined=COUNTRIES,
        ),
        ExpectedRelation(
            name="rates",
            table="ref_rate",
            key=("country", "year"),
            joined=tuple(
                country.replace("AS r", "AS c").replace("r.", "c.")
                + " JOIN {source}.ref_rate AS r ON r.country = c.code"
                " AND r.year = o.year"
                for country in COUNTRIES
            ),
        ),
    ),
)

WRITES = (
    (
        (
            "INSERT INTO sales_order (id, ship_to, bill_to, year, state)"
            " VALUES (10000 + %(n)s, 'fr', 'FR', 2021, 'shipped')"
        ),
        (
            "INSERT INTO sales_order_line (sales_order_id, line, made_in)"
            " VALUES (10000 + %(n)s, 0, 'yy'), (10000 + %(n)s, 1, 'YY')"
        ),
    ),
    (
        "UPDATE sales_order_line SET made_in = 'yy' WHERE sales_order_id = 6 * %(n)s",
        "DELETE FROM sales_order_line WHERE sales_order_id = 6 * %(n)s AND line = 1",
    ),
    (
        "INSERT INTO sales_order_line (sales_order_id, line) VALUES (6 * %(n)s, 9)",
        "UPDATE sales_order SET state = 'shipped' WHERE id = 6 * %(n)s",
    ),
)

SCHEMA = Foreign(
    name="unique_parent",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"sales": EXPECTED},
    writes=WRITES,
    traps={
        # Shipped to 'de', billed to 'fr'; to 'DE' and 'de'.
        "SELECT GROUP_CONCAT(code ORDER BY code) FROM countries_history"
        " WHERE history_root_id = 4": "de,fr",
        "SELECT GROUP_CONCAT(code) FROM countries_history"
        " WHERE history_root_id = 9": "de",
        "SELECT COUNT(*) FROM rates_history WHERE history_root_id = 4": 2,
        "SELECT COUNT(*) FROM lines_history WHERE history_root_id = 4": 3,
    },
)
