"""What is installed is what the files say, letter for letter."""

from __future__ import annotations

import os
import re
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from bygones.compiler.definitions import as_mariadb_reads, as_mysql_reads
from bygones.compiler.names import Schemas, rename
from bygones.runner.connection import SQL_MODE
from bygones.sandbox.public import PUBLIC, names_for
from bygones.sandbox.sample import SAMPLE, definitions, name_of, newest
from bygones.sandbox.shop import close_shop, open_shop, upgrade
from tests.conftest import OpenShop
from tests.support.migrations.snapshot import names, rows, show_create
from tests.support.procedures import value
from tests.unit.migrations.test_revisions import named_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bygones.sandbox.server import Server

PROCEDURES = sorted(map(name_of, definitions("procedures/**/*.sql")))
FUNCTIONS = sorted(map(name_of, definitions("functions/*.sql")))
TRIGGERS = sorted(map(name_of, definitions("triggers/*.sql")))
TABLES = sorted(map(name_of, definitions("tables/*.sql")))

MANUAL = """
SELECT routine_comment FROM information_schema.routines
WHERE routine_schema = %s AND routine_name = %s
"""

PROCEDURE = re.compile(
    r"CREATE PROCEDURE pharmacy_history\.(?P<name>\w+) (?P<parameters>\(.*?\n?\))\n"
    r"(?P<access>\w+ SQL(?: DATA)?)\sSQL SECURITY (?P<security>\w+)\n"
    r"(?P<comment>COMMENT '(?:[^']|'')+')\n(?P<body>.*);\n",
    re.DOTALL,
)


@pytest.fixture(scope="module")
def installed(server: Server) -> Iterator[OpenShop]:
    """One shop that these tests only look at."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    shop = open_shop(server, source=f"looked_at_{worker}", finished=1)
    upgrade(shop)
    with closing(shop.connect()) as admin:
        yield OpenShop(**asdict(shop), admin=admin)
    close_shop(server, shop)


@pytest.fixture
def scratch(installed: OpenShop) -> Iterator[str]:
    """A schema for objects that are created from the files by hand."""
    schema = f"{installed.source}_scratch"
    rows(
        installed.admin, f"SET NAMES utf8mb4 COLLATE utf8mb4_bin, sql_mode='{SQL_MODE}'"
    )
    rows(installed.admin, f"CREATE SCHEMA `{schema}`")
    yield schema
    rows(installed.admin, f"DROP SCHEMA `{schema}`")


def parts(name: str) -> dict[str, str]:
    """Take a procedure's file apart."""
    match = PROCEDURE.fullmatch(newest("procedure", name).text(SAMPLE))
    assert match, f"{name}: expected name, parameters, access, security, comment, body"
    return match.groupdict()


def expected(name: str, source: str, *, is_mariadb: bool) -> str:
    """Put a procedure's file together as SHOW CREATE PROCEDURE words it."""
    part = parts(name)
    security = "    SQL SECURITY INVOKER\n" if part["security"] == "INVOKER" else ""
    comment = part["comment"].replace("\n", "\\n")
    body = rename(part["body"], written=Schemas("pharmacy"), installed=Schemas(source))
    body = as_mariadb_reads(body) if is_mariadb else as_mysql_reads(body)
    return (
        f"CREATE PROCEDURE `{name}`{part['parameters']}\n    {part['access']}\n"
        f"{security}    {comment}\n{body}"
    )


