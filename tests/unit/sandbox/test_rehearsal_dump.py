"""Of a dump the definitions of tables are taken, and nothing else is run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.errors import SandboxError
from bygones.sandbox.rehearsal import dump
from bygones.sandbox.rehearsal.dump import read_dump
from bygones.sandbox.rehearsal.lexing import written

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "CREATE TABLE a (id INT PRIMARY KEY)"
WRITTEN = "CREATE TABLE a ( id INT PRIMARY KEY )"

# Each is left out of a dump, beside the table.
LEFT_OUT = {
    "another schema": "USE `shop`",
    "a schema": "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`",
    "a schema's end": "/*!40000 DROP DATABASE IF EXISTS `shop`*/",
    "rows": "INSERT INTO a VALUES (1,'it''s; \\' `'),(2,';-- #/*')",
    "rows that replace others": "REPLACE INTO a VALUES (1)",
    "rows that are read": "INSERT INTO a SELECT LOAD_FILE('/etc/hostname')",
    "a lock": "LOCK TABLES a WRITE",
    "GTIDs": "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '1-2:3'",
    "the binary log": "SET @@SESSION.SQL_LOG_BIN= 0",
    "a setting": "/*!40101 SET character_set_client = utf8mb4 */",
    "an old setting": "/*!40103 SET TIME_ZONE=IFNULL(@OLD_TIME_ZONE, 'system') */",
    "a trigger": "/*!50003 CREATE*/ /*!50017 DEFINER=`x`@`%`*/ /*!50003 TRIGGER t"
    " BEFORE INSERT ON a FOR EACH ROW SET @b = 1 */",
    "an event": "CREATE DEFINER=x@`%` EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "a view": "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`x`@`%` SQL"
    " SECURITY DEFINER */ /*!50001 VIEW `v` AS select `a`.`id` AS `id` from `a` */",
    "a plain view": "CREATE VIEW v AS SELECT id FROM a",
    "an account": "CREATE USER x@localhost",
    "a right": "GRANT FILE ON *.* TO x@localhost",
    "a sequence's value": "DO SETVAL(`s`, 9, 0)",
    "a comment": "-- CREATE TABLE b (id INT)\n/* ; */ # and this",
    "MariaDB's first line": "/*M!999999\\- enable the sandbox mode */",
}

KEPT = {
    "an old table's end": "DROP TABLE IF EXISTS `b`",
    "a key": "ALTER TABLE `a` ADD UNIQUE KEY (`id`)",
    "keys": "/*!40000 ALTER TABLE `a` DISABLE KEYS */",
    "an index": "CREATE UNIQUE INDEX i ON a (id)",
    "a sequence": "CREATE SEQUENCE `s` START WITH 1",
    "what stands in for a view": "/*!50001 CREATE VIEW `v` AS SELECT\n 1 AS `id`*/",
    "partitions": "CREATE TABLE p (n INT)\n/*!50100 PARTITION BY HASH (n) */",
    "values of partitions": "CREATE TABLE p (n INT) PARTITION BY RANGE (n)"
    " (PARTITION p0 VALUES LESS THAN (-1.5e3) ENGINE = InnoDB)",
    "a string of words": "CREATE TABLE p (n INT COMMENT 'SELECT 1; DROP TABLE a')",
    "names of words": "CREATE TABLE `select` (`into` INT, connection INT, engine INT)",
    "names of functions": "CREATE TABLE `sleep` (`match` INT, KEY `sleep` (`match`),"
    " UNIQUE KEY benchmark (`match`))",
    "literals": "CREATE TABLE p (n CHAR(1) DEFAULT (_utf8mb4'a'), b BIT(3) DEFAULT"
    " b'101', x INT DEFAULT 0x1F, c INT GENERATED ALWAYS AS ((n <=> 1) or n->>'$.a'))",
}


def statements(folder: Path, text: str, version: str = "9.7.4") -> list[str]:
    path = folder / "dump.sql"
    path.write_text(text, encoding="utf-8")
    return [written(each.read_by(version)) for each in read_dump(path).statements]


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_no_table_is_left_out(name: str, tmp_path: Path) -> None:
    assert statements(tmp_path, f"{LEFT_OUT[name]};\n{TABLE};\n") == [WRITTEN]


@pytest.mark.parametrize("name", KEPT)
def test_what_tables_need_is_kept(name: str, tmp_path: Path) -> None:
    first, second = statements(tmp_path, f"{TABLE};\n{KEPT[name]};\n")

    plain = re.sub(r"/\*!\d*|\*/", "", KEPT[name])
    assert (first, re.sub(r"\s", "", second)) == (WRITTEN, re.sub(r"\s", "", plain))


@pytest.mark.parametrize("sign", [";;", "$$", "//"])
def test_routines_between_other_delimiters_are_left_out(
    sign: str, tmp_path: Path
) -> None:
    routines = (
        f"DELIMITER {sign}\nCREATE PROCEDURE p () BEGIN SELECT ';'; END{sign}\n"
        f"CREATE FUNCTION f () RETURNS INT RETURN 1 {sign}\nDELIMITER ;\n"
    )
    path = tmp_path / "dump.sql"
    path.write_text(f"{routines}{TABLE};\n{routines}")

    read = read_dump(path)

    assert [(written(each.tokens), each.line) for each in read.statements] == [
        (WRITTEN, 5)
    ]
    assert read.left_out == {"procedure": 2, "function": 2}


def test_a_statement_is_known_by_the_line_that_it_begins_in(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(f"-- one;\n\n/* two\n */ {TABLE};\n\n\nDROP TABLE a;")

    assert [each.line for each in read_dump(path).statements] == [4, 7]


def test_tables_are_made_without_places_and_keys_of_their_server(
    tmp_path: Path,
) -> None:
    text = (
        f"{TABLE} ENGINE=InnoDB DATA DIRECTORY='/fast' INDEX DIRECTORY '/x'"
        " /*!80016 ENCRYPTION='Y' */ /*!50100 TABLESPACE `fast` */ COMMENT='a';\n"
        "CREATE TABLE b (encryption CHAR(1) DEFAULT 'Y', data INT, c INT COMMENT"
        " 'DATA DIRECTORY=1', tablespace INT) `ENCRYPTED`=YES;"
    )

    first, second = statements(tmp_path, text)

    assert first == f"{WRITTEN} ENGINE = InnoDB COMMENT = 'a'"
    assert second == (
        "CREATE TABLE b ( encryption CHAR( 1 ) DEFAULT 'Y' , data INT , c INT COMMENT"
        " 'DATA DIRECTORY=1' , tablespace INT )"
    )


# What a MySQL and a MariaDB read of a table's end.
ONLY = {
    "/*!80016 INVISIBLE */": ("INVISIBLE", ""),
    "/*!50100 NULL */": ("NULL", "NULL"),
    "/*! NULL */": ("NULL", "NULL"),
    "/*M!100300 INVISIBLE */": ("", "INVISIBLE"),
    "/*M! INVISIBLE */": ("", "INVISIBLE"),
    "/*!990000 INVISIBLE */": ("", ""),
    "/*+ SET_VAR(a = 1) */": ("", ""),
}


@pytest.mark.parametrize("comment", ONLY)
def test_what_some_servers_read_alone_is_for_them(comment: str, tmp_path: Path) -> None:
    text = f"CREATE TABLE a (b INT {comment});"

    read = [
        statements(tmp_path, text, each)[0] for each in ("9.7.4", "10.11.6-MariaDB")
    ]

    ends = [each.removeprefix("CREATE TABLE a ( b INT").strip(" )") for each in read]
    assert tuple(ends) == ONLY[comment]


# By what a session says of quotes, the same text is a string, a name or two of them.
MODES = {
    "SET sql_mode = 'ANSI_QUOTES'": ('"a"', "`a`"),
    "SET @old = @@sql_mode, sql_mode = 'ansi'; SET sql_mode = @old": (
        'a CHAR DEFAULT "b", c',
        'a CHAR DEFAULT "b" , c',
    ),
    "SET SESSION sql_mode = 'A,NO_BACKSLASH_ESCAPES'": (
        "a CHAR DEFAULT '\\', b",
        "a CHAR DEFAULT '\\\\' , b",
    ),
    "/*!40101 SET sql_mode = 'NO_BACKSLASH_ESCAPES' */; SET sql_mode = DEFAULT": (
        r"a CHAR DEFAULT 'x\' INT, b', b",
        r"a CHAR DEFAULT 'x\' INT, b' , b",
    ),
}


@pytest.mark.parametrize("name", MODES)
def test_text_is_written_as_a_session_without_modes_has_it(
    name: str, tmp_path: Path
) -> None:
    before, after = MODES[name]

    assert statements(tmp_path, f"{name}; CREATE TABLE t ({before} INT);") == [
        f"CREATE TABLE t ( {after} INT )"
    ]


def test_a_dump_tells_its_server_and_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(
        "-- Host: db.example    Database: shop\n"
        f"-- Server version\t11.4.2-MariaDB-log\n{TABLE};"
    )

    read = read_dump(path)

    assert (read.family, read.schema) == ("mariadb", "shop")


def test_the_schemas_own_name_is_left_out_of_its_tables_names(tmp_path: Path) -> None:
    text = (
        "CREATE TABLE `shop`.`a` (id INT DEFAULT nextval(`shop`.`s`), b INT REFERENCES"
        " shop.b (id), FOREIGN KEY (b) REFERENCES `other`.`c` (id));"
    )

    [table] = statements(tmp_path, text)

    assert table == (
        "CREATE TABLE `a` ( id INT DEFAULT nextval( `s` ) , b INT REFERENCES b ( id ) ,"
        " FOREIGN KEY ( b ) REFERENCES `other.c` ( id ) )"
    )


def test_text_is_read_in_the_character_set_that_the_dump_names(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_bytes(
        b"SET NAMES latin1; CREATE TABLE a (b ENUM ('\xfc;'));"
        b"SET @c = @@character_set_client; SET character_set_client = utf8;"
        b"CREATE TABLE a (b ENUM ('\xc3\xbc;')); SET character_set_client = @c;"
        b"CREATE TABLE a (b ENUM ('\xfc;'));"
    )

    tables = [written(each.tokens) for each in read_dump(path).statements]

    assert tables == ["CREATE TABLE a ( b ENUM ( 'ü;' ) )"] * 3


def test_a_dump_with_all_its_rows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "MOST_BYTES", 10)

    with pytest.raises(SandboxError, match="most of it rows; what is needed are the"):
        statements(tmp_path, TABLE)
