"""Predicates whose columns are known, so that they can be put under any alias.

They are taken from archives.toml word by word. A word that stands where an operand can
stand and is a column's name is that column; everything else stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy.dialects.mysql.reserved_words import (
    RESERVED_WORDS_MARIADB,
    RESERVED_WORDS_MYSQL,
)

from migrations.declaration.table import quoted, suggestion
from migrations.names import TOKEN, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from migrations.catalog.model import Table

# But for those that MariaDB reserves under sql_mode = ORACLE alone.
RESERVED = (RESERVED_WORDS_MYSQL | RESERVED_WORDS_MARIADB) - {
    *("body", "elsif", "goto", "history", "others", "package", "raise", "rowtype"),
}

# Reserved words that are operands, so that none can follow: `NULL day` is no column.
OPERANDS = {"null", "true", "false", "end", "as", "collate", "using", "unknown"}
# Their first argument is a unit of time, as in TIMESTAMPDIFF(day, a, b).
TAKE_UNITS = {"timestampdiff", "timestampadd"}


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

    def terms(self) -> list[Condition]:
        """Split it at every AND that all of it hangs on; no more where there is OR."""
        return _split(self)

    def is_open(self) -> bool:
        """Tell whether it needs brackets before it is joined to another by AND."""
        return _has_or(self)

    def equality(self) -> tuple[Reference, Reference | None] | None:
        """Return what `a = b` and `a = constant` (None) make equal; None otherwise."""
        words = [
            piece
            for piece in self.pieces
            if isinstance(piece, Reference) or piece.strip()
        ]
        match words:
            case [Reference() as left, str() as sign, Reference() as right]:
                return (left, right) if sign.strip() == "=" else None
            case [Reference() as left, str() as rest]:
                return (left, None) if _is_constant(rest, after=True) else None
            case [str() as rest, Reference() as left]:
                return (left, None) if _is_constant(rest, after=False) else None
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The members that a predicate may name, and those it means without a name."""

    tables: Mapping[str, Table]
    default: tuple[str, ...]
    problems: list[str] = field(default_factory=list)

    def member(self, name: str) -> str | None:
        """Find a member by the name of it that a predicate uses."""
        for known in self.tables:
            if known.lower() == name.lower():
                return known
        return None


def parse(text: str, scope: Scope) -> Condition:
    """Find the columns of a predicate; what can't be found is noted in the scope."""
    tokens = [
        (" " if token.lastgroup == "space" else token[0], token.lastgroup or "")
        for token in TOKEN.finditer(text.strip())
    ]
    words = [n for n, (_, kind) in enumerate(tokens) if kind != "space"]
    pieces: list[str | Reference] = []
    done = 0
    place = 0
    while place < len(words):
        reference, taken = _reference(tokens, words, place, scope)
        if reference is not None:
            start = words[place]
            pieces.append("".join(word for word, _ in tokens[done:start]))
            pieces.append(reference)
            done = words[place + taken - 1] + 1
        place += taken
    pieces.append("".join(word for word, _ in tokens[done:]))
    return Condition(tuple(piece for piece in pieces if piece != ""))


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


def _reference(
    tokens: list[tuple[str, str]], words: list[int], place: int, scope: Scope
) -> tuple[Reference | None, int]:
    """Read what stands at a word: a column or not, and how many words it takes."""

    def word(offset: int) -> tuple[str, str]:
        here = place + offset
        return tokens[words[here]] if 0 <= here < len(words) else ("", "")

    text, kind = word(0)
    if kind != "name":
        return None, 1
    if word(1)[0] == "." and word(2)[1] == "name":
        if text[0].isdigit():  # 1.5
            return None, 3
        return _qualified(unquote(text), unquote(word(2)[0]), word(3)[0], scope)
    if _is_no_column(text, before=(word(-2), word(-1)), after=word(1)):
        return None, 1
    return _unqualified(unquote(text), scope), 1


def _is_no_column(
    text: str,
    *,
    before: tuple[tuple[str, str], tuple[str, str]],
    after: tuple[str, str],
) -> bool:
    """Tell by its place whether a word is anything but a column."""
    (function, _), (previous, previous_kind) = before
    if text.startswith("`"):
        return after[0] == "("
    return (
        text[0].isdigit()
        or text.lower() in RESERVED
        or text.lower() in OPERANDS
        or after[0] == "("
        or after[1] == "string"  # DATE '2020-01-01', _utf8mb4 'x'
        or after[0].lower() == "from"  # EXTRACT(day FROM ...)
        or (previous == "(" and function.lower() in TAKE_UNITS)
        or previous == ")"
        or previous_kind == "string"
        # What follows an operand is no operand: INTERVAL 1 day.
        or (
            previous_kind == "name"
            and (previous.lower() not in RESERVED or previous.lower() in OPERANDS)
        )
    )


