"""Keys of BIGINT UNSIGNED: 0, on both sides of 2^63, and 2^64 - 1.

A cursor that begins at 0 leaves out the root 0; one of a signed type can't pass 2^63,
and `key <= last + 1` is out of range at the end. Copied into an AUTO_INCREMENT column,
the line 0 becomes another one.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

GREATEST = 2**64 - 1

TABLES = """
CREATE TABLE kinds (
    id BIGINT UNSIGNED NOT NULL,
    title VARCHAR(30) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE tickets (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    kind_id BIGINT UNSIGNED NOT NULL,
    closed_at DATETIME NULL,
    PRIMARY KEY (id),
    CONSTRAINT tickets_kinds_fk FOREIGN KEY (kind_id) REFERENCES kinds (id)
);
CREATE TABLE ticket_lines (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    ticket_id BIGINT UNSIGNED NOT NULL,
    price BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT ticket_lines_tickets_fk
    FOREIGN KEY (ticket_id) REFERENCES tickets (id)
);
"""

# 0 to 899, 900 around 2^63, and the last 700.
ID = (
    "CASE WHEN n < 900 THEN n"
    " WHEN n < 1800 THEN CAST(9223372036854775358 AS UNSIGNED) + n - 900"
    " ELSE 18446744073709551615 - (2499 - n) END"
)

FILL = f"""
INSERT INTO kinds (id, title)
VALUES (0, 'none'), ({GREATEST}, 'last'), ({2**63}, '2^63');
INSERT INTO tickets (id, kind_id, closed_at)
SELECT {ID}, ELT(1 + n % 3, 0, {GREATEST}, {2**63}), IF(n % 6 = 5, NULL, '2026-01-01')
FROM numbers
WHERE n < 2500;
INSERT INTO ticket_lines (id, ticket_id, price)
SELECT {ID}, {ID}, {ID}
FROM numbers
WHERE n < 2500;
INSERT INTO ticket_lines (id, ticket_id, price)
SELECT 100000 + n, {ID}, 1
FROM numbers
WHERE n < 2500 AND n % 4 = 0;
"""

ARCHIVES = """
[archive.tickets]
table    = "tickets"
finished = "closed_at IS NOT NULL"

[archive.tickets.relations]
ticket_lines = {}
kinds        = {}
"""

EXPECTED = Expectation(
    root="tickets",
    key=("id",),
    finished="o.closed_at IS NOT NULL",
    relations=(
        ExpectedRelation(
            name="ticket_lines",
            key=("id",),
            joined="JOIN {source}.ticket_lines AS r ON r.ticket_id = o.id",
        ),
        ExpectedRelation(
            name="kinds",
            key=("id",),
            joined="JOIN {source}.kinds AS r ON r.id = o.kind_id",
        ),
    ),
)

WRITES = (
    # Between the ranges.
    (
        (
            "INSERT INTO tickets (id, kind_id, closed_at)"
            f" VALUES ({2**62} + %(n)s, 0, '2026-02-02')"
        ),
        (
            "INSERT INTO ticket_lines (id, ticket_id, price)"
            f" VALUES ({2**62} + %(n)s, {2**62} + %(n)s, 5)"
        ),
    ),
    (
        (
            "INSERT INTO tickets (id, kind_id)"
            f" VALUES (CAST({2**64 - 2**62} AS UNSIGNED) + %(n)s, 0)"
        ),
    ),
    (
        (
            "INSERT INTO ticket_lines (id, ticket_id, price)"
            f" VALUES (CAST({2**64 - 2**62} AS UNSIGNED) + %(n)s,"
            f" CAST({2**64 - 2**62} AS UNSIGNED) + %(n)s, 6)"
        ),
        (
            "UPDATE tickets SET closed_at = '2026-03-03'"
            f" WHERE id = CAST({2**64 - 2**62} AS UNSIGNED) + %(n)s"
        ),
    ),
    (
        (
            "UPDATE tickets SET closed_at = '2026-04-04'"
            " WHERE closed_at IS NULL ORDER BY id DESC LIMIT 1"
        ),
    ),
)

SCHEMA = Foreign(
    name="unsigned_keys",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"tickets": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT COUNT(*) FROM ticket_lines_history WHERE history_root_id = 0": 2,
        "SELECT MIN(id) FROM ticket_lines_history WHERE history_root_id = 0": 0,
        "SELECT price FROM ticket_lines_history"
        f" WHERE history_root_id = {GREATEST}": GREATEST,
        f"SELECT COUNT(*) FROM tickets_history WHERE id IN ({2**63 - 2}, {2**63})": 2,
    },
)
