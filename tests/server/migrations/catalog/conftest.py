"""A schema of everything awkward, made once for the tests of its catalog."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.names import quote
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.shop import PASSWORD, url_for
from tests.support.procedures import query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.compiler.catalog.model import Catalog
    from bygones.sandbox.server import Server

TABLES = (
    # Kinds of columns.
    r"""
    CREATE TABLE `Kinds of` (
        `key` INT(7) UNSIGNED ZEROFILL NOT NULL,
        `Ünï(3)表` BIGINT(20) UNSIGNED NOT NULL,
        truth BOOL NULL,
        small SMALLINT(4) NULL,
        year YEAR NULL,
        amount DECIMAL(12, 4) NULL,
        ratio FLOAT(7, 3) NULL,
        at TIMESTAMP(6) NULL,
        flags BIT(6) NULL,
        place GEOMETRY NULL,
        spot POINT NULL,
        choice ENUM ('a', 'b''c', 'd,e', 'f\\g', 'Ü', 'int(5)', '"', '(') NOT NULL,
        tags SET ('x', 'é') CHARACTER SET latin1 NULL,
        code CHAR(3) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL,
        name VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NULL,
        body MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
        seal VARBINARY(33) NULL,
        picture BLOB NULL,
        details JSON NULL,
        `more ``"details` JSON NULL,
        no_details LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL
            CHECK (no_details <> 'json_valid(`no_details`)'),
        made INT GENERATED ALWAYS AS (small + 1) VIRTUAL,
        kept INT GENERATED ALWAYS AS (small + 1) STORED,
        hidden INT NULL INVISIBLE
    ) ENGINE = InnoDB
    """,
    # Keys, and indexes of all kinds.
    """
    CREATE TABLE `order` (
        line INT NOT NULL,
        id INT NOT NULL,
        code VARCHAR(40) CHARACTER SET ascii NOT NULL,
        body TEXT NOT NULL,
        spot POINT NOT NULL,
        PRIMARY KEY (id, line),
        UNIQUE KEY `A code` (code),
        KEY by_start (line, code(10)),
        KEY downwards (line DESC, id),
        FULLTEXT KEY by_word (body),
        SPATIAL KEY by_spot (spot)
    ) ENGINE = InnoDB
    """,
    # Foreign keys.
    """
    CREATE TABLE `far-away`.`Far` (a INT NOT NULL, b INT NOT NULL, PRIMARY KEY (a, b))
    ENGINE = InnoDB
    """,
    """
    CREATE TABLE `it``em` (
        id INT NOT NULL PRIMARY KEY,
        parent_id INT NULL,
        order_id INT NOT NULL,
        line INT NOT NULL,
        `other line` INT NULL,
        b INT NULL,
        a INT NULL,
        CONSTRAINT `on it``self` FOREIGN KEY (parent_id) REFERENCES `it``em` (id),
        CONSTRAINT ordered FOREIGN KEY (order_id, line) REFERENCES `order` (id, line),
        CONSTRAINT other
        FOREIGN KEY (order_id, `other line`) REFERENCES `order` (id, line),
        CONSTRAINT abroad FOREIGN KEY (b, a) REFERENCES `far-away`.`Far` (a, b)
    ) ENGINE = InnoDB
    """,
    # Tables that are no InnoDB table with a key.
    "CREATE TABLE keyless (a INT NULL, KEY by_a (a)) ENGINE = InnoDB",
    "CREATE TABLE old (a INT NOT NULL PRIMARY KEY) ENGINE = MyISAM",
    """
    CREATE TABLE quick (
        a INT NOT NULL PRIMARY KEY, b INT NULL, KEY by_b (b) USING BTREE
    ) ENGINE = MEMORY
    """,
    "CREATE VIEW seen AS SELECT `key`, choice FROM `Kinds of`",
    # In a schema whose name MariaDB's information_schema compares as equal.
    "CREATE TABLE `odd twin`.strange (a INT NOT NULL)",
    "CREATE TABLE `odd twin`.keyless (b JSON NULL, c INT NULL, KEY by_c (c))",
)

MYSQL_TABLES = (
    """
    CREATE TABLE indexed (
        a INT NOT NULL,
        b INT NULL,
        KEY expressed ((a + 1)),
        UNIQUE KEY partly (a, (b + 1)),
        UNIQUE KEY unseen (b) INVISIBLE
    )
    """,
    "SET sql_generate_invisible_primary_key = ON",
    "CREATE TABLE given (a INT NOT NULL)",
    "SET sql_generate_invisible_primary_key = OFF",
)
MARIADB_TABLES = (
    """
    CREATE TABLE indexed (
        a INT NOT NULL, b TEXT NULL, KEY unseen (a) IGNORED, UNIQUE KEY hashed (b)
    )
    """,
    "CREATE SEQUENCE numbers",
    "CREATE TABLE versioned (a INT NOT NULL PRIMARY KEY) WITH SYSTEM VERSIONING",
    """
    CREATE TABLE typed (
        a UUID NULL,
        b INET6 NULL,
        c YEAR(2) NULL,
        d LONGTEXT CHARACTER SET latin1 NULL CHECK (JSON_VALID(d))
    )
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """The schema, another that its foreign key points to, and who may only read it."""

    schema: str
    far: str
    reader_url: str
    catalog: Catalog


@pytest.fixture(scope="module")
def odd(server: Server) -> Iterator[Odd]:
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    schema, far = f"odd ü表{worker}", f"far`away {worker}"
    twin, reader = f"odd u表{worker}", f"odd reader {worker}"
    with closing(
        connect(parse_url(url_for(server.url, "mysql")), schema=None, seconds=60)
    ) as connection:
        try:
            for name in (schema, far, twin):
                query(connection, f"CREATE SCHEMA {quote(name)} CHARACTER SET utf8mb4")
            query(connection, f"USE {quote(schema)}")
            own = MYSQL_TABLES if server.family == "mysql" else MARIADB_TABLES
            for statement in (*TABLES, *own):
                named = statement.replace("`far-away`", quote(far))
                query(connection, named.replace("`odd twin`", quote(twin)))
            query(connection, f"CREATE USER '{reader}'@'%' IDENTIFIED BY '{PASSWORD}'")
            query(connection, f"GRANT SELECT ON {quote(schema)}.* TO '{reader}'@'%'")
            yield Odd(
                schema=schema,
                far=far,
                reader_url=url_for(server.url, schema, reader),
                catalog=read_catalog(connection, schema),
            )
        finally:
            for name in (schema, far, twin):
                query(connection, f"DROP SCHEMA IF EXISTS {quote(name)}")
            query(connection, f"DROP USER IF EXISTS '{reader}'@'%'")