def _qualified(
    name: str, column: str, after: str, scope: Scope
) -> tuple[Reference | None, int]:
    member = scope.member(name)
    if after == ".":
        scope.problems.append(
            f"found {quoted(f'{name}.{column}')} with more behind it; expected "
            "<relation>.<column>, without a schema"
        )
        return None, 5
    if after == "(":
        scope.problems.append(
            f"found the stored function {quoted(f'{name}.{column}')}; expected "
            "columns and the server's own functions"
        )
        return None, 3
    if member is None:
        known = list(scope.tables)
        scope.problems.append(
            f"found {quoted(f'{name}.{column}')}{suggestion(name, known)}; "
            f"expected a column of {_either(known)}"
        )
        return None, 3
    found = scope.tables[member].column(column)
    if found is None:
        scope.problems.append(_no_column(f"{name}.{column}", column, [member], scope))
        return None, 3
    return Reference(member, found.name), 3


def _unqualified(name: str, scope: Scope) -> Reference | None:
    holders = [
        Reference(member, found.name)
        for member in scope.default
        if (found := scope.tables[member].column(name)) is not None
    ]
    if len(holders) == 1:
        return holders[0]
    if holders:
        names = [f"{reference.member}.{reference.column}" for reference in holders]
        scope.problems.append(f"found {quoted(name)}; write which: {_either(names)}")
    else:
        scope.problems.append(_no_column(name, name, list(scope.default), scope))
    return None


def _no_column(shown: str, name: str, members: list[str], scope: Scope) -> str:
    known = [column.name for m in members for column in scope.tables[m].columns]
    tables = [scope.tables[member].name for member in members]
    return (
        f"found {quoted(shown)}{suggestion(name, known)}, which is no column of "
        f"{_either(tables)}"
    )


def _either(names: list[str]) -> str:
    return " or ".join(quoted(name) for name in dict.fromkeys(names))


def _words(condition: Condition) -> Iterator[tuple[int, str, str, int]]:
    """Walk through the words between columns: piece, word, kind, and bracket depth."""
    depth = 0
    for number, piece in enumerate(condition.pieces):
        if isinstance(piece, Reference):
            yield number, "", "reference", depth
            continue
        for token in TOKEN.finditer(piece):
            depth += (token[0] == "(") - (token[0] == ")")
            yield number, token[0], token.lastgroup or "", depth


def _has_or(condition: Condition) -> bool:
    signs = ""
    for _, word, kind, depth in _words(condition):
        if depth == 0 and kind == "name" and word.lower() in {"or", "xor"}:
            return True
        signs = signs + word if kind == "sign" else ""
        if depth == 0 and signs.endswith("||"):
            return True
    return False


def _split(condition: Condition) -> list[Condition]:
    if _has_or(condition):
        return [condition]
    terms: list[list[str | Reference]] = [[]]
    cases = betweens = 0
    for number, word, kind, depth in _words(condition):
        lower = word.lower() if kind == "name" and depth == 0 else ""
        cases += (lower == "case") - (lower == "end")
        betweens += lower == "between"
        if kind == "reference":
            piece = condition.pieces[number]
            terms[-1].append(piece)
        elif lower == "and" and not cases and not betweens:
            terms.append([])
        else:
            betweens -= lower == "and" and betweens > 0
            terms[-1].append(word)
    return [Condition(_joined(term)) for term in terms]


def _joined(pieces: list[str | Reference]) -> tuple[str | Reference, ...]:
    """Put the words between two columns together, without blanks at the ends."""
    joined: list[str | Reference] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, str) and isinstance(last, str):
            joined[-1] = last + piece
        else:
            joined.append(piece)
    if joined and isinstance(joined[0], str):
        joined[0] = joined[0].lstrip()
    if joined and isinstance(joined[-1], str):
        joined[-1] = joined[-1].rstrip()
    return tuple(piece for piece in joined if piece != "")


def _is_constant(text: str, *, after: bool) -> bool:
    """Tell whether the text is `= constant`, or `constant =` with after=False."""
    words = [
        (token[0], token.lastgroup)
        for token in TOKEN.finditer(text)
        if token.lastgroup != "space"
    ]
    match words if after else words[::-1]:
        case [("=", _), (constant, kind)]:
            return kind == "string" or constant[0].isdigit()
    return False
