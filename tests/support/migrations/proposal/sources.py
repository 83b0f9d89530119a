"""Live schemas to propose archives for, and what becomes of a proposal."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.cli.proposal.proposing import propose
from bygones.compiler.aggregate.resolving import resolve
from bygones.compiler.catalog.reading import read_catalog
from bygones.compiler.declaration.reading import read_declaration
from bygones.runner.connection import parse_url

if TYPE_CHECKING:
    from pathlib import Path

    import pymysql
    from pymysql.cursors import Cursor

    from bygones.compiler.aggregate.model import Aggregate

# What a team takes away to have what a line proposes.
MARK = re.compile(r"^#(?=\S)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A schema, and a superuser's session."""

    schema: str
    url: str
    admin: pymysql.Connection[Cursor] = field(repr=False)
    folder: Path

    def propose(self, *roots: str) -> str:
        return propose(parse_url(self.url), roots).text

    def resolve(self, text: str, *, finished: str = "1 = 1") -> tuple[Aggregate, ...]:
        """Let a team say what is finished, and check the file as Alembic does."""
        file = self.folder / "archives.toml"
        file.write_text(text.replace('"EDIT ME"', f'"{finished}"'), encoding="utf-8")
        catalog = read_catalog(self.admin, self.schema)
        return resolve(read_declaration(file), catalog, self.admin)


def uncommented(text: str) -> str:
    """Take over everything that is proposed."""
    return MARK.sub("", text)


def line(text: str, key: str) -> str:
    """Return the one line of a relation or another key, without alignment."""
    (found,) = [
        " ".join(line.split())
        for line in text.splitlines()
        if re.match(rf"#?{re.escape(key)} +=", line)
    ]
    return found
