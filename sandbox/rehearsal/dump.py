"""Read from a dump how a team's tables are defined, and leave all else in it out.

What mysqldump and mariadb-dump write is SQL for their clients, with more than tables:
schemas and rows, views, triggers and routines of accounts that aren't here. The tables
alone are made, in a schema of the rehearsal's own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pymysql

from bygones.sandbox.errors import SandboxError
from bygones.sandbox.families import family_of
from bygones.sandbox.rehearsal.allowed import (
    beginning,
    is_definition,
    kind_left_out,
    own_schema,
    reach,
    within,
    without_places,
)
from bygones.sandbox.rehearsal.lexing import Lexer, Token, written
from bygones.sandbox.rehearsal.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pymysql.cursors import Cursor

HOW = "mysqldump --no-data shop > dump.sql"

# Definitions of thousands of tables; more can only be rows.
MOST_BYTES = 64 * 2**20

# What a dump says of the schema and the server that it is of.
DATABASE = re.compile(r"^-- Host: .*?\bDatabase: (\S+)$", re.MULTILINE)
VERSION = re.compile(r"^-- Server version\s+(\S+)", re.MULTILINE)

# In all of them, a byte of a quote or a backslash is one.
CODECS = {
    **dict.fromkeys(("utf8mb4", "utf8", "utf8mb3", "binary", "ascii"), "utf-8"),
    **{name: name for name in ("cp1250", "cp1251", "cp1256", "cp1257", "cp866")},
    "latin1": "cp1252",
    "latin2": "iso8859-2",
    "latin5": "iso8859-9",
    "latin7": "iso8859-13",
    "greek": "iso8859-7",
    "hebrew": "iso8859-8",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "ujis": "euc-jp",
    "euckr": "euc-kr",
}

# Takes what old servers took; MySQL from 8.4 on has more to say about foreign keys.
SESSION = (
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0",
    "/*!80400 SET SESSION restrict_fk_on_non_standard_key = OFF */",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that defines something: its tokens, from whichever server."""

    tokens: Sequence[Token]

    @property
    def line(self) -> int:
        """The line of the dump that it begins in."""
        return self.tokens[0].line

    def read_by(self, version: str) -> Sequence[Token]:
        """List what a server reads of it, by its VERSION()."""
        return [token for token in self.tokens if token.is_read_by(version)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """The definitions of a dump, and what it says of itself."""

    path: Path
    statements: tuple[Statement, ...]
    left_out: Mapping[str, int]
    # The schema that was dumped, where it's named.
    schema: str | None
    # Of the server that was dumped, where it's named.
    family: str | None

    def load(self, connection: pymysql.Connection[Cursor]) -> None:
        """Make the tables in the default schema of a session."""
        with connection.cursor() as cursor:
            for setting in SESSION:
                cursor.execute(setting)
            cursor.execute("SELECT VERSION()")
            [[version]] = cursor.fetchall()
            for statement in self.statements:
                tokens = statement.read_by(version)
                if not tokens:
                    continue
                # Without what is meant for other servers it may be another statement.
                if what := reach(tokens):
                    raise refusal(self.path, tokens, what)
                try:
                    connection.query(_sent(written(tokens)))
                except pymysql.Error as error:
                    raise self._refused(tokens[0].line, *error.args) from error

    def _refused(self, start: int, errno: int, said: str) -> SandboxError:
        """Say where in the file the server found what it can't take."""
        said, _, line = re.sub(r" at line (\d+)$", r"\0\1", said).partition("\0")
        number = start + int(line or 1) - 1
        return SandboxError(
            f"{self.path}, line {number}: the server refuses it: {said} (errno {errno})"
        )


def read_dump(path: Path) -> Dump:
    """Read a dump; it may come from any server, by any of the usual options.

    A statement that dumps don't have is refused (SandboxError), by its line.
    """
    text = _read(path)
    database, version = DATABASE.search(text), VERSION.search(text)
    reader = _Reader(path, database[1] if database else None)
    lexer = Lexer(text)
    for tokens in lexer.statements():
        reader.take(tokens)
        lexer.modes = reader.settings.modes
    if not any(each.tokens[0].said == "CREATE" for each in reader.statements):
        raise SandboxError(f"{path} creates no table; make it by: {HOW}")
    if len(reader.filled) > 1:
        raise SandboxError(
            f"{path} holds tables of {len(reader.filled)} schemas, "
            f"{', '.join(reader.filled)}; make it of one: {HOW}"
        )
    return Dump(
        path=path,
        statements=tuple(reader.statements),
        left_out=dict(sorted(reader.left_out.items())),
        schema=next(iter(reader.filled), None),
        family=family_of(version[1]).name if version else None,
    )


class _Reader:
    """Takes the statements of a dump, one by one."""

    def __init__(self, path: Path, schema: str | None) -> None:
        self.path = path
        # As a comment, a USE or a table has named it last.
        self.schema = schema
        self.settings = Settings()
        self.statements: list[Statement] = []
        self.filled: dict[str, None] = {}
        self.left_out: Counter[str] = Counter()

    def take(self, tokens: Sequence[Token]) -> None:
        """Keep a definition, count what is left out, or refuse."""
        if is_definition(tokens):
            self._keep(tokens)
        elif tokens[0].said == "SET":
            if not self.settings.take(tokens):
                raise refusal(self.path, tokens, beginning(tokens))
        elif (kind := kind_left_out(tokens)) is None:
            raise refusal(self.path, tokens, beginning(tokens))
        elif kind:
            self.left_out[kind] += 1
        elif tokens[0].said == "USE":
            self.schema = tokens[-1].value

    def _keep(self, tokens: Sequence[Token]) -> None:
        codec = CODECS.get(self.settings.charset)
        if codec is None:
            raise SandboxError(
                f"{self.path}, line {tokens[0].line}: the dump is in "
                f"{self.settings.charset!a}, which isn't read here; make it by: "
                "mysqldump --default-character-set=utf8mb4 --no-data shop > dump.sql"
            )
        if tokens[0].said == "CREATE":
            self.schema = own_schema(tokens) or self.schema
            if self.schema:
                self.filled[self.schema] = None
        kept = [*without_places(within(tokens, self.schema))]
        if what := reach(kept):
            raise refusal(self.path, tokens, what)
        self.statements.append(Statement([*_decoded(kept, codec)]))


def refusal(path: Path, tokens: Sequence[Token], what: str) -> SandboxError:
    """Say that something isn't run, and where it is."""
    return SandboxError(
        f"{path}, line {tokens[0].line}: {what} isn't run here, only definitions of "
        f"tables, indexes and sequences of one schema are; take it out, or make the "
        f"dump by: {HOW}"
    )


def _sent(text: str) -> bytes:
    """Write text for the driver; what isn't text is for the server to judge."""
    return text.encode("utf-8", "surrogateescape")


def _decoded(tokens: Sequence[Token], codec: str) -> Iterator[Token]:
    """Read the bytes of tokens as they are meant; what isn't text stays as it is."""
    escaping = "surrogateescape"
    for token in tokens:
        text = token.text.encode("utf-8", escaping).decode(codec, escaping)
        yield replace(token, text=text)


def _read(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SandboxError(
                f"{path} has {size / 2**20:,.0f} MB, most of it rows; what is needed "
                f"are the definitions: {HOW}"
            )
        content = path.read_bytes()
    except OSError as error:
        raise SandboxError(
            f"{path} can't be read: {error.strerror}; make it by: {HOW}"
        ) from error
    if b"\0" in content:
        raise SandboxError(f"{path} isn't text; make it by: {HOW}")
    # What isn't UTF-8 may be text in another character set; else the server says so.
    return content.decode("utf-8-sig", errors="surrogateescape")
