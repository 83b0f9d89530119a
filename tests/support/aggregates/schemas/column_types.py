"""Every type of column, with the values that copying and comparing by text alters.

FLOATs have six digits as text, -0 equals 0, an ENUM's error value reads '' as a member
may, the JSON 1 equals 1.0, 'CAFÉ' equals 'cafe', a point has an SRID or none. A
generated column can't be inserted into, and an invisible one isn't among `*`.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE specimens (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    state ENUM ('', 'open', 'it''s done', 'a,b', 'ünï') NOT NULL,
    grade ENUM ('', 'A', 'a,b', '"') NULL,
    kinds SET ('x', 'y''z', 'ä', 'Q') NULL,
    flag BIT(1) NOT NULL,
    mask BIT(64) NULL,
    tiny TINYINT(1) NULL,
    small SMALLINT UNSIGNED ZEROFILL NULL,
    medium MEDIUMINT NULL,
    ratio FLOAT NULL,
    precise DOUBLE NULL,
    amount DECIMAL(65, 30) NULL,
    born YEAR NULL,
    took TIME(6) NULL,
    made_at DATETIME(6) NULL,
    changed_at TIMESTAMP(3) NULL,
    details JSON NULL,
    place POINT NULL /*!80003 SRID 4326 */,
    spot POINT NOT NULL,
    shape GEOMETRY NULL,
    name VARCHAR(40) CHARACTER SET latin1 NULL,
    code CHAR(10) CHARACTER SET ascii NULL,
    old_name VARCHAR(40) CHARACTER SET utf8mb3 NULL,
    wide_name VARCHAR(40) CHARACTER SET utf16 NULL,
    raw BINARY(4) NULL,
    padded VARBINARY(20) NULL,
    upper_name VARCHAR(40) CHARACTER SET latin1 AS (UPPER(name)) STORED,
    doubled DECIMAL(65, 30) GENERATED ALWAYS AS (amount * 2) VIRTUAL,
    hidden INT NULL DEFAULT 7 INVISIBLE,
    PRIMARY KEY (id)
);
CREATE TABLE papers (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    specimen_id INT UNSIGNED NOT NULL,
    tiny_text TINYTEXT NULL,
    plain_text TEXT CHARACTER SET latin1 NULL,
    medium_text MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    long_text LONGTEXT NULL,
    tiny_blob TINYBLOB NULL,
    plain_blob BLOB NULL,
    medium_blob MEDIUMBLOB NULL,
    long_blob LONGBLOB NULL,
    PRIMARY KEY (id),
    CONSTRAINT papers_specimens_fk
    FOREIGN KEY (specimen_id) REFERENCES specimens (id)
);
CREATE TABLE samples (
    specimen_id INT UNSIGNED NOT NULL,
    ratio FLOAT NULL,
    precise DOUBLE NULL,
    details JSON NULL,
    place POINT NULL,
    grade ENUM ('', 'A') NULL,
    CONSTRAINT samples_specimens_fk
    FOREIGN KEY (specimen_id) REFERENCES specimens (id)
);
"""

