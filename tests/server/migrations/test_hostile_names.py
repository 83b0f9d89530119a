"""Names, members, comments and defaults full of signs go the whole way, as they are."""

from __future__ import annotations

import io
import os
import re
import tomllib
from contextlib import closing
from typing import TYPE_CHECKING

import alembic.command
import pytest

from bygones.cli.proposal.proposing import propose
from bygones.compiler.declaration.table import UNSEEN
from bygones.compiler.errors import MigrationError
from bygones.compiler.names import literal, quote
from bygones.runner.connection import connect, parse_url
from bygones.runner.errors import BygonesError
from bygones.runner.procedures import Procedures
from bygones.sandbox.rehearsal.declaring import begin_project
from bygones.sandbox.shop import (
    close_shop,
    configuration,
    create_accounts,
    shop_on,
    upgrade,
)
from tests.support.migrations.commands import apply
from tests.support.procedures import probe_server, query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.project import Project
    from bygones.sandbox.server import Server
    from bygones.sandbox.shop import Shop

    Connection = pymysql.Connection[Cursor]

SOURCE = "s'\"\\$$;-- %s:#`$(i)"
ROOT = "o'\"\\$$;-- /*{{x}}%s:a#@?`\x01\x1b[31m".replace("/", "\\")
CHILD = 'i\'"""\\$$$;--*{% x %}\x7f\u202e\u2066'

COLUMNS = (
    *("'", '"', "\\", "$$", '"""', "'''", ";", "--", "/*", "*/", "{{ x }}", "{% x %}"),
    *("%s", "%(a)s", ":a", "#", "@a", "@@a", "?", "DELIMITER ;", "a\\", "$(id)"),
    *("x\x01y", "x\ty", "x\x1b[31m", "x\x7f", "`b", "\\! id", "SELECT", "a.b"),
)
BEYOND_ASCII = ("x\u202ey", "x\u2028", "x\u2066z", "größe")
MEMBERS = (
    *COLUMNS,
    *BEYOND_ASCII,
    "a\nb",
    "a\r\nc",
    "DELIMITER $$\n",
    "$$$$",
    "\u200bz",
)
TEXT = '""" \\ \' references "x"\r\n*/ $$ \u202e\n[archive.b]\nfinished = \'1\''


@pytest.fixture
def shop(server: Server) -> Iterator[Shop]:
    shop = shop_on(server, f"{SOURCE}{os.environ.get('PYTEST_XDIST_WORKER', '')}")
    yield shop
    close_shop(server, shop)


def fill(admin: Connection, source: str) -> None:
    """Create a parent and a child, with a row for each member."""
    members = ", ".join(map(literal, MEMBERS))
    traits = f"VARCHAR(90) NOT NULL DEFAULT {literal(TEXT)} COMMENT {literal(TEXT)}"
    columns = [f"{quote(name)} {traits}" for name in COLUMNS]
    beyond = [f"{quote(name)} {traits}" for name in BEYOND_ASCII]
    charset = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    key = f"FOREIGN KEY (order_id) REFERENCES {quote(ROOT)} (id)"
    root = f"id INT PRIMARY KEY, status ENUM({members}) NOT NULL, {', '.join(columns)}"
    child = (
        f"id INT PRIMARY KEY, order_id INT NOT NULL, kind ENUM({members})"
        f" COMMENT {literal(TEXT)}, {', '.join(beyond)}, {key}"
    )
    numbers = range(1, len(MEMBERS) + 1)
    roots = ", ".join(f"({n}, {n})" for n in numbers)
    children = ", ".join(f"({n}, {n}, {n})" for n in numbers)
    query(admin, f"CREATE SCHEMA {quote(source)} {charset}")
    query(admin, f"USE {quote(source)}")
    query(admin, f"CREATE TABLE {quote(ROOT)} ({root}) COMMENT {literal(TEXT)}")
    query(admin, f"CREATE TABLE {quote(CHILD)} ({child})")
    query(admin, f"INSERT INTO {quote(ROOT)} (id, status) VALUES {roots}")
    query(admin, f"INSERT INTO {quote(CHILD)} (id, order_id, kind) VALUES {children}")


