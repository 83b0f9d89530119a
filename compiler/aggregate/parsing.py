"""Find the columns in a predicate of archives.toml, word by word.

A word is a column only where an operand can stand: a column named `day` isn't the unit
in INTERVAL 1 DAY. What isn't understood stays as it is, for the server to judge.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bygones.compiler.aggregate.conditions import (
    NUMBER,
    OPERANDS,
    RESERVED,
    Condition,
    Reference,
)
from bygones.compiler.declaration.table import quoted, suggestion
from bygones.compiler.names import TOKEN, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bygones.compiler.catalog.model import Table

# An operand comes behind them: without backquotes no columns either.
OPERATORS = {
    *("and", "or", "xor", "not", "is", "in", "like", "rlike", "regexp", "between"),
    *("div", "mod", "case", "when", "then", "else", "binary", "interval", "exists"),
    *("distinct", "all", "both", "leading", "trailing", "from", "for", "select"),
}
# INTERVAL '1 2' DAY_HOUR; it is reserved, and no operator.
UNIT = re.compile(r"(?:year|day|hour|minute|second)_[a-z]+")
# A name that isn't a column's comes behind them, as in ON ERROR, ...
NAMING = {"collate", "using", "charset", "set", "on"}
# ... and a type, to the end of the brackets.
TYPING = {"as", "returning"}
# Their first argument begins with a unit of time, or with a type.
TAKE_UNITS = {"extract", "get_format", "timestampadd", "timestampdiff"}

# A character of a string, with its backslash if it has one.
LINE_END = re.compile(r"\\?(.)", re.DOTALL)
LINE_ENDS = {"\r": r"\r", "\n": r"\n"}


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

    def holders(self, column: str) -> list[Reference]:
        """Find all that a column without a member's name can be."""
        return [
            Reference(member, found.name)
            for member in self.default
            if (found := self.tables[member].column(column)) is not None
        ]


def parse(text: str, scope: Scope) -> Condition:
    """Find the columns of a predicate; what can't be found is noted in the scope."""
    return _Parser(text, scope).parse()


@dataclass(slots=True)
class _Brackets:
    """Open brackets: whose they are, and how far one has come in them."""

    function: str = ""
    words: int = 0
    holds_type: bool = False