FILL = r"""
INSERT INTO specimens (
    id, state, grade, kinds, flag, mask, tiny, small, medium, ratio, precise, amount,
    born, took, made_at, changed_at, details, place, spot, shape, name, code, old_name,
    wide_name, raw, padded, hidden
)
SELECT
    n,
    IF(n % 6 = 0, ELT(1 + n % 5, '', 'open', 'a,b', 'ünï', ''), 'it''s done'),
    ELT(1 + n % 5, '', 'A', 'a,b', '"', NULL),
    ELT(1 + n % 4, '', 'x,ä', 'y''z,Q', NULL),
    n % 2,
    18446744073709551615 - n,
    n % 256 - 128,
    n,
    -n,
    n / 3,
    n / 7 * 1e300,
    -n / 9,
    1901 + n % 255,
    SEC_TO_TIME(-n) - INTERVAL 1 MICROSECOND,
    '2026-01-01' + INTERVAL n MICROSECOND,
    '2026-01-01' + INTERVAL n SECOND,
    JSON_OBJECT('n', n, 'list', JSON_ARRAY(1, '1', NULL, n / 2), 'é', 'É'),
    IF(n % 3 = 0, NULL, ST_GeomFromText('POINT(50 10)', 4326)),
    ST_GeomFromText(CONCAT('POINT(', n, ' -', n, ')')),
    IF(n % 2 = 0, NULL, ST_GeomFromText('LINESTRING(0 0, 1 1, 2 0.5)')),
    CONCAT('Zoë ÿ ', n),
    CONCAT('c', n, REPEAT(' ', n % 2)),
    'ǅabc',
    CONCAT('😀', n),
    UNHEX(LPAD(HEX(n), 8, '0')),
    CONCAT('p', REPEAT(' ', n % 3), REPEAT('\0', n % 2)),
    NULLIF(n % 9, 0)
FROM numbers
WHERE n BETWEEN 1 AND 2500;
UPDATE specimens SET ratio = '-0', precise = '-0' WHERE id = 7;
UPDATE specimens SET ratio = 16777217, precise = 0.1 + 0.2 WHERE id = 8;
UPDATE specimens SET ratio = 3.4e38, precise = 1.7976931348623157e308 WHERE id = 9;
UPDATE specimens SET ratio = 1.2e-38, precise = 5e-324 WHERE id = 10;
UPDATE specimens
SET amount = -49999999999999999999999999999999999.999999999999999999999999999999
WHERE id = 10;
UPDATE IGNORE specimens SET grade = 'no member' WHERE id = 11;
UPDATE specimens
SET details = '[1, 1.0, 1e0, -0.0, 18446744073709551615, "1", true, null, {}, []]'
WHERE id = 13;
UPDATE specimens SET details = 'null' WHERE id = 14;
UPDATE specimens SET took = '-838:59:59', name = UNHEX('80819FFF00'), code = ''
WHERE id = 15;
INSERT INTO papers (
    specimen_id, tiny_text, plain_text, medium_text, long_text, tiny_blob, plain_blob,
    medium_blob, long_blob
)
SELECT
    id, ELT(1 + id % 4, 'CAFÉ', 'cafe', 'cafe ', NULL), name, REPEAT('😀', id % 50),
    REPEAT('long ', id % 40), UNHEX(SHA2(id, 256)), '', UNHEX('00FF275C220A0D1A'),
    REPEAT(UNHEX('FF'), id % 60)
FROM specimens;
UPDATE papers SET long_text = REPEAT('x', 200000), long_blob = REPEAT('\0', 100000)
WHERE specimen_id IN (1, 2);
INSERT INTO samples (specimen_id, ratio, precise, details, place, grade)
SELECT s.id, s.ratio, s.precise, s.details, s.place, NULL
FROM specimens AS s
JOIN numbers AS n ON n.n < 2 AND n.n < s.id % 3;
INSERT INTO samples (specimen_id, ratio, details)
VALUES (1, 0, '[1]'), (1, '-0', '[1]'), (1, '-0', '[1.0]'), (1, 0, '[1]');
"""

ARCHIVES = """
[archive.specimens]
table    = "specimens"
finished = "state = 'it''s done'"

[archive.specimens.relations]
papers  = {}
samples = {}
"""

EXPECTED = Expectation(
    root="specimens",
    key=("id",),
    finished="o.state = 'it''s done'",
    relations=(
        ExpectedRelation(
            name="papers",
            key=("id",),
            joined="JOIN {source}.papers AS r ON r.specimen_id = o.id",
        ),
        ExpectedRelation(
            name="samples",
            joined="JOIN {source}.samples AS r ON r.specimen_id = o.id",
        ),
    ),
)

WRITES = (
    (
        (
            "INSERT INTO specimens (id, state, flag, spot, name, details, precise)"
            " VALUES (10000 + %(n)s, 'it''s done', b'1', ST_GeomFromText('POINT(1 2)'),"
            " 'new', '[1.0]', '-0')"
        ),
        (
            "INSERT INTO papers (specimen_id, long_text)"
            " VALUES (10000 + %(n)s, REPEAT('new ', 500))"
        ),
        (
            "INSERT INTO samples (specimen_id, details)"
            " VALUES (10000 + %(n)s, '[1]'), (10000 + %(n)s, '[1.0]')"
        ),
    ),
    (
        "UPDATE papers SET tiny_text = 'CAFE' WHERE specimen_id = 6 * %(n)s",
        "UPDATE specimens SET precise = -precise WHERE id = 6 * %(n)s",
    ),
    (
        "UPDATE papers SET tiny_text = 'Cafe ' WHERE specimen_id = 6 * %(n)s",
        (
            "UPDATE specimens SET name = LOWER(name), state = 'it''s done'"
            " WHERE id = 6 * %(n)s"
        ),
    ),
)

SCHEMA = Foreign(
    name="column_types",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"specimens": EXPECTED},
    writes=WRITES,
    traps={
        # MariaDB makes 0 of it where it is written.
        "SELECT COUNT(*) FROM specimens_history"
        " WHERE id = 7 /*!80000 AND CONCAT(ratio, precise) = '-0-0' */": 1,
        "SELECT ratio + 0e0 FROM specimens_history WHERE id = 8": 16777216.0,
        "SELECT CONCAT(HEX(grade), grade + 0) FROM specimens_history"
        " WHERE id = 11": "0",
        "SELECT hidden FROM specimens_history WHERE id = 7": 7,
        "SELECT CAST(upper_name AS CHAR) FROM specimens_history"
        " WHERE id = 7": "ZOË ÿ 7",
        "SELECT COUNT(*) FROM samples_history WHERE history_root_id = 1"
        " AND precise IS NULL": 4,
        "SELECT LENGTH(long_text) FROM papers_history"
        " WHERE history_root_id = 1": 200000,
    },
)
