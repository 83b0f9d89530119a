"""Whatever a server is set to, bygones installs, copies, verifies and goes away."""

from __future__ import annotations

import io
import os
import subprocess
import tempfile
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import alembic.command
import pymysql
import pytest
from typer.testing import CliRunner

from bygones.cli.command import app
from bygones.cli.proposal.proposing import propose
from bygones.runner.connection import SETTING, connect, parse_url
from bygones.sandbox.expectations import Expectation, ExpectedRelation
from bygones.sandbox.families import family_called
from bygones.sandbox.guardian import Keeper
from bygones.sandbox.packages import unpacked
from bygones.sandbox.program import Program
from bygones.sandbox.server import Server
from bygones.sandbox.shop import close_shop, configuration, downgrade, upgrade, url_for
from tests.support.aggregates.archiving import Archived, make_project
from tests.support.aggregates.foreign import Foreign, open_foreign
from tests.support.aggregates.settings import (
    BY_HAND,
    DOCUMENT,
    SETTINGS,
    STARTED_WITH,
    Setting,
    of_family,
    with_tables,
)
from tests.support.migrations.commands import apply
from tests.support.migrations.snapshot import Snapshot, names, snapshot
from tests.support.procedures import query, until, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.conftest import OpenShop
    from tests.support.procedures import Connection

UNKNOWN_VARIABLE = 1193

TABLES = r"""
CREATE TABLE orders (
    id INT UNSIGNED NOT NULL AUTO_INCREMENT,
    status ENUM ('new', 'd"one', 'Überzug') NOT NULL DEFAULT 'new',
    code CHAR(10) NOT NULL,
    remark VARCHAR(40) CHARACTER SET latin1 NULL COMMENT 'a\\b''c"d',
    paid_at TIMESTAMP(3) NULL,
    due DATE NOT NULL DEFAULT '0000-00-00',
    amount DECIMAL(12, 4) NULL,
    weight DOUBLE NULL,
    bits BIT(9) NULL,
    PRIMARY KEY (id)
);
CREATE TABLE items (
    order_id INT UNSIGNED NOT NULL,
    -- Too long for the row formats of old.
    name VARCHAR(200) NOT NULL,
    PRIMARY KEY (order_id, name),
    CONSTRAINT items_orders_fk FOREIGN KEY (order_id) REFERENCES orders (id)
) ROW_FORMAT = DYNAMIC;
"""

FILL = r"""
INSERT INTO orders (id, status, code, remark, paid_at, amount, weight, bits)
SELECT
    n, IF(n % 4 = 3, 'new', 'd"one'), 'x', 'é\\''"\t', '2026-03-29 01:30:00.123',
    n / 3, n / 7, b'101'
FROM numbers WHERE n < 12;
INSERT INTO items (order_id, name) SELECT id, 'a\\b''c"' FROM orders;
INSERT INTO items (order_id, name) SELECT id, '' FROM orders;
"""

ARCHIVES = """
[archive.orders]
table = "orders"
finished = '''status = 'd"one' '''

[archive.orders.relations]
items = {}
"""

TINY = Foreign(
    name="tiny",
    tables=TABLES,
    fill=FILL,
    archives=ARCHIVES,
    expected={
        "orders": Expectation(
            root="orders",
            key=("id",),
            finished="o.status = 2",
            relations=(
                ExpectedRelation(
                    name="items",
                    key=("order_id", "name"),
                    joined="JOIN {source}.items AS r ON r.order_id = o.id",
                ),
            ),
        )
    },
    writes=(),
    traps={},
)


