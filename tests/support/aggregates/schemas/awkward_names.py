"""Names that have to be quoted, and names that bygones has for things of its own.

Columns are called as a procedure's variables, aliases and the kit's columns of history
are: unquoted they are syntax errors, unqualified a variable stands in for the column,
and in history they would be there twice. Two columns of one line differ in nothing but
which of them is the kit's.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE `GROUP` (
    `id` INT NOT NULL,
    `Größe` VARCHAR(10) NULL,
    PRIMARY KEY (`id`)
);
CREATE TABLE `order` (
    `key` INT NOT NULL,
    `v_try` SMALLINT NOT NULL,
    `select` VARCHAR(10) NULL,
    `cursor` VARCHAR(10) NULL,
    `in_chunk_id` INT NULL,
    `v_chunk_id` INT NULL,
    `v_after_key` INT NULL,
    `h` INT NULL,
    `s` INT NULL,
    `o` INT NULL,
    `k` INT NULL,
    `lane` INT NULL,
    `history_version` INT NULL,
    `history_root_key` INT NULL,
    `history_chunk` INT NULL,
    `is it done?` VARCHAR(10) NOT NULL,
    `GROUP-id` INT NULL,
    PRIMARY KEY (`key`, `v_try`),
    CONSTRAINT `order of group` FOREIGN KEY (`GROUP-id`) REFERENCES `GROUP` (`id`)
);
CREATE TABLE `Order Lines` (
    `order key` INT NOT NULL,
    `order v_try` SMALLINT NOT NULL,
    `line no` INT NOT NULL,
    `history_root_key` INT NULL,
    `history_version` INT NULL,
    `back``tick` VARCHAR(10) NULL,
    `%s` VARCHAR(10) NULL,
    `:name` VARCHAR(10) NULL,
    `desc` VARCHAR(10) NULL,
    PRIMARY KEY (`order key`, `order v_try`, `line no`),
    CONSTRAINT `lines, of orders` FOREIGN KEY (`order key`, `order v_try`)
    REFERENCES `order` (`key`, `v_try`)
);
CREATE TABLE `order-events` (
    `key` INT NOT NULL,
    `v_try` SMALLINT NOT NULL,
    `history_ordinal` INT NULL,
    `written.history` VARCHAR(10) NULL,
    KEY (`key`, `v_try`)
);
CREATE TABLE `lane` (
    `key` INT NOT NULL,
    `v_try` SMALLINT NOT NULL,
    `number` INT NOT NULL,
    `archive` VARCHAR(10) NOT NULL,
    PRIMARY KEY (`number`),
    KEY (`v_try`, `key`)
);
CREATE TABLE `we``ird "table"` (
    `in_orders` INT NOT NULL,
    `order key` INT NOT NULL,
    `order v_try` SMALLINT NOT NULL,
    `line no` INT NOT NULL,
    PRIMARY KEY (`in_orders`),
    CONSTRAINT `we``ird` FOREIGN KEY (`order key`, `order v_try`, `line no`)
    REFERENCES `Order Lines` (`order key`, `order v_try`, `line no`)
);
"""

FILL = """
INSERT INTO `GROUP` (`id`, `Größe`) VALUES (1, 'klein'), (2, 'groß'), (3, NULL);
INSERT INTO `order` (
    `key`, `v_try`, `select`, `cursor`, `in_chunk_id`, `v_chunk_id`, `v_after_key`, `h`,
    `s`, `o`, `k`, `lane`, `history_version`, `history_root_key`, `history_chunk`,
    `is it done?`, `GROUP-id`
)
SELECT n DIV 2, n % 2, CONCAT('s', n), CONCAT('c', n), n + 1, n + 2, n + 3, n + 4,
    n + 5, n + 6, n + 7, n + 8, n + 9, n + 10, n + 11, IF(n % 6 = 5, 'no', 'yes'),
    NULLIF(n % 4, 0)
FROM numbers
WHERE n < 2500;
INSERT INTO `Order Lines` (
    `order key`, `order v_try`, `line no`, `history_root_key`, `history_version`,
    `back``tick`, `%s`, `:name`, `desc`
)
SELECT o.`key`, o.`v_try`, n.n, -1, 1 - n.n, 'b', 'p', 'c', NULLIF('d', o.`select`)
FROM `order` AS o
JOIN numbers AS n ON n.n < 2;
INSERT INTO `order-events` (`key`, `v_try`, `history_ordinal`, `written.history`)
SELECT o.`key`, o.`v_try`, 7, 'w'
FROM `order` AS o
JOIN numbers AS n ON n.n < 2
WHERE o.`key` % 2 = 0;
INSERT INTO `lane` (`key`, `v_try`, `number`, `archive`)
SELECT `key`, `v_try`, `key` * 2 + `v_try`, 'order' FROM `order` WHERE `key` % 3 = 0;
INSERT INTO `we``ird "table"` (`in_orders`, `order key`, `order v_try`, `line no`)
SELECT `order key` * 2 + `order v_try`, `order key`, `order v_try`, `line no`
FROM `Order Lines`
WHERE `line no` = 1;
"""