class _Parser:
    """Walks through the words of one predicate."""

    def __init__(self, text: str, scope: Scope) -> None:
        self.scope = scope
        self.tokens = [
            (_on_one_line(token[0], token.lastgroup or ""), token.lastgroup or "")
            for token in TOKEN.finditer(text.strip())
        ]
        self.words = [n for n, (_, kind) in enumerate(self.tokens) if kind != "space"]
        self.place = 0
        self.brackets = [_Brackets()]
        self.expects_operand = True
        self.expects_name = False

    def parse(self) -> Condition:
        pieces: list[str | Reference] = []
        done = 0
        while self.place < len(self.words):
            start = self.words[self.place]
            reference = self._step()
            if reference:
                pieces.append(self._text(done, start))
                pieces.append(reference)
                done = self.words[self.place - 1] + 1
        pieces.append(self._text(done, len(self.tokens)))
        return Condition(tuple(piece for piece in pieces if piece != ""))

    def _text(self, start: int, end: int) -> str:
        return "".join(text for text, _ in self.tokens[start:end])

    def _word(self, offset: int) -> tuple[str, str]:
        place = self.place + offset
        if 0 <= place < len(self.words):
            return self.tokens[self.words[place]]
        return "", ""

    def _step(self) -> Reference | None:
        """Take a word, or a name of several; return the column that it is."""
        text, kind = self._word(0)
        brackets = self.brackets[-1]
        reference = None
        if kind == "sign":
            self._take_sign(text)
        elif kind == "string" or NUMBER.fullmatch(text):
            self.expects_operand = False
        elif brackets.holds_type or self.expects_name:
            self.expects_name = self.expects_operand = False
        elif self._word(1)[0] == "." and self._word(2)[1] == "name":
            reference = self._qualified()
            self.expects_operand = False
        elif not self.expects_operand:
            self._take_operator(text.lower())
        elif self._is_operand(text):
            reference = self._unqualified(unquote(text))
            self.expects_operand = False
        brackets.words += 1
        self.place += 1
        return reference

    def _take_sign(self, sign: str) -> None:
        if sign == "(":
            text, kind = self._word(-1)
            function = text.lower() if kind == "name" else ""
            self.brackets.append(_Brackets(function=function))
        elif sign == ")" and len(self.brackets) > 1:
            self.brackets.pop()
        elif sign == "," and self.brackets[-1].function == "convert":
            self.brackets[-1].holds_type = True
        if sign != ".":  # of a number
            self.expects_operand = sign != ")"

    def _take_operator(self, word: str) -> None:
        """Take a word behind an operand: an operator, or more of the operand."""
        if word in NAMING:
            self.expects_name = True
        elif word in TYPING:
            self.brackets[-1].holds_type = True
        elif not UNIT.fullmatch(word):
            self.expects_operand = word in RESERVED

    def _is_operand(self, text: str) -> bool:
        """Tell by its place whether a word is a column, or should be one."""
        lower = text.lower()
        after, kind = self._word(1)
        brackets = self.brackets[-1]
        if after == "(":
            return False
        if kind == "string" or lower in OPERATORS:  # DATE '2020-01-01', _utf8mb4 'x'
            return False
        if text.startswith("_") and kind == "name":
            is_introducer = self._word(2)[1] == "string" or NUMBER.fullmatch(after)
            return not is_introducer  # _latin1 x'41'
        is_value = (
            lower in OPERANDS
            or (brackets.function in TAKE_UNITS and brackets.words == 0)
            or (lower == "unknown" and self._is_behind_is())
        )
        if is_value:
            self.expects_operand = False
            return False
        return lower not in RESERVED or bool(self.scope.holders(text))

    def _is_behind_is(self) -> bool:
        before = [self._word(-2)[0].lower(), self._word(-1)[0].lower()]
        return before[1] == "is" or before == ["is", "not"]

    def _qualified(self) -> Reference | None:
        """Take a column with its member's name, or a name that is none."""
        name, column = unquote(self._word(0)[0]), unquote(self._word(2)[0])
        after = self._word(3)[0]
        shown = quoted(f"{name}.{column}")
        member = self.scope.member(name)
        self.place += 2
        if after == ".":
            self.place += 2
            self.scope.problems.append(
                f"found {shown} with more behind it; expected <relation>.<column>, "
                "without a schema"
            )
        elif after == "(":
            self.scope.problems.append(
                f"found the stored function {shown}; expected columns and the "
                "server's own functions"
            )
        elif member is None:
            known = list(self.scope.tables)
            self.scope.problems.append(
                f"found {shown}{suggestion(name, known)}; expected a column of "
                f"{_either(known)}"
            )
        elif (found := self.scope.tables[member].column(column)) is None:
            self.scope.problems.append(
                self._no_column(f"{name}.{column}", column, [member])
            )
        else:
            return Reference(member, found.name)
        return None

    def _unqualified(self, name: str) -> Reference | None:
        holders = self.scope.holders(name)
        if len(holders) == 1:
            return holders[0]
        if holders:
            names = [f"{holder.member}.{holder.column}" for holder in holders]
            self.scope.problems.append(
                f"found {quoted(name)}; write which: {_either(names)}"
            )
        else:
            problem = self._no_column(name, name, list(self.scope.default))
            is_compared = self._word(-1)[0] == "="
            hint = f"; as text it takes quotes: '{name}'" if is_compared else ""
            self.scope.problems.append(problem + hint)
        return None

    def _no_column(self, shown: str, name: str, members: list[str]) -> str:
        tables = [self.scope.tables[member] for member in members]
        known = [column.name for table in tables for column in table.columns]
        return (
            f"found {quoted(shown)}{suggestion(name, known)}, which is no column of "
            f"{_either([table.name for table in tables])}"
        )


def _on_one_line(text: str, kind: str) -> str:
    """Write a token so that nothing is lost where SQL is set in lines."""
    if kind == "space":
        return " "
    if kind == "string":
        return LINE_END.sub(lambda found: LINE_ENDS.get(found[1], found[0]), text)
    return text


def _either(names: list[str]) -> str:
    return " or ".join(quoted(name) for name in dict.fromkeys(names))
