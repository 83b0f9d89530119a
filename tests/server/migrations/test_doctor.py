"""What the doctor says of servers, accounts and installations that aren't in order."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from alembic.util.exc import CommandError
from typer.testing import CliRunner, Result

from bygones.cli import installing
from bygones.cli.command import app
from bygones.cli.installing import examine, is_owner
from bygones.cli.rehearsal import IS_BUSY, NOTHING_LEFT, Rehearsed, rehearse
from bygones.runner.connection import connect, parse_url
from bygones.runner.doctor import OLDEST, Check, Doctor, as_report, is_like, worst
from bygones.sandbox.sample import SAMPLE
from bygones.sandbox.shop import downgrade, upgrade
from tests.support.kills.history import count
from tests.support.kills.lambdas import lambda_of, report_of
from tests.support.procedures import HISTORY, copy_all, edit_procedure, query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bygones.sandbox.server import Server
    from tests.conftest import OpenShop
    from tests.support.procedures import Connection


FAILED = """
INSERT INTO failure (
    archive, failed_at, called_by, connection_id, errno, sqlstate_code, step
) VALUES ('orders', NOW(), 'x', 1, 1205, 'HY000', 'copy')
"""
QUARANTINED = """
INSERT INTO waiting_root (archive, lane, root_number, root_text, reason, noted_at)
VALUES ('orders', 1, 1, '', 'quarantined', NOW())
"""

FOUND = """
INSERT INTO finding (archive, root_key, relation, kind, pass, found_at, seen_at)
VALUES ('orders', '["1"]', 'orders', 'different', 1, NOW(), NOW())
"""


@contextmanager
def doctor_of(shop: OpenShop, url: str | None = None) -> Iterator[Doctor]:
    database = parse_url(url or shop.owner_url)
    with closing(connect(database, schema=None, seconds=60)) as connection:
        yield Doctor(connection, database)


def told(checks: Iterator[Check], name: str) -> Check:
    [check] = [check for check in checks if check.name == name]
    return check


def told_by_owner(shop: OpenShop, name: str, *, url: str | None = None) -> Check:
    database = parse_url(url or shop.owner_url)
    with closing(connect(database, schema=None, seconds=60)) as connection:
        doctor = Doctor(connection, database)
        return told(examine(doctor, connection, database, SAMPLE), name)


@contextmanager
def set_to(admin: Connection, setting: str, value: object) -> Iterator[None]:
    """Have the server set otherwise meanwhile."""
    [before] = query(admin, f"SELECT @@GLOBAL.{setting} AS v")
    query(admin, f"SET GLOBAL {setting} = %s", value)
    try:
        yield
    finally:
        query(admin, f"SET GLOBAL {setting} = %s", before["v"])


@pytest.mark.core
def test_of_what_is_in_order_everything_is_ok(shop: OpenShop, server: Server) -> None:
    database = parse_url(shop.owner_url)
    if database.unix_socket is None:
        pytest.skip("the doctor warns of a session by TCP in clear text")
    with (
        set_to(shop.admin, "sync_binlog", 1),  # MariaDB comes with 0
        closing(connect(database, schema=None, seconds=60)) as connection,
    ):
        doctor = Doctor(connection, database)
        checks = [
            *doctor.server(),
            doctor.session(),
            *examine(doctor, connection, database, SAMPLE),
        ]

    verdicts = {check.name: check.verdict for check in checks}
    estimate = told(iter(checks), "estimate of orders")
    assert set(verdicts.values()) == {"OK"}, [c for c in checks if c.verdict != "OK"]
    assert f" {server.version}" in told(iter(checks), "version").found
    assert "about 40 orders" in estimate.found
    assert "rolled back" in estimate.found
    assert worst(checks) == "OK"


@pytest.mark.parametrize(
    ("setting", "value", "name", "expected"),
    [
        ("binlog_format", "STATEMENT", "binary log", "stop: binlog_format is STATE"),
        ("sync_binlog", 0, "durability", "warn: sync_binlog is 0"),
        ("innodb_flush_log_at_trx_commit", 2, "durability", "warn: innodb_flush_log"),
        ("time_zone", "+02:00", "time zone", "warn: +02:00"),
        ("read_only", 1, "writable", "stop: read_only is on"),
    ],
)
def test_a_setting_that_matters_is_named(
    shop: OpenShop, setting: str, value: object, name: str, expected: str
) -> None:
    with set_to(shop.admin, setting, value), doctor_of(shop) as doctor:
        check = told(doctor.server(), name)

    assert f"{check.verdict}: {check.found}".startswith(expected)
    assert check.todo


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("5.7.44-log", "stop"),
        ("8.0.40", "warn"),
        ("9.7.4", "OK"),
        ("10.5.21-MariaDB", "stop"),
        ("10.11.19-MariaDB-log", "OK"),
        ("11.4.2-MariaDB", "warn"),
        ("11.8.9-MariaDB", "OK"),
    ],
)
def test_a_version_is_tested_expected_or_too_old(
    shop: OpenShop, version: str, verdict: str
) -> None:
    with doctor_of(shop) as doctor:
        doctor.settings["version"] = version
        check = told(doctor.server(), "version")

    assert check.verdict == verdict


def test_a_server_that_is_too_old_is_refused_before_anything_is_created(
    make_shop: Callable[..., OpenShop],
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = make_shop(finished=3, installed=False)
    family = {"mysql": "MySQL", "mariadb": "MariaDB"}[server.family]
    monkeypatch.setitem(OLDEST, family, (99, 0))

    with pytest.raises(CommandError, match=f"needs {family} 99.0 or newer") as caught:
        upgrade(shop)
    proposed = bygones(shop.owner_url, command=["propose", "orders"])
    doctor = bygones(shop.owner_url, "--json")

    assert len(str(caught.value).splitlines()) == 1
    assert query(shop.admin, "SHOW SCHEMAS LIKE %s", shop.history) == []
    assert (proposed.exit_code, proposed.stdout) == (1, "")
    assert proposed.stderr == f"{caught.value}\n"
    report = json.loads(doctor.stdout)
    assert doctor.exit_code == 1
    assert [c["name"] for c in report["checks"] if c["verdict"] == "stop"] == [
        "version"
    ]


def test_an_error_in_the_middle_leaves_what_was_seen_and_one_line(
    shop: OpenShop,
) -> None:
    account = owner_of(shop)
    query(shop.admin, f"ALTER USER {account} WITH MAX_QUERIES_PER_HOUR 9")
    try:
        table = bygones(shop.owner_url)
        no_more = bygones(shop.owner_url, "--json")
    finally:
        query(shop.admin, f"ALTER USER {account} WITH MAX_QUERIES_PER_HOUR 0")

    assert (table.exit_code, type(table.exception)) == (75, SystemExit)
    assert "version" in table.stdout
    assert "(errno 1226" in table.stdout
    said = json.loads(no_more.stdout)
    assert (no_more.exit_code, said["kind"]) == (75, "TryLaterError")
    assert said["error"] == no_more.stderr.strip()


def test_a_snapshot_that_may_end_a_call_is_named(shop: OpenShop) -> None:
    with doctor_of(shop) as doctor:
        doctor.settings["innodb_snapshot_isolation"] = "ON"
        check = told(doctor.server(), "isolation")

    assert (check.verdict, "1020" in check.found) == ("OK", True)


def test_a_caller_holds_execute_and_nothing_else(shop: OpenShop) -> None:
    with doctor_of(shop, shop.caller_url) as doctor:
        (check,) = doctor.caller()
        is_the_owner = is_owner(doctor, parse_url(shop.caller_url))

    assert (check.verdict, is_the_owner) == ("OK", False)


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ("REVOKE EXECUTE ON {history}.* FROM {caller}", "stop", "may not EXECUTE"),
        (
            "GRANT CREATE TEMPORARY TABLES ON *.* TO {caller}",
            "stop",
            "its table could take the place",
        ),
        ("GRANT SELECT ON {source}.* TO {caller}", "warn", "more than EXECUTE: SELECT"),
        (
            "GRANT SELECT ON {source}.orders TO {caller}",
            "warn",
            "more than EXECUTE: GRANT SELECT ON",
        ),
        (
            "GRANT SELECT (id) ON {source}.orders TO {caller}",
            "warn",
            "more than EXECUTE: GRANT SELECT (",
        ),
        (
            "GRANT USAGE ON *.* TO {caller} WITH GRANT OPTION",
            "warn",
            "more than EXECUTE: GRANT USAGE",
        ),
    ],
)
def test_a_caller_with_too_few_rights_or_too_many_is_told_so(
    shop: OpenShop, change: str, verdict: str, words: str
) -> None:
    history = "`" + shop.history.replace("_", r"\_") + "`"
    caller = f"'{shop.source}_caller'@'%'"
    query(shop.admin, change.format(history=history, source=shop.source, caller=caller))

    with doctor_of(shop, shop.caller_url) as doctor:
        (check,) = doctor.caller()

    assert (check.verdict, words in check.found) == (verdict, True), check


@pytest.mark.core
def test_what_a_caller_holds_by_a_role_is_told_too(shop: OpenShop) -> None:
    caller, role = f"'{shop.source}_caller'@'%'", f"`{shop.source}_role`"
    query(shop.admin, f"CREATE ROLE {role}")
    try:
        query(shop.admin, f"GRANT SELECT ON `{shop.source}`.* TO {role}")
        query(shop.admin, f"GRANT {role} TO {caller}")
        with doctor_of(shop, shop.caller_url) as doctor:
            (check,) = doctor.caller()
    finally:
        query(shop.admin, f"DROP ROLE {role}")

    assert check.verdict == "warn"
    assert f"{shop.source}_role" in check.found


@pytest.mark.parametrize(
    ("right", "schema"), [("SELECT", "source"), ("TRIGGER", "history")]
)
def test_an_owner_that_lacks_a_right_is_told_which(
    shop: OpenShop, right: str, schema: str
) -> None:
    name = {"source": shop.source, "history": shop.history}[schema].replace("_", r"\_")
    query(shop.admin, f"REVOKE {right} ON `{name}`.* FROM '{shop.source}_owner'@'%'")

    check = told_by_owner(shop, "account")

    assert (check.verdict, right in check.found) == ("stop", True)


def test_an_owner_that_could_change_history_is_warned_of(shop: OpenShop) -> None:
    check = told_by_owner(shop, "account", url=shop.url)

    assert (check.verdict, "DELETE and UPDATE" in check.found) == ("warn", True)


def test_a_procedure_that_was_changed_by_hand_stops(shop: OpenShop) -> None:
    edit_procedure(shop, "progress", old="ORDER BY p.archive", new="ORDER BY 1")

    check = told_by_owner(shop, "installed")

    assert (check.verdict, "progress" in check.found) == ("stop", True), check
    assert "alembic revision --autogenerate" in check.todo


def test_what_a_dump_left_out_is_counted_and_an_upgrade_puts_it_back(
    shop: OpenShop,
) -> None:
    query(shop.admin, "DROP EVENT copy_orders_event")
    for change in ("update", "delete"):
        query(shop.admin, f"DROP TRIGGER orders_history_before_{change}")

    before = told_by_owner(shop, "installed")
    upgrade(shop)
    after = told_by_owner(shop, "installed")

    assert (before.verdict, before.found, before.todo) == (
        "stop",
        "2 triggers and 1 event are missing",
        "alembic upgrade head",
    )
    assert (after.verdict, after.todo) == ("OK", "")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("DISABLE ON SLAVE", "SIDE_DISABLED: this server was a replica"),
        ("ENABLE", "is ENABLED and copies nothing: event_scheduler is OFF"),
    ],
)
def test_an_event_that_sleeps_is_warned_of(
    shop: OpenShop, state: str, words: str
) -> None:
    with set_to(shop.admin, "event_scheduler", "OFF"):
        query(shop.admin, f"ALTER EVENT copy_orders_event {state}")

        check = told_by_owner(shop, "event")

        query(shop.admin, "ALTER EVENT copy_orders_event DISABLE")
    assert (check.verdict, words in check.found) == ("warn", True), check
    assert ("ALTER EVENT" in check.todo) is (state != "ENABLE")


def test_a_source_that_has_changed_stops_and_isnt_tried(shop: OpenShop) -> None:
    query(shop.admin, f"ALTER TABLE {shop.source}.orders ADD COLUMN colour INT")
    database = parse_url(shop.owner_url)

    with closing(connect(database, schema=None, seconds=60)) as connection:
        doctor = Doctor(connection, database)
        checks = list(examine(doctor, connection, database, SAMPLE))

    installed = told(iter(checks), "installed")
    first, *_, last = installed.found.splitlines()
    assert installed.verdict == "stop"
    assert first == "orders: a column more, colour INT"
    assert last.endswith(" objects of orders follow")
    assert "estimate of orders" not in {check.name for check in checks}


def test_an_installation_behind_its_revisions_is_told_to_upgrade(
    shop: OpenShop,
) -> None:
    query(shop.admin, "UPDATE alembic_version SET version_num = 'bygones_0001'")

    check = told_by_owner(shop, "installed")

    assert (check.verdict, check.todo) == ("stop", "alembic upgrade head")


def test_where_nothing_is_installed_nothing_is_created_by_looking(
    make_shop: Callable[..., OpenShop],
) -> None:
    shop = make_shop(finished=3, installed=False)

    check = told_by_owner(shop, "installed")

    schemas = query(shop.admin, "SHOW SCHEMAS LIKE %s", shop.history)
    assert (check.verdict, check.todo) == ("stop", "alembic upgrade head")
    assert schemas == []


def test_a_declaration_that_does_not_fit_the_source_stops(shop: OpenShop) -> None:
    query(shop.admin, f"RENAME TABLE {shop.source}.notes TO {shop.source}.remarks")

    check = told_by_owner(shop, "archives.toml")

    assert (check.verdict, "notes" in check.found) == ("stop", True)


def test_a_join_without_an_index_comes_with_the_statement_for_one(
    shop: OpenShop,
) -> None:
    query(shop.admin, "SET sql_mode = ''")  # its dates have defaults of old
    for name in indexes_of(shop, "notes", "subject_id"):
        query(shop.admin, f"ALTER TABLE {shop.source}.notes DROP INDEX `{name}`")

    check = told_by_owner(shop, "joins of orders")

    assert (check.verdict, "rows of notes" in check.found) == ("warn", True)
    assert check.todo.startswith("CREATE INDEX")


def indexes_of(shop: OpenShop, table: str, column: str) -> list[str]:
    rows = query(
        shop.admin,
        "SELECT DISTINCT index_name AS name FROM information_schema.statistics"
        " WHERE table_schema = %s AND table_name = %s AND column_name = %s",
        *(shop.source, table, column),
    )
    return [row["name"] for row in rows]


def test_chunks_of_few_orders_where_many_are_ahead_are_warned_of(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "MANY_CALLS", 10)
    query(shop.admin, "UPDATE lane SET size = 1")

    slow = told_by_owner(shop, "estimate of orders")

    assert (slow.verdict, ": 1 orders with" in slow.found) == ("warn", True), slow
    assert "tune_archive('orders', 'target_ms', 3000)" in slow.todo


def test_more_history_than_the_buffer_pool_holds_is_warned_of(shop: OpenShop) -> None:
    database = parse_url(shop.owner_url)
    with closing(connect(database, schema=None, seconds=60)) as connection:
        doctor = Doctor(connection, database)
        doctor.settings["innodb_buffer_pool_size"] = "4096"
        check = told(examine(doctor, connection, database, SAMPLE), "buffer pool")

    assert (check.verdict, "4 KB, for" in check.found) == ("warn", True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("CALL pause_archive('orders', 'stocktaking')", "stocktaking"),
        (
            FAILED,
            "error 1205",
        ),
        (
            QUARANTINED,
            "1 can't be copied",
        ),
        (
            FOUND,
            "1 differ from the source",
        ),
        (
            "UPDATE archive SET max_threads_running = NULL",
            "not watched: Threads_running",
        ),
    ],
)
def test_an_archive_that_does_not_go_on_says_why(
    shop: OpenShop, change: str, words: str
) -> None:
    query(shop.admin, "UPDATE archive SET max_history_list_length = 1000000")
    query(shop.admin, change)

    with doctor_of(shop) as doctor:
        (check,) = doctor.installed(query(shop.admin, "CALL progress()"))

    assert (check.verdict, words in check.found) == ("warn", True), check


def test_a_server_without_archives_is_told_to_install(shop: OpenShop) -> None:
    with doctor_of(shop) as doctor:
        (check,) = doctor.installed([])

    assert check.verdict == "stop"
    assert check.todo.endswith("alembic revision --autogenerate, alembic upgrade head")


@pytest.mark.core
def test_a_rehearsal_measures_what_the_next_chunk_copies_and_leaves_nothing(
    shop: OpenShop,
) -> None:
    rehearsed = rehearsal_of(shop)
    left = {table: count(shop.admin, table) for table in HISTORY}
    chunks, waiting = count(shop.admin, "chunk"), count(shop.admin, "waiting")
    first, *_ = copy_all(shop.admin)

    assert isinstance(rehearsed, Rehearsed)
    assert set(left.values()) == {0}
    assert (chunks, waiting) == (0, 0)
    assert (rehearsed.roots, rehearsed.related_rows) == (
        first["roots"],
        first["related_rows"],
    )
    assert sum(rehearsed.relation_rows.values()) == rehearsed.related_rows


def rehearsal_of(shop: OpenShop) -> Rehearsed | str:
    database = parse_url(shop.owner_url)
    with closing(connect(database, schema=None, seconds=60)) as connection:
        return rehearse(connection, database, "orders")


def test_a_rehearsal_goes_on_where_the_cursor_is(shop: OpenShop) -> None:
    query(shop.admin, "CALL copy_orders_chunk(15)")

    rehearsed = rehearsal_of(shop)

    assert isinstance(rehearsed, Rehearsed)
    assert rehearsed.roots == 25


def test_nothing_is_rehearsed_where_all_is_copied_or_another_copies(
    shop: OpenShop,
) -> None:
    query(shop.admin, "START TRANSACTION")
    query(shop.admin, "SELECT * FROM lane FOR UPDATE")
    busy = rehearsal_of(shop)
    query(shop.admin, "ROLLBACK")
    copy_all(shop.admin)

    done = rehearsal_of(shop)
    assert (busy, str(done).startswith(f"{NOTHING_LEFT} 1, which came to the ")) == (
        IS_BUSY,
        True,
    )


def test_a_chunk_that_fails_in_the_rehearsal_stops(shop: OpenShop) -> None:
    query(
        shop.admin,
        "CREATE TRIGGER refuses BEFORE INSERT ON payments_history FOR EACH ROW"
        " SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30007, MESSAGE_TEXT = 'not here'",
    )
    try:
        database = parse_url(shop.owner_url)
        with (
            closing(connect(database, schema=None, seconds=60)) as connection,
            pytest.raises(Exception, match="a trigger more, refuses"),
        ):
            rehearse(connection, database, "orders")
    finally:
        query(shop.admin, "DROP TRIGGER refuses")


@pytest.mark.parametrize(
    ("name", "pattern", "is_it"),
    [
        ("shop_history", r"shop\_history", True),
        ("shopXhistory", r"shop\_history", False),
        ("shopXhistory", "shop_history", True),
        ("shop_history", "shop%", True),
        ("shop", "shop_", False),
        ("s+p", "s+p", True),
    ],
)
def test_a_grants_schema_is_a_pattern(name: str, pattern: str, *, is_it: bool) -> None:
    assert is_like(name, pattern) is is_it


def test_an_event_has_the_lambda_look_as_the_caller(shop: OpenShop) -> None:
    with lambda_of(shop) as runtime:
        report = report_of(runtime.invoke({"doctor": True}))
        logs = runtime.logs

    names = [check["name"] for check in report["checks"]]
    assert names[-4:] == ["TLS", "account", "one view", "archive orders"]
    assert report["verdict"] in {"OK", "warn"}
    assert "examined {" in logs
    assert count(shop.admin, "run") == 0


@pytest.mark.parametrize("by", ["owner", "caller"])
def test_the_command_prints_a_table_or_json_and_exits_by_it(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.chdir(SAMPLE.root)
    url = {"owner": shop.owner_url, "caller": shop.caller_url}[by]

    table = bygones(url)
    query(shop.admin, f"REVOKE SELECT ON `{pattern_of(shop)}`.* FROM {owner_of(shop)}")
    done = bygones(url, "--json")

    report = json.loads(done.stdout)
    assert (table.exit_code, "found" in table.stdout) == (0, True), table.stderr
    assert ("estimate of" in table.stdout) is (by == "owner")
    stopped = by == "owner"
    assert (done.exit_code, report["verdict"] == "stop") == (int(stopped), stopped)


def pattern_of(shop: OpenShop) -> str:
    return shop.source.replace("_", r"\_")


def owner_of(shop: OpenShop) -> str:
    return f"'{shop.source}_owner'@'%'"


def bygones(url: str, *options: str, command: Sequence[str] = ("doctor",)) -> Result:
    env = {"BYGONES_DATABASE_URL": url, "COLUMNS": "200"}
    return CliRunner().invoke(app, [*command, *options], env=env)


def test_a_report_says_the_worst() -> None:
    fine = Check(name="a", verdict="OK", found="x")
    bad = Check(name="b", verdict="stop", found="y", todo="z")

    assert (worst([]), worst([fine]), worst([bad, fine])) == ("OK", "OK", "stop")
    assert as_report([bad])["checks"] == [
        {"name": "b", "verdict": "stop", "found": "y", "todo": "z"}
    ]


def test_what_no_revision_has_installed_is_a_matter_of_an_upgrade(
    shop: OpenShop,
) -> None:
    downgrade(shop, "base")

    check = told_by_owner(shop, "installed")

    assert (check.verdict, check.todo) == ("stop", "alembic upgrade head")
    assert check.found == "not what the revisions say"


def test_what_another_project_installed_is_no_matter_of_a_revision(
    shop: OpenShop,
) -> None:
    query(shop.admin, "UPDATE project SET id = 'sales'")

    check = told_by_owner(shop, "installed")

    assert "belongs to the project sales, and this is pharmacy" in check.found
    assert (check.verdict, check.todo) == ("stop", "mend what it names")
