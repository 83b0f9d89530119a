"""Commands that connect to nothing."""

import importlib.metadata

from typer.testing import CliRunner

from bygones.cli.command import app
from bygones.compiler.project import CONTROL
from bygones.sandbox.sample import definitions


def test_it_tells_its_version() -> None:
    told = CliRunner().invoke(app, ["--version"])

    assert told.output == f"bygones {importlib.metadata.version('bygones')}\n"
    assert told.exit_code == 0


def test_the_sql_that_all_archives_share_is_printed_whole_to_be_read() -> None:
    newest = [path for path in definitions() if path.is_relative_to(CONTROL)]

    told = CliRunner().invoke(app, ["sql"]).output

    for path in newest:
        assert path.read_text(encoding="utf-8") in told
    assert told.count("\n-- control/") + 1 == len(newest)
