"""A definition that isn't there, or isn't one, is told in one clear line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from migrations.definitions import Definition
from migrations.errors import MigrationError
from migrations.sending import delimited

if TYPE_CHECKING:
    from pathlib import Path

PROGRESS = Definition("procedure", "progress", 2)


def write(sql: Path, folder: str, text: str) -> None:
    path = sql / folder / "procedures" / "progress_v02.sql"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def test_reads_the_one_file_of_a_version(tmp_path: Path) -> None:
    write(tmp_path, "control", "CREATE PROCEDURE größe;\n")

    assert PROGRESS.text(tmp_path) == "CREATE PROCEDURE größe;\n"


def test_a_missing_file_is_named_with_where_it_is_expected(tmp_path: Path) -> None:
    with pytest.raises(MigrationError) as caught:
        PROGRESS.text(tmp_path)

    assert str(caught.value) == (
        "The procedure progress, version 2, is defined nowhere; expected one file "
        f"{tmp_path.name}/*/procedures/progress_v02.sql"
    )


def test_two_files_of_one_name_are_both_named(tmp_path: Path) -> None:
    write(tmp_path, "control", "CREATE PROCEDURE a;\n")
    write(tmp_path, "orders", "CREATE PROCEDURE b;\n")

    with pytest.raises(MigrationError) as caught:
        PROGRESS.text(tmp_path)

    assert (
        f"{tmp_path}/control/procedures/progress_v02.sql and "
        f"{tmp_path}/orders/procedures/progress_v02.sql"
    ) in str(caught.value)


def test_a_file_that_does_not_create_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "control", "DELIMITER $$\nCREATE PROCEDURE a;\n")

    with pytest.raises(MigrationError, match=r"progress_v02\.sql doesn't start with"):
        PROGRESS.text(tmp_path)


def test_a_definition_with_the_delimiter_is_refused_offline() -> None:
    with pytest.raises(MigrationError, match=r'holds "\$\$".*: CREATE PROCEDURE a'):
        delimited("CREATE PROCEDURE a ()\nBEGIN SELECT '$$'; END")
