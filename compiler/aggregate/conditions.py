"""Predicates whose columns are known, so that they can be put under any alias.

They come from archives.toml by `migrations.aggregate.parsing`, or from foreign keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy.dialects.mysql.reserved_words import (
    RESERVED_WORDS_MARIADB,
    RESERVED_WORDS_MYSQL,
)

from bygones.compiler.names import TOKEN, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

# Newer than SQLAlchemy's lists, ...
NEWER = {
    *("delete_domain_id", "external", "library", "master_demote_to_replica"),
    *("master_demote_to_slave", "portion", "tablesample"),
}
# ... and those that MariaDB reserves under sql_mode = ORACLE alone.
ORACLES = {
    *("body", "elsif", "goto", "history", "others", "package", "raise", "rowtype"),
}
RESERVED = (RESERVED_WORDS_MYSQL | RESERVED_WORDS_MARIADB | NEWER) - ORACLES

# Words that are values, and without backquotes no columns.
OPERANDS = {
    *("null", "true", "false", "current_date", "current_time", "current_timestamp"),
    *("current_user", "localtime", "localtimestamp"),
    *("utc_date", "utc_time", "utc_timestamp"),
}

NUMBER = re.compile(r"[0-9]+(?:[eE][0-9]*)?|0x[0-9a-fA-F]+|0b[01]+")

# The tokens of SQL, and signs that are one operator.
WORD = re.compile(
    rf"(?P<operator> <=> | ->>? | [<>!]= | <[<>] | >> | \|\| | && ) | {TOKEN.pattern}",
    re.DOTALL | re.VERBOSE,
)
ANDS = {"and", "&&"}
ORS = {"or", "xor", "||"}
WAITED_FOR = {"and": "between", "end": "case"}
COMPARISONS = {"=", "<=>", "<", ">", "<=", ">=", "<>", "!="}
# With one of these in it, `a = b` is not all of a term, or not the outermost.
COMPARING_WORDS = (
    ANDS
    | ORS
    | {
        *("not", "is", "in", "like", "rlike", "regexp", "between", "sounds", "member"),
    }
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of a member: the member's name, and the column's as the table has it."""

    member: str
    column: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A predicate in pieces: text as it is, and references to columns."""

    pieces: tuple[str | Reference, ...]

    def sql(self, write: Callable[[Reference], str]) -> str:
        """Write the predicate, with its columns as the function writes them."""
        return "".join(
            piece if isinstance(piece, str) else write(piece) for piece in self.pieces
        )

    def references(self) -> Iterator[Reference]:
        """List the columns that it reads, as often as it does."""
        for piece in self.pieces:
            if isinstance(piece, Reference):
                yield piece

    def words(self) -> list[str]:
        """List its words and signs in lower case; a column is an empty one."""
        return [
            word.lower
            for word in _words(self)
            if word.lower.strip(" ") or not word.lower
        ]

    def terms(self) -> list[Condition]:
        """Split it at every AND that all of it hangs on; no more where there is OR."""
        if self.is_open():
            return [self]
        terms: list[Condition] = []
        for term in _split(self):
            inner = _without_brackets(term)
            terms += [term] if inner is None or inner.is_open() else inner.terms()
        return terms

    def is_open(self) -> bool:
        """Tell whether it needs brackets before it is joined to another by AND."""
        return any(word.depth == 0 and word.lower in ORS for word in _words(self))

    def equality(self) -> tuple[Reference, Reference | None] | None:
        """Return what `a = b` and `a = constant` (None) make equal; None otherwise."""
        match _bare(self.pieces):
            case [Reference() as left, "=", Reference() as right]:
                return left, right
            case [Reference() as left, str() as rest] if rest.startswith("="):
                return (left, None) if _is_constant(rest[1:]) else None
            case [str() as rest, Reference() as right] if rest.endswith("="):
                return (right, None) if _is_constant(rest[:-1]) else None
        return None

    def pinned(self, member: str) -> str | None:
        """Return the column of a member that is made equal to what others say.

        Or to one of some constants: an index serves those as well.
        """
        match _bare(self.pieces):
            case [Reference(name, column), str() as rest] if (
                name == member and _is_list(rest)
            ):
                return column
        outer = [word.lower for word in _words(self) if word.depth == 0]
        if (
            COMPARING_WORDS.intersection(outer)
            or [word for word in outer if word in COMPARISONS] != ["="]
            or sum(each.member == member for each in self.references()) != 1
        ):
            return None
        match _bare(self.pieces):
            case [Reference(name, column), str() as rest, *_] if (
                name == member and rest.startswith("=")
            ):
                return column
            case [*_, str() as rest, Reference(name, column)] if (
                name == member and rest.endswith("=")
            ):
                return column
        return None


def both(*conditions: Condition) -> Condition:
    """Join conditions by AND, each in brackets where it needs them."""
    pieces: list[str | Reference] = []
    for condition in conditions:
        if pieces:
            pieces.append(" AND ")
        alone = len(conditions) == 1 or not condition.is_open()
        pieces.extend(condition.pieces if alone else ("(", *condition.pieces, ")"))
    return Condition(tuple(pieces))


def equal(pairs: Sequence[tuple[Reference, Reference]]) -> Condition:
    """Make pairs of columns equal."""
    return both(*(Condition((left, " = ", right)) for left, right in pairs))


def shown(condition: Condition) -> str:
    """Write a condition as archives.toml would."""
    return condition.sql(
        lambda each: f"{shown_name(each.member)}.{shown_name(each.column)}"
    )


def shown_name(name: str) -> str:
    """Write a name as archives.toml would, in a predicate."""
    return name if re.fullmatch(r"\w+", name) else quote(name)


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a condition, or a column; and in how many brackets it stands."""

    piece: str | Reference
    lower: str
    depth: int


