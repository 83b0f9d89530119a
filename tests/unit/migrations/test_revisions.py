"""A revision names objects and versions, and holds no SQL."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import alembic.op
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from bygones.compiler.definitions import ROLES
from bygones.migrations import op
from bygones.migrations.autogenerate.replay import replay
from bygones.migrations.configuration import FIRST_VERSIONS
from bygones.sandbox.sample import ARCHIVES_ORDERS, SAMPLE, definitions
from tests.support.migrations.commands import CONFIGURATION

REVISIONS = sorted([*FIRST_VERSIONS.glob("*.py"), *SAMPLE.versions.glob("*.py")])


def calls(revision: Path) -> list[ast.Call]:
    tree = ast.parse(revision.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def named_files() -> set[str]:
    """Name the files whose objects are there after all upgrades."""
    script = ScriptDirectory.from_config(Config(toml_file=CONFIGURATION))
    return {
        f"{kind}s/{name}_v{version:02d}.sql"
        for (kind, name), version in replay(script, SAMPLE).versions.items()
    }


@pytest.mark.parametrize("revision", REVISIONS, ids=lambda path: path.stem)
def test_a_revision_says_nothing_but_operations_on_names(revision: Path) -> None:
    tree = ast.parse(revision.read_text(encoding="utf-8"))
    imported = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    said = [
        argument.value
        for call in calls(revision)
        for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(argument, ast.Constant)
    ]

    assert imported == ["from bygones.migrations import op"]
    assert all(ast.unparse(call.func).startswith("op.") for call in calls(revision))
    assert [text for text in said if not re.fullmatch(r"[a-z_]+|\d+", str(text))] == []
    assert "execute" not in {ast.unparse(call.func) for call in calls(revision)}


def test_every_sql_file_is_named_by_a_revision_and_the_other_way_round() -> None:
    files = {
        f"{next(part for part in path.parts[-2::-1] if part not in ROLES)}/{path.name}"
        for path in definitions()
    }

    unnamed, lacking = sorted(files - named_files()), sorted(named_files() - files)
    assert not unnamed, f"no revision names {unnamed}: make sample"
    assert not lacking, f"revisions name {lacking}, which aren't there: make sample"


def test_the_samples_revision_follows_the_one_that_comes_with_bygones() -> None:
    script = ScriptDirectory.from_config(Config(toml_file=CONFIGURATION))
    line = [revision.revision for revision in script.walk_revisions()]

    assert line[::-1] == ["bygones_0001", ARCHIVES_ORDERS]
    assert [Path(each.path).parent.resolve() for each in script.walk_revisions()] == [
        SAMPLE.versions,
        FIRST_VERSIONS.resolve(),
    ]


def test_revisions_can_say_alembics_own_operations_too() -> None:
    assert op.add_column is alembic.op.add_column
    assert op.create_index is alembic.op.create_index