ARCHIVES = """
[archive.order-book]
table    = "order"
finished = "`is it done?` = 'yes'"

[archive.order-book.relations]
"Order Lines"    = {}
"we`ird \\"table\\"" = { of = "Order Lines" }
GROUP            = {}

[archive.order-book.relations.order-events]
on = '''`order-events`.`key` = `order`.`key` AND `order-events`.v_try = `order`.v_try'''

[archive.order-book.relations.lanes]
table = "lane"
on    = "lanes.`key` = `order`.`key` AND lanes.v_try = `order`.v_try"
"""

LINES = (
    "JOIN {source}.`Order Lines` AS r"
    " ON r.`order key` = o.`key` AND r.`order v_try` = o.v_try"
)
SAME_KEY = "ON r.`key` = o.`key` AND r.v_try = o.v_try"

EXPECTED = Expectation(
    root="order",
    key=("key", "v_try"),
    finished="o.`is it done?` = 'yes'",
    renamed={
        "history_version_source": "history_version",
        "history_chunk_source": "history_chunk",
    },
    relations=(
        ExpectedRelation(
            name="Order Lines",
            key=("order key", "order v_try", "line no"),
            joined=LINES,
            renamed={
                "history_root_key_source": "history_root_key",
                "history_version_source": "history_version",
            },
        ),
        ExpectedRelation(
            name='we`ird "table"',
            key=("in_orders",),
            joined=(
                LINES.replace("AS r", "AS l").replace("r.", "l.")
                + ' JOIN {source}.`we``ird "table"` AS r ON r.`order key` ='
                " l.`order key` AND r.`order v_try` = l.`order v_try`"
                " AND r.`line no` = l.`line no`"
            ),
        ),
        ExpectedRelation(
            name="GROUP",
            key=("id",),
            joined="JOIN {source}.`GROUP` AS r ON r.id = o.`GROUP-id`",
        ),
        ExpectedRelation(
            name="order-events",
            joined="JOIN {source}.`order-events` AS r " + SAME_KEY,
            renamed={"history_ordinal_source": "history_ordinal"},
        ),
        ExpectedRelation(
            name="lanes",
            table="lane",
            key=("number",),
            joined="JOIN {source}.`lane` AS r " + SAME_KEY,
        ),
    ),
)

WRITES = (
    (
        (
            "INSERT INTO `order` (`key`, `v_try`, `h`, `is it done?`)"
            " VALUES (10000 + %(n)s, 3, 4, 'yes')"
        ),
        (
            "INSERT INTO `Order Lines` (`order key`, `order v_try`, `line no`,"
            " `history_version`) VALUES (10000 + %(n)s, 3, 1, 5)"
        ),
        (
            "INSERT INTO `order-events` (`key`, `v_try`)"
            " VALUES (10000 + %(n)s, 3), (10000 + %(n)s, 3)"
        ),
    ),
    (
        (
            "UPDATE `Order Lines` SET `history_root_key` = %(n)s"
            " WHERE `order key` = 3 * %(n)s + 2 AND `order v_try` = 1"
        ),
        (
            "UPDATE `order` SET `is it done?` = 'yes', `history_version` = 9"
            " WHERE `key` = 3 * %(n)s + 2 AND `v_try` = 1"
        ),
    ),
)

ROOT = "history_root_key = 7 AND history_root_v_try = 0"

SCHEMA = Foreign(
    name="awkward_names",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"order-book": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT CONCAT_WS(',', `select`, `cursor`, `in_chunk_id`, `v_chunk_id`, `h`,"
        " `s`, `history_version`, `history_version_source`, `history_chunk_source`)"
        " FROM order_history"
        " WHERE `key` = 7 AND v_try = 0": "s14,c14,15,16,18,19,1,23,25",
        "SELECT GROUP_CONCAT(history_version, '/', history_version_source,"
        " '/', history_root_key_source ORDER BY `line no`)"
        f" FROM `Order Lines_history` WHERE {ROOT}": "1/1/-1,1/0/-1",
        "SELECT COUNT(*) FROM `order-events_history` WHERE history_root_key = 8"
        " AND history_root_v_try = 0 AND history_ordinal_source = 7": 2,
        f'SELECT COUNT(*) FROM `we``ird "table"_history` WHERE {ROOT}': 1,
        "SELECT COUNT(*) FROM lanes_history WHERE history_root_key = 9": 2,
    },
)