def copied(shop: Shop) -> int:
    """Copy all, compare it with the source, and return how many roots came."""
    caller = parse_url(shop.caller_url)
    procedures = Procedures(lambda: connect(caller, schema=shop.history, seconds=60))
    probe_server(shop)
    with closing(procedures):
        [archive] = [str(row["archive"]) for row in procedures.progress()]
        roots = 0
        while chunk := procedures.copy_chunk(archive, None).roots:
            roots += chunk
        while (verified := procedures.verify_chunk(archive, None)).state == "verified":
            pass
    assert verified.state == "idle"
    with closing(shop.connect()) as admin:
        assert query(admin, "SELECT * FROM finding") == []
        for table, columns in ((ROOT, COLUMNS), (CHILD, BEYOND_ASCII)):
            names = ", ".join(map(quote, ("id", *columns)))
            history = f"SELECT {names} FROM {quote(f'{table}_history')} ORDER BY id"
            source = f"{quote(shop.source)}.{quote(table)}"
            assert query(admin, history) == query(
                admin,
                f"SELECT {names} FROM {source} ORDER BY id",
            )
    return roots


@pytest.mark.core
def test_names_of_any_signs_are_proposed_installed_and_copied(
    server: Server, shop: Shop, tmp_path: Path
) -> None:
    admin = connect(parse_url(shop.url), schema=None, seconds=60)
    with closing(admin):
        fill(admin, shop.source)
        create_accounts(admin, shop)

    proposed = propose(parse_url(shop.url), [ROOT]).text

    assert UNSEEN.search(proposed) is None
    assert not re.search(r"[\x00-\x09\x0b-\x1f]", proposed)
    [archive] = tomllib.loads(proposed)["archive"].values()
    assert archive["relations"] == {CHILD: {}}

    project = begin_project(tmp_path)
    text = re.sub(
        "^finished .*", 'finished = "status <> 0"', proposed, flags=re.MULTILINE
    )
    project.archives.write_text(text, encoding="utf-8")
    config = configuration(shop, project.root)
    alembic.command.revision(config, message='a """ \\', autogenerate=True)
    [revision] = project.versions.glob("*.py")
    written = revision.read_text(encoding="utf-8")
    compile(written, revision, "exec")
    assert UNSEEN.search(written) is None
    assert {path.parents[1].parent for path in project.sql.rglob("*.sql")} == {
        project.sql
    }

    upgrade(shop, "head", project.root)
    alembic.command.check(config)
    assert copied(shop) == len(MEMBERS)

    with closing(shop.connect()) as admin:
        query(admin, f"DROP SCHEMA {quote(shop.history)}")
    applied = apply(server, shop, script(shop, project))
    assert applied.returncode == 0, applied.stderr
    alembic.command.check(config)
    assert copied(shop) == len(MEMBERS)


def script(shop: Shop, project: Project) -> str:
    config = configuration(shop, project.root)
    config.output_buffer = io.StringIO()
    alembic.command.upgrade(config, "head", sql=True)
    return config.output_buffer.getvalue()


# Each is the name of a table, and why no archive of it can be.
REFUSED = {
    "../../x": "no file can be named so: leave out / and a leading dot",
    ".x": "no file can be named so: leave out / and a leading dot",
    "a/b": "no file can be named so: leave out / and a leading dot",
    "a\nb": "U+000A, which breaks a line of SQL",
    "ö`": "found ` beside a letter beyond ASCII, which no procedure of MySQL takes",
    "x" * 64: "found 64 characters; expected at most",
}


def test_names_that_no_file_and_no_procedure_can_have_are_refused(
    shop: Shop,
) -> None:
    admin = connect(parse_url(shop.url), schema=None, seconds=60)
    with closing(admin):
        query(admin, f"CREATE SCHEMA {quote(shop.source)}")
        query(admin, f"USE {quote(shop.source)}")
        for name in REFUSED:
            query(admin, f"CREATE TABLE {quote(name)} (id INT PRIMARY KEY)")

        for name, why in REFUSED.items():
            with pytest.raises((BygonesError, MigrationError)) as refused:
                propose(parse_url(shop.url), [name])
            assert why in str(refused.value)
