"""A dump is data: what it says beyond its tables is never run, whoever wrote it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.errors import SandboxError
from bygones.sandbox.narrator import Narrator
from bygones.sandbox.rehearsal.__main__ import main
from bygones.sandbox.rehearsal.dump import Dump, read_dump
from bygones.sandbox.rehearsal.stage import stage_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.cursors import Cursor

    from bygones.sandbox.rehearsal.stage import Stage
    from bygones.sandbox.server import Server

TABLE = "CREATE TABLE a (id INT PRIMARY KEY, b INT)"

# In each, NOWHERE stands for a file that isn't there; all are refused by their line.
REFUSED = {
    "a table's rows into a file": "TABLE a INTO OUTFILE 'NOWHERE'",
    "a query into a file": "SELECT 1 INTO OUTFILE 'NOWHERE'",
    "a value into a file": "SELECT 1 INTO DUMPFILE 'NOWHERE'",
    "a query with a name": "WITH c AS (SELECT LOAD_FILE('/etc/hostname') AS v)"
    " SELECT v INTO OUTFILE 'NOWHERE' FROM c",
    "values into a file": "VALUES ROW(1) INTO OUTFILE 'NOWHERE'",
    "values in brackets": "(VALUES ROW(1) INTO OUTFILE 'NOWHERE')",
    "a statement in a string": "PREPARE s FROM 'SELECT 1 INTO OUTFILE ''NOWHERE'''",
    "a prepared statement": "EXECUTE s",
    "a statement at once": "EXECUTE IMMEDIATE 'SELECT 1 INTO OUTFILE ''NOWHERE'''",
    "a statement in a comment": "/*!50000 SELECT 1 INTO OUTFILE 'NOWHERE' */",
    "a statement of MariaDB's": "/*M!100000 SELECT 1 INTO OUTFILE 'NOWHERE' */",
    "a head in a comment": "/*!99999 CREATE TABLE a (b INT) */ SELECT 1 INTO OUTFILE"
    " 'NOWHERE'",
    "a client's shell": "\\! touch NOWHERE",
    "a client's shell by name": "system touch NOWHERE",
    "a client's file": "source /etc/hostname",
    "a client's file by a sign": "\\. /etc/hostname",
    "a file as rows": "LOAD DATA INFILE '/etc/hostname' INTO TABLE a",
    "the client's file as rows": "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE a",
    "a file as XML": "LOAD XML INFILE '/etc/hostname' INTO TABLE a",
    "a table from a query": "CREATE TABLE b SELECT LOAD_FILE('/etc/hostname') AS c",
    "a table as a query": "CREATE TABLE b (c TEXT) AS SELECT LOAD_FILE('/a') AS c",
    "a table in brackets": "CREATE TABLE b (SELECT 1 AS c)",
    "a table as a table": "CREATE TABLE b AS TABLE mysql.user",
    "a table by a table": "CREATE TABLE b TABLE a",
    "a table by values": "CREATE TABLE b VALUES ROW(1)",
    "a table by MariaDB's values": "CREATE TABLE b AS VALUES (LOAD_FILE('/a'))",
    "a table by a query with a name": "CREATE TABLE b WITH c AS (SELECT 1) SELECT 1",
    "a table like another schema's": "CREATE TABLE b LIKE mysql.user",
    "a table elsewhere in a comment": "USE a; CREATE TABLE mysql /*!99999, a.b*/ . c"
    " (id INT)",
    "a table that goes": "USE shop; DROP TABLE a, mysql.user",
    "a table that moves": "ALTER TABLE a RENAME TO mysql.b",
    "an index elsewhere": "USE shop; CREATE INDEX i ON mysql.user (User)",
    "another server's table": "CREATE TABLE b (id INT) ENGINE=FEDERATED"
    " CONNECTION='mysql://root@127.0.0.1/mysql/user'",
    "another server's table by CONNECT": "CREATE TABLE b (id INT) ENGINE CONNECT"
    " TABLE_TYPE=CSV FILE_NAME='NOWHERE'",
    "an engine in a comment": "CREATE TABLE b (id INT) /*!50000 ENGINE = 'SPIDER' */",
    "an engine of partitions": "CREATE TABLE b (id INT) PARTITION BY HASH (id)"
    " (PARTITION p ENGINE CONNECT)",
    "an engine afterwards": "ALTER TABLE a ENGINE = `S3`",
    "a connection": "CREATE TABLE b (id INT) CONNECTION 'NOWHERE'",
    "tables as one": "CREATE TABLE b (id INT) ENGINE=MyISAM UNION=(a)",
    "a tablespace's end": "ALTER TABLE a DISCARD TABLESPACE",
    "a partition's exchange": "ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b",
    "a default from a file": "CREATE TABLE b (c TEXT DEFAULT (LOAD_FILE('/a')))",
    "a default from a file by a name": "CREATE TABLE b (c TEXT DEFAULT (`load_file`"
    "('/a')))",
    "a default that sleeps": "CREATE TABLE b (c INT DEFAULT (SLEEP(0)))",
    "a default by a query": "CREATE TABLE b (c INT DEFAULT (SELECT 1))",
    "a default of the session": "CREATE TABLE b (c TEXT DEFAULT (@@secure_file_priv))",
    "a check that waits": "CREATE TABLE b (c INT, CHECK (get_lock('a', 9) = 1))",
    "a generated column that works": "CREATE TABLE b (c INT AS (BENCHMARK(1, 2)))",
    "another schema's function": "CREATE TABLE b (c INT AS (sys.f(1)))",
    "a table with a transaction": "CREATE TABLE b (c INT) START TRANSACTION",
    "a variable from a file": "SET @a = (SELECT LOAD_FILE('/etc/hostname'))",
    "a variable from a function": "SET @a = LOAD_FILE('/etc/hostname')",
    "a setting by a query": "SET SESSION sql_mode = (SELECT 'ANSI_QUOTES')",
    "modes as a number": "SET sql_mode = 4",
    "the server's setting": "SET GLOBAL general_log_file = 'NOWHERE'",
    "the server's setting by signs": "SET @@GLOBAL.local_infile = 1",
    "the server's setting beside one": "SET NAMES utf8, @@global . max_connections = 9",
    "the server's setting for long": "SET PERSIST max_connections = 9",
    "the server's setting for later": "SET @@PERSIST_ONLY.max_connections = 9",
    "a password": "SET PASSWORD = 'a'",
    "a role": "SET ROLE ALL",
    "a setting for a statement": "SET STATEMENT max_statement_time = 1 FOR SELECT 1",
    "what acts": "DO SLEEP(0)",
    "what acts after a sequence": "DO SETVAL(s, 1), SLEEP(0)",
    "a call": "CALL mysql.p()",
    "a handler": "HANDLER a OPEN",
    "a plugin": "INSTALL PLUGIN p SONAME 'p.so'",
    "a component": "INSTALL COMPONENT 'file://p'",
    "a library's function": "CREATE FUNCTION f RETURNS INTEGER SONAME 'p.so'",
    "a server": "CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1')",
    "a transaction of many": "XA START 'a'",
    "the server's end": "SHUTDOWN",
    "a session's end": "KILL 1",
    "the server's start": "RESTART",
    "a resource": "CREATE RESOURCE GROUP g TYPE = USER",
    "what happened": "PURGE BINARY LOGS TO 'a'",
    "events of the binary log": "BINLOG 'AAAA'",
    "the server's own": "RESET MASTER",
    "a clone": "CLONE LOCAL DATA DIRECTORY = 'NOWHERE'",
    "an instance": "ALTER INSTANCE ROTATE INNODB MASTER KEY",
    "a block of code": "BEGIN NOT ATOMIC SELECT 1; END",
    "a string without its end": "CREATE TABLE b (c INT COMMENT 'a)",
    "a name without its end": "CREATE TABLE b (`c INT)",
    "another sign": "DELIMITER $$\nSELECT 1 INTO OUTFILE 'NOWHERE'$$",
    "two statements in one": f"DELIMITER $$\n{TABLE}; SELECT 1$$",
    "a string's end by bytes": "SET NAMES gbk; CREATE TABLE b (c INT COMMENT"
    " '\udcbf\\') SELECT 1 -- ')",
    "a string's end by modes": "SET sql_mode = 'NO_BACKSLASH_ESCAPES'; CREATE TABLE b"
    " (c INT COMMENT '\\') SELECT 1 INTO OUTFILE 'NOWHERE' -- ')",
    "a name by modes": "SET sql_mode = 'ANSI'; CREATE TABLE b (c INT DEFAULT \"'\")"
    " SELECT 1 INTO OUTFILE 'NOWHERE' -- ')",
    "a string's end by another mode": "SET sql_mode = 'ANSI_QUOTES'; SET sql_mode = '';"
    " CREATE TABLE b (c INT COMMENT \"`\") SELECT 1 INTO OUTFILE 'NOWHERE' -- `",
}

# What one server alone reads as another statement than was looked at.
READ_OTHERWISE = {
    "another object": "/*!50000 CREATE */ /*!990000 TABLE */ SERVER s (id INT)",
    "another object of its own": "CREATE /*!990000 TABLE */ USER (id INT)",
}

# Who may do what, and what there is, outside the rehearsal's own schema.
OUTSIDE = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema NOT LIKE 'rehearsal%' ORDER BY 1, 2;
SELECT grantee, privilege_type FROM information_schema.user_privileges ORDER BY 1, 2;
SELECT schema_name FROM information_schema.schemata ORDER BY 1;
SHOW GLOBAL VARIABLES WHERE variable_name NOT RLIKE 'gtid|pos'
"""