def _words(condition: Condition) -> Iterator[_Word]:
    depth = 0
    for piece in condition.pieces:
        if isinstance(piece, Reference):
            yield _Word(piece, "", depth)
            continue
        for token in WORD.finditer(piece):
            depth -= token[0] == ")"
            yield _Word(token[0], token[0].lower(), depth)
            depth += token[0] == "("


def _split(condition: Condition) -> list[Condition]:
    terms: list[list[str | Reference]] = [[]]
    # The CASEs and BETWEENs that wait for their END and their AND.
    waiting: list[str] = []
    for word in _words(condition):
        lower = word.lower if word.depth == 0 else ""
        if lower in ANDS and not waiting:
            terms.append([])
            continue
        if lower in {"case", "between"}:
            waiting.append(lower)
        elif waiting and WAITED_FOR.get(lower) == waiting[-1]:
            waiting.pop()
        terms[-1].append(word.piece)
    return [Condition(tuple(_joined(term))) for term in terms]


def _without_brackets(condition: Condition) -> Condition | None:
    """Return what a pair of brackets holds, where it holds all of a condition."""
    words = list(_words(condition))
    if words[0].lower != "(" or any(word.depth == 0 for word in words[1:-1]):
        return None
    return Condition(tuple(_joined([word.piece for word in words[1:-1]])))


def _joined(pieces: Iterable[str | Reference]) -> list[str | Reference]:
    """Put the words between two columns together, without blanks at the ends."""
    joined: list[str | Reference] = []
    for piece in pieces:
        last = joined[-1] if joined else ""
        if isinstance(piece, str) and isinstance(last, str):
            joined[-1:] = [(last + piece) if last else piece.lstrip()]
        else:
            joined.append(piece)
    if isinstance(joined[-1], str):
        joined[-1] = joined[-1].rstrip()
    return [piece for piece in joined if piece != ""]


def _bare(pieces: Iterable[str | Reference]) -> list[str | Reference]:
    """Leave out all blanks around columns."""
    bare = [piece.strip() if isinstance(piece, str) else piece for piece in pieces]
    return [piece for piece in bare if piece != ""]


def _is_list(text: str) -> bool:
    """Tell whether a text is IN and constants, and no more."""
    inner = re.fullmatch(r"in\s*\((.*)\)", text, re.IGNORECASE | re.DOTALL)
    return inner is not None and _is_constant(inner[1].replace(",", " "))


def _is_constant(text: str) -> bool:
    """Tell whether a text is strings and numbers, and no more."""
    tokens = [token for token in WORD.finditer(text) if token.lastgroup != "space"]
    return all(
        token.lastgroup == "string"
        or token[0] in {"-", "."}
        or NUMBER.fullmatch(token[0])
        for token in tokens
    )
