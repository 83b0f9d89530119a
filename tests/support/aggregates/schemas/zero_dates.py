"""Dates that are none: zero dates as defaults, as values and in the root's key.

A session under the server's own sql_mode can't create such tables, nor copy such rows;
one that is lenient makes NULLs of them, and a driver's date makes None. Day 0 is the
first key, and '2021-00-10' one that no calendar has.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE visits (
    visited_on DATE NOT NULL DEFAULT '0000-00-00',
    number SMALLINT UNSIGNED NOT NULL,
    closed_at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00',
    changed_at TIMESTAMP NOT NULL DEFAULT '0000-00-00 00:00:00',
    checked_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (visited_on, number)
);
CREATE TABLE findings (
    id INT NOT NULL AUTO_INCREMENT,
    visited_on DATE NOT NULL DEFAULT '0000-00-00',
    number SMALLINT UNSIGNED NOT NULL DEFAULT 0,
    seen_at DATETIME(6) NOT NULL DEFAULT '0000-00-00 00:00:00.000000',
    since DATE NOT NULL DEFAULT '0000-00-00',
    took TIME NOT NULL DEFAULT '00:00:00',
    season YEAR NOT NULL DEFAULT '0000',
    PRIMARY KEY (id),
    CONSTRAINT findings_visits_fk
    FOREIGN KEY (visited_on, number) REFERENCES visits (visited_on, number)
);
"""

FILL = """
INSERT INTO visits (visited_on, number, closed_at, changed_at, checked_at)
SELECT
    CASE n % 25 WHEN 0 THEN '0000-00-00' WHEN 1 THEN '2021-00-10'
        WHEN 2 THEN '2021-10-00' WHEN 3 THEN '1000-01-01' WHEN 4 THEN '9999-12-31'
        ELSE '2026-01-01' + INTERVAL (n % 25) DAY END,
    n DIV 25,
    CASE WHEN n % 6 = 5 THEN '0000-00-00 00:00:00' ELSE '2026-01-01 12:00:00' END,
    CASE WHEN n % 3 = 0 THEN '0000-00-00 00:00:00' ELSE '2026-03-29 02:30:00' END,
    IF(n % 2 = 0, NULL, '2026-01-01')
FROM numbers
WHERE n < 2500;
INSERT INTO findings (visited_on, number) SELECT visited_on, number FROM visits;
INSERT INTO findings (visited_on, number, seen_at, since, took, season)
SELECT
    visited_on, number, '2021-00-10 01:02:03.000004', '2021-10-00', '-838:59:59', 2155
FROM visits
WHERE number % 2 = 1;
"""

ARCHIVES = """
[archive.visits]
table    = "visits"
finished = "closed_at <> '0000-00-00 00:00:00'"

[archive.visits.relations]
findings = {}
"""

EXPECTED = Expectation(
    root="visits",
    key=("visited_on", "number"),
    finished="o.closed_at <> 0",
    relations=(
        ExpectedRelation(
            name="findings",
            key=("id",),
            joined=(
                "JOIN {source}.findings AS r"
                " ON r.visited_on = o.visited_on AND r.number = o.number"
            ),
        ),
    ),
)

WRITES = (
    (
        (
            "INSERT INTO visits (number, closed_at, checked_at)"
            " VALUES (1000 + %(n)s, '2026-02-02', NULL)"
        ),
        "INSERT INTO findings (number) VALUES (1000 + %(n)s), (1000 + %(n)s)",
    ),
    (
        (
            "INSERT INTO visits (visited_on, number, checked_at)"
            " VALUES ('2021-00-10', 1000 + %(n)s, NULL)"
        ),
    ),
    (
        "INSERT INTO findings (visited_on, number) VALUES ('2021-00-10', 1000 + %(n)s)",
        (
            "UPDATE visits SET closed_at = '2026-00-00'"
            " WHERE visited_on = '2021-00-10' AND number = 1000 + %(n)s"
        ),
    ),
)

SCHEMA = Foreign(
    name="zero_dates",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"visits": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT CONCAT_WS(' ', visited_on, changed_at) FROM visits_history"
        " WHERE visited_on = '0000-00-00'"
        " AND number = 0": "0000-00-00 0000-00-00 00:00:00",
        "SELECT COUNT(*) FROM findings_history"
        " WHERE history_root_visited_on = '0000-00-00' AND history_root_number = 1": 2,
        "SELECT CONCAT_WS(' ', seen_at, took, season) FROM findings_history"
        " WHERE history_root_visited_on = '2021-00-10' AND history_root_number = 1"
        " AND since <> '0000-00-00'": "2021-00-10 01:02:03.000004 -838:59:59 2155",
    },
)
