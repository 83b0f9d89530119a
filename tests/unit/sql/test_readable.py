"""How long a routine is, and how many parameters it has: what a reader can hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bygones.sandbox.shop import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

SQL = PROJECT / "sql"

# Of the sample, whose archive has twelve tables.
MOST_LINES = 150
MOST_PARAMETERS = 12
MOST_LINES_OF_ALL = 3_500

ROUTINES = sorted(
    file.relative_to(SQL).as_posix()
    for kind in ("procedures", "functions")
    for file in SQL.glob(f"*/{kind}/**/*.sql")
)


@pytest.mark.parametrize("file", ROUTINES)
def test_a_routine_can_be_read_at_once(file: str) -> None:
    text = (SQL / file).read_text(encoding="utf-8")
    head, body = re.split(r"^(?:\w+: )?BEGIN$", text, maxsplit=1, flags=re.MULTILINE)
    parameters = re.findall(r"\b(?:in|out|io)_\w+ ", head.partition("\n)\n")[0])

    assert body.count("\n") < MOST_LINES
    assert len(parameters) <= MOST_PARAMETERS


def test_what_is_generated_for_an_archive_can_be_reviewed() -> None:
    generated = SQL / "orders"
    lines = [
        line
        for file in generated.glob("*/*.sql")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]

    assert 0 < len(lines) <= MOST_LINES_OF_ALL


@pytest.mark.parametrize("file", sorted((SQL / "control/procedures").glob("*/*.sql")))
def test_the_folder_says_whose_a_procedure_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    security = "DEFINER" if file.parent.name == "caller" else "INVOKER"

    assert f"\nSQL SECURITY {security}\n" in text
    assert file.name.startswith("_") == (file.parent.name == "private")
