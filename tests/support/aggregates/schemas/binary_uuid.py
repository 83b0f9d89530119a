"""Roots with random UUIDs in BINARY(16), and children told apart by trailing bytes.

The first key is sixteen zero bytes, which a cursor that begins at zero steps over;
others are quotes and backslashes, blanks, or no UTF-8. The items of a claim differ in a
zero byte or a blank at the end alone: who takes them for text keeps one of three.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign


def uuid(number: str) -> str:
    """Write an expression for the UUID of a number."""
    return (
        f"UNHEX(CASE {number} WHEN 0 THEN REPEAT('00', 16) WHEN 1 THEN REPEAT('FF', 16)"
        f" WHEN 2 THEN REPEAT('20', 16) WHEN 3 THEN REPEAT('275C2200', 4)"
        f" ELSE LEFT(SHA2({number}, 256), 32) END)"
    )


TABLES = """
CREATE TABLE policies (
    id BINARY(16) NOT NULL,
    holder VARCHAR(40) NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE claims (
    id BINARY(16) NOT NULL,
    policy_id BINARY(16) NULL,
    is_settled TINYINT(1) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT claims_policies_fk FOREIGN KEY (policy_id) REFERENCES policies (id)
);
CREATE TABLE claim_items (
    claim_id BINARY(16) NOT NULL,
    code VARBINARY(8) NOT NULL,
    amount DECIMAL(10, 2) NOT NULL,
    PRIMARY KEY (claim_id, code),
    CONSTRAINT claim_items_claims_fk FOREIGN KEY (claim_id) REFERENCES claims (id)
);
CREATE TABLE photos (
    id BINARY(16) NOT NULL,
    claim_id BINARY(16) NOT NULL,
    code VARBINARY(8) NOT NULL,
    picture BLOB NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT photos_items_fk
    FOREIGN KEY (claim_id, code) REFERENCES claim_items (claim_id, code)
);
"""

FILL = f"""
INSERT INTO policies (id, holder)
SELECT {uuid("n")}, CONCAT('holder ', n)
FROM numbers
WHERE n < 300;
INSERT INTO claims (id, policy_id, is_settled)
SELECT
    {uuid("n")},
    IF(n % 11 = 0, NULL, {uuid("(n % 300)")}),
    n % 6 <> 5
FROM numbers
WHERE n < 2500;
INSERT INTO claim_items (claim_id, code, amount)
SELECT {uuid("a.n")}, UNHEX(ELT(1 + b.n, '41', '4100', '4120')), a.n / 4
FROM numbers AS a
JOIN numbers AS b ON b.n < 3
WHERE a.n < 2500;
INSERT INTO photos (id, claim_id, code, picture)
SELECT UNHEX(LEFT(SHA2(CONCAT('photo', n), 256), 32)), {uuid("n")}, X'4100',
    UNHEX(SHA2(n, 512))
FROM numbers
WHERE n < 2500 AND n % 2 = 0;
"""

ARCHIVES = """
[archive.claims]
table    = "claims"
finished = "is_settled"

[archive.claims.relations]
claim_items = {}
photos      = { of = "claim_items" }
policies    = {}
"""

ITEMS = "JOIN {source}.claim_items AS i ON i.claim_id = o.id"

EXPECTED = Expectation(
    root="claims",
    key=("id",),
    finished="o.is_settled = 1",
    relations=(
        ExpectedRelation(
            name="claim_items",
            key=("claim_id", "code"),
            joined="JOIN {source}.claim_items AS r ON r.claim_id = o.id",
        ),
        ExpectedRelation(
            name="photos",
            key=("id",),
            joined=(
                f"{ITEMS} JOIN {{source}}.photos AS r"
                " ON r.claim_id = i.claim_id AND r.code = i.code"
            ),
        ),
        ExpectedRelation(
            name="policies",
            key=("id",),
            joined="JOIN {source}.policies AS r ON r.id = o.policy_id",
        ),
    ),
)

WRITES = (
    (
        (
            "INSERT INTO claims (id, policy_id, is_settled)"
            f" VALUES ({uuid('(7000 + %(n)s)')}, X'{'FF' * 16}', 1)"
        ),
        (
            "INSERT INTO claim_items (claim_id, code, amount)"
            f" VALUES ({uuid('(7000 + %(n)s)')}, '', %(n)s)"
        ),
    ),
    (
        (
            "UPDATE claim_items SET amount = -%(n)s"
            f" WHERE claim_id = {uuid('(6 * %(n)s + 5)')}"
        ),
        f"UPDATE claims SET is_settled = 1 WHERE id = {uuid('(6 * %(n)s + 5)')}",
    ),
    # Stays unfinished.
    (f"INSERT INTO claims (id, is_settled) VALUES ({uuid('(9000 + %(n)s)')}, 0)",),
)

ZERO = f"history_root_id = X'{'00' * 16}'"

SCHEMA = Foreign(
    name="binary_uuid",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"claims": EXPECTED},
    writes=WRITES,
    traps={
        f"SELECT COUNT(*) FROM claim_items_history WHERE {ZERO}": 3,
        f"SELECT COUNT(*) FROM photos_history WHERE {ZERO} AND code = X'4100'": 1,
        f"SELECT is_settled FROM claims_history WHERE id = X'{'FF' * 16}'": 1,
        f"SELECT is_settled FROM claims_history WHERE id = X'{'275C2200' * 4}'": 1,
    },
)
