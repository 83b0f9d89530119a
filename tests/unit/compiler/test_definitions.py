"""A definition that isn't there, or isn't one, is told in one clear line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bygones.compiler.definitions import Definition, Kind, written_schemas
from bygones.compiler.errors import MigrationError
from bygones.compiler.names import Schemas
from bygones.compiler.project import CONTROL, Project
from bygones.migrations.sending import delimited

if TYPE_CHECKING:
    from pathlib import Path

PROGRESS = Definition("procedure", "progress", 2)


def write(project: Path, archive: str, text: str, name: str = "progress") -> Path:
    path = project / "sql" / archive / "procedures" / f"{name}_v02.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_the_one_file_of_a_version(tmp_path: Path) -> None:
    write(tmp_path, "orders", "CREATE PROCEDURE größe;\n")

    assert PROGRESS.text(Project(tmp_path)) == "CREATE PROCEDURE größe;\n"


@pytest.mark.parametrize("name", ["[a-z]*", "what?", "it's a {0}", "100%", 'a"b\\c'])
def test_a_name_is_no_pattern(tmp_path: Path, name: str) -> None:
    write(tmp_path, "orders", "CREATE another;\n", "z")
    write(tmp_path, "returns", "CREATE what is meant;\n", name)

    text = Definition("procedure", name, 2).text(Project(tmp_path))

    assert text == "CREATE what is meant;\n"


def test_a_missing_file_is_named_with_where_it_is_expected(tmp_path: Path) -> None:
    with pytest.raises(MigrationError) as caught:
        PROGRESS.text(Project(tmp_path))

    assert str(caught.value) == (
        "The procedure progress, version 2, is defined nowhere; expected one file "
        "sql/*/procedures/progress_v02.sql"
    )


def test_two_files_of_one_name_are_both_named(tmp_path: Path) -> None:
    orders = write(tmp_path, "orders", "CREATE PROCEDURE a;\n")
    returns = write(tmp_path, "returns", "CREATE PROCEDURE b;\n")

    with pytest.raises(MigrationError) as caught:
        PROGRESS.text(Project(tmp_path))

    assert f"is defined {orders} and {returns}; expected one" in str(caught.value)


def test_a_project_has_the_kits_own_objects_and_not_its_archives(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)

    assert Definition("table", "chunk", 1).path(project) == (
        CONTROL / "tables" / "chunk_v01.sql"
    )
    with pytest.raises(MigrationError, match="is defined nowhere"):
        Definition("table", "orders_history", 1).path(project)


def test_a_copy_of_the_kits_own_objects_counts_for_nothing(tmp_path: Path) -> None:
    write(tmp_path, "control", "CREATE PROCEDURE a;\n")

    with pytest.raises(MigrationError, match="is defined nowhere"):
        PROGRESS.path(Project(tmp_path))


def test_a_file_that_does_not_create_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "orders", "DELIMITER $$\nCREATE PROCEDURE a;\n")

    with pytest.raises(MigrationError, match=r"progress_v02\.sql doesn't start with"):
        PROGRESS.text(Project(tmp_path))


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("CREATE TABLE IF NOT EXISTS a_history.t (b.c INT)", "a"),
        ("CREATE TABLE -- b_history.c\n a_history.t", "a"),
        ("CREATE TABLE `my ``shop``_history` . t", "my `shop`"),
        ("CREATE TABLE a_history_history.t", "a_history"),
        ("CREATE TABLE a_history_old.t", None),
        ("CREATE TABLE t", None),
    ],
)
def test_a_definition_says_which_source_it_is_written_for(
    text: str, source: str | None
) -> None:
    assert written_schemas(text) == (Schemas(source) if source else None)


def test_each_definition_is_renamed_from_the_source_it_is_written_for(
    tmp_path: Path,
) -> None:
    write(tmp_path, "orders", "CREATE x old_history.f () CALL pharmacy_history.f();\n")
    project, shop = Project(tmp_path), Schemas("shop")
    kinds: list[tuple[Kind, str]] = [("table", "chunk"), ("view", "progress")]

    assert PROGRESS.installable(project, shop) == (
        "CREATE x `shop_history`.f () CALL pharmacy_history.f();\n"
    )
    for kind, name in kinds:
        text = Definition(kind, name, 1).installable(project, shop)
        assert f"`shop_history`.{name} " in text
        assert "pharmacy" not in text


def test_a_definition_without_a_schema_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "orders", "CREATE PROCEDURE progress ()\nBEGIN END;\n")

    with pytest.raises(MigrationError) as caught:
        PROGRESS.installable(Project(tmp_path), Schemas("shop"))

    assert str(caught.value) == (
        f"{path} doesn't name the schema to create it in; "
        "expected CREATE ... <source>_history.progress"
    )


def test_a_delimiter_of_the_offline_script_stands_in_no_definition() -> None:
    assert delimited("SELECT '$$'") == "DELIMITER $$$\nSELECT '$$'\n$$$\nDELIMITER ;\n"
