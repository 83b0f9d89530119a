"""Subtypes and a supertype, which all have the key of the root for their own.

A policy is a contract, and a car's or a home's or a life's policy, or two of them, or
none. Joined to all subtypes at once no policy is left; a subtype's key is unique, so
that it looks like a parent's. Drivers hang on the car's policy by a column named as the
root's own key would be.
"""

from __future__ import annotations

from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

TABLES = """
CREATE TABLE contracts (
    id BIGINT NOT NULL,
    signed_on DATE NOT NULL,
    PRIMARY KEY (id)
);
CREATE TABLE policies (
    id BIGINT NOT NULL,
    state VARCHAR(10) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT policies_contracts_fk FOREIGN KEY (id) REFERENCES contracts (id)
);
CREATE TABLE car_policies (
    policy_id BIGINT NOT NULL,
    plate VARCHAR(10) NOT NULL,
    PRIMARY KEY (policy_id),
    CONSTRAINT car_policies_fk FOREIGN KEY (policy_id) REFERENCES policies (id)
);
CREATE TABLE home_policies (
    policy_id BIGINT NOT NULL,
    address VARCHAR(40) NOT NULL,
    PRIMARY KEY (policy_id),
    CONSTRAINT home_policies_fk FOREIGN KEY (policy_id) REFERENCES policies (id)
);
CREATE TABLE life_policies (
    id BIGINT NOT NULL,
    born_on DATE NULL,
    PRIMARY KEY (id),
    CONSTRAINT life_policies_fk FOREIGN KEY (id) REFERENCES policies (id)
);
CREATE TABLE drivers (
    policy_id BIGINT NOT NULL,
    number TINYINT NOT NULL,
    name VARCHAR(40) NOT NULL,
    PRIMARY KEY (policy_id, number),
    CONSTRAINT drivers_fk FOREIGN KEY (policy_id) REFERENCES car_policies (policy_id)
);
CREATE TABLE flats (
    policy_id BIGINT NOT NULL,
    rooms TINYINT NOT NULL,
    PRIMARY KEY (policy_id),
    CONSTRAINT flats_fk FOREIGN KEY (policy_id) REFERENCES home_policies (policy_id)
);
"""

FILL = """
INSERT INTO contracts (id, signed_on)
SELECT n - 1250, '2020-01-01' + INTERVAL n DAY FROM numbers WHERE n < 3000;
INSERT INTO policies (id, state)
SELECT n - 1250, IF(n % 6 = 0, 'open', 'ended') FROM numbers WHERE n < 2500;
INSERT INTO car_policies (policy_id, plate)
SELECT id, CONCAT('B-', id) FROM policies WHERE id % 4 IN (0, 1);
INSERT INTO home_policies (policy_id, address)
SELECT id, CONCAT('Street ', id) FROM policies WHERE id % 4 IN (1, 2);
INSERT INTO life_policies (id, born_on)
SELECT id, IF(id % 8 = 3, NULL, '1970-01-01') FROM policies WHERE id % 8 IN (0, 3, 5);
INSERT INTO drivers (policy_id, number, name)
SELECT c.policy_id, n.n, CONCAT('driver ', n.n)
FROM car_policies AS c
JOIN numbers AS n ON n.n < 2;
INSERT INTO flats (policy_id, rooms)
SELECT policy_id, 3 FROM home_policies WHERE policy_id % 3 = 0;
"""

ARCHIVES = """
[archive.policies]
table    = "policies"
finished = "state = 'ended'"

[archive.policies.relations]
contracts     = {}
car_policies  = {}
home_policies = {}
life_policies = {}
drivers       = { of = "car_policies" }
flats         = { of = "home_policies" }
"""

EXPECTED = Expectation(
    root="policies",
    key=("id",),
    finished="o.state = 'ended'",
    relations=(
        ExpectedRelation(
            name="contracts",
            key=("id",),
            joined="JOIN {source}.contracts AS r ON r.id = o.id",
        ),
        ExpectedRelation(
            name="car_policies",
            key=("policy_id",),
            joined="JOIN {source}.car_policies AS r ON r.policy_id = o.id",
        ),
        ExpectedRelation(
            name="home_policies",
            key=("policy_id",),
            joined="JOIN {source}.home_policies AS r ON r.policy_id = o.id",
        ),
        ExpectedRelation(
            name="life_policies",
            key=("id",),
            joined="JOIN {source}.life_policies AS r ON r.id = o.id",
        ),
        ExpectedRelation(
            name="drivers",
            key=("policy_id", "number"),
            joined=(
                "JOIN {source}.car_policies AS c ON c.policy_id = o.id"
                " JOIN {source}.drivers AS r ON r.policy_id = c.policy_id"
            ),
        ),
        ExpectedRelation(
            name="flats",
            key=("policy_id",),
            joined=(
                "JOIN {source}.home_policies AS h ON h.policy_id = o.id"
                " JOIN {source}.flats AS r ON r.policy_id = h.policy_id"
            ),
        ),
    ),
)

WRITES = (
    (
        "INSERT INTO contracts (id, signed_on) VALUES (10000 + %(n)s, '2026-01-01')",
        "INSERT INTO policies (id, state) VALUES (10000 + %(n)s, 'ended')",
        "INSERT INTO car_policies (policy_id, plate) VALUES (10000 + %(n)s, 'K-1')",
        (
            "INSERT INTO drivers (policy_id, number, name)"
            " VALUES (10000 + %(n)s, 7, 'Ann')"
        ),
    ),
    # Of one subtype, then of another.
    (
        "DELETE FROM drivers WHERE policy_id = 6 * %(n)s - 1250",
        "DELETE FROM car_policies WHERE policy_id = 6 * %(n)s - 1250",
        "REPLACE INTO life_policies (id) VALUES (6 * %(n)s - 1250)",
    ),
    ("UPDATE policies SET state = 'ended' WHERE id = 6 * %(n)s - 1250",),
)

SUBTYPES = (
    "(SELECT COUNT(*) FROM car_policies_history WHERE history_root_id = {id})",
    "(SELECT COUNT(*) FROM home_policies_history WHERE history_root_id = {id})",
    "(SELECT COUNT(*) FROM life_policies_history WHERE history_root_id = {id})",
    "(SELECT COUNT(*) FROM drivers_history WHERE history_root_id = {id})",
    "(SELECT COUNT(*) FROM contracts_history WHERE history_root_id = {id})",
)
COUNTS = f"SELECT CONCAT({', '.join(SUBTYPES)})"

SCHEMA = Foreign(
    name="shared_keys",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={"policies": EXPECTED},
    writes=WRITES,
    traps={
        COUNTS.format(id=0): "10121",
        COUNTS.format(id=-3): "00001",
        COUNTS.format(id=5): "11121",
        COUNTS.format(id=7): "00001",
    },
)