@pytest.mark.parametrize("name", PROCEDURES)
def test_a_procedure_is_its_file(
    installed: OpenShop, server: Server, name: str
) -> None:
    shown = show_create(installed.admin, "PROCEDURE", installed.history, name)

    assert shown["Create Procedure"] == expected(
        name, installed.source, is_mariadb=server.family == "mariadb"
    )
    assert set(str(shown["sql_mode"]).split(",")) == set(SQL_MODE.split(","))
    assert shown["character_set_client"] == "utf8mb4"
    assert shown["collation_connection"] == "utf8mb4_bin"
    assert shown["Database Collation"] == "utf8mb4_bin"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_its_file(installed: OpenShop, name: str) -> None:
    shown = show_create(installed.admin, "FUNCTION", installed.history, name)
    text = newest("function", name).text(SAMPLE)
    body = rename(
        text[text.index("BEGIN") : -2],
        written=Schemas("pharmacy"),
        installed=Schemas(installed.source),
    )

    assert str(shown["Create Function"]).endswith(f"\n{body}")
    assert f"CREATE FUNCTION `{name}`(" in str(shown["Create Function"])
    assert "    SQL SECURITY INVOKER\n" in str(shown["Create Function"])
    assert set(str(shown["sql_mode"]).split(",")) == set(SQL_MODE.split(","))
    assert shown["collation_connection"] == "utf8mb4_bin"


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_trigger_is_its_file(installed: OpenShop, name: str) -> None:
    ((*stored, body, mode, character_set),) = rows(
        installed.admin,
        "SELECT action_timing, event_manipulation, event_object_table,"
        " action_statement, sql_mode, character_set_client"
        " FROM information_schema.triggers"
        " WHERE trigger_schema = %s AND trigger_name = %s",
        installed.history,
        name,
    )

    assert newest("trigger", name).text(SAMPLE) == (
        f"CREATE TRIGGER pharmacy_history.{name}\n"
        "{} {} ON pharmacy_history.{}\nFOR EACH ROW\n".format(*stored)
        + f"{body};\n"
    )
    assert set(mode.split(",")) == set(SQL_MODE.split(","))
    assert character_set == "utf8mb4"


def test_the_event_is_its_file(installed: OpenShop) -> None:
    shown = show_create(
        installed.admin, "EVENT", installed.history, "copy_orders_event"
    )
    text = newest("event", "copy_orders_event").text(SAMPLE)
    does = text.partition("\nDO\n")[2]

    assert str(shown["Create Event"]).partition(" DO ")[2] + ";\n" == does
    assert "ON COMPLETION PRESERVE DISABLE" in str(shown["Create Event"])
    assert set(str(shown["sql_mode"]).split(",")) == set(SQL_MODE.split(","))


def test_every_table_is_its_file(installed: OpenShop, scratch: str) -> None:
    for name in TABLES:
        text = newest("table", name).text(SAMPLE)
        rows(installed.admin, text.replace("pharmacy_history.", f"`{scratch}`."))

    for name in TABLES:
        there = show_create(installed.admin, "TABLE", installed.history, name)
        assert there == show_create(installed.admin, "TABLE", scratch, name)


def test_the_view_is_its_file(installed: OpenShop, scratch: str) -> None:
    text = newest("view", "progress").text(SAMPLE)
    here = text.replace("VIEW pharmacy_history.", f"VIEW `{scratch}`.")
    rows(installed.admin, here.replace("pharmacy_history.", f"`{installed.history}`."))

    there = show_create(installed.admin, "VIEW", installed.history, "progress")
    again = show_create(installed.admin, "VIEW", scratch, "progress")

    assert str(there["Create View"]).replace(f"`{installed.history}`.", "") == (
        str(again["Create View"])
        .replace(f"`{installed.history}`.", "")
        .replace(f"`{scratch}`.", "")
    )


def test_nothing_more_and_nothing_less_is_installed(installed: OpenShop) -> None:
    found = {
        f"{kind.lower()}s/{name}"
        for kind in ("TABLE", "VIEW", "FUNCTION", "PROCEDURE", "TRIGGER", "EVENT")
        for name in names(installed.admin, kind, installed.history)
    }

    named = {file.rpartition("_v")[0] for file in named_files()}
    assert found == named | {"tables/alembic_version"}


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_procedure_documents_itself(installed: OpenShop, name: str) -> None:
    manual = str(value(installed.admin, MANUAL, installed.history, name)).split("\n")
    sections = [line for line in manual if re.fullmatch(r"[A-Z][a-z]+", line)]
    parameters = re.findall(r"^    IN (\w+)", parts(name)["parameters"], re.MULTILINE)
    described = [line.split()[0] for line in manual if line.startswith("  in_")]

    assert manual[0].endswith(".")
    assert sections == [
        "Description",
        *(["Parameters"] if parameters else []),
        "Returns",
        "Errors",
        "Example",
    ]
    assert described == parameters
    assert any(line.startswith(f"  CALL {name}(") for line in manual)


@pytest.mark.parametrize("name", PROCEDURES)
def test_only_scheduled_procedures_have_their_owners_rights(name: str) -> None:
    security = "DEFINER" if name in names_for("caller") else "INVOKER"

    assert parts(name)["security"] == security
