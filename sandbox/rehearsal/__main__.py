"""Rehearse a team's own archives on a throwaway server: `make rehearse`.

The last line on stdout is one JSON object; the exit code is 0 if all that is finished
was copied.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pymysql

from bygones.compiler.errors import MigrationError
from bygones.compiler.project import Project
from bygones.runner.errors import BygonesError
from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import FAMILIES
from bygones.sandbox.narrator import Narrator
from bygones.sandbox.rehearsal.rehearsal import Wanted, rehearse

USAGE = "make rehearse SCHEMA=dump.sql [ROOTS=20000] [ROOT=orders] [SERVER=mariadb]"
ROOTS = 20_000
MOST_ROOTS = 1_000_000
INTERRUPTED = 130  # as the shell has it: 128 + SIGINT


def main(arguments: list[str] | None = None) -> int:
    """Rehearse what the arguments say and return the exit code."""
    given = _parser().parse_args(arguments)
    wanted = Wanted(
        schema=given.schema,
        roots=given.roots,
        root=given.root,
        family=given.server,
        project=Project(Path.cwd()),
    )
    narrator = Narrator()
    narrator.title("A rehearsal: your tables, made-up rows, and the whole way of them")
    facts: dict[str, object] = {}
    try:
        rehearse(wanted, narrator, facts)
    except (SandboxError, BygonesError, MigrationError, pymysql.Error) as error:
        narrator.complaints.append(str(error))  # which the end tells
    except KeyboardInterrupt:
        return INTERRUPTED
    return narrator.end(facts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make rehearse", usage=USAGE)
    parser.add_argument("schema", nargs="?")
    parser.add_argument("--roots", type=_roots, default=ROOTS)
    parser.add_argument("--root")
    parser.add_argument("--server", choices=list(FAMILIES))
    return parser


def _roots(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MOST_ROOTS:
        return int(text)
    raise argparse.ArgumentTypeError(
        f"found {text!r}; expected a whole number from 1 to {MOST_ROOTS:,}"
    )


if __name__ == "__main__":
    sys.exit(main())
