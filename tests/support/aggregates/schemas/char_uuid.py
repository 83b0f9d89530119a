"""Roots with random UUIDs in CHAR(36), which come in any order and in any case.

Under the column's collation case makes no difference: a foreign key accepts an
upper-case UUID for a lower-case one. A join of bytes loses those guests, and one that
writes the root's key into the child's column alters them. The nil UUID is written long
after the cursor has passed it.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign


def uuid(text: str) -> str:
    """Write an expression for the UUID that belongs to a text."""
    digits = f"LEFT(SHA2({text}, 256), 32)"
    for place in (9, 14, 19, 24):
        digits = f"INSERT({digits}, {place}, 0, '-')"
    return digits


TABLES = """
CREATE TABLE bookings (
    id CHAR(36) NOT NULL,
    state ENUM ('open', 'closed') NOT NULL,
    made_at DATETIME(3) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE guests (
    id CHAR(36) NOT NULL,
    booking_id CHAR(36) NOT NULL,
    name VARCHAR(60) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT guests_bookings_fk FOREIGN KEY (booking_id) REFERENCES bookings (id)
);
CREATE TABLE nights (
    guest_id CHAR(36) NOT NULL,
    night DATE NOT NULL,
    price DECIMAL(7, 2) NULL,
    PRIMARY KEY (guest_id, night),
    CONSTRAINT nights_guests_fk FOREIGN KEY (guest_id) REFERENCES guests (id)
);
"""

FILL = f"""
INSERT INTO bookings (id, state, made_at)
SELECT
    {uuid("n")},
    IF(n % 6 = 0, 'open', 'closed'),
    '2026-01-01' + INTERVAL n * 1001 * 1000 MICROSECOND
FROM numbers
WHERE n BETWEEN 1 AND 2500;
INSERT INTO guests (id, booking_id, name)
SELECT
    {uuid("CONCAT(a.n, 'guest', b.n)")},
    IF(a.n % 7 = 0, UPPER({uuid("a.n")}), {uuid("a.n")}),
    CONCAT('Zoë ', b.n)
FROM numbers AS a
JOIN numbers AS b ON b.n < 2
WHERE a.n BETWEEN 1 AND 2500;
INSERT INTO nights (guest_id, night, price)
SELECT
    IF(n.n = 1, UPPER(g.id), g.id),
    '2026-02-01' + INTERVAL n.n DAY,
    NULLIF(n.n, 1) * 49.5
FROM guests AS g
JOIN numbers AS n ON n.n < 2;
"""

ARCHIVES = """
[archive.bookings]
table    = "bookings"
finished = "state = 'closed'"

[archive.bookings.relations]
guests = {}
nights = { of = "guests" }
"""

GUESTS = "JOIN {source}.guests AS g ON g.booking_id = o.id"

EXPECTED = Expectation(
    root="bookings",
    key=("id",),
    finished="o.state = 'closed'",
    relations=(
        ExpectedRelation(
            name="guests",
            key=("id",),
            joined="JOIN {source}.guests AS r ON r.booking_id = o.id",
        ),
        ExpectedRelation(
            name="nights",
            key=("guest_id", "night"),
            joined=f"{GUESTS} JOIN {{source}}.nights AS r ON r.guest_id = g.id",
        ),
    ),
)

NEW = uuid("CONCAT('new', %(n)s)")
ANN = uuid("CONCAT('Ann', %(n)s)")
NIL = "'00000000-0000-0000-0000-000000000000'"

WRITES = (
    # Anywhere, mostly behind the cursor.
    (
        (
            "INSERT INTO bookings (id, state, made_at)"
            f" VALUES ({NEW}, 'closed', '2026-05-05 05:05:05.005')"
        ),
        f"INSERT INTO guests (id, booking_id, name) VALUES ({ANN}, {NEW}, 'Ann')",
    ),
    # The root first, which its guests follow.
    (
        f"UPDATE bookings SET state = 'closed' WHERE id = {uuid('12 * %(n)s')}",
        (
            "UPDATE guests SET name = 'root first'"
            f" WHERE booking_id = {uuid('12 * %(n)s')}"
        ),
    ),
    (
        (
            "UPDATE guests SET name = 'child first'"
            f" WHERE booking_id = {uuid('12 * %(n)s - 6')}"
        ),
        f"UPDATE bookings SET state = 'closed' WHERE id = {uuid('12 * %(n)s - 6')}",
    ),
    (
        (
            "INSERT INTO bookings (id, state, made_at)"
            f" SELECT {NIL}, 'closed', '2026-01-01' FROM DUAL WHERE %(n)s = 10"
        ),
        (
            "INSERT INTO guests (id, booking_id, name)"
            f" SELECT {NIL}, {NIL}, 'Nobody' FROM DUAL WHERE %(n)s = 10"
        ),
    ),
)

SCHEMA = Foreign(
    name="char_uuid",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"bookings": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT COUNT(*) FROM guests_history"
        f" WHERE CAST(booking_id AS BINARY) = CAST(UPPER({uuid('7')}) AS BINARY)"
        f" AND CAST(history_root_id AS BINARY) = CAST({uuid('7')} AS BINARY)": 2,
        f"SELECT COUNT(*) FROM nights_history WHERE history_root_id = {uuid('7')}": 4,
        f"SELECT name FROM guests_history WHERE history_root_id = {NIL}": "Nobody",
    },
)
