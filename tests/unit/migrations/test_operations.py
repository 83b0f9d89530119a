"""Operations are written as one would by hand, and lead back to where they began."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bygones.migrations.operations.archives import (
    REFUSABLE_COME_LAST,
    InstallArchive,
    Register,
    Unregister,
)
from bygones.migrations.operations.objects import Create, Drop

NAMES = ("plain", "it's", 'a "b"', "C:\\new", "100% {x} größe", "'''", '"""', "#:")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_written_so_that_python_reads_it(name: str) -> None:
    (line,) = Create(kind="procedure", name=name, version=2).lines()

    call = ast.parse(line).body[0].value  # type: ignore[attr-defined]
    assert ast.unparse(call.func) == "op.create_procedure"
    assert [ast.literal_eval(argument) for argument in call.args] == [name]
    assert {k.arg: ast.literal_eval(k.value) for k in call.keywords} == {"version": 2}


def test_lines_are_as_ruff_formats_them() -> None:
    lines = [
        line
        for length in range(40, 65)
        for line in Create(kind="trigger", name="n" * length, version=10).lines()
    ]
    body = "\n".join(lines).replace("\n", "\n    ")
    source = f"def upgrade() -> None:\n    {body}\n"

    formatted = subprocess.run(  # noqa: S603 - our own command
        [Path(sys.executable).with_name("ruff"), "format", "-"],
        input=source,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )

    assert "\n        " in source
    assert formatted.stdout == source


def test_a_new_object_goes_and_one_that_goes_comes_back() -> None:
    new = Create(kind="view", name="v", version=3)

    gone = new.reverse()

    assert gone == Drop(kind="view", name="v", version=3)
    assert gone.reverse() == new
    assert gone.lines() == ['op.drop_view("v")']
    assert new.to_diff_tuple() == ("new", "view", "v")
    assert gone.to_diff_tuple() == ("no longer wanted", "view", "v")


def test_a_changed_object_comes_back_in_its_version() -> None:
    changed = Create(kind="procedure", name="p", version=3, before=1, why="changed")

    back = changed.reverse()

    assert back.lines() == ['op.create_procedure("p", version=1)']
    assert back.reverse().lines() == changed.lines()


def test_an_archive_is_registered_with_a_shape_that_isnt_its_first() -> None:
    first = Register(archive="a")
    later = Register(archive="a", shape=3, before=replace(first, shape=2))
    weekly = Register(archive="a", full_pass_hours=168, before=first)

    assert first.lines() == ['op.register_archive("a")']
    assert later.lines() == ['op.register_archive("a", shape=3)']
    assert first.reverse() == Unregister(archive="a", before=first)
    assert later.reverse().lines() == ['op.register_archive("a", shape=2)']
    assert first.to_diff_tuple() == ("new", "archive", "a")
    assert later.to_diff_tuple() == ("new", "shape of archive", "a")
    assert weekly.lines() == ['op.register_archive("a", full_pass_hours=168)']
    assert weekly.reverse().lines() == ['op.register_archive("a")']
    assert weekly.to_diff_tuple() == ("new", "interval of full passes of archive", "a")


def test_an_archive_without_event_and_triggers_says_nothing_about_them() -> None:
    table = Create(kind="table", name="t", version=1)
    archive = InstallArchive(register=Register(archive="a"), objects=(table,))

    assert REFUSABLE_COME_LAST not in archive.lines()
    assert archive.reverse().reverse() == archive
