"""Keys with the names of bygones' own columns of what waits, of one column and of two.

A root that is known by a number is one of 0 too, which stands in that column for all
roots that are known by a text.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE visits (
    root_number INT NOT NULL,
    archive VARCHAR(20) NOT NULL,
    lane INT NOT NULL,
    root_text VARCHAR(20) NULL,
    reason VARCHAR(20) NOT NULL,
    PRIMARY KEY (root_number)
);
CREATE TABLE notes (
    failed_at INT NOT NULL AUTO_INCREMENT,
    root_number INT NOT NULL,
    message VARCHAR(20) NOT NULL,
    PRIMARY KEY (failed_at),
    CONSTRAINT notes_visits_fk FOREIGN KEY (root_number) REFERENCES visits (root_number)
);
CREATE TABLE parcels (
    lane INT NOT NULL,
    reason VARCHAR(20) NOT NULL,
    root_text VARCHAR(20) NOT NULL,
    noted_at DATETIME NULL,
    PRIMARY KEY (lane, reason)
);
"""

FILL = """
INSERT INTO visits (root_number, archive, lane, root_text, reason)
SELECT n - 100, 'parcels', n % 3, NULLIF('', ELT(1 + n % 2, '', 'x')),
    ELT(1 + n % 5, 'open', 'gone', 'gone', 'gone', 'gone')
FROM numbers
WHERE n < 2600;
INSERT INTO notes (root_number, message)
SELECT root_number, 'quarantined' FROM visits WHERE lane > 0;
INSERT INTO parcels (lane, reason, root_text, noted_at)
SELECT n DIV 40, CONCAT('r', n % 40), '', IF(n % 7 = 0, NULL, '2026-01-01')
FROM numbers
WHERE n < 1400;
"""

ARCHIVES = """
[archive.visits]
table    = "visits"
finished = "reason = 'gone'"

[archive.visits.relations]
notes = {}

[archive.parcels]
table    = "parcels"
finished = "noted_at IS NOT NULL"
"""

EXPECTED = {
    "visits": Expectation(
        root="visits",
        key=("root_number",),
        finished="o.reason = 'gone'",
        relations=(
            ExpectedRelation(
                name="notes",
                key=("failed_at",),
                joined="JOIN {source}.notes AS r ON r.root_number = o.root_number",
            ),
        ),
    ),
    "parcels": Expectation(
        root="parcels", key=("lane", "reason"), finished="o.noted_at IS NOT NULL"
    ),
}

WRITES = (
    (
        (
            "INSERT INTO visits (root_number, archive, lane, reason)"
            " VALUES (5000 + %(n)s, '', 0, 'open')"
        ),
        "INSERT INTO parcels (lane, reason, root_text) VALUES (50 + %(n)s, 'new', '')",
    ),
    (
        (
            "UPDATE visits SET reason = 'gone' WHERE reason = 'open'"
            " ORDER BY root_number DESC LIMIT 1"
        ),
        "UPDATE parcels SET noted_at = '2026-02-02' WHERE noted_at IS NULL LIMIT 1",
    ),
    ("DELETE FROM parcels WHERE noted_at IS NULL ORDER BY lane DESC LIMIT 1",),
)

SCHEMA = Foreign(
    name="waiting_names",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected=EXPECTED,
    writes=WRITES,
    traps={
        "SELECT COUNT(*) FROM waiting AS w WHERE w.archive = 'visits'"
        " AND w.root_key = '[\"0\"]'": 1,
        "SELECT COUNT(*) FROM visits_history WHERE root_number < 0": 80,
    },
)
