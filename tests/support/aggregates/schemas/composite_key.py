"""A root with a key of text, date and two integers; its children repeat all four.

The columns of the key stand in another order in the table, in each child and in the
children's keys. A cursor that asks for greater values in every column, or in one of
them, steps over ('Süd', first day, number 1, leg -1), the first in three columns and
the last in one; a join by the first column of the foreign key doubles its parcels.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE depots (
    code VARCHAR(8) NOT NULL,
    city VARCHAR(40) NOT NULL,
    PRIMARY KEY (code)
);
CREATE TABLE shipments (
    weight DECIMAL(8, 3) NOT NULL,
    leg TINYINT NOT NULL,
    number INT UNSIGNED NOT NULL,
    shipped_on DATE NOT NULL,
    depot VARCHAR(8) NOT NULL,
    state VARCHAR(10) NOT NULL,
    PRIMARY KEY (depot, shipped_on, number, leg),
    CONSTRAINT shipments_depots_fk FOREIGN KEY (depot) REFERENCES depots (code)
);
CREATE TABLE parcels (
    id BIGINT NOT NULL AUTO_INCREMENT,
    leg TINYINT NULL,
    shipment_number INT UNSIGNED NULL,
    shipped_on DATE NULL,
    depot VARCHAR(8) NULL,
    content VARCHAR(40) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT parcels_shipments_fk
    FOREIGN KEY (depot, shipped_on, shipment_number, leg)
    REFERENCES shipments (depot, shipped_on, number, leg)
);
CREATE TABLE scans (
    line SMALLINT NOT NULL,
    number INT UNSIGNED NOT NULL,
    leg TINYINT NOT NULL,
    depot VARCHAR(8) NOT NULL,
    shipped_on DATE NOT NULL,
    place VARCHAR(20) NULL,
    PRIMARY KEY (line, leg, number, shipped_on, depot),
    CONSTRAINT scans_shipments_fk
    FOREIGN KEY (depot, shipped_on, number, leg)
    REFERENCES shipments (depot, shipped_on, number, leg)
);
"""

FILL = """
INSERT INTO depots (code, city)
VALUES ('Nord', 'Kiel'), ('mitte', 'Fulda'), ('alt', 'Ulm'), ('Süd', 'Füssen'),
('ost', 'Görlitz');
INSERT INTO shipments (weight, leg, number, shipped_on, depot, state)
SELECT
    n / 8,
    n DIV 840 - 1,
    n DIV 140 % 6 + 1,
    '2026-01-01' + INTERVAL (n DIV 5 % 28) DAY,
    ELT(1 + n % 5, 'Nord', 'mitte', 'alt', 'Süd', 'ost'),
    IF(n % 6 = 5, 'moving', 'arrived')
FROM numbers
WHERE n < 2520;
INSERT INTO parcels (leg, shipment_number, shipped_on, depot, content)
SELECT
    s.leg,
    IF(n.n = 2, NULL, s.number),
    s.shipped_on,
    s.depot,
    CONCAT(n.n, ' of ', s.weight)
FROM shipments AS s
JOIN numbers AS n ON n.n < 3;
INSERT INTO scans (line, number, leg, depot, shipped_on, place)
SELECT n.n, s.number, s.leg, s.depot, s.shipped_on, NULLIF(s.depot, 'alt')
FROM shipments AS s
JOIN numbers AS n ON n.n < 2;
"""

ARCHIVES = """
[archive.shipments]
table    = "shipments"
finished = "state = 'arrived'"

[archive.shipments.relations]
parcels = {}
scans   = {}
depots  = {}
"""

EXPECTED = Expectation(
    root="shipments",
    key=("depot", "shipped_on", "number", "leg"),
    finished="o.state = 'arrived'",
    relations=(
        ExpectedRelation(
            name="parcels",
            key=("id",),
            joined=(
                "JOIN {source}.parcels AS r ON r.depot = o.depot"
                " AND r.shipped_on = o.shipped_on"
                " AND r.shipment_number = o.number AND r.leg = o.leg"
            ),
        ),
        ExpectedRelation(
            name="scans",
            key=("line", "leg", "number", "shipped_on", "depot"),
            joined=(
                "JOIN {source}.scans AS r ON r.depot = o.depot"
                " AND r.shipped_on = o.shipped_on"
                " AND r.number = o.number AND r.leg = o.leg"
            ),
        ),
        ExpectedRelation(
            name="depots",
            key=("code",),
            joined="JOIN {source}.depots AS r ON r.code = o.depot",
        ),
    ),
)

WRITES = (
    # In the middle of the keys.
    (
        (
            "INSERT INTO shipments (weight, leg, number, shipped_on, depot, state)"
            " VALUES (1, 0, 1000 + %(n)s, '2026-01-15', 'mitte', 'arrived')"
        ),
        (
            "INSERT INTO scans (line, number, leg, depot, shipped_on, place)"
            " VALUES (7, 1000 + %(n)s, 0, 'mitte', '2026-01-15', 'door')"
        ),
    ),
    (
        (
            "INSERT INTO shipments (weight, leg, number, shipped_on, depot, state)"
            " VALUES (2, 5, %(n)s, '2025-12-31', 'Süd', 'moving')"
        ),
    ),
    # The child first, which the root follows.
    (
        (
            "INSERT INTO parcels (leg, shipment_number, shipped_on, depot, content)"
            " VALUES (5, %(n)s, '2025-12-31', 'Süd', 'late')"
        ),
        (
            "UPDATE shipments SET state = 'arrived' WHERE depot = 'Süd'"
            " AND shipped_on = '2025-12-31' AND number = %(n)s AND leg = 5"
        ),
    ),
    (
        (
            "UPDATE shipments SET state = 'arrived', weight = %(n)s"
            " WHERE state = 'moving' ORDER BY depot, shipped_on, number, leg LIMIT 1"
        ),
    ),
)

LAST_AND_FIRST = (
    " WHERE history_root_depot = 'Süd' AND history_root_shipped_on = '2026-01-01'"
    " AND history_root_number = 1 AND history_root_leg = -1"
)

SCHEMA = Foreign(
    name="composite_key",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"shipments": EXPECTED},
    writes=WRITES,
    traps={
        f"SELECT COUNT(*) FROM parcels_history {LAST_AND_FIRST}": 2,
        f"SELECT COUNT(*) FROM scans_history {LAST_AND_FIRST}": 2,
    },
)
