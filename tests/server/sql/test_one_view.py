"""What a chunk that is copied by one statement rests on, of this very server.

No manual promises that the statements of a function share the read view of the
statement that calls it. The tables here are this test's own.
"""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.migrations.session import create_schema
from bygones.runner.connection import connect, parse_url
from bygones.sandbox.shop import Shop, close_shop, shop_on
from tests.server.runner.test_replicas import replica_of
from tests.support.procedures import Call, Gate, connection_id, query, until, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server
    from tests.support.procedures import Connection, Row

pytestmark = pytest.mark.core

# Exactly one row and no table outside: the function is called once.
COPY = (
    "INSERT INTO chunk (id, counts)"
    " SELECT 1, d.counts FROM (SELECT _copy() AS counts) AS d"
)
WITHOUT_DERIVED = "INSERT INTO chunk (id, counts) SELECT 1, _copy()"
BOTH = (
    "INSERT INTO a_history (id, v) SELECT s.id, s.v FROM {source}.{a} AS s;"
    " {between}"
    " INSERT INTO b_history (id, v) SELECT s.id, s.v FROM {source}.{b} AS s;"
)
OLD = [{"id": 1, "v": 0}, {"id": 2, "v": 0}]
NEW = [{"id": 1, "v": 1}, {"id": 2, "v": 1}, {"id": 3, "v": 1}]

# How a caller finds the error among what its handler is given: MySQL puts it last,
# after notes of the same statement, MariaDB first, before notes on where it was. GET
# after GET, as on MySQL any other statement empties what they read.
HANDLER = """
    DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265
    BEGIN
        GET DIAGNOSTICS v_conditions = NUMBER;
        GET DIAGNOSTICS CONDITION 1
            v_errno = MYSQL_ERRNO, v_sqlstate = RETURNED_SQLSTATE,
            v_message = MESSAGE_TEXT, v_step = TABLE_NAME;
        GET DIAGNOSTICS CONDITION v_conditions
            v_last_errno = MYSQL_ERRNO, v_last_sqlstate = RETURNED_SQLSTATE,
            v_last_message = MESSAGE_TEXT, v_last_step = TABLE_NAME;
        IF v_last_step <> '' THEN
            SET v_errno = v_last_errno, v_sqlstate = v_last_sqlstate,
                v_message = v_last_message, v_step = v_last_step;
        END IF;
        {ending}
        SELECT v_errno AS errno, v_sqlstate AS state, v_step AS step,
            v_message AS message, v_conditions AS conditions;
    END;
"""
# A lost scale is a note and no error: this makes one of it, in the block of the
# statement. In each block around it as well, MySQL would lose the step's name.
NOTES = (
    "DECLARE EXIT HANDLER FOR 1265 RESIGNAL SQLSTATE '22001' SET MYSQL_ERRNO = 1265;"
)
NAMING = "DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1265 RESIGNAL SET TABLE_NAME = v_step;"


@contextmanager
def built(server: Server, name: str) -> Iterator[Shop]:
    """Create two tables of a source and, in another schema, what copies need."""
    shop = shop_on(server, name)
    source, history = shop.source, shop.history
    numbers = "(id INT PRIMARY KEY, v INT NOT NULL)"
    odd = "(id INT PRIMARY KEY, word VARCHAR({}), kind ENUM({}), amount DECIMAL(8, {}))"
    tables = [
        *(f"{source}.{table} {numbers}" for table in ("a", "b")),
        *(
            f"{source}.{table}_in_parts {numbers} PARTITION BY HASH (id) PARTITIONS 3"
            for table in ("a", "b")
        ),
        f"{source}.odd " + odd.format(20, "'x', 'y'", 3),
        *(f"{history}.{table} {numbers}" for table in ("a_history", "b_history")),
        f"{history}.odd_history " + odd.format(4, "'x'", 1),
        f"{history}.lane {numbers}",
        f"{history}.chunk (id INT PRIMARY KEY, counts VARCHAR(64))",
    ]
    with closing(connect(parse_url(shop.url), schema=None, seconds=60)) as session:
        query(session, f"CREATE SCHEMA {source}")
        query(session, create_schema(history))
        for table in tables:
            query(session, f"CREATE TABLE {table}")
        query(session, f"INSERT INTO {source}.odd VALUES (1, 'long word', 'y', 1.234)")
    yield shop
    close_shop(server, shop)