GROUPS = sorted({setting.group for setting in SETTINGS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiny(Archived):
    """A shop, with what is written and installed where nothing is set oddly."""

    proposed: str
    installed: Snapshot


@pytest.fixture(scope="module")
def made(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiny]:
    if "BYGONES_TEST_URL" in os.environ:
        pytest.skip("settings are changed on servers of the tests' own alone")
    with opened(server, tmp_path_factory.mktemp("tiny")) as tiny:
        yield tiny


@contextmanager
def opened(server: Server, folder: Path) -> Iterator[Tiny]:
    name = f"tiny_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}"
    shop = open_foreign(server, TINY, name)
    with closing(superuser(shop.url)) as admin:
        archived = Archived(
            **asdict(shop),
            foreign=TINY,
            project=make_project(folder, TINY),
            admin=admin,
        )
        archived.generate()
        yield Tiny(
            **{each.name: getattr(archived, each.name) for each in fields(archived)},
            proposed=proposed(archived),
            installed=snapshot(admin, archived.history),
        )
    close_shop(server, shop)


@pytest.fixture
def tiny(made: Tiny, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """Have the shop without bygones, whatever an earlier test has left."""
    monkeypatch.chdir(made.project)  # where `bygones doctor` looks
    query(made.admin, f"DROP SCHEMA IF EXISTS `{made.history}`")
    return made


@pytest.mark.core
@pytest.mark.parametrize("group", GROUPS)
def test_whatever_a_server_is_set_to_it_is_installed_copied_verified_and_left(
    server: Server, tiny: Tiny, group: str
) -> None:
    with had(server, of_family(server.family)[group]):
        live_through(tiny, by_hand=group != "limits")


@pytest.mark.soak
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_each_setting_alone_breaks_nothing(
    server: Server, tiny: Tiny, setting: Setting
) -> None:
    if server.family not in setting.families:
        pytest.skip(f"{server.family} has no such setting")

    with had(server, [setting]):
        live_through(tiny, by_hand=setting.group != "limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd(Program):
    """A server that begins with settings that can't be changed later."""

    data: Path

    def template(self) -> Path:
        """Make a data directory that suits them: MySQL keeps how names are kept."""
        if self.family.kind == "mariadb":
            return Program.template(self)
        subprocess.run(  # noqa: S603 - the server that was unpacked here
            self.server(
                "--initialize-insecure",
                "--lower-case-table-names=1",
                f"--datadir={self.data}",
            ),
            check=True,
        )
        return self.data


@pytest.mark.soak
def test_what_a_server_starts_with_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = os.environ.get("BYGONES_TEST_SERVER", "mysql")
    family = family_called(name)
    odd = replace(family, options=(*family.options, *map("--{}".format, STARTED_WITH)))
    program = Odd(family=odd, root=unpacked(family), data=tmp_path / "data")
    with tempfile.TemporaryDirectory() as folder:
        keeper = Keeper(program, Path(folder))
        keeper.start()
        try:
            server = Server(
                url=f"mysql://root@localhost/?unix_socket={keeper.socket}",
                family=family.kind,
                version="",
                origin="",
                client=None,
            )
            with opened(server, tmp_path / "project") as tiny:
                query(tiny.admin, f"DROP SCHEMA `{tiny.history}`")
                monkeypatch.chdir(tiny.project)
                live_through(tiny, by_hand=True)
        finally:
            keeper.stop()


def live_through(tiny: Tiny, *, by_hand: bool) -> None:
    """Do what a team does, from the first day to the last."""
    assert proposed(tiny) == tiny.proposed
    upgrade(tiny, project=tiny.project)
    assert others(tiny) == []
    alembic.command.check(configuration(tiny, tiny.project))
    if by_hand:
        call_by_hand(tiny)
    for command, url in (
        ("doctor", tiny.owner_url),
        ("run", tiny.caller_url),
        ("verify", tiny.caller_url),
        ("progress", tiny.caller_url),
        ("doctor", tiny.caller_url),
    ):
        done = CliRunner().invoke(app, [command], env={SETTING: url})
        assert done.exit_code == 0, (command, done.output)
    assert_all_is_copied(tiny)
    # Without what is left of history there is nothing to lose.
    for name in ("orders_history", "items_history"):
        query(tiny.admin, f"TRUNCATE `{tiny.history}`.{name}")
    downgrade(tiny, "base", tiny.project)
    assert names(tiny.admin, "TABLE", tiny.history) == ["alembic_version"]


def call_by_hand(tiny: Tiny) -> None:
    """CALL what there is in sessions that are as the server would have them."""
    with closing(plain(tiny.caller_url)) as caller:
        copied = query(caller, "CALL copy_orders_chunk(2)")
        verified = query(caller, "CALL verify_orders_chunk(1)")
        [run] = query(caller, "CALL open_run('orders', NULL, 0, 'copy')")
        query(caller, "CALL rejoin_run(%s)", run["run_id"])
        query(caller, "CALL close_run(%s, 'idle', 1, 2, 4, 1, NULL)", run["run_id"])
    with closing(plain(tiny.owner_url)) as owner:
        paused = query(owner, "CALL pause_archive('orders', 'why')")
        query(owner, "CALL resume_archive('orders')")
        query(owner, "CALL tune_archive('orders', 'max_threads_running', 1000)")
        query(owner, "CALL retry_quarantine('orders')")
        lanes = query(owner, "CALL split_orders(2)")
    assert [row["roots"] for row in copied + verified] == [2, 2]
    assert (paused[0]["pause_reason"], len(lanes)) == ("why", 2)


def plain(url: str) -> Connection:
    """Connect as any client does that says nothing of settings."""
    database = parse_url(url)
    return pymysql.connect(
        host=database.host,
        port=database.port,
        unix_socket=database.unix_socket,
        user=database.user,
        password=database.password,
        database=database.history,
        charset="utf8mb4",
        autocommit=None,
    )


def others(tiny: Tiny) -> list[tuple[str, str, object, object]]:
    """Tell what was installed otherwise than it should be."""
    now: dict[str, Any] = snapshot(tiny.admin, tiny.history)
    then: dict[str, Any] = tiny.installed
    assert now.keys() == then.keys()
    return [
        (name, what, shown, then[name][what])
        for name, shown_of in now.items()
        if isinstance(shown_of, dict)
        for what, shown in shown_of.items()
        if shown != then[name][what]
    ]


def proposed(archived: Archived) -> str:
    return propose(parse_url(archived.owner_url), ["orders"]).text


@pytest.mark.core
def test_a_script_installs_the_same_whatever_the_server_is_set_to(
    server: Server, tiny: Tiny
) -> None:
    groups = of_family(server.family)
    worst = [
        each
        for group in ("transactions", "modes", "limits", "tables")
        for each in groups[group]
    ]

    with had(server, worst):
        for way, revisions in (("upgrade", "head"), ("downgrade", "head:base")):
            done = apply(server, tiny, script(tiny, way, revisions))
            assert done.returncode == 0, done.stderr
            if way == "upgrade":
                assert others(tiny) == []

    assert names(tiny.admin, "TABLE", tiny.history) == ["alembic_version"]


def script(tiny: Tiny, way: str, revisions: str) -> str:
    config = configuration(tiny, tiny.project)
    config.output_buffer = io.StringIO()
    getattr(alembic.command, way)(config, revisions, sql=True)
    return config.output_buffer.getvalue()


@pytest.mark.core
@pytest.mark.parametrize("group", ["transactions", "limits"])
def test_the_servers_own_scheduler_copies_whatever_the_server_is_set_to(
    server: Server, tiny: Tiny, group: str
) -> None:
    upgrade(tiny, project=tiny.project)
    tiny.admin.select_db(tiny.history)
    scheduler = Setting(group="", name="event_scheduler", value="ON", held="")
    with closing(plain(tiny.owner_url)) as owner:
        query(owner, "ALTER EVENT copy_orders_event ON SCHEDULE EVERY 1 SECOND ENABLE")
        owner.commit()

    with had(server, [*of_family(server.family)[group], scheduler]):
        until(
            lambda: value(tiny.admin, "SELECT MIN(phase <> 'scan') FROM lane"),
            "the event has copied",
        )
    query(tiny.admin, "DROP EVENT copy_orders_event")

    assert_all_is_copied(tiny)


@pytest.mark.core
@pytest.mark.parametrize("case", BY_HAND, ids=lambda case: case[0])
def test_a_session_that_may_not_call_so_is_told_and_copies_nothing(
    shop: OpenShop, server: Server, case: tuple[str, tuple[str, ...], int, str]
) -> None:
    setting, families, errno, way_out = case
    if server.family not in families:
        pytest.skip(f"{server.family} has no such setting")
    with closing(shop.connect(shop.caller_url)) as caller:
        query(caller, "SET sql_big_selects = DEFAULT")
        query(caller, f"SET {setting}")

        with pytest.raises(pymysql.Error) as refused:
            query(caller, "CALL copy_orders_chunk(NULL)")
        copied = value(shop.admin, "SELECT COUNT(*) FROM orders_history")
        query(caller, way_out)
        [row] = query(caller, "CALL copy_orders_chunk(NULL)")

    assert (refused.value.args[0], copied) == (errno, 0)
    assert row["state"] == "copied"


def test_the_document_tells_of_what_is_tried() -> None:
    text = DOCUMENT.read_text("utf-8")

    assert with_tables(text) == text, "python -m tests.support.aggregates.settings"


def assert_all_is_copied(archived: Archived) -> None:
    [verdict] = archived.verdicts()
    assert verdict.complete, verdict
    assert verdict.finished == 9
    assert query(archived.admin, "SELECT * FROM failure") == []
    assert archived.waiting("orders") == archived.unfinished("orders")


@contextmanager
def had(server: Server, settings: Sequence[Setting]) -> Iterator[None]:
    """Have the server set so for all who connect meanwhile."""
    everybody = [
        f"SET {'' if each.name == 'NAMES' else 'SESSION '}{each.name}"
        f"{' ' if each.name == 'NAMES' else ' = '}{each.value}"
        for each in settings
        if each.by_init_connect
    ]
    variables = {each: each.value for each in settings if not each.by_init_connect}
    with closing(superuser(server.url)) as admin:
        before: dict[str, object] = {}
        try:
            for each, text in variables.items():
                set_for_all(admin, each.name, text, before, since=each.since)
            if everybody:
                text = "'" + "; ".join(everybody).replace("'", "''") + "'"
                set_for_all(admin, "init_connect", text, before)
            yield
        finally:
            for name, was in reversed(before.items()):
                # Of MariaDB's system_versioning_asof it's a word, and no text.
                text = "DEFAULT" if was == "DEFAULT" else "%s"
                query(admin, f"SET GLOBAL {name} = {text}", *[was][text != "%s" :])


def set_for_all(
    admin: Connection, name: str, text: str, before: dict[str, object], since: str = ""
) -> None:
    try:
        was = value(admin, f"SELECT @@GLOBAL.{name}")
    except pymysql.Error as error:
        if since and error.args[0] == UNKNOWN_VARIABLE:
            return
        raise
    query(admin, f"SET GLOBAL {name} = {text}")
    before.setdefault(name, was)


def superuser(url: str) -> Connection:
    """Connect as who isn't met by init_connect, for as long as a test may take."""
    connection = connect(parse_url(url_for(url, "mysql")), schema=None, seconds=120)
    query(connection, "SET SESSION wait_timeout = 28800")
    return connection
