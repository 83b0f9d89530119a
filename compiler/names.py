"""Map the schema names that the SQL was written with to the installed ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

SUFFIX = "_history"

# The procedure that is told which schema the SQL around it was written for.
CHECK = "_check_schema"

# MySQL's own lexical rules, so that no word of a string or a comment is taken for a
# name. A general parser isn't one: some read a whole CALL or REPLACE as one token.
TOKEN = re.compile(
    r"""
    (?P<space> \s+ | --(?=\s|\Z)[^\n]* | \#[^\n]* | /\*.*?\*/ )
    | (?P<string> '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" )
    | (?P<name> `(?:[^`]|``)*` | @{0,2}[\w$]+ )
    | (?P<sign> . )
    """,
    re.DOTALL | re.VERBOSE,
)


@lru_cache(maxsize=500)
def tokens(sql: str) -> tuple[tuple[str, str | None], ...]:
    """Return every token of SQL, and its kind; each file is asked for repeatedly."""
    return tuple((token[0], token.lastgroup) for token in TOKEN.finditer(sql))


@dataclass(frozen=True, slots=True)
class Schemas:
    """A source schema, and the history schema that goes with it."""

    source: str

    @property
    def history(self) -> str:
        """The schema that bygones owns."""
        return self.source + SUFFIX


def rename(sql: str, *, written: Schemas, installed: Schemas) -> str:
    """Put the installed schemas in the place of the written ones.

    By token and never by text: what is in a string or a comment stays as it is, and
    so does a table, a column or an alias that happens to have a schema's name. A
    schema's name is an identifier with a dot behind it and none before it; and, of the
    history schema, what a procedure says to `_check_schema`.
    """
    put = {
        "source": quote(installed.source),
        "history": quote(installed.history),
        "said": literal(installed.history),
    }
    # What stands between two places, and what is put there.
    return "".join(
        put[part] if number % 2 else part
        for number, part in enumerate(_places(sql, written))
    )


@lru_cache(maxsize=500)
def _places(sql: str, written: Schemas) -> tuple[str, ...]:
    """Divide SQL where a schema's name is, and name which in its place."""
    said = [CHECK, "(", literal(written.history)]
    schemas = {written.source: "source", written.history: "history"}
    found = tokens(sql)
    words = [n for n, (_, kind) in enumerate(found) if kind != "space"]
    parts, start = [], 0
    before = ["", ""]
    for here, after in pairwise(words):
        text, kind = found[here]
        place = None
        if kind == "name" and before[1] != "." and found[after][0] == ".":
            place = schemas.get(unquote(text))
        elif [unquote(before[0]), before[1], text] == said:
            place = "said"
        if place:
            parts += ["".join(text for text, _ in found[start:here]), place]
            start = here + 1
        before = [before[1], text]
    return (*parts, "".join(text for text, _ in found[start:]))


def quote(identifier: str) -> str:
    """Quote an identifier for MySQL."""
    return f"`{identifier.replace('`', '``')}`"


def literal(text: str) -> str:
    """Write a string for MySQL; the mode of our sessions knows backslashes."""
    escapes: dict[str, int | str | None] = {
        "\\": "\\\\",
        "'": "''",
        "\n": "\\n",
        "\r": "\\r",
    }
    return f"'{text.translate(str.maketrans(escapes))}'"


def unescaped(string: str) -> str:
    """Return the text that such a string means; it may hold ends of lines as well."""
    kept = {"n": "\n", "r": "\r"}
    return re.sub(
        r"\\(.)|''",
        lambda found: kept.get(found[1], found[1]) if found[1] else "'",
        string[1:-1],
        flags=re.DOTALL,
    )


def unquote(name: str) -> str:
    """Return the identifier that is meant by a name in SQL, quoted or not."""
    return name[1:-1].replace("``", "`") if name.startswith("`") else name
