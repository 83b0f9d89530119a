"""Of a dump the definitions of tables are taken, and nothing else is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.errors import SandboxError
from sandbox.rehearsal import dump
from sandbox.rehearsal.dump import read_dump

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "CREATE TABLE a (id INT PRIMARY KEY)"

# Each is left out of a dump, beside the table.
LEFT_OUT = {
    "another schema": "USE `shop`",
    "a schema": "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`",
    "a schema's end": "/*!40000 DROP DATABASE IF EXISTS `shop`*/",
    "rows": "INSERT INTO a VALUES (1,'it''s; \\' `'),(2,';')",
    "rows that replace others": "REPLACE INTO a VALUES (1)",
    "a lock": "LOCK TABLES a WRITE",
    "GTIDs": "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '1-2:3'",
    "the binary log": "SET @@SESSION.SQL_LOG_BIN= 0",
    "the server's settings": "SET GLOBAL max_connections = 1",
    "a trigger": "/*!50003 CREATE*/ /*!50017 DEFINER=`x`@`%`*/ /*!50003 TRIGGER t"
    " BEFORE INSERT ON a FOR EACH ROW BEGIN SET @b = 1; END */",
    "an event": "CREATE DEFINER=x@`%` EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
    "a view": "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`x`@`%` SQL"
    " SECURITY DEFINER */ /*!50001 VIEW `v` AS select `a`.`id` AS `id` from `a` */",
    "a plain view": "CREATE VIEW v AS SELECT id FROM a",
    "an account": "CREATE USER x@localhost",
    "a comment": "-- CREATE TABLE b (id INT)\n/* ; */ # and this",
    "MariaDB's first line": "/*M!999999\\- enable the sandbox mode */",
}

KEPT = {
    "a setting": "/*!40101 SET character_set_client = utf8mb4 */",
    "an old table's end": "DROP TABLE IF EXISTS `b`",
    "a key": "ALTER TABLE `a` ADD UNIQUE KEY (`id`)",
    "an index": "CREATE UNIQUE INDEX i ON a (id)",
    "a sequence": "CREATE SEQUENCE `s` START WITH 1",
    "a sequence's value": "DO SETVAL(`s`, 9, 0)",
    "what stands in for a view": "/*!50001 CREATE VIEW `v` AS SELECT\n 1 AS `id`*/",
    "partitions": "CREATE TABLE p (n INT)\n/*!50100 PARTITION BY HASH (n) */",
}


def statements(folder: Path, text: str) -> list[str]:
    path = folder / "dump.sql"
    path.write_text(text, encoding="utf-8")
    return [statement.text.strip() for statement in read_dump(path).statements]


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_no_table_is_left_out(name: str, tmp_path: Path) -> None:
    assert statements(tmp_path, f"{LEFT_OUT[name]};\n{TABLE};\n") == [TABLE]


@pytest.mark.parametrize("name", KEPT)
def test_what_tables_need_is_kept(name: str, tmp_path: Path) -> None:
    assert statements(tmp_path, f"{TABLE};\n{KEPT[name]};\n") == [TABLE, KEPT[name]]


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

    assert [(each.text, each.line) for each in read.statements] == [(TABLE, 5)]
    assert read.left_out == {"procedure": 2, "function": 2}


def test_a_statement_is_known_by_the_line_that_it_begins_in(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(f"-- one;\n\n/* two\n */ {TABLE};\n\n\nDROP TABLE a;")

    assert [each.line for each in read_dump(path).statements] == [4, 7]


def test_tables_are_made_without_places_and_keys_of_their_server(
    tmp_path: Path,
) -> None:
    text = (
        f"{TABLE} ENGINE=InnoDB DATA DIRECTORY='/fast' INDEX DIRECTORY='/x'"
        " /*!80016 ENCRYPTION='Y' */ COMMENT='a';\nCREATE TABLE b (`encryption` CHAR(1)"
        " DEFAULT 'Y') `ENCRYPTED`=YES;"
    )

    first, second = statements(tmp_path, text)

    assert first.split() == f"{TABLE} ENGINE=InnoDB /*!80016 */ COMMENT='a'".split()
    assert second == "CREATE TABLE b (`encryption` CHAR(1) DEFAULT 'Y')"


def test_a_dump_tells_its_server_and_its_schema(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_text(
        "-- Host: db.example    Database: shop\n"
        f"-- Server version\t11.4.2-MariaDB-log\n{TABLE};"
    )

    read = read_dump(path)

    assert (read.family, read.schema) == ("mariadb", "shop")


def test_text_that_is_not_utf8_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    path.write_bytes(b"SET NAMES latin1; CREATE TABLE a (b ENUM ('\xfc;') NULL);")

    *_, table = read_dump(path).statements

    written = table.text.encode("utf-8", errors="surrogateescape")
    assert written.endswith(b"(b ENUM ('\xfc;') NULL)")


def test_a_dump_with_all_its_rows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump, "MOST_BYTES", 10)

    with pytest.raises(SandboxError, match="most of it rows; what is needed are the"):
        statements(tmp_path, TABLE)
