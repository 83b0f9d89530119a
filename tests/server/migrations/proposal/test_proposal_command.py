"""`bygones propose` prints a file and nothing else, or says in a line why not."""

from __future__ import annotations

import socket
import tomllib
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from bygones.cli.command import app
from bygones.cli.proposal import proposing
from bygones.runner.connection import SETTING, parse_url
from bygones.runner.errors import StopError
from bygones.sandbox.shop import PASSWORD, url_for
from tests.support.migrations.proposal.sources import Source, uncommented
from tests.support.procedures import query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from bygones.sandbox.server import Server

    MakeSource = Callable[[Iterable[str]], Source]

TABLES = (
    "CREATE TABLE orders (id INT PRIMARY KEY, `größe` INT)",
    "CREATE VIEW seen AS SELECT id FROM orders",
    "CREATE TABLE old (id INT PRIMARY KEY) ENGINE = MyISAM",
    "CREATE TABLE keyless (id INT)",
    "CREATE TABLE floats (id FLOAT PRIMARY KEY)",
    "CREATE TABLE states (id INT PRIMARY KEY, state CHAR(9))",
    "INSERT INTO states VALUES (1, 'done')",
    "CREATE TABLE lane (id INT PRIMARY KEY)",
    f"CREATE TABLE {'a' * 43} (id INT PRIMARY KEY)",
    "CREATE TABLE control (id INT PRIMARY KEY)",
    "CREATE TABLE `größen` (id INT PRIMARY KEY, order_id INT)",
)


@pytest.fixture(scope="module")
def source(make_source: MakeSource) -> Source:
    return make_source(TABLES)


@pytest.fixture
def reader(source: Source) -> Iterator[str]:
    """An account that may do nothing yet."""
    name = f"{source.schema}_reader"
    query(source.admin, f"CREATE USER {name} IDENTIFIED BY '{PASSWORD}'")
    yield name
    query(source.admin, f"DROP USER {name}")


def bygones(url: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ("propose", *arguments), env={SETTING: url})


def test_prints_the_file_and_warns_beside_it(source: Source) -> None:
    result = bygones(source.url, "orders")

    assert result.exit_code == 0
    assert result.stderr == (
        "WARNING Nothing was found that belongs to orders for sure: as it stands, its "
        "rows are archived alone. Declare the tables that hold the rest of one.\n"
    )
    assert result.stdout == source.propose("orders")
    relations = tomllib.loads(uncommented(result.stdout))["archive"]["orders"]
    assert list(relations["relations"]) == ["größen"]


def test_writes_a_new_file(source: Source, tmp_path: Path) -> None:
    file = tmp_path / "archives.toml"

    result = bygones(source.url, "orders", "--output", str(file))

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith(f"Wrote {file}: ")
    assert file.read_text(encoding="utf-8") == source.propose("orders")
    assert [path.name for path in tmp_path.iterdir()] == ["archives.toml"]


def test_writes_no_file_over_another(source: Source, tmp_path: Path) -> None:
    file = tmp_path / "archives.toml"
    file.write_text("ours", encoding="utf-8")

    result = bygones(source.url, "orders", "--output", str(file))

    assert result.exit_code == 1
    assert result.stderr.startswith(f"{file} is there already, and nothing was written")
    assert len(result.stderr.splitlines()) == 1
    assert file.read_text(encoding="utf-8") == "ours"


def test_another_that_comes_while_it_asks_stays_as_well(
    source: Source, tmp_path: Path
) -> None:
    file = tmp_path / "archives.toml"
    proposed = proposing.propose(parse_url(source.url), ["orders"])
    file.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StopError, match="is there already"):
        proposing.write(proposed, file)

    assert [path.name for path in tmp_path.iterdir()] == ["archives.toml"]


@pytest.mark.parametrize(
    ("root", "folder", "problem"),
    [
        ("ordres", ".", "ordres: found"),
        ("orders", "missing", "can't be written: No such file or directory"),
    ],
)
def test_leaves_no_file_behind_where_it_fails(
    source: Source, tmp_path: Path, root: str, folder: str, problem: str
) -> None:
    file = tmp_path / folder / "archives.toml"

    result = bygones(source.url, root, "--output", str(file))

    assert (result.exit_code, result.stdout) == (1, "")
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("root", "problem"),
    [
        ("ordres", 'found "ordres" (did you mean "orders"?); expected a table of the'),
        ("seen", '"seen" is a view'),
        ("old", 'the engine of "old" is MyISAM'),
        ("keyless", '"keyless" has no primary key'),
        ("floats", 'the primary key of "floats" holds "id", float'),
        ("lane", "the name is reserved: bygones has a lane of its own"),
        ("a" * 43, "found 43 characters; expected at most 42"),
    ],
)
def test_a_root_that_can_not_be_one_is_refused(
    source: Source, root: str, problem: str
) -> None:
    result = bygones(source.url, "orders", root)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{root}: {problem}")
    assert len(result.stderr.splitlines()) == 1


def test_an_archive_has_another_name_where_its_root_has_bygones_own(
    source: Source,
) -> None:
    text = source.propose("control")

    (aggregate,) = source.resolve(text)
    assert (aggregate.name, aggregate.root.name) == ("control_archive", "control")


def test_a_schema_that_is_not_there_has_no_tables(server: Server) -> None:
    result = bygones(url_for(server.url, "nowhere"), "orders")

    assert (result.exit_code, result.stdout) == (1, "")
    assert 'found no table in the schema "nowhere"' in result.stderr
    assert SETTING in result.stderr


def test_is_to_be_tried_later_where_no_server_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    result = bygones(f"mysql://u@127.0.0.1:{port}/shop", "orders")

    assert result.exit_code == 75
    assert len(result.stderr.splitlines()) == 1


def test_whoever_may_not_read_a_column_gets_a_proposal_all_the_same(
    source: Source, reader: str
) -> None:
    query(source.admin, f"GRANT SELECT ON {source.schema}.orders TO {reader}")
    query(source.admin, f"GRANT INSERT ON {source.schema}.states TO {reader}")

    result = bygones(url_for(source.url, source.schema, reader), "states")

    assert result.exit_code == 0
    assert 'finished = "EDIT ME"' in result.stdout


def test_is_to_be_tried_later_wherever_the_server_takes_no_more_questions(
    source: Source, reader: str
) -> None:
    query(source.admin, f"GRANT SELECT ON {source.schema}.* TO {reader}")
    url = url_for(source.url, source.schema, reader)
    codes = []
    for most in range(4, 20):
        query(source.admin, f"ALTER USER {reader} WITH MAX_QUERIES_PER_HOUR {most}")
        query(source.admin, "FLUSH USER_RESOURCES")

        result = bygones(url, "states")

        codes.append(result.exit_code)
        if result.exit_code:
            assert result.stdout == ""
            assert " failed: " in result.stderr
    assert codes == sorted(codes, reverse=True)
    assert set(codes) == {75, 0}


def test_tells_what_is_missing_where_no_root_is_named(source: Source) -> None:
    result = bygones(source.url)

    assert result.exit_code == 2
    assert "ROOT" in result.stderr