@pytest.fixture(scope="module")
def schemas(server: Server, names: Iterator[str]) -> Iterator[Shop]:
    with built(server, next(names)) as shop:
        yield shop


@pytest.fixture
def shop(schemas: Shop) -> Shop:
    refill(schemas)
    return schemas


def refill(shop: Shop) -> None:
    """Take off what was copied, and put back what was changed."""
    with closing(shop.connect()) as session:
        for table in ("a_history", "b_history", "odd_history", "lane", "chunk"):
            query(session, f"DELETE FROM {table}")
        query(session, "INSERT INTO lane (id, v) VALUES (1, 0), (2, 0)")
        for table in ("a", "b", "a_in_parts", "b_in_parts"):
            query(session, f"DELETE FROM {shop.source}.{table}")
            query(session, f"INSERT INTO {shop.source}.{table} VALUES (1, 0), (2, 0)")


@pytest.fixture
def reader(shop: Shop) -> Iterator[Connection]:
    with closing(shop.connect()) as connection:
        query(connection, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        yield connection


@pytest.fixture
def writer(shop: Shop) -> Iterator[Connection]:
    with closing(shop.connect()) as connection:
        query(connection, "SET SESSION innodb_lock_wait_timeout = 1")
        yield connection


def define(connection: Connection, what: str, body: str, before: str = "") -> None:
    """Create the function _copy(), or a procedure, which is named as its parameters."""
    kind, returns = "PROCEDURE", ""
    if what == "_copy()":
        kind, returns = "FUNCTION", "RETURNS VARCHAR(64) CHARACTER SET ascii"
        body += " RETURN 'copied';"
    query(connection, f"DROP {kind} IF EXISTS {what.partition('(')[0]}")
    query(
        connection,
        f"CREATE {kind} {what} {returns} MODIFIES SQL DATA SQL SECURITY INVOKER"
        f" BEGIN {before} {body} END",
    )


def define_caller(
    connection: Connection, ending: str = "ROLLBACK;", work: str = f"{COPY};"
) -> None:
    """Create what calls the function as a CALL does: with a row claimed before."""
    names = ("v_errno", "v_last_errno", "v_conditions", "v_claimed")
    texts = (
        "sqlstate",
        "message",
        "step",
        "last_sqlstate",
        "last_message",
        "last_step",
    )
    define(
        connection,
        "copy_chunk()",
        "START TRANSACTION;"
        " SELECT l.id INTO v_claimed FROM lane AS l WHERE l.id = 1"
        " LIMIT 1 FOR UPDATE SKIP LOCKED;"
        f" UPDATE lane SET v = 7 WHERE id = 2; {work}",
        before=f"DECLARE {', '.join(names)} INT;"
        f" DECLARE {', '.join(f'v_{text}' for text in texts)} VARCHAR(512);"
        f" {HANDLER.format(ending=ending)}",
    )


def copied(connection: Connection) -> list[list[Row]]:
    return [
        query(connection, f"SELECT h.id, h.v FROM {table} AS h ORDER BY h.id")
        for table in ("a_history", "b_history")
    ]


def write(connection: Connection, shop: Shop, suffix: str = "") -> None:
    """Change both tables in one transaction, and commit."""
    query(connection, "START TRANSACTION")
    for table in ("a", "b"):
        name = f"{shop.source}.{table}{suffix}"
        query(connection, f"UPDATE {name} SET v = v + 1")
        query(connection, f"INSERT INTO {name} VALUES (3, 1)")
    query(connection, "COMMIT")


@contextmanager
def held(
    shop: Shop,
    reader: Connection,
    sql: str = COPY,
    suffix: str = "",
    *,
    is_busy: bool = False,
) -> Iterator[Call]:
    """Give a copy that stands between the two tables until the block ends."""
    gate = Gate(shop)
    turning = (
        f"DO GET_LOCK('at {gate.name}', 0);"
        f" WHILE IS_USED_LOCK('{gate.name}') IS NOT NULL DO DO 0; END WHILE;"
    )
    try:
        body = BOTH.format(
            source=shop.source,
            a=f"a{suffix}",
            b=f"b{suffix}",
            between=turning if is_busy else gate.statement,
        )
        define(gate.connection, "_copy()", body)
        define(gate.connection, "plain()", body)
        call = Call(reader, sql)
        gate.wait_for(reader)
        yield call
    finally:
        gate.open()
    call.thread.join()


@pytest.mark.parametrize(
    ("sql", "setting", "suffix"),
    [
        pytest.param(COPY, "", "", id="as chunks are copied"),
        pytest.param(WITHOUT_DERIVED, "", "", id="without a derived table"),
        pytest.param(COPY, "", "_in_parts", id="partitions"),
        pytest.param(COPY, "binlog_format = 'MIXED'", "", id="binlog_format MIXED"),
        pytest.param(COPY, "sql_log_bin = 0", "", id="nothing logged"),
        pytest.param(COPY, "innodb_snapshot_isolation = ON", "", id="snapshots"),
    ],
)
def test_a_function_reads_two_tables_at_one_instant(  # noqa: PLR0913 - as many cases
    shop: Shop,
    reader: Connection,
    writer: Connection,
    *,
    sql: str,
    setting: str,
    suffix: str,
) -> None:
    try:
        query(reader, f"SET SESSION {setting}" if setting else "DO 0")
    except pymysql.Error as error:
        if error.args[0] != 1193:  # no such variable
            raise
        pytest.skip(f"this server doesn't know {setting}")
    query(reader, "START TRANSACTION")

    with held(shop, reader, sql, suffix) as call:
        write(writer, shop, suffix)

    assert call.error is None
    assert copied(reader) == [OLD, OLD]
    assert len(query(reader, f"SELECT 1 FROM {shop.source}.a{suffix}")) == 3
    query(reader, "COMMIT")


def test_two_plain_statements_are_torn(
    shop: Shop, reader: Connection, writer: Connection
) -> None:
    query(reader, "START TRANSACTION")

    with held(shop, reader, "CALL plain()") as call:
        write(writer, shop)

    assert call.error is None
    assert copied(reader) == [OLD, NEW]


def test_a_writer_changes_and_deletes_what_an_open_transaction_has_copied(
    server: Server, shop: Shop, reader: Connection, writer: Connection
) -> None:
    define(reader, "_copy()", BOTH.format(source=shop.source, a="a", b="b", between=""))
    query(reader, "START TRANSACTION")
    query(reader, COPY)

    if server.family == "mysql":
        assert not record_locks(writer, shop)
    write(writer, shop)
    query(writer, f"DELETE FROM {shop.source}.a")
    query(writer, f"DELETE FROM {shop.source}.b")

    assert copied(reader) == [OLD, OLD]


def test_under_repeatable_read_a_writer_waits_for_what_was_copied(
    server: Server, shop: Shop, reader: Connection, writer: Connection
) -> None:
    define(reader, "_copy()", BOTH.format(source=shop.source, a="a", b="b", between=""))
    query(reader, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    query(reader, "START TRANSACTION")
    query(reader, COPY)

    if server.family == "mysql":
        assert record_locks(writer, shop)
    with pytest.raises(pymysql.Error) as waited:
        query(writer, f"UPDATE {shop.source}.a SET v = 1")

    assert waited.value.args[0] == 1205


def record_locks(connection: Connection, shop: Shop) -> list[Row]:
    return query(
        connection,
        "SELECT d.object_name, d.lock_mode FROM performance_schema.data_locks AS d"
        " WHERE d.object_schema = %s AND d.lock_type = 'RECORD'",
        shop.source,
    )


WORDS = "INSERT INTO odd_history (id, word) SELECT s.id, s.word FROM {source}.odd AS s"
KINDS = "INSERT INTO odd_history (id, kind) SELECT s.id, s.kind FROM {source}.odd AS s"
ROUNDED = (
    "INSERT INTO odd_history (id, amount) SELECT s.id, s.amount FROM {source}.odd AS s"
)
ERRORS = [
    pytest.param(
        "INSERT INTO b_history SELECT 1, 0; INSERT INTO b_history SELECT 1, 0;",
        {1062},
        id="a key twice",
    ),
    pytest.param(f"{WORDS};", {1265, 1406}, id="too long"),
    pytest.param(
        "INSERT INTO odd_history (id, word) SELECT 1, 'too long';",
        {1406},
        id="a constant too long",
    ),
    pytest.param(f"{KINDS};", {1265}, id="of no kind"),
    pytest.param(
        "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30099, MESSAGE_TEXT = 'late';",
        {30099},
        id="our own",
    ),
    # MySQL gives the note first, and the error last.
    pytest.param(
        f"{ROUNDED} UNION ALL SELECT 1, 2;", {1062}, id="a key twice after a note"
    ),
    pytest.param(
        "SELECT s.id INTO v_id FROM {source}.odd AS s WHERE s.id = 99;"
        " INSERT INTO b_history SELECT 1, 0; INSERT INTO b_history SELECT 1, 0;",
        {1062},
        id="a key twice after no row",
    ),
    # A note no more, but only by a handler that makes an error of it.
    pytest.param(f"{ROUNDED};", {1265}, id="a lost scale"),
]


@pytest.mark.parametrize("is_nested", [False, True], ids=["in it", "two CALLs down"])
@pytest.mark.parametrize(("body", "errnos"), ERRORS)
def test_an_error_undoes_the_statement_alone_and_names_its_step(
    shop: Shop, reader: Connection, body: str, errnos: set[int], *, is_nested: bool
) -> None:
    body = body.format(source=shop.source)
    number = "DECLARE v_id INT;"
    if is_nested:
        # What comes after the statement hides its note from those who call, on MySQL.
        define(reader, "_step()", f"{body} SET v_id = 1;", before=f"{number} {NOTES}")
        define(reader, "_steps()", "CALL _step(); SET v_id = 1;", before=number)
        body = "CALL _steps();"
    else:
        body = f"BEGIN {NOTES} {body} END;"
    define(
        reader,
        "_copy()",
        f"INSERT INTO a_history SELECT 1, 1; SET v_step = 'copy b'; {body}",
        before="DECLARE v_step VARCHAR(64) DEFAULT 'copy a'; DECLARE v_id INT;"
        f" {NAMING}",
    )
    define_caller(reader, ending="")

    (told,) = query(reader, "CALL copy_chunk()")

    assert (told["errno"] in errnos, told["step"]) == (True, "copy b")
    assert told["state"] != "HY000"
    for table in ("a_history", "b_history", "odd_history", "chunk"):
        assert value(reader, f"SELECT COUNT(*) FROM {table}") == 0
    # The transaction goes on, with what it had before.
    query(reader, "COMMIT")
    assert value(reader, "SELECT v FROM lane WHERE id = 2") == 7


def test_a_note_in_a_procedure_is_lost_on_mysql_where_a_statement_follows(
    server: Server, shop: Shop, reader: Connection
) -> None:
    define(
        reader,
        "_step()",
        f"{ROUNDED.format(source=shop.source)}; SET v_id = 1;",
        before="DECLARE v_id INT;",
    )
    define(
        reader,
        "_copy()",
        "CALL _step();",
        before=f"DECLARE v_step VARCHAR(64) DEFAULT 'copy'; {NAMING}",
    )

    try:
        query(reader, COPY)
        errno = 0
    except pymysql.Error as error:
        errno = error.args[0]

    # 1321: what is RESIGNALed is a note, and the function ends without RETURN.
    assert errno == {"mysql": 0, "mariadb": 1321}[server.family]
    rounded = query(reader, "SELECT amount FROM odd_history")
    assert len(rounded) == (1 if errno == 0 else 0)


def test_waiting_in_vain_for_a_row_runs_no_handler_of_the_function(
    reader: Connection, writer: Connection
) -> None:
    define(
        reader,
        "_copy()",
        "UPDATE lane SET v = 1 WHERE id = 3;",
        before=f"DECLARE v_step VARCHAR(64) DEFAULT 'copy a'; {NAMING}",
    )
    define_caller(reader)
    query(reader, "SET SESSION innodb_lock_wait_timeout = 1")
    query(writer, "INSERT INTO lane VALUES (3, 0)")
    query(writer, "START TRANSACTION")
    query(writer, "UPDATE lane SET v = 2 WHERE id = 3")

    (told,) = query(reader, "CALL copy_chunk()")

    assert (told["errno"], told["step"]) == (1205, "")


@pytest.mark.parametrize("is_busy", [True, False], ids=["at work", "waiting"])
def test_a_killed_statement_is_undone_whatever_becomes_of_the_transaction(
    server: Server,
    shop: Shop,
    reader: Connection,
    writer: Connection,
    *,
    is_busy: bool,
) -> None:
    define_caller(reader, ending="ROLLBACK; RESIGNAL;")

    with held(shop, reader, "CALL copy_chunk()", is_busy=is_busy) as call:
        assert not free_lanes(writer)
        query(writer, f"KILL QUERY {connection_id(reader)}")
        call.thread.join()

    assert call.error is not None
    assert call.error.args[0] == 1317
    assert copied(reader) == [[], []]
    # At work, no handler runs on MySQL: the lane is held until somebody rolls back.
    is_held = server.family == "mysql" and is_busy
    assert len(free_lanes(writer)) == (0 if is_held else 2)
    assert value(reader, "SELECT v FROM lane WHERE id = 2") == (7 if is_held else 0)
    query(reader, "ROLLBACK")
    assert len(free_lanes(writer)) == 2


def free_lanes(connection: Connection) -> list[Row]:
    return query(connection, "SELECT l.id FROM lane AS l FOR UPDATE SKIP LOCKED")


def test_steps_are_procedures_that_give_and_take(
    shop: Shop, reader: Connection
) -> None:
    define(
        reader,
        "_step(IN in_size INT UNSIGNED, OUT out_rows INT, OUT out_upto INT)",
        f"INSERT INTO a_history SELECT s.id, s.v FROM {shop.source}.a AS s"
        " ORDER BY s.id LIMIT in_size;"
        " SET out_rows = ROW_COUNT();"
        " SELECT MAX(h.id) INTO out_upto FROM a_history AS h;",
    )
    define(
        reader,
        "_steps(OUT out_rows INT, OUT out_upto INT)",
        "CALL _step(1, out_rows, out_upto);",
    )
    define(
        reader,
        "_copy()",
        "CALL _steps(v_rows, v_upto); RETURN CONCAT_WS(',', v_rows, v_upto);",
        before="DECLARE v_rows, v_upto INT;",
    )

    query(reader, COPY)

    assert query(reader, "SELECT * FROM chunk") == [{"id": 1, "counts": "1,1"}]


def test_sysdate_moves_in_a_function_and_now_stands_still(
    reader: Connection,
) -> None:
    # SYSDATE has come on when it is another: no time is measured.
    define(
        reader,
        "_copy()",
        "WHILE SYSDATE(6) = v_began_at DO SET v_cycles = v_cycles + 1; END WHILE;"
        " RETURN CONCAT_WS(',', SYSDATE(6) > v_began_at, NOW(6) = v_now,"
        " UTC_TIMESTAMP(6) = v_utc);",
        before="DECLARE v_began_at DATETIME(6) DEFAULT SYSDATE(6);"
        " DECLARE v_now DATETIME(6) DEFAULT NOW(6);"
        " DECLARE v_utc DATETIME(6) DEFAULT UTC_TIMESTAMP(6);"
        " DECLARE v_cycles INT DEFAULT 0;",
    )

    query(reader, COPY)

    assert value(reader, "SELECT counts FROM chunk") == "1,1,1"


def test_the_claimed_lane_is_moved_on_inside(
    shop: Shop, reader: Connection, writer: Connection
) -> None:
    define(
        reader,
        "_copy()",
        f"INSERT INTO a_history SELECT s.id, s.v FROM {shop.source}.a AS s;"
        " UPDATE lane SET v = 5 WHERE id = 1;",
    )
    define_caller(reader)

    query(reader, "CALL copy_chunk()")

    assert free_lanes(writer) == []
    query(reader, "COMMIT")
    assert value(writer, "SELECT v FROM lane WHERE id = 1") == 5


def test_the_function_may_read_the_table_of_its_statement_and_not_write_to_it(
    reader: Connection,
) -> None:
    define(reader, "_copy()", "UPDATE chunk SET counts = 'mine';")

    with pytest.raises(pymysql.Error) as refused:
        query(reader, COPY)
    define(
        reader,
        "_copy()",
        "SELECT COUNT(*) INTO v_rows FROM chunk; RETURN v_rows;",
        before="DECLARE v_rows INT;",
    )
    query(reader, COPY)

    assert value(reader, "SELECT counts FROM chunk") == "0"
    assert refused.value.args[0] == 1442


def test_what_it_returns_may_be_read_twice_and_is_one_call(reader: Connection) -> None:
    define(
        reader,
        "_copy()",
        "UPDATE lane SET v = v + 1 WHERE id = 1; RETURN '3,4';",
    )

    query(
        reader,
        "INSERT INTO chunk (id, counts) SELECT SUBSTRING_INDEX(d.counts, ',', 1),"
        " SUBSTRING_INDEX(d.counts, ',', -1) FROM (SELECT _copy() AS counts) AS d",
    )

    assert query(reader, "SELECT * FROM chunk") == [{"id": 3, "counts": "4"}]
    assert value(reader, "SELECT v FROM lane WHERE id = 1") == 1


def test_one_row_is_one_call_and_none_is_no_call(reader: Connection) -> None:
    define(reader, "_copy()", "INSERT INTO a_history SELECT 1, 1;")
    # Two statements: the second has no row, and so nothing is called, or raised.
    define_caller(
        reader,
        work=f"{COPY}; SELECT ROW_COUNT() AS copied;"
        " DELETE FROM a_history;"
        " INSERT INTO chunk (id, counts) SELECT 2, _copy() FROM lane AS l"
        " WHERE l.id = 99;"
        " SELECT ROW_COUNT() AS copied;",
    )

    with reader.cursor() as cursor:
        cursor.execute("CALL copy_chunk()")
        counts = [cursor.fetchall()]
        cursor.nextset()
        counts.append(cursor.fetchall())
        while cursor.nextset():
            pass

    assert counts == [((1,),), ((0,),)]
    assert copied(reader) == [[], []]


def follow_by_gtid(server: Server, admin: Connection, replica: Connection) -> None:
    """Let a replica that follows by position go on by GTIDs."""
    query(replica, "STOP REPLICA")
    if server.family == "mysql":
        # What came before its position, which it hasn't.
        before = value(admin, "SELECT @@global.gtid_executed")
        query(replica, "SET GLOBAL gtid_purged = CONCAT('+', %s)", before)
        query(replica, "CHANGE REPLICATION SOURCE TO SOURCE_AUTO_POSITION = 1")
    else:
        before = value(admin, "SELECT @@global.gtid_current_pos")
        query(replica, "SET GLOBAL gtid_slave_pos = %s", before)
        query(replica, "CHANGE MASTER TO MASTER_USE_GTID = slave_pos")
    query(replica, "START REPLICA")


def test_a_replica_gets_the_rows_and_calls_nothing(
    server: Server, names: Iterator[str], admin: Connection
) -> None:
    with ExitStack() as stack:
        _, replica = stack.enter_context(replica_of(server, admin))
        follow_by_gtid(server, admin, replica)
        shop = stack.enter_context(built(server, next(names)))
        refill(shop)
        with closing(shop.connect()) as reader:
            # Tells in a row which server it was called on.
            define(
                reader,
                "_copy()",
                f"INSERT INTO a_history SELECT s.id, s.v FROM {shop.source}.a AS s;"
                " INSERT INTO b_history SELECT 1, @@server_id; RETURN @@server_id;",
            )
            query(reader, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            query(reader, COPY)
            there = value(reader, "SELECT @@server_id")

            until(lambda: has_chunk(replica, shop.history), "the replica has the chunk")

        query(replica, f"USE {shop.history}")
        assert copied(replica) == [OLD, [{"id": 1, "v": there}]]
        assert query(replica, "SELECT * FROM chunk") == [
            {"id": 1, "counts": str(there)}
        ]
        assert value(replica, "SELECT @@server_id") != there


def has_chunk(replica: Connection, schema: str) -> bool:
    try:
        return bool(query(replica, f"SELECT 1 FROM {schema}.chunk"))
    except pymysql.Error as error:
        if error.args[0] not in {1049, 1146}:  # neither schema nor table yet
            raise
        return False
