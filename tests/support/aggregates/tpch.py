"""TPC-H's eight tables and their own data, at any scale: orders with keys of gaps.

Lines have a key of two columns and point at partsupp by two others; by the first of
these alone each would find four. An order's lines share suppliers, and with few parts
these too. Scale 0.01 has 15,000 orders and 60,000 lines; 7,304 orders are finished.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bygones.sandbox.cache import made_once
from bygones.sandbox.expectations import Expectation, ExpectedRelation
from tests.support.aggregates.foreign import Foreign

if TYPE_CHECKING:
    import pymysql
    from pymysql.cursors import Cursor

# Parents first, which is how they are made and filled.
NAMES = (
    "region",
    "nation",
    "supplier",
    "customer",
    "part",
    "partsupp",
    "orders",
    "lineitem",
)

# More make an INSERT of lines pass the least `max_allowed_packet` that servers have.
ROWS_PER_INSERT = 2_000

TABLES = """
CREATE TABLE region (
    r_regionkey INT NOT NULL,
    r_name CHAR(25) NOT NULL,
    r_comment VARCHAR(152) NULL,
    PRIMARY KEY (r_regionkey)
) ENGINE = InnoDB;
CREATE TABLE nation (
    n_nationkey INT NOT NULL,
    n_name CHAR(25) NOT NULL,
    n_regionkey INT NOT NULL,
    n_comment VARCHAR(152) NULL,
    PRIMARY KEY (n_nationkey),
    CONSTRAINT nation_region_fk
    FOREIGN KEY (n_regionkey) REFERENCES region (r_regionkey)
) ENGINE = InnoDB;
CREATE TABLE supplier (
    s_suppkey INT NOT NULL,
    s_name CHAR(25) NOT NULL,
    s_address VARCHAR(40) NOT NULL,
    s_nationkey INT NOT NULL,
    s_phone CHAR(15) NOT NULL,
    s_acctbal DECIMAL(15, 2) NOT NULL,
    s_comment VARCHAR(101) NOT NULL,
    PRIMARY KEY (s_suppkey),
    CONSTRAINT supplier_nation_fk
    FOREIGN KEY (s_nationkey) REFERENCES nation (n_nationkey)
) ENGINE = InnoDB;
CREATE TABLE customer (
    c_custkey INT NOT NULL,
    c_name VARCHAR(25) NOT NULL,
    c_address VARCHAR(40) NOT NULL,
    c_nationkey INT NOT NULL,
    c_phone CHAR(15) NOT NULL,
    c_acctbal DECIMAL(15, 2) NOT NULL,
    c_mktsegment CHAR(10) NOT NULL,
    c_comment VARCHAR(117) NOT NULL,
    PRIMARY KEY (c_custkey),
    CONSTRAINT customer_nation_fk
    FOREIGN KEY (c_nationkey) REFERENCES nation (n_nationkey)
) ENGINE = InnoDB;
CREATE TABLE part (
    p_partkey INT NOT NULL,
    p_name VARCHAR(55) NOT NULL,
    p_mfgr CHAR(25) NOT NULL,
    p_brand CHAR(10) NOT NULL,
    p_type VARCHAR(25) NOT NULL,
    p_size INT NOT NULL,
    p_container CHAR(10) NOT NULL,
    p_retailprice DECIMAL(15, 2) NOT NULL,
    p_comment VARCHAR(23) NOT NULL,
    PRIMARY KEY (p_partkey)
) ENGINE = InnoDB;
CREATE TABLE partsupp (
    ps_partkey INT NOT NULL,
    ps_suppkey INT NOT NULL,
    ps_availqty INT NOT NULL,
    ps_supplycost DECIMAL(15, 2) NOT NULL,
    ps_comment VARCHAR(199) NOT NULL,
    PRIMARY KEY (ps_partkey, ps_suppkey),
    CONSTRAINT partsupp_part_fk FOREIGN KEY (ps_partkey) REFERENCES part (p_partkey),
    CONSTRAINT partsupp_supplier_fk
    FOREIGN KEY (ps_suppkey) REFERENCES supplier (s_suppkey)
) ENGINE = InnoDB;
CREATE TABLE orders (
    o_orderkey BIGINT NOT NULL,
    o_custkey INT NOT NULL,
    o_orderstatus CHAR(1) NOT NULL,
    o_totalprice DECIMAL(15, 2) NOT NULL,
    o_orderdate DATE NOT NULL,
    o_orderpriority CHAR(15) NOT NULL,
    o_clerk CHAR(15) NOT NULL,
    o_shippriority INT NOT NULL,
    o_comment VARCHAR(79) NOT NULL,
    PRIMARY KEY (o_orderkey),
    CONSTRAINT orders_customer_fk
    FOREIGN KEY (o_custkey) REFERENCES customer (c_custkey)
) ENGINE = InnoDB;
CREATE TABLE lineitem (
    l_orderkey BIGINT NOT NULL,
    l_partkey INT NOT NULL,
    l_suppkey INT NOT NULL,
    l_linenumber INT NOT NULL,
    l_quantity DECIMAL(15, 2) NOT NULL,
    l_extendedprice DECIMAL(15, 2) NOT NULL,
    l_discount DECIMAL(15, 2) NOT NULL,
    l_tax DECIMAL(15, 2) NOT NULL,
    l_returnflag CHAR(1) NOT NULL,
    l_linestatus CHAR(1) NOT NULL,
    l_shipdate DATE NOT NULL,
    l_commitdate DATE NOT NULL,
    l_receiptdate DATE NOT NULL,
    l_shipinstruct CHAR(25) NOT NULL,
    l_shipmode CHAR(10) NOT NULL,
    l_comment VARCHAR(44) NOT NULL,
    PRIMARY KEY (l_orderkey, l_linenumber),
    CONSTRAINT lineitem_orders_fk
    FOREIGN KEY (l_orderkey) REFERENCES orders (o_orderkey),
    CONSTRAINT lineitem_partsupp_fk
    FOREIGN KEY (l_partkey, l_suppkey) REFERENCES partsupp (ps_partkey, ps_suppkey)
) ENGINE = InnoDB;
"""

ARCHIVES = """
[archive.orders]
table    = "orders"
finished = "o_orderstatus = 'F'"

