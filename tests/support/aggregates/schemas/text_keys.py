"""Three roots with random text keys, and children under another collation.

Vouchers tell case apart, coupons don't (and sort a tab before the end), gifts tell
trailing blanks apart. A cursor that compares under the wrong collation walks in circles
or leaves roots out. What a use belongs to is a matter of its join's collation: that of
'gold' belongs to that voucher and not to 'GOLD', that of 'Cup' to no coupon 'cup', that
of 'tie' to the gifts 'tie' and 'tie ' alike, and is kept for both.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

# One that tells trailing blanks apart, and nothing else that it needn't.
NO_PAD = "/*!80000 utf8mb4_0900_ai_ci *//*M!100000 utf8mb4_uca1400_nopad_ai_ci */"

TABLES = f"""
CREATE TABLE vouchers (
    code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    is_done TINYINT(1) NOT NULL,
    PRIMARY KEY (code)
);
CREATE TABLE voucher_uses (
    id INT NOT NULL AUTO_INCREMENT,
    code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
    PRIMARY KEY (id),
    KEY (code)
);
CREATE TABLE coupons (
    code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
    is_done TINYINT(1) NOT NULL,
    PRIMARY KEY (code)
);
CREATE TABLE coupon_uses (
    id INT NOT NULL AUTO_INCREMENT,
    code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    PRIMARY KEY (id),
    KEY (code)
);
CREATE TABLE coupon_prints (
    code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
    number INT NOT NULL,
    PRIMARY KEY (code, number)
);
CREATE TABLE gifts (
    code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE {NO_PAD} NOT NULL,
    is_done TINYINT(1) NOT NULL,
    PRIMARY KEY (code)
);
CREATE TABLE gift_uses (
    id INT NOT NULL AUTO_INCREMENT,
    code VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
    PRIMARY KEY (id),
    KEY (code)
);
"""

FILL = """
INSERT INTO vouchers (code, is_done) VALUES ('gold', 1), ('GOLD', 1), ('', 1);
INSERT INTO vouchers (code, is_done)
SELECT
    IF(n % 2 = 0, UPPER(CONCAT('ä', LEFT(SHA2(n DIV 2, 256), 9))),
        CONCAT('ä', LEFT(SHA2(n DIV 2, 256), 9))),
    n % 6 <> 5
FROM numbers
WHERE n < 1000;
INSERT INTO voucher_uses (code) SELECT code FROM vouchers;
INSERT INTO voucher_uses (code) VALUES ('gold'), ('gold'), ('Gold');
INSERT INTO coupons (code, is_done)
VALUES ('cup', 1), ('cap', 1), ('cap\t', 1), ('ß', 1), ('ssx', 1), ('Æ', 1), ('😀', 1);
INSERT INTO coupons (code, is_done)
SELECT
    CONCAT(ELT(1 + n % 4, 'É', 'e', 'Z', 'z'),
        IF(n % 3 = 0, UPPER(LEFT(SHA2(n, 256), 9)), LEFT(SHA2(n, 256), 9))),
    n % 6 <> 5
FROM numbers
WHERE n < 1000;
INSERT INTO coupon_uses (code) SELECT code FROM coupons;
INSERT INTO coupon_uses (code) VALUES ('Cup'), ('CUP'), ('cup '), ('😀');
INSERT INTO coupon_prints (code, number)
SELECT UPPER(c.code), n.n FROM coupons AS c JOIN numbers AS n ON n.n < 2
WHERE c.code NOT IN ('ß', 'cap', 'cap\t');
INSERT INTO gifts (code, is_done)
VALUES ('tie', 1), ('tie ', 1), ('tie  ', 0), (' ', 1), ('', 1), ('straße', 1);
INSERT INTO gifts (code, is_done)
SELECT CONCAT(LEFT(SHA2(n DIV 2, 256), 9), REPEAT(' ', n % 2)), n % 6 <> 5
FROM numbers
WHERE n < 1000;
INSERT INTO gift_uses (code) SELECT UPPER(code) FROM gifts WHERE code <> 'straße';
INSERT INTO gift_uses (code) VALUES ('Tié'), ('strasse'), ('straße');
"""

ARCHIVES = """
[archive.vouchers]
table    = "vouchers"
finished = "is_done = 1"

