"""A team makes the kit its own, and archives tables that nobody made for bygones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.project import CONTROL, KIT, Project
from bygones.runner.connection import SETTING, connect, parse_url
from bygones.sandbox.mine import FIRST
from bygones.sandbox.sample import MOVED, SAMPLE, SCHEMA
from bygones.sandbox.shop import close_shop, create_accounts, shop_on
from tests.support.procedures import query, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop

BIN = Path(sys.executable).parent
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")

TABLES = """\
CREATE TABLE buyers (code VARCHAR(20) NOT NULL PRIMARY KEY, name VARCHAR(100));
CREATE TABLE orders (
    number BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    buyer VARCHAR(20) NOT NULL,
    state ENUM('open', 'closed') NOT NULL,
    CONSTRAINT orders_fk FOREIGN KEY (buyer) REFERENCES buyers (code)
);
CREATE TABLE order_lines (
    number BIGINT UNSIGNED NOT NULL,
    line INT NOT NULL,
    article TEXT,
    PRIMARY KEY (number, line),
    CONSTRAINT order_lines_fk FOREIGN KEY (number) REFERENCES orders (number)
);
INSERT INTO buyers VALUES ('ada', 'Ada'), ('bob', 'Bob');
INSERT INTO orders VALUES
(1, 'ada', 'closed'), (2, 'bob', 'open'), (18446744073709551615, 'ada', 'closed');
INSERT INTO order_lines VALUES
(1, 1, 'a'), (1, 2, 'b'), (2, 1, 'c'), (18446744073709551615, 1, 'd')"""


@pytest.fixture
def kit(tmp_path: Path) -> Project:
    """The kit as it is cloned, whatever became of the one that is tested."""
    kit = Project(tmp_path / "bygones")
    rooms = ("cli", "compiler", "migrations", "runner", "sandbox", "src", "tests")
    for name in rooms:
        shutil.copytree(
            KIT.root / name, kit.root / name, symlinks=True, ignore=_not_cloned
        )
    for name in ("Makefile", "README.md", "pyproject.toml"):
        shutil.copy(KIT.root / name, kit.root)
    shutil.rmtree(kit.versions)
    shutil.copytree(SAMPLE.versions, kit.versions, ignore=_not_cloned)
    shutil.copytree(CONTROL, kit.sql / CONTROL.name)
    for archive in SAMPLE.sql.iterdir():
        if archive.name == SCHEMA:
            shutil.copy(archive, kit.sql)
        elif archive.name != CONTROL.name:
            shutil.copytree(archive, kit.sql / archive.name)
    shutil.copy(SAMPLE.archives, kit.archives)
    return kit


def _not_cloned(folder: str, names: list[str]) -> list[str]:
    return [
        name
        for name in names
        if name == "__pycache__"
        or (Path(folder) == MOVED.root and name != "pyproject.toml")
    ]


@pytest.fixture
def foreign(server: Server) -> Iterator[Shop]:
    """A shop of other tables, and its accounts."""
    shop = shop_on(server, f"mine_{WORKER}")
    with closing(connect(parse_url(shop.url), schema=None, seconds=60)) as admin:
        query(admin, f"CREATE SCHEMA `{shop.source}`")
        admin.select_db(shop.source)
        for statement in TABLES.split(";\n"):
            query(admin, statement)
        create_accounts(admin, shop)
    yield shop
    close_shop(server, shop)


def run(kit: Project, url: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as in a shell in the kit's folder."""
    return subprocess.run(  # noqa: S603 - our own commands
        [str(BIN / command[0]), *command[1:]],
        cwd=kit.root,
        env={
            **os.environ,
            # What is installed in .venv is the kit that is tested, not its copy.
            "PYTHONPATH": os.pathsep.join(map(str, (kit.root / "src", kit.root))),
            "PYTEST_XDIST_WORKER": f"mine_{WORKER}",
            "BYGONES_TEST_URL": url,
            SETTING: url,
        },
        check=False,
        capture_output=True,
        encoding="utf-8",
    )


def test_five_commands_lead_to_an_archive_of_ones_own(
    kit: Project, foreign: Shop
) -> None:
    url = foreign.owner_url

    mine = run(kit, url, "python", "-m", "bygones.sandbox.mine")
    undeclared = run(kit, url, "alembic", "revision", "--autogenerate", "-m", "x")
    proposed = run(
        kit, url, "bygones", "propose", "orders", "--output", "archives.toml"
    )
    revised = run(
        kit, url, "alembic", "revision", "--autogenerate", "-m", "archive orders"
    )
    upgraded = run(kit, url, "alembic", "upgrade", "head")
    ran = run(kit, foreign.caller_url, "bygones", "run", "--max-chunks", "1")

    assert mine.returncode == 0, mine.stderr
    assert "bygones propose orders --output archives.toml" in mine.stdout
    assert undeclared.returncode != 0
    assert "FAILED: " in undeclared.stdout
    assert "propose orders --output archives.toml` writes one" in undeclared.stdout
    assert proposed.returncode == 0, proposed.stderr
    assert revised.returncode == 0, revised.stdout + revised.stderr
    assert sorted(path.name for path in kit.versions.glob("*.py")) == [
        FIRST,
        "0002_archive_orders.py",
    ]
    assert upgraded.returncode == 0, upgraded.stdout + upgraded.stderr
    assert ran.returncode == 0, ran.stderr
    assert "roots 2, " in ran.stdout
    with closing(foreign.connect()) as admin:
        assert [
            value(admin, f"SELECT COUNT(*) FROM {table}_history")
            for table in ("orders", "order_lines", "buyers")
        ] == [2, 3, 2]


def test_the_sample_is_tested_where_it_went(
    kit: Project, server: Server, foreign: Shop
) -> None:
    mine = run(kit, server.url, "python", "-m", "bygones.sandbox.mine")
    upgraded = run(kit, foreign.owner_url, "alembic", "upgrade", "head")
    tested = run(
        kit,
        server.url,
        *("pytest", "-q", "tests/unit/migrations/test_revisions.py"),
        "tests/server/sql/test_privileges.py::test_the_caller_can_run_what_is_scheduled",
    )

    assert mine.returncode == 0, mine.stderr
    assert [path.name for path in kit.sql.iterdir()] == [CONTROL.name]
    assert upgraded.returncode == 0, upgraded.stdout + upgraded.stderr
    with closing(foreign.connect()) as admin:
        assert value(admin, "SELECT COUNT(*) FROM archive") == 0
    assert tested.returncode == 0, tested.stdout
    assert "passed" in tested.stdout