@pytest.fixture
def stage(server: Server) -> Iterator[Stage]:
    with stage_on(server, Narrator()) as stage:
        yield stage


def load(stage: Stage, path: Path, text: str) -> Dump:
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    dump = read_dump(path)
    with stage.session(stage.shop.source) as loader:
        dump.load(loader)
    return dump


def outside(admin: pymysql.Connection[Cursor]) -> list[object]:
    with admin.cursor() as cursor:
        return [
            cursor.execute(each) and cursor.fetchall() for each in OUTSIDE.split(";")
        ]


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_dump_of_tables_has_is_refused_by_its_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, file = tmp_path / "dump.sql", tmp_path / "file"
    text = f"{TABLE};\n{REFUSED[name].replace('NOWHERE', str(file))};\n"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")

    code = main(["--root", "a", str(path)])

    *story, facts = capsys.readouterr().out.splitlines()
    [complaint] = json.loads(facts)["complaints"]
    assert code == 1
    assert "dump.sql, line " in complaint
    assert " isn't r" in complaint  # run, or read
    assert "Everything held" not in "".join(story)
    assert not file.exists()


@pytest.mark.core
@pytest.mark.parametrize("name", READ_OTHERWISE)
def test_what_a_server_reads_otherwise_is_refused_on_it(
    name: str, stage: Stage, tmp_path: Path
) -> None:
    with pytest.raises(SandboxError, match=r"dump\.sql, line 2: .* isn't run here"):
        load(stage, tmp_path / "dump.sql", f"{TABLE};\n{READ_OTHERWISE[name]};")


@pytest.mark.core
def test_the_account_that_loads_reaches_nothing_where_all_of_it_is_run(
    stage: Stage, admin: pymysql.Connection[Cursor], tmp_path: Path
) -> None:
    file = tmp_path / "file"
    load(stage, tmp_path / "dump.sql", f"{TABLE};")
    before = outside(admin)

    # It may set a password of its own.
    texts = [text for name, text in REFUSED.items() if name != "a password"]
    for text in ";".join(texts).replace("NOWHERE", str(file)).split(";"):
        sent = text.encode("utf-8", "surrogateescape")
        with stage.session(stage.shop.source) as loader, suppress(pymysql.Error):
            loader.query(sent)

    with stage.session() as loader, loader.cursor() as cursor:
        cursor.execute("SELECT LOAD_FILE('/etc/hostname'), @@secure_file_priv")
        [[read, folder]] = cursor.fetchall()
    assert outside(admin) == before
    assert not file.exists()
    assert read is None
    if stage.server.guarded:
        assert folder == "NULL" or not [*Path(folder).iterdir()]
