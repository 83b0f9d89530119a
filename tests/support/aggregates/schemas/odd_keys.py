"""Roots with keys of a year, a moment, a time and a decimal; and with VARBINARY keys.

Moments differ in their last microsecond, times are negative, decimals have a scale: a
variable without the column's fraction steps over roots or stands still. Of the tokens
one is empty, and many are the beginning of the next one, or differ from it in a zero
byte at the end.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE laps (
    season YEAR NOT NULL,
    started_at DATETIME(6) NOT NULL,
    ahead TIME(3) NOT NULL,
    speed DECIMAL(14, 4) NOT NULL,
    state VARCHAR(10) NOT NULL,
    PRIMARY KEY (season, started_at, ahead, speed)
);
CREATE TABLE splits (
    id INT NOT NULL AUTO_INCREMENT,
    season YEAR NOT NULL,
    started_at DATETIME(6) NOT NULL,
    ahead TIME(3) NOT NULL,
    speed DECIMAL(14, 4) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT splits_laps_fk FOREIGN KEY (season, started_at, ahead, speed)
    REFERENCES laps (season, started_at, ahead, speed)
);
CREATE TABLE tokens (
    token VARBINARY(12) NOT NULL,
    is_spent TINYINT(1) NOT NULL,
    PRIMARY KEY (token)
);
CREATE TABLE uses (
    token VARBINARY(12) NOT NULL,
    place VARBINARY(4) NOT NULL,
    PRIMARY KEY (token, place),
    CONSTRAINT uses_tokens_fk FOREIGN KEY (token) REFERENCES tokens (token)
);
"""

FILL = r"""
INSERT INTO laps (season, started_at, ahead, speed, state)
SELECT
    ELT(1 + n % 2, '0000', '2155'),
    '2026-01-01' + INTERVAL (n DIV 2 % 5) MICROSECOND,
    SEC_TO_TIME((n DIV 10 % 5 - 2) * 100000 + 0.999),
    (n DIV 50 - 13) * 12345.0001,
    IF(n % 6 = 5, 'racing', 'over')
FROM numbers
WHERE n < 1300;
INSERT INTO splits (season, started_at, ahead, speed)
SELECT l.season, l.started_at, l.ahead, l.speed
FROM laps AS l
JOIN numbers AS n ON n.n < 2;
INSERT INTO tokens (token, is_spent)
SELECT
    CASE n % 4 WHEN 0 THEN UNHEX(LEFT(SHA2(n DIV 4, 256), 8))
        WHEN 1 THEN UNHEX(CONCAT(LEFT(SHA2(n DIV 4, 256), 8), '00'))
        WHEN 2 THEN UNHEX(CONCAT(LEFT(SHA2(n DIV 4, 256), 8), '0000'))
        ELSE UNHEX(CONCAT(LEFT(SHA2(n DIV 4, 256), 8), '20')) END,
    n % 6 <> 5
FROM numbers
WHERE n < 1300;
INSERT INTO tokens (token, is_spent) VALUES ('', 1), ('\0', 1), ('"', 1), ('\\', 1);
INSERT INTO uses (token, place)
SELECT t.token, IF(n.n = 0, '', '\0')
FROM tokens AS t
JOIN numbers AS n ON n.n < 2;
"""

ARCHIVES = """
[archive.laps]
table    = "laps"
finished = "state = 'over'"

[archive.laps.relations]
splits = {}

[archive.tokens]
table    = "tokens"
finished = "is_spent"

[archive.tokens.relations]
uses = {}
"""

EXPECTED = {
    "laps": Expectation(
        root="laps",
        key=("season", "started_at", "ahead", "speed"),
        finished="o.state = 'over'",
        relations=(
            ExpectedRelation(
                name="splits",
                key=("id",),
                joined=(
                    "JOIN {source}.splits AS r ON r.season = o.season"
                    " AND r.started_at = o.started_at AND r.ahead = o.ahead"
                    " AND r.speed = o.speed"
                ),
            ),
        ),
    ),
    "tokens": Expectation(
        root="tokens",
        key=("token",),
        finished="o.is_spent = 1",
        relations=(
            ExpectedRelation(
                name="uses",
                key=("token", "place"),
                joined="JOIN {source}.uses AS r ON r.token = o.token",
            ),
        ),
    ),
}

LAP = "2155, '2026-01-01 00:00:00.000002', '-00:00:00.001', %(n)s + 0.0001"

WRITES = (
    (
        (
            "INSERT INTO laps (season, started_at, ahead, speed, state)"
            f" VALUES ({LAP}, 'over')"
        ),
        f"INSERT INTO splits (season, started_at, ahead, speed) VALUES ({LAP})",
    ),
    (
        (
            "UPDATE laps SET state = 'over' WHERE state = 'racing'"
            " ORDER BY season DESC, started_at, ahead, speed LIMIT 1"
        ),
    ),
    (
        "INSERT INTO tokens (token, is_spent) VALUES (CONCAT('n', %(n)s), 0)",
        "INSERT INTO uses (token, place) VALUES (CONCAT('n', %(n)s), 'a')",
    ),
    (
        "UPDATE uses SET place = 'A' WHERE token = CONCAT('n', %(n)s)",
        "UPDATE tokens SET is_spent = 1 WHERE token = CONCAT('n', %(n)s)",
    ),
    ("INSERT INTO tokens (token, is_spent) VALUES (CONCAT('n', %(n)s, '\0'), 0)",),
)

SCHEMA = Foreign(
    name="odd_keys",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected=EXPECTED,
    writes=WRITES,
    traps={
        # The last microsecond, under the least time and decimal there are.
        "SELECT COUNT(*) FROM splits_history WHERE history_root_season = 0"
        " AND history_root_started_at = '2026-01-01 00:00:00.000004'"
        " AND history_root_ahead = '-55:33:19.001'"
        " AND history_root_speed = -160485.0013": 2,
        "SELECT COUNT(*) FROM uses_history WHERE history_root_token = ''": 2,
        r"SELECT COUNT(*) FROM uses_history WHERE history_root_token = '\0'": 2,
    },
)