[archive.vouchers.relations]
voucher_uses = { on = "voucher_uses.code = vouchers.code" }

[archive.coupons]
table    = "coupons"
finished = "is_done = 1"

[archive.coupons.relations]
coupon_uses = { on = "coupon_uses.code = coupons.code" }

[archive.coupons.relations.coupon_prints]
on     = "coupon_prints.code = coupons.code COLLATE utf8mb4_unicode_ci"
parent = false

[archive.gifts]
table    = "gifts"
finished = "is_done = 1"

[archive.gifts.relations.gift_uses]
on     = "gift_uses.code = gifts.code COLLATE utf8mb4_general_ci"
parent = false
"""

EXPECTED = {
    "vouchers": Expectation(
        root="vouchers",
        key=("code",),
        finished="o.is_done = 1",
        relations=(
            ExpectedRelation(
                name="voucher_uses",
                key=("id",),
                joined=(
                    "JOIN {source}.voucher_uses AS r"
                    " ON CAST(r.code AS BINARY) = CAST(o.code AS BINARY)"
                ),
            ),
        ),
    ),
    "coupons": Expectation(
        root="coupons",
        key=("code",),
        finished="o.is_done = 1",
        relations=(
            ExpectedRelation(
                name="coupon_uses",
                key=("id",),
                joined="JOIN {source}.coupon_uses AS r ON r.code = o.code",
            ),
            ExpectedRelation(
                name="coupon_prints",
                key=("code", "number"),
                joined=(
                    "JOIN {source}.coupon_prints AS r"
                    " ON o.code COLLATE utf8mb4_unicode_ci = r.code"
                ),
            ),
        ),
    ),
    "gifts": Expectation(
        root="gifts",
        key=("code",),
        finished="o.is_done = 1",
        relations=(
            ExpectedRelation(
                name="gift_uses",
                key=("id",),
                joined=(
                    "JOIN {source}.gift_uses AS r"
                    " ON o.code COLLATE utf8mb4_general_ci = r.code"
                ),
            ),
        ),
    ),
}

WRITES = (
    (
        "INSERT INTO vouchers (code, is_done) VALUES (CONCAT('m', %(n)s, 'x'), 1)",
        "INSERT INTO voucher_uses (code) VALUES (CONCAT('m', %(n)s, 'x'))",
        # Nobody's.
        "INSERT INTO voucher_uses (code) VALUES (CONCAT('M', %(n)s, 'X'))",
    ),
    ("UPDATE vouchers SET is_done = 1 WHERE is_done = 0 ORDER BY code LIMIT 1",),
    (
        "INSERT INTO coupon_uses (code) VALUES (CONCAT('n', %(n)s, 'x'))",
        "INSERT INTO coupons (code, is_done) VALUES (CONCAT('n', %(n)s, 'x'), 1)",
    ),
    ("UPDATE coupons SET is_done = 1 WHERE is_done = 0 ORDER BY code DESC LIMIT 1",),
    ("INSERT INTO gifts (code, is_done) VALUES (CONCAT(' k', %(n)s, ' '), 0)",),
    (
        "INSERT INTO gift_uses (code) VALUES (CONCAT(' K', %(n)s))",
        "UPDATE gifts SET is_done = 1 WHERE code = CONCAT(' k', %(n)s, ' ')",
    ),
)

SCHEMA = Foreign(
    name="text_keys",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected=EXPECTED,
    writes=WRITES,
    traps={
        "SELECT COUNT(*) FROM voucher_uses_history WHERE history_root_code = 'gold'": 3,
        "SELECT COUNT(*) FROM voucher_uses_history WHERE history_root_code = 'GOLD'": 1,
        "SELECT COUNT(*) FROM coupon_uses_history WHERE history_root_code = 'CUP'": 2,
        "SELECT COUNT(*) FROM coupons_history WHERE code IN ('cap', 'cap\t')": 2,
        "SELECT COUNT(*) FROM gift_uses_history WHERE history_root_code = 'tie'": 4,
        "SELECT COUNT(*) FROM gift_uses_history WHERE history_root_code = 'tie '": 4,
        "SELECT COUNT(*) FROM gift_uses_history WHERE history_root_code = 'tie  '": 0,
    },
)
