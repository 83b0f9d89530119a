"""Read from a dump how a team's tables are defined, and leave all else in it out.

What mysqldump and mariadb-dump write is SQL for their clients, with more than tables:
schemas and rows, views, triggers and routines of accounts that aren't here. The tables
alone are made, in a schema of the rehearsal's own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pymysql

from migrations.names import TOKEN, unquote
from sandbox.errors import SandboxError
from sandbox.families import family_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pymysql.cursors import Cursor

HOW = "mysqldump --no-data shop > dump.sql"

# Definitions of thousands of tables; more can only be rows.
MOST_BYTES = 64 * 2**20

# As the client takes it, on a line of its own. Between this and `DELIMITER ;` are the
# triggers and routines, which have semicolons in them.
DELIMITED = re.compile(
    r"^delimiter[ \t]+(?!;\s*$)(?P<sign>\S+)(?P<body>.*?)"
    r"(?:^delimiter[ \t]+;[ \t]*$|\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
# A comment that is code to servers from a version on. 999999 is MariaDB's client's.
CODE = re.compile(r"/\*M?!(?!999999)\d*(.*)\*/", re.DOTALL)

# What a dump says of the schema and the server that it is of.
DATABASE = re.compile(r"^-- Host: .*?\bDatabase: (\S+)$", re.MULTILINE)
VERSION = re.compile(r"^-- Server version\s+(\S+)", re.MULTILINE)

# What is made, ...
MADE = {"TABLE", "INDEX", "SEQUENCE"}
# ... and what else CREATE, DROP and ALTER have to do with.
OBJECTS = MADE | {
    *("VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE", "DATABASE"),
    *("SCHEMA", "USER", "ROLE", "SERVER", "TABLESPACE", "LOGFILE"),
}
# Statements that aren't definitions.
OTHERS = {
    *("ANALYZE", "BEGIN", "CALL", "CHANGE", "COMMIT", "DELETE", "FLUSH", "GRANT"),
    *("INSERT", "LOAD", "LOCK", "REPLACE", "RESET", "REVOKE", "ROLLBACK", "SELECT"),
    *("START", "TRUNCATE", "UNLOCK", "UPDATE", "USE"),
}
# Settings of more than the session.
SERVERS_OWN = {
    *("GLOBAL", "@@GLOBAL", "PERSIST", "@@PERSIST", "PASSWORD", "ROLE"),
    *("GTID_PURGED", "GTID_NEXT", "SQL_LOG_BIN"),
}
# Of what is left out, what is worth a word.
TOLD = {
    "VIEW": "view",
    "TRIGGER": "trigger",
    "PROCEDURE": "procedure",
    "FUNCTION": "function",
    "EVENT": "event",
    "INSERT": "INSERT",
}

# Where rows are kept and by which key they are encrypted: a throwaway server has
# neither the folders nor the keys.
PLACES = re.compile(
    r"\bENCRYPTION\s*=?\s*'Y'|`?\bENCRYPTED`?\s*=\s*'?YES'?"
    r"|\b(?:DATA|INDEX)\s+DIRECTORY\s*=\s*'[^']*'",
    re.IGNORECASE,
)

# Takes what old servers took; MySQL from 8.4 on has more to say about foreign keys.
SESSION = (
    "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0",
    "/*!80400 SET SESSION restrict_fk_on_non_standard_key = OFF */",
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, and the line of the dump that it begins in."""

    text: str
    line: int

    @property
    def words(self) -> list[str]:
        """Its words without names in quotes, in capitals."""
        return list(_words(self.text))


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
            for statement in self.statements:
                try:
                    cursor.execute(statement.text)
                except pymysql.Error as error:
                    raise self._refused(statement, *error.args) from error

    def _refused(self, statement: Statement, errno: int, said: str) -> SandboxError:
        """Say where in the file the server found what it can't take."""
        said, _, line = re.sub(r" at line (\d+)$", r"\0\1", said).partition("\0")
        number = statement.line + int(line or 1) - 1
        return SandboxError(
            f"{self.path}, line {number}: the server refuses it: {said} (errno {errno})"
        )


def read_dump(path: Path) -> Dump:
    """Read a dump; it may come from any server, by any of the usual options."""
    text = _read(path)
    left_out: Counter[str] = Counter()

    def leave_out(found: re.Match[str]) -> str:
        for routine in found["body"].split(found["sign"]):
            left_out[_kind(list(_words(routine)))] += 1
        return "\n" * found[0].count("\n")

    statements: list[Statement] = []
    filled: dict[str, None] = {}
    schema = None
    for statement in _split(DELIMITED.sub(leave_out, text)):
        words = statement.words
        kind = _kind(words)
        if words[:1] == ["USE"]:
            schema = _last_name(statement.text)
        if kind:
            left_out[kind] += 1
            continue
        statements.append(statement)
        if words[:1] == ["CREATE"] and schema:
            filled[schema] = None
    if not any("CREATE" in statement.words for statement in statements):
        raise SandboxError(f"{path} creates no table; make it by: {HOW}")
    if len(filled) > 1:
        raise SandboxError(
            f"{path} holds tables of {len(filled)} schemas, {', '.join(filled)}; make "
            f"it of one: {HOW}"
        )
    database, version = DATABASE.search(text), VERSION.search(text)
    return Dump(
        path=path,
        statements=tuple(statements),
        left_out={TOLD[kind]: left_out[kind] for kind in TOLD if left_out[kind]},
        schema=next(iter(filled), database[1] if database else None),
        family=family_of(version[1]).name if version else None,
    )


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
    # As the driver writes it: what isn't UTF-8 goes to the server as it was.
    return content.decode("utf-8-sig", errors="surrogateescape")


def _split(text: str) -> Iterator[Statement]:
    """Split at semicolons, without the comments in between."""
    start: int | None = None
    line, counted = 1, 0
    for token in TOKEN.finditer(text):
        if token[0] == ";" and token.lastgroup == "sign":
            if start is not None:
                yield Statement(PLACES.sub("", text[start : token.start()]), line)
            start = None
        elif start is None and not _is_comment(token):
            start = token.start()
            line += text.count("\n", counted, start)
            counted = start
    if start is not None:
        yield Statement(text[start:], line)


def _is_comment(token: re.Match[str]) -> bool:
    return token.lastgroup == "space" and not CODE.fullmatch(token[0])


def _words(text: str) -> Iterator[str]:
    """List the words of a statement, of what is code in comments too."""
    for token in TOKEN.finditer(text):
        code = CODE.fullmatch(token[0])
        if code:
            yield from _words(code[1])
        elif token.lastgroup == "name" and not token[0].startswith("`"):
            yield token[0].upper()


def _kind(words: list[str]) -> str:
    """Say what kind of statement is to be left out; none of them is the empty word."""
    match words:
        case []:
            return "comment"
        case ["CREATE" | "DROP" | "ALTER" as verb, *rest]:
            kind = next((word for word in rest if word in OBJECTS), "")
            # What stands in for a view reads no table, and lets a view be known as one.
            if kind in MADE or (verb == "CREATE" and rest[0] == kind == "VIEW"):
                return "" if "FROM" not in rest or kind in MADE else kind
            return kind if verb == "CREATE" else verb
        case ["SET", *rest]:
            return "SET" if SERVERS_OWN.intersection(rest) else ""
        case [word, *_] if word in OTHERS:
            return "INSERT" if word == "REPLACE" else word
    return ""


def _last_name(text: str) -> str:
    *_, name = (token[0] for token in TOKEN.finditer(text) if token.lastgroup == "name")
    return unquote(name)
