"""Take a dump apart into statements, as the servers and their clients would.

What is sent to a server is written anew from the tokens: without comments, and with
blanks between the tokens. So it can't take them for others than were looked at here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from bygones.compiler.names import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Modes that are several, this one among them.
ANSI_QUOTES = {
    *("ANSI_QUOTES", "ANSI", "DB2", "MAXDB", "MSSQL", "ORACLE", "POSTGRESQL")
}
NO_ESCAPES = "NO_BACKSLASH_ESCAPES"

# From MySQL's version 5.7 on, they are its own, and comments to MariaDB.
MYSQLS_OWN = range(50_700, 100_000)

# As the clients take it, and no server.
DELIMITER = re.compile(r"delimiter[ \t]+(\S+)[^\n]*", re.IGNORECASE)
ROWS = {"INSERT", "REPLACE"}

# A blank before these would make another thing of a word: N'a', X'4D', NOW().
GLUED = {"string", "("}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as a session writes it that has neither of the two modes.

    `kind` is word, quoted, string, number or sign; `only` is the head of the comment
    that it's in and that some servers read, such as /*!80016 or /*M!100300.
    """

    kind: str
    text: str
    line: int
    is_glued: bool = False
    only: str = ""

    @property
    def said(self) -> str:
        """A word in capitals; in the place of a value or a name, what kind it is."""
        match self.kind:
            case "word":
                return self.text.upper()
            case "sign":
                return self.text
            case kind:
                return f"<{kind}>"

    @property
    def is_name(self) -> bool:
        """Tell whether it can be one."""
        return self.kind in {"word", "quoted"}

    @property
    def value(self) -> str:
        """A string's characters as far as modes and character sets need them."""
        return self.text[1:-1] if self.kind == "string" else unquote(self.text)

    def is_read_by(self, version: str) -> bool:
        """Tell whether a server reads it, by its VERSION()."""
        if not self.only:
            return True
        is_mariadb = "mariadb" in version.lower()
        if "M" in self.only and not is_mariadb:
            return False
        since = int(re.sub(r"\D", "", self.only) or 0)
        major, minor, patch = map(int, re.findall(r"\d+", version)[:3])
        is_there = since <= major * 10_000 + minor * 100 + patch
        is_mysqls = is_mariadb and "M" not in self.only and since in MYSQLS_OWN
        return is_there and not is_mysqls


class Lexer:
    """Goes through a dump; `modes` are those of the SET that it has come past."""

    def __init__(self, text: str) -> None:
        """Begin at the first line."""
        self.modes: frozenset[str] = frozenset()
        self._text = text
        self._place = 0
        self._line = 1
        self._delimiter = ";"
        self._only = ""

    def statements(self) -> Iterator[list[Token]]:
        """Give one statement after the other; of rows, what comes before them."""
        tokens: list[Token] = []
        end = -1
        while self._place < len(self._text):
            if not tokens and (chosen := DELIMITER.match(self._text, self._place)):
                self._delimiter = chosen[1]
                self._place = chosen.end()
                continue
            is_row = bool(tokens) and tokens[0].said in ROWS
            found = self._next(is_row=is_row)
            kind, text, line = str(found.lastgroup), found[0], self._line
            self._place = found.end()
            self._line += text.count("\n")
            if kind == "end":
                if tokens:
                    yield tokens
                tokens = []
            elif kind == "opened":
                self._only = text
            elif kind == "closed" and self._only:
                self._only = ""
            elif kind != "space" and not is_row:
                token = Token(
                    kind="sign" if kind == "closed" else kind,
                    text=text,
                    line=line,
                    is_glued=found.start() == end,
                    only=self._only,
                )
                tokens.append(self._written(token))
                end = found.end()
        if tokens:
            yield tokens

    def _next(self, *, is_row: bool) -> re.Match[str]:
        is_ansi = not ANSI_QUOTES.isdisjoint(self.modes)
        is_plain = NO_ESCAPES in self.modes
        found = _pattern(self._delimiter, is_ansi, is_plain, is_row).match(
            self._text, self._place
        )
        assert found is not None  # noqa: S101 - any character is a sign
        return found

    def _written(self, token: Token) -> Token:
        """Write a token as sessions do that have neither mode."""
        text = token.text
        if token.kind == "quoted" and text.startswith('"'):
            return replace(token, text=quote(text[1:-1].replace('""', '"')))
        if token.kind == "string" and NO_ESCAPES in self.modes:
            return replace(token, text=text.replace("\\", "\\\\"))
        return token


def written(tokens: Sequence[Token]) -> str:
    """Write tokens for a server, each on the line that it was on."""
    text = ""
    line = tokens[0].line if tokens else 0
    previous: Token | None = None
    for token in tokens:
        is_glued = token.is_glued and GLUED.intersection({token.kind, token.text})
        if token.line > line:
            text += "\n" * (token.line - line)
        elif previous and not (is_glued and previous.kind == "word"):
            text += " "
        text += token.text
        line = token.line + token.text.count("\n")
        previous = token
    return text


@lru_cache
def _pattern(
    delimiter: str,
    is_ansi: bool,  # noqa: FBT001 - by place, as the cache's key
    is_plain: bool,  # noqa: FBT001
    is_row: bool,  # noqa: FBT001
) -> re.Pattern[str]:
    """Return what matches a token, by what the session says of quotes.

    Rows, of which most of a dump may consist, are one blank as far as possible.
    """
    escape = "" if is_plain else r"\\.|"
    backslash = "" if is_plain else r"\\"
    strings = [f"'(?:[^'{backslash}]+|{escape}'')*+'"]
    names = ["`(?:[^`]+|``)*+`"]
    if is_ansi:
        names.append('"(?:[^"]+|"")*+"')
    else:
        strings.append(f'"(?:[^"{backslash}]+|{escape}"")*+"')
    end = re.escape(delimiter)
    plain = rf"[^'\"`/\#\-{re.escape(delimiter[0])}]+"
    values = rf"(?:{'|'.join((plain, *strings, *names))})++ |" if is_row else ""
    return re.compile(
        rf"""
        (?P<end> {end} )
        | (?P<space> {values} \s+ | --(?=\s|\Z)[^\n]* | \#[^\n]*
            | /\*(?!M?!) .*? \*/ | /\*M?!999999 .*? \*/ )
        | (?P<opened> /\*M?!(?:\d{{5,6}})? )
        | (?P<closed> \*/ )
        | (?P<string> {"|".join(strings)} )
        | (?P<quoted> {"|".join(names)} )
        | (?P<number> (?:\d+(?:\.\d*)?|\.\d+) (?:[eE][+-]?\d+)? (?![\w$]) )
        | (?P<word> (?:(?!{end})[\w$])+ )
        | (?P<sign> <=> | ->> | -> | <= | >= | <> | != | := | \|\| | && | << | >> | . )
        """,
        re.DOTALL | re.VERBOSE,
    )