[archive.orders.relations]
lineitem = {}
customer = {}
nation   = { of = "customer" }
partsupp = { of = "lineitem" }
part     = { of = "partsupp" }
supplier = { of = "partsupp" }
"""

_LINES = "JOIN {source}.lineitem AS l ON l.l_orderkey = o.o_orderkey"

EXPECTED = Expectation(
    root="orders",
    key=("o_orderkey",),
    finished="o.o_orderstatus = 'F'",
    relations=(
        ExpectedRelation(
            name="lineitem",
            key=("l_orderkey", "l_linenumber"),
            joined="JOIN {source}.lineitem AS r ON r.l_orderkey = o.o_orderkey",
        ),
        ExpectedRelation(
            name="customer",
            key=("c_custkey",),
            joined="JOIN {source}.customer AS r ON r.c_custkey = o.o_custkey",
        ),
        ExpectedRelation(
            name="nation",
            key=("n_nationkey",),
            joined=(
                "JOIN {source}.customer AS c ON c.c_custkey = o.o_custkey"
                " JOIN {source}.nation AS r ON r.n_nationkey = c.c_nationkey"
            ),
        ),
        ExpectedRelation(
            name="partsupp",
            key=("ps_partkey", "ps_suppkey"),
            joined=(
                f"{_LINES} JOIN {{source}}.partsupp AS r"
                " ON r.ps_partkey = l.l_partkey AND r.ps_suppkey = l.l_suppkey"
            ),
        ),
        ExpectedRelation(
            name="part",
            key=("p_partkey",),
            joined=f"{_LINES} JOIN {{source}}.part AS r ON r.p_partkey = l.l_partkey",
        ),
        ExpectedRelation(
            name="supplier",
            key=("s_suppkey",),
            joined=(
                f"{_LINES} JOIN {{source}}.supplier AS r ON r.s_suppkey = l.l_suppkey"
            ),
        ),
    ),
)

# As TPC-H's own refreshes do: of 32 keys its data has the first eight.
NEW_ORDER = """
INSERT INTO orders
VALUES (
    32 * %(n)s + 8, 1, 'F', 901, '1998-08-02', '5-LOW', 'Clerk#000000951', 0, 'refresh'
)
"""
NEW_LINE = """
INSERT INTO lineitem
SELECT
    32 * %(n)s + 8, ps_partkey, ps_suppkey, 1, 1, 901, 0, 0, 'A', 'F', '1998-08-03',
    '1998-08-04', '1998-08-05', 'NONE', 'AIR', 'refresh'
FROM partsupp
ORDER BY ps_partkey, ps_suppkey
LIMIT 1
"""
WRITES = (
    (NEW_ORDER, NEW_LINE),
    # The lines of an order are shipped, and with them it is finished.
    (
        "SELECT MIN(o_orderkey) INTO @open FROM orders WHERE o_orderstatus = 'O'",
        "UPDATE lineitem SET l_linestatus = 'F' WHERE l_orderkey = @open",
        "UPDATE orders SET o_orderstatus = 'F' WHERE o_orderkey = @open",
    ),
    (
        "SELECT MAX(o_orderkey) INTO @open FROM orders WHERE o_orderstatus = 'O'",
        "DELETE FROM lineitem WHERE l_orderkey = @open",
        "DELETE FROM orders WHERE o_orderkey = @open",
    ),
)


def load(connection: pymysql.Connection[Cursor], source: str, scale: float) -> None:
    """Fill the tables of a schema with the data of a scale."""
    folder = made_once(f"tpch-{scale}", lambda folder: _make(folder, scale))
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0, unique_checks = 0")
        for name in NAMES:
            connection.begin()
            with (folder / f"{name}.tbl").open(encoding="utf-8") as lines:
                for batch in iter(
                    lambda: list(itertools.islice(lines, ROWS_PER_INSERT)), []
                ):
                    rows = ", ".join(f"({_values(connection, line)})" for line in batch)
                    cursor.execute(f"INSERT INTO `{source}`.{name} VALUES {rows}")
            connection.commit()
        cursor.execute("SET SESSION foreign_key_checks = 1, unique_checks = 1")


def _make(folder: Path, scale: float) -> None:
    program = Path(sys.executable).with_name("tpchgen-cli")
    subprocess.run(  # noqa: S603 - the one of requirements.lock
        [program, "--quiet", "-s", str(scale), "-o", folder], check=True
    )


def _values(connection: pymysql.Connection[Cursor], line: str) -> str:
    """Write a line of values, which all end with `|`, as SQL."""
    return connection.escape(line.removesuffix("|\n")).replace("|", "', '")


# At every scale two lines of order 195 are of the same part by the same supplier, which
# three others supply too.
TPCH = Foreign(
    name="tpch",
    tables=TABLES,
    fill="",
    archives=ARCHIVES,
    expected={"orders": EXPECTED},
    writes=WRITES,
    traps={
        "SELECT COUNT(*) FROM lineitem_history WHERE history_root_o_orderkey = 195": 4,
        "SELECT COUNT(*) FROM partsupp_history WHERE history_root_o_orderkey = 195": 3,
        "SELECT COUNT(*) FROM supplier_history WHERE history_root_o_orderkey = 195": 3,
    },
)
