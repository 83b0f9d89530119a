"""Two sessions ask a server whether the statements of a function share one view."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pymysql
import pytest

from bygones.sandbox.sample import SAMPLE, newest
from tests.support.procedures import (
    Call,
    define_procedure,
    edit_procedure,
    query,
    until,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bygones.sandbox.shop import Shop
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection, Row

pytestmark = pytest.mark.core

SHARED = {"verdict": "shared", "reason": None}
TWO_INSTANTS = {
    "verdict": "not shared",
    "reason": "the statements of a function saw two instants",
}
ANOTHER = "it was of another server"
# How often plain statements have to be told from a function's; more in the long form.
TRIES = 10
TRIES_OF_SOAK = 100
LAST_READ = "SELECT 'relation', c.changes FROM canary_relation AS c WHERE c.id = 1;"


@pytest.fixture
def sides(shop: OpenShop) -> Iterator[tuple[Connection, Connection]]:
    """Two sessions of an account that holds EXECUTE alone."""
    with (
        closing(shop.connect(shop.caller_url)) as reader,
        closing(shop.connect(shop.caller_url)) as writer,
    ):
        yield reader, writer


def probe(sides: tuple[Connection, Connection]) -> tuple[Row, Row]:
    """Let both sides meet, and return what each of them says."""
    reader, writer = sides
    writing = Call(writer, "CALL probe_writer()")
    (read,) = query(reader, "CALL probe_reader()")
    return read, writing.row()


def read_plainly(shop: Shop) -> None:
    """Let the statements of the canary be a procedure's, called beforehand."""
    text = newest("function", "_canary").text(SAMPLE)
    returns = "\n)\nRETURNS VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin\n"
    for old, new in (
        ("FUNCTION pharmacy_history._canary", "PROCEDURE pharmacy_history._plain"),
        (returns, ",\n    OUT out_told VARCHAR(20) CHARACTER SET ascii\n)\n"),
        ("RETURN CONCAT_WS", "SET out_told = CONCAT_WS"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    define_procedure(shop, "_plain", text)
    call = "CALL _plain(v_read_lock, v_wrote_lock, v_held_lock, v_reason);"
    text = newest("procedure", "probe_reader").text(SAMPLE)
    for old, new in (
        ("START TRANSACTION;\n\n        DELETE", f"START TRANSACTION; {call} DELETE"),
        (
            "SELECT _canary(v_read_lock, v_wrote_lock, v_held_lock) AS told",
            "SELECT v_reason AS told",
        ),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    define_procedure(shop, "probe_reader", text)


def lead_the_writer_astray(shop: Shop) -> None:
    """Let what it commits stay out of sight, as if it were on another server."""
    text = newest("procedure", "probe_writer").text(SAMPLE)
    define_procedure(
        shop, "probe_writer", text.replace("changes = changes + 1", "changes = changes")
    )


def test_this_server_gives_the_statements_of_a_function_one_view(
    shop: OpenShop, sides: tuple[Connection, Connection]
) -> None:
    read, written = probe(sides)

    (known,) = query(shop.admin, "SELECT * FROM probe")
    assert (read, written) == (SHARED, {"state": "written"})
    assert known["version"] == value(shop.admin, "SELECT VERSION()")
    assert known["probed_by"].startswith(f"{shop.source}_caller@")
    assert query(shop.admin, "SELECT * FROM canary_copy") == []
    query(shop.admin, "CALL _check_probe()")


def test_the_reader_may_come_first(
    shop: OpenShop, sides: tuple[Connection, Connection]
) -> None:
    reader, writer = sides
    reading = Call(reader, "CALL probe_reader()")
    read_lock = names_of_locks(shop.admin)[2]
    until(
        lambda: value(shop.admin, "SELECT IS_USED_LOCK(%s)", read_lock),
        "the reader has read",
    )

    written = query(writer, "CALL probe_writer()")

    assert (reading.row(), written) == (SHARED, [{"state": "written"}])


def names_of_locks(connection: Connection) -> list[str]:
    query(connection, "CALL _name_probe_locks(@a, @b, @c, @d, @e)")
    (names,) = query(connection, "SELECT @a, @b, @c, @d, @e")
    return list(names.values())


@pytest.mark.parametrize(
    "tries", [TRIES, pytest.param(TRIES_OF_SOAK, marks=pytest.mark.soak)]
)
def test_plain_statements_are_told_from_those_of_a_function_every_time(
    shop: OpenShop, sides: tuple[Connection, Connection], tries: int
) -> None:
    read_plainly(shop)

    verdicts = [probe(sides)[0] for _ in range(tries)]

    assert verdicts == [TWO_INSTANTS] * tries
    with pytest.raises(pymysql.Error, match="it found: not shared") as refused:
        query(shop.admin, "CALL _check_probe()")
    assert refused.value.args[0] == 30021


def test_a_row_that_is_locked_by_reading_it_is_as_bad(
    shop: OpenShop, sides: tuple[Connection, Connection]
) -> None:
    edit_procedure(
        shop,
        "_canary",
        old="FROM canary_root AS c WHERE c.id = 1;",
        new="FROM canary_root AS c WHERE c.id = 1 FOR UPDATE;",
    )

    read, written = probe(sides)

    assert read == {
        "verdict": "not shared",
        "reason": "a row that was read could not be changed: it was locked",
    }
    assert written == {"state": "held"}


def test_a_clock_that_stands_still_is_told(
    shop: OpenShop, sides: tuple[Connection, Connection]
) -> None:
    # As SYSDATE does where the server was started with sysdate-is-now.
    text = newest("function", "_canary").text(SAMPLE)
    define_procedure(shop, "_canary", text.replace("SYSDATE(6)", "NOW(6)"))

    read, _ = probe(sides)

    assert read == {
        "verdict": "not shared",
        "reason": "SYSDATE stands still in a function: unset sysdate-is-now",
    }


def test_without_a_writer_nothing_is_learned_and_what_was_known_stays(
    shop: OpenShop, sides: tuple[Connection, Connection]
) -> None:
    probe(sides)
    known = query(shop.admin, "SELECT * FROM probe")
    edit_procedure(shop, "_canary", old="500", new="5")

    alone = query(sides[0], "CALL probe_reader()")

    assert alone == [
        {
            "verdict": "inconclusive",
            "reason": "no writer came within 5 s: CALL probe_writer() meanwhile",
        }
    ]
    assert query(shop.admin, "SELECT * FROM probe") == known
    assert locks_in_use(shop.admin) == []


def test_where_the_commit_is_not_to_be_seen_nothing_is_learned(
    shop: OpenShop, sides: tuple[Connection, Connection]
) -> None:
    lead_the_writer_astray(shop)
    query(shop.admin, "DELETE FROM probe")

    read, written = probe(sides)

    assert read == {
        "verdict": "inconclusive",
        "reason": "what the writer committed is not to be seen",
    }
    assert written == {"state": "written"}
    assert query(shop.admin, "SELECT * FROM probe") == []


def test_a_writer_whom_no_reader_meets_says_so(
    shop: OpenShop, sides: tuple[Connection, Connection]
) -> None:
    text = newest("procedure", "probe_writer").text(SAMPLE)
    define_procedure(shop, "probe_writer", text.replace("500", "5"))

    assert query(sides[1], "CALL probe_writer()") == [{"state": "alone"}]
    assert locks_in_use(shop.admin) == []


def test_two_probes_at_once_take_turns(shop: OpenShop) -> None:
    with ExitStack() as stack:
        calls = [
            Call(
                stack.enter_context(closing(shop.connect(shop.caller_url))),
                f"CALL probe_{side}()",
            )
            for side in ("reader", "writer") * 2
        ]

        rows = [call.row() for call in calls]

    assert rows == [SHARED, {"state": "written"}] * 2


def test_an_error_leaves_no_lock_and_what_was_known(
    shop: OpenShop, sides: tuple[Connection, Connection]
) -> None:
    probe(sides)
    edit_procedure(
        shop,
        "_canary",
        old=LAST_READ,
        new="SELECT 'root', c.changes FROM canary_relation AS c WHERE c.id = 1;",
    )
    writing = Call(sides[1], "CALL probe_writer()")

    with pytest.raises(pymysql.Error) as failed:
        query(sides[0], "CALL probe_reader()")

    assert failed.value.args[0] == 1062
    assert writing.row() == {"state": "written"}
    assert locks_in_use(shop.admin) == []
    query(shop.admin, "CALL _check_probe()")


def locks_in_use(connection: Connection) -> list[str]:
    return [
        name
        for name in names_of_locks(connection)
        if value(connection, "SELECT IS_USED_LOCK(%s)", name)
    ]


@pytest.mark.parametrize("side", ["reader", "writer"])
def test_who_is_in_a_transaction_is_refused_and_keeps_it(
    shop: OpenShop, side: str
) -> None:
    with closing(shop.connect()) as session:
        query(session, "START TRANSACTION")
        query(session, "INSERT INTO canary_root (id, changes) VALUES (7, 7)")

        with pytest.raises(pymysql.Error) as refused:
            query(session, f"CALL probe_{side}()")

        assert refused.value.args[0] == 30001
        assert value(session, "SELECT changes FROM canary_root WHERE id = 7") == 7
        query(session, "ROLLBACK")


def test_probes_of_two_installations_do_not_meet(
    shop: OpenShop, make_shop: Callable[..., OpenShop]
) -> None:
    other = make_shop(finished=1)

    here, there = names_of_locks(shop.admin), names_of_locks(other.admin)

    assert not set(here) & set(there)
    assert len(set(here)) == 5
    # What both families take for a lock's name.
    assert all(len(name) <= 64 for name in here)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("DELETE FROM probe", "none was made here"),
        ("UPDATE probe SET version = '5.0'", ANOTHER),
        ("UPDATE probe SET version_comment = 'of a fork'", ANOTHER),
        ("UPDATE probe SET server = CONCAT(server, '0')", ANOTHER),
        ("UPDATE probe SET log_bin = 0", ANOTHER),
        ("UPDATE probe SET verdict = 'not shared'", "it found: not shared"),
    ],
)
def test_a_probe_of_another_server_or_of_none_is_no_probe(
    shop: OpenShop, sides: tuple[Connection, Connection], change: str, problem: str
) -> None:
    probe(sides)
    query(shop.admin, "CALL _check_probe()")
    query(shop.admin, change)

    with pytest.raises(pymysql.Error) as refused:
        query(shop.admin, "CALL _check_probe()")

    todo = "bygones probe, or CALL probe_reader() and probe_writer() in two clients"
    assert refused.value.args == (
        30021,
        f"no probe: {problem}; {todo} (docs/errors.md)",
    )
